"""The ideas of a rubric that an answer names, by their words. Pure.

A rubric is that of content.marking.rubric: lines, each of which earns its level's credit alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from assessment.suggesting import words
from content import rendering
from content.marking.rubric import CREDIT

ENOUGH = 0.6  # share of an idea's words that an answer must have
FEWEST = 2  # words
SPEAKS_TO_MACHINE = "speaks to the machine"
WORD_LIST = "a list of words"
NOT_FOR_A_MACHINE = (SPEAKS_TO_MACHINE, WORD_LIST)
_ORDERS = re.compile(
    r"\b(ignore|disregard|forget|override)\b.{0,40}\b(instruction|prompt|rule|rubric|above|previous|prior)"
    r"|\b(award|give|grant|assign)\b.{0,30}\b(full|maximum|max|all|top)\b.{0,15}\b(credit|mark|point|score|grade)"
    r"|\b(system prompt|as an ai|you are (a|an|the) (grader|examiner|assistant|ai|model))\b"
    r"|\b(ignorier\w*|vergiss)\b.{0,40}\b(anweisung|regel)|\bignore[zr]?\b.{0,40}\bconsignes?\b"
    r"|\bignora\w*\b.{0,40}\binstrucciones\b|\b(volle punktzahl|note maximale|puntuación máxima)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True)
class Found:
    """A line of the rubric, by its place from 0, and the share of its words in the answer."""

    line: int
    level: str
    idea: str
    share: float


@dataclass(frozen=True)
class Verdict:
    """`credit` is None where a person has to decide without a suggestion; `reason` then says why."""

    credit: Decimal | None
    found: Sequence[Found] = ()
    reason: str = ""


def lines(body: Mapping[str, Any]) -> list[dict[str, str]]:
    """The lines of the rubric in plain text; none where the item has no rubric."""
    return [
        {
            "level": line["level"],
            "idea": rendering.plain(line["idea"]),
            "example": rendering.plain(line.get("example", "")),
        }
        for line in body.get("rubric", ())
    ]


def gives_orders(text: str) -> bool:
    """Whether the answer speaks to a machine that marks it. No machine then marks it."""
    return _ORDERS.search(text) is not None


def judge(body: Mapping[str, Any], text: str) -> Verdict:
    """The credit of the best line that the answer names. Never none: what names nothing is left to a person."""
    if gives_orders(text):
        return Verdict(None, reason=SPEAKS_TO_MACHINE)
    if words.is_word_list(text):
        return Verdict(None, reason=WORD_LIST)
    return credit(found(body, text))


def credit(found: Sequence[Found]) -> Verdict:
    """What these lines earn. Where one of them earns nothing, a person has to weigh them."""
    if not found:
        return Verdict(None, reason="no idea found")
    if any(CREDIT[one.level] == 0 for one in found):
        return Verdict(None, found, reason="an idea that earns nothing")
    return Verdict(max(CREDIT[one.level] for one in found), found)


def found(body: Mapping[str, Any], text: str) -> list[Found]:
    given = words.content_words(text)
    asked = words.plain_words(rendering.plain(str(body.get("stem", ""))))
    shares = [(at, line, share(line, given, asked)) for at, line in enumerate(lines(body))]
    return [Found(at, line["level"], line["idea"], round(part, 3)) for at, line, part in shares if part >= ENOUGH]


def share(line: Mapping[str, str], given: set[str], asked: set[str]) -> float:
    """The share of the words of the line's idea, or of its example, that are in the answer."""
    return max(_share(words.content_words(line[name]), given, asked) for name in ("idea", "example"))


def _share(wanted: set[str], given: set[str], asked: set[str]) -> float:
    """0 where the answer denies a word of the idea, or has fewer than two. Words of the question say nothing."""
    own = {word for word in wanted if word.removeprefix(words.DENIED) not in asked}
    wanted = own if len(own) >= FEWEST else wanted
    common = wanted & given
    if len(common) < FEWEST or any(_opposite(word) in given for word in wanted):
        return 0.0
    return len(common) / len(wanted)


def _opposite(word: str) -> str:
    return word.removeprefix(words.DENIED) if word.startswith(words.DENIED) else words.DENIED + word
