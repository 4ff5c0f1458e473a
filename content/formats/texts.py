"""What the readers and writers of text formats share: text files, plain text as Markdown, numbers, credits. Pure."""

import re
import unicodedata
from collections.abc import Collection
from decimal import Decimal, InvalidOperation
from html import unescape
from itertools import chain, count
from math import isfinite
from typing import Any

from content import rendering
from content.formats import lines
from content.formats.reading import Loss, Refused, Source

NONE, ONE = Decimal(0), Decimal(1)  # points
LARGEST = 64 * 1024 * 1024  # bytes
UNFIT = re.compile("[\x00-\x08\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ufffd]")
UNSEEN = re.compile("[\ufdd0-\ufdef\ufffe\uffff\ufeff]")  # no characters at all, and byte order marks within a text
RISKY = re.compile(r"[\\`*_\[\]<>$~|&\n#+\-!=]|\d[.)]|^\s|\s$")
NUMBER = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,3})?")


def decoded(source: Source) -> tuple[str, list[Loss]]:
    """The text of a file with `\\n` at its line ends. Raises Refused for a file that is no text."""
    if len(source.data) > LARGEST:
        raise Refused(f"The file is larger than {LARGEST // 1024 // 1024} MB.")
    text, problems = lines.decode(source.data)
    if found := UNFIT.search(text):
        raise Refused(f"This is not a text file: it holds the character U+{ord(found[0]):04X}.")
    losses = [Loss("", "encoding", problem.text, "warning") for problem in problems]
    return UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")), losses


def encoded(text: str) -> bytes:
    """A file of this text, without the characters that `decoded` refuses."""
    return UNSEEN.sub("", UNFIT.sub("", text)).encode("utf-8", "ignore")


def storable(value: Any) -> Any:
    """JSON without NUL and halves of characters, which escapes can bring in."""
    if isinstance(value, dict):
        return {storable(name): storable(part) for name, part in value.items()}
    if isinstance(value, list):
        return [storable(part) for part in value]
    return re.sub("[\x00\ud800-\udfff]", "", value) if isinstance(value, str) else value


def opening(source: Source, size: int = 100_000) -> str:
    """How the file begins, for telling formats apart; empty where it is no text."""
    text, _problems = lines.decode(source.data[:size])
    # The cut may have divided a character, and then the text was read in another encoding: that does no harm here.
    return "" if UNFIT.search(text[:-4]) else UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def from_plain(text: str) -> str:
    """Plain text as Markdown that reads the same, with as few escapes as that needs."""
    if not RISKY.search(text):
        return text
    if "\n" not in text and len(text) < 1000 and _reads_the_same(text):
        return text
    # A line break of plain text stays one.
    return "\\\n".join(rendering.escaped(line.strip()) for line in text.split("\n"))


def _reads_the_same(text: str) -> bool:
    return text == text.strip() and unescape(rendering.inline(text)) == text


def identifier(wanted: str, taken: Collection[str], number: int) -> str:
    """An identifier that no other question has: as wanted where it can be, else `q<number>`."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", wanted[:200]) if not unicodedata.combining(c))
    name = re.sub(r"[^A-Za-z0-9_]+", "-", bare).strip("-")[:60] or f"q{number}"
    if name not in taken:
        return name
    start = name[:50]
    # `number` rises from question to question, so a name asked for often does not take longer and longer.
    candidates = chain([f"{start}-{number}"], (f"{start}-{number}-{more}" for more in count(2)))
    return next(candidate for candidate in candidates if candidate not in taken)


def number(text: str) -> int | float | None:
    """The number that stands there, a whole one as int; None for anything else."""
    text = text.strip()
    if not NUMBER.fullmatch(text):
        return None
    value = float(text)
    if not isfinite(value):
        return None
    return int(value) if value == int(value) and abs(value) < 1e15 else value


def shown(value: object) -> str:
    """A number as it is written in a file; a text, such as one with parameters, as it is."""
    if isinstance(value, float) and value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return str(value)


def credit(percentage: float) -> int | float:
    """A share of the points from a percentage; 33.33333 is a third."""
    share = round(percentage / 100, 7)
    return int(share) if share == int(share) else share


def percentage(share: float) -> str:
    return shown(round(share * 100, 5))


def points(text: str) -> Decimal | None:
    """Points as they may be published: above 0, three decimals; None where the text says no such number."""
    try:
        value = Decimal(text.strip() or "x")
    except InvalidOperation:
        return None
    if not value.is_finite() or not 0 < value < 100_000:
        return None
    return max(round(value, 3).normalize(), Decimal("0.001")) + 0
