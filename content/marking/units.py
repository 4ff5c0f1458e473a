"""Units as people type them, "m/s^2" or "kWh", converted by pint. Read here, so that pint evaluates no expression."""

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

import pint

LONGEST = 40  # characters
MOST_FACTORS = 8
RAISED = {ord(raised): plain for raised, plain in zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-", strict=True)}
# A name of letters and signs, perhaps with a power of one digit.
FACTOR = re.compile(r"([^\W\d_]+|[%‰°′″$€£]+[^\W\d_]*)(?:(?:\^|\*\*)?(-?\d))?")
TOKEN = re.compile(rf"\s*(?:(?P<sign>\*|/|\bper\b)|(?P<factor>{FACTOR.pattern})|(?P<open>\()|(?P<close>\)))\s*")


def convert(number: Decimal, unit: str, wanted: str) -> Decimal | None:
    """The number in the wanted unit; None where the unit measures something else, or is none that is known."""
    if normal(unit) == normal(wanted):
        return number
    source, target = read(unit), read(wanted)
    if source is None or target is None:
        return None
    try:
        return Decimal(str(_registry().Quantity(number, source).to(target).magnitude))
    except Exception:  # pint's errors have no common class, and some are those of decimal
        return None


def normal(unit: str) -> str:
    """The unit as it is compared: one way to write a product, a power, a micro and an ohm."""
    unit = re.sub("[⁰¹²³⁴-⁹⁻]+", lambda raised: "^" + raised[0].translate(RAISED), unit)
    unit = unit.replace("\u00b5", "\u03bc").replace("\u2126", "\u03a9").replace("**", "^")
    unit = re.sub("\\s*[·⋅×]\\s*", "*", " ".join(unit.split()))
    return re.sub(r"\s*([/^*])\s*", r"\1", unit)


@lru_cache(maxsize=1024)
def read(text: str) -> Any:
    """The unit of pint; None where it is none that pint knows."""
    factors = _factors(normal(text)) if len(text) <= LONGEST else None
    if not factors:
        return None
    try:
        registry = _registry()
        product = registry.Unit("")
        for name, power in factors:
            product *= registry.Unit(name) ** power
        return product
    except Exception:  # an unknown name is an AttributeError, an odd one an AssertionError
        return None


def _factors(text: str) -> list[tuple[str, int]] | None:
    """(name, power) of every factor; None where the text is no product of powers, at most within one pair of brackets.

    A slash turns what follows it: the next factor, or all within the brackets.
    """
    found: list[tuple[str, int]] = []
    at, turned, within = 0, False, None
    while at < len(text):
        token = TOKEN.match(text, at)
        if token is None or len(found) > MOST_FACTORS:
            return None
        at = token.end()
        if token["sign"]:
            turned = token["sign"] != "*"
        elif token["open"]:
            if within is not None:
                return None
            within, turned = turned, False
        elif token["close"]:
            if within is None:
                return None
            within = None
        else:
            name, power = FACTOR.fullmatch(token["factor"]).groups()  # type: ignore[union-attr]
            found.append((name, int(power or 1) * (-1 if turned != bool(within) else 1)))
            turned = False
    return found if within is None else None


@lru_cache(maxsize=1)
def _registry() -> Any:
    """Made when it is first needed: that takes half a second."""
    return pint.UnitRegistry(non_int_type=Decimal, autoconvert_offset_to_baseunit=True)
