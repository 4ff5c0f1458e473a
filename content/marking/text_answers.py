"""Accepted answers in text: [{"text", "credit", "match": "exact" | "wildcard" | "regex" | "close", "distance"?: int,
"feedback"?: Markdown}]. Of those that match, the first with the highest credit decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from content.item_type import Category, Fields, percent
from content.marking import options, parts, texts

Accepted = Mapping[str, Any]
MOST = 100
ROW = ("text", "credit", "match", "distance", "feedback")
OTHER = "other"


def best(answers: Sequence[Accepted], text: str, *, case: bool, accents: bool) -> int | None:
    """The place of the accepted answer that decides; None where none matches."""
    found = [at for at, answer in enumerate(answers) if _matches(answer, text, case=case, accents=accents)]
    return max(found, key=lambda at: (options.credit(answers[at]), -at), default=None)


def _matches(answer: Accepted, text: str, *, case: bool, accents: bool) -> bool:
    edits = int(answer.get("distance", 1))
    return texts.matches(text, answer["text"], answer["match"], case=case, accents=accents, edits=edits)


def problems(answers: object) -> Iterator[str]:
    if not isinstance(answers, list | tuple) or not all(_well_formed(answer) for answer in answers):
        yield "Every accepted answer needs a text, a credit and a way to compare."
        return
    if not all(0 <= answer["credit"] <= 1 for answer in answers):
        yield "The credit of an accepted answer must lie between 0 and 1."
    elif not any(answer["credit"] == 1 for answer in answers):
        yield "No accepted answer earns full credit."
    if len(answers) > MOST:
        yield f"There are more than {MOST} accepted answers."
    if not all(answer["text"].strip() for answer in answers):
        yield "An accepted answer has no text."
    for answer in answers:
        if texts.faulty(answer["text"], answer["match"]):
            yield f"This regular expression or text cannot be used: {answer['text'][:80]}"
        if not _is_distance(answer.get("distance", 1)):
            yield f"The distance of a close answer must be a whole number from 0 to {texts.MOST_EDITS}."


def warnings(answers: Sequence[Accepted], *, case: bool, accents: bool) -> Iterator[str]:
    for at, answer in enumerate(answers):
        if answer["match"] == "exact" and "*" in answer["text"]:
            yield f"The star in “{answer['text'][:80]}” stands for itself; as a wildcard it would stand for anything."
        if answer["match"] == "close" and int(answer.get("distance", 1)) * 3 > len(answer["text"]):
            yield f"So many typing errors are allowed that other words may count as “{answer['text'][:80]}”."
        if answer["match"] == "exact" and best(answers, answer["text"], case=case, accents=accents) != at:
            yield f"“{answer['text'][:80]}” never decides: another accepted answer covers it."


def guess(answers: Sequence[Accepted]) -> Decimal:
    """What anything earns: the credit of a bare wildcard."""
    bare = [options.credit(answer) for answer in answers if (answer["match"], answer["text"].strip()) in ANYTHING]
    return max(bare, default=Decimal(0))


ANYTHING = {("wildcard", "*"), ("regex", ".*"), ("regex", ".+")}


def label(answer: Accepted) -> str:
    if (answer["match"], answer["text"].strip()) in ANYTHING:
        return _("Any answer")
    return texts.readable(answer["text"], answer["match"])


def expected(answers: Sequence[Accepted]) -> list[str]:
    """What earns full credit, in words where there are any: a regular expression helps no learner."""
    full = [answer for answer in answers if answer["credit"] == 1]
    worded = [answer for answer in full if answer["match"] != "regex"]
    return [label(answer) for answer in worded or full]


def key(answers: Sequence[Accepted]) -> list[tuple[str, Decimal]]:
    return [(_explained(answer), options.credit(answer)) for answer in answers]


def _explained(answer: Accepted) -> str:
    if answer["match"] != "close":
        return label(answer)
    return _("{text} (typing errors: {most})").format(text=answer["text"], most=int(answer.get("distance", 1)))


def categories(answers: Sequence[Accepted]) -> list[Category]:
    found = [Category(name(at), label(answer), answer["credit"] == 1) for at, answer in enumerate(answers)]
    return [*found, Category(OTHER, _("Another answer"))]


def name(at: int | None) -> str:
    """The category of the accepted answer at this place."""
    return OTHER if at is None else str(at + 1)


def from_row(row: Mapping[str, str]) -> dict[str, Any]:
    """The accepted answer that a row of an editor says."""
    answer: dict[str, Any] = {
        "text": row["text"],
        "credit": percent(row["credit"]),
        "match": row["match"] or "exact",
        "feedback": row["feedback"],
    }
    distance = parts.whole_number(row["distance"])
    return answer if distance is None else answer | {"distance": distance}


def from_editor(fields: Fields) -> list[dict[str, Any]]:
    """The rows of `answer-text` and the like; a row without text is left out."""
    found = [from_row(row) for row in parts.rows(fields, "answer", ROW) if row["text"]]
    return found or [{"text": "", "credit": 1, "match": "exact", "feedback": ""}]


def _well_formed(answer: object) -> bool:
    if not isinstance(answer, Mapping) or answer.get("match") not in texts.MATCHES:
        return False
    both = (answer.get("text"), answer.get("feedback", ""))
    return all(isinstance(text, str) for text in both) and options.is_number(answer.get("credit"))


def _is_distance(distance: object) -> bool:
    return type(distance) is int and 0 <= distance <= texts.MOST_EDITS
