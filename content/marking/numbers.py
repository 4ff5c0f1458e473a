"""Numbers as people type them: "1,5", "1 500", "1.5e3", "2 × 10^3", "½", "1 3/4", with any minus sign and digits.

Where a separator may stand for thousands as well as for decimals ("1,500"), the reader's language decides.
"""

import re
import unicodedata
from dataclasses import dataclass
from decimal import Context, Decimal, DecimalException

from django.utils import formats

LONGEST = 100  # characters
LARGEST = 300  # the exponent of the largest number, and of the smallest
EXACT = Context(prec=2 * LARGEST + LONGEST, Emax=10_000, Emin=-10_000)
RATIO = Context(prec=28)
POINT = "\u2396"  # a separator that stands for decimals in any language
PLAIN = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d{1,4})?")
SAME = str.maketrans(
    dict.fromkeys("\u2212\u2013\u2010\u2011\ufe63\uff0d", "-")
    | dict.fromkeys("\u00a0\u202f\u2009\u2007\t", " ")
    | dict.fromkeys("\u2019\u066c\uff07", "'")
    | {"\u066b": POINT, "\uff0b": "+", "\u2044": "/", "\u2215": "/", "\uff0e": ".", "\uff0c": ","}
)
RAISED = {ord(raised): plain for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+", strict=True)}
NUMBER = re.compile(
    rf"""\s*(?P<sign>[+-]?)\s*(?:
    (?:(?P<whole>\d+)\s+)?(?P<over>\d+)\s*/\s*(?P<under>\d+)
    | 10\^(?P<power>[+-]?\d+)
    | (?P<digits>\d(?:[\d.,'{POINT}]|\ (?=\d{{3}}(?!\d)))*|[.,{POINT}]\d+)
      (?:[eE](?P<e>[+-]?\d+) | \s*[×xX*·⋅]\s*10(?:\^|\*\*)\(?(?P<times>[+-]?\d+)\)?)?
    )\s*""",
    re.VERBOSE,
)


@dataclass(frozen=True)
class Separators:
    decimal: str
    group: str


NEUTRAL = Separators(".", ",")
SWAPPED = Separators(",", ".")


def local() -> Separators:
    """Those of the active language."""
    return Separators(str(formats.get_format("DECIMAL_SEPARATOR")), str(formats.get_format("THOUSAND_SEPARATOR")))


def leading(text: str, separators: Separators) -> tuple[Decimal, str] | None:
    """The number that the text begins with, and what follows; None where there is none, or one that is too large."""
    if len(text) > LONGEST:
        return None
    plain = _plain(text)
    found = NUMBER.match(plain)
    if found is None:
        return None
    try:
        number = _value(found, separators)
    except (DecimalException, ValueError):
        return None
    if number is None or (number and abs(number.adjusted()) > LARGEST):
        return None
    return number, plain[found.end() :].strip()


def read(text: str, separators: Separators = NEUTRAL) -> Decimal | None:
    """The number that is the whole text."""
    found = leading(text, separators)
    return found[0] if found and not found[1] else None


def given(value: object) -> Decimal | None:
    """A number of a body: from JSON, or written with a decimal point; None for anything else."""
    if isinstance(value, str):
        return read(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 10.0**LARGEST:
        return None
    return read(str(value))


def canonical(number: Decimal) -> str:
    """The shortest notation with a decimal point, which any language reads alike from `given`."""
    if not number:
        return "0"
    short = number.normalize(EXACT)
    return f"{short:f}" if -10 < short.adjusted() < 25 else f"{short:E}"


def localised(text: str, separators: Separators) -> str:
    """A number in canonical notation as the language writes it, without grouping; anything else as it is."""
    return text.replace(".", separators.decimal) if PLAIN.fullmatch(text) else text


def typed(text: str) -> str:
    """What an author typed in the active language, in canonical notation; what is no number as it is."""
    number = read(text, local())
    return text if number is None else canonical(number)


def _plain(text: str) -> str:
    """Digits, signs and spaces of ASCII; fractions such as ½ with a slash; raised digits after a circumflex."""
    text = re.sub("[⁰¹²³⁴-⁹⁻⁺]+", lambda raised: "^" + raised[0].translate(RAISED), text)
    return "".join(map(_ascii, text.translate(SAME)))


def _ascii(character: str) -> str:
    if character.isascii():
        return character
    if unicodedata.decomposition(character).startswith("<fraction>"):
        return " " + unicodedata.normalize("NFKD", character).replace("\u2044", "/")
    digit = unicodedata.decimal(character, None)
    return character if digit is None else str(digit)


def _value(found: re.Match[str], separators: Separators) -> Decimal | None:
    parts = found.groupdict()
    if parts["under"]:
        number: Decimal | None = RATIO.add(
            Decimal(parts["whole"] or 0), RATIO.divide(Decimal(parts["over"]), Decimal(parts["under"]))
        )
    elif parts["power"]:
        number = Decimal(f"1e{parts['power']}")
    else:
        digits = _ungrouped(parts["digits"], separators)
        number = None if digits is None else Decimal(f"{digits}e{parts['e'] or parts['times'] or 0}")
    return number.copy_negate() if number is not None and parts["sign"] == "-" else number


def _ungrouped(digits: str, separators: Separators) -> str | None:
    """The digits with a decimal point and nothing else; None where they are grouped as no language does."""
    point = _point(digits, separators)
    whole, _point_itself, rest = digits.rpartition(point) if point else (digits, "", "")
    if not set(rest) <= set("0123456789") or not re.fullmatch(r"\d*|\d{1,3}(?:([., '])\d{2,3})*[., ']\d{3}", whole):
        return None
    if len(set(re.findall(r"[., ']", whole))) > 1:
        return None
    return re.sub(r"\D", "", whole) + ("." + rest if rest else "")


def _point(digits: str, separators: Separators) -> str:
    """The character that stands for the decimal point in these digits; empty where none does."""
    if POINT in digits:
        return POINT
    marks: list[str] = re.findall("[.,]", digits)
    if len(set(marks)) == 2:
        return str(marks[-1])
    if len(marks) != 1:
        return ""
    grouping = marks[0] == separators.group and re.fullmatch(r"[1-9]\d{0,2}[.,]\d{3}", digits)
    return "" if grouping else marks[0]
