"""Printed text as numbered lines, cleaned of what only paper and word processors need. Pure."""

import codecs
import re
from dataclasses import dataclass

# Breaks that editors do not count as lines: form feed, vertical tab, separators, next line, line, paragraph.
SOFT_BREAK = re.compile("[\f\v\x1c-\x1e\x85\u2028\u2029]")
INVISIBLE = re.compile("[\u200b\u2060\u00ad\ufeff]")
UNREADABLE = re.compile("[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffd]")
BYTE_ORDER_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


@dataclass(frozen=True)
class Problem:
    """What could not be read or looks odd. `line` as an editor counts, from 1."""

    line: int
    text: str


@dataclass(frozen=True)
class Line:
    """A line with something on it. `spaced`: an empty line stands before it."""

    number: int
    text: str
    spaced: bool = False


def decode(data: bytes) -> tuple[str, list[Problem]]:
    """The text of a file: UTF-8, UTF-16 where it says so, else the Western code page, which is reported."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return data.decode(encoding, "replace"), []
    try:
        return data.decode(), []
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        doubt = Problem(line, "The file is not UTF-8; it was read as Windows-1252.")
        return data.decode("cp1252", "replace"), [doubt]


def split(text: str) -> tuple[list[Line], list[Problem]]:
    """The lines that have text, and a problem for each line with characters nobody can read."""
    lines: list[Line] = []
    problems: list[Problem] = []
    spaced = False
    for number, raw in enumerate(re.split(r"\r\n|\n|\r", text), start=1):
        if UNREADABLE.search(raw):
            problems.append(Problem(number, "Characters that cannot be read were left out."))
        pieces = [piece for piece in map(tidy, SOFT_BREAK.split(raw)) if piece]
        for piece in pieces:
            lines.append(Line(number, piece, spaced))
            spaced = False
        spaced = spaced or not pieces
    return lines, problems


def tidy(text: str) -> str:
    """Without invisible and unreadable characters; every run of white space one space."""
    return " ".join(UNREADABLE.sub("", INVISIBLE.sub("", text)).split())
