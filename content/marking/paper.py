"""What people write beside a printed question, read as the ids of its parts. Pure.

A part is named by the letter or number that the sheet prints beside it, or by its text; several stand apart by spaces,
commas or semicolons, and "-" holds a place that was left empty.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _

from content import rendering
from content.item_type import InvalidAnswer

Parts = Sequence[Mapping[str, Any]]
EMPTY = ("-", "–", "—", "_")


def letter(number: int) -> str:
    """As lists of type A are numbered: A to Z, then AA."""
    before, place = divmod(number, 26)
    return (letter(before - 1) if before else "") + chr(ord("A") + place)


def number(at: int) -> str:
    return str(at + 1)


def one(parts: Parts, written: str, text: str = "text", label: Callable[[int], str] = letter) -> str:
    """The id of the part with this letter or text; empty where its place was left empty. Raises InvalidAnswer."""
    said = _folded(written)
    if said in EMPTY:
        return ""
    found = {part["id"] for at, part in enumerate(parts) if said.strip("().:") == label(at).casefold()}
    found |= {part["id"] for part in parts if said == _folded(rendering.plain(part[text]))}
    if len(found) == 1:
        return str(found.pop())
    words = _("“{text}” fits two of the options.") if found else _("“{text}” is not one of the options.")
    raise InvalidAnswer(words.format(text=written.strip()[:80]))


def several(parts: Parts, written: str, text: str = "text", label: Callable[[int], str] = letter) -> list[str]:
    """The ids of the parts in the order written: "A C", "a, c", "AC", or texts between semicolons."""
    try:
        return [one(parts, written, text, label)]
    except InvalidAnswer:
        pieces = split(written)
        if len(pieces) == 1 and label is letter and pieces[0].isalpha():
            pieces = list(pieces[0])
        if len(pieces) < 2:
            raise
        return [one(parts, piece, text, label) for piece in pieces]


def split(written: str) -> list[str]:
    """The pieces between semicolons where there are any, else between spaces and commas."""
    pieces = written.split(";") if ";" in written else re.split(r"[\s,]+", written)
    return [piece.strip() for piece in pieces if piece.strip()]


def pairs(prompts: Parts, choices: Parts, written: str) -> dict[str, str]:
    """A choice for each prompt: "1-B 2-A", or the letters alone in the order of the prompts."""
    joined = re.sub(r"(\d+)\s*[-–:=.)]\s*", r"\1-", written)
    pieces = split(joined)
    numbered = [re.fullmatch(r"(\d{1,3})-?(\D.*)", piece) for piece in pieces]
    if all(numbered):
        places = [(int(found[1]) - 1, found[2]) for found in numbered if found]
        if any(not 0 <= at < len(prompts) for at, _choice in places) or len(dict(places)) < len(places):
            raise InvalidAnswer(_("The numbers must be those of the lines, each once."))
        return {prompts[at]["id"]: one(choices, choice) for at, choice in places}
    if len(pieces) == 1 and pieces[0].isalpha() and len(prompts) > 1:
        pieces = list(pieces[0])
    if len(pieces) != len(prompts):
        words = _("{number} letters are needed, or numbers with letters: 1-B 2-A.")
        raise InvalidAnswer(words.format(number=len(prompts)))
    return {prompt["id"]: one(choices, piece) for prompt, piece in zip(prompts, pieces, strict=True)}


def as_json(written: str) -> Any:
    """The answer where it is written as the REST API takes it; None where it is written as on paper."""
    if not written.lstrip().startswith(("{", "[")):
        return None
    try:
        return json.loads(written)
    except (ValueError, RecursionError) as error:
        raise InvalidAnswer(_("That begins like JSON, but cannot be read as such.")) from error


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()
