"""Answers as they come from a page: form fields or JSON, into entries for `responses` and back into fields.

A form carries per item `answer-<id>`, `seq-<id>` (what is stored + 1) and `was-<id>` (names what the page showed).
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.http import QueryDict

from assessment import responses
from assessment.attempts import Question
from assessment.models import Attempt
from assessment.responses import Entry, InvalidAnswer, Saved, UnknownItem

MOST_ENTRIES = 500


class Garbage(ValueError):
    """The body is not what the page sends."""


@dataclass
class Field:
    """A question on the page: what is stored, and what went wrong with what was sent."""

    question: Question
    error: str = ""
    typed: str = ""
    stale: bool = False

    @property
    def next_seq(self) -> int:
        return self.question.seq + 1

    @property
    def was(self) -> str:
        return _token(str(self.next_seq), self.chosen or str(self.question.answer.get("text", "")))

    @property
    def text(self) -> str:
        """What stands in the text box: a refused text stays there to be put right."""
        return self.typed if self.error else str(self.question.answer.get("text", ""))

    @property
    def chosen(self) -> str:
        return str(self.question.answer.get("option", ""))


@dataclass
class Outcome:
    """What saving several answers came to, by item."""

    saved: list[Saved] = field(default_factory=list)
    invalid: dict[UUID, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    @property
    def stale(self) -> set[UUID]:
        return {one.item_version_id for one in self.saved if one.state == "stale"}


def from_form(data: QueryDict, questions: Sequence[Question]) -> list[Entry]:
    """The entries that the form changed. A second window's untouched fields must not look like changes."""
    return [entry for question in questions if (entry := _from_fields(data, question)) is not None]


def from_json(body: bytes) -> list[Entry]:
    """The entries of `{"responses": [{"item", "answer", "seq"}]}`. Raises Garbage."""
    try:
        rows = json.loads(body)["responses"]
        if not isinstance(rows, list) or len(rows) > MOST_ENTRIES:
            raise Garbage(f"`responses` must be a list of at most {MOST_ENTRIES}.")
        return [Entry(UUID(row["item"]), row["answer"], _whole(row["seq"])) for row in rows]
    except Garbage:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Garbage("Expected {'responses': [{'item': uuid, 'answer': ..., 'seq': number}]}.") from error


def store(*, attempt: Attempt, entries: list[Entry], now: datetime) -> Outcome:
    """Save all in one transaction; where one is not valid, one by one, so that the good ones are kept.

    Raises AttemptClosed.
    """
    try:
        return Outcome(saved=responses.save_many(attempt=attempt, entries=entries, now=now))
    except (InvalidAnswer, UnknownItem):
        return _store_each(attempt, entries, now)


def fields(questions: Sequence[Question], data: QueryDict | None = None, outcome: Outcome | None = None) -> list[Field]:
    """The questions as they stand, with what was wrong with the form beside the field it concerns."""
    shown = []
    for question in questions:
        one = Field(question)
        if data is not None and outcome is not None:
            one.error = outcome.invalid.get(question.item_version_id, "")
            one.stale = question.item_version_id in outcome.stale
            one.typed = data.get(f"answer-{question.item_version_id}", "")
        shown.append(one)
    return shown


def _from_fields(data: QueryDict, question: Question) -> Entry | None:
    item = question.item_version_id
    raw, seq = data.get(f"answer-{item}"), data.get(f"seq-{item}")
    if question.checked or (raw is None and seq is None):
        return None
    if data.get(f"was-{item}") == _token(seq or "", raw or ""):
        return None
    return Entry(item, raw or "", _number(seq))


def _token(seq: str, text: str) -> str:
    """Names what the page showed: sent back unchanged, nobody touched the field."""
    return sha256(f"{seq}:{text}".replace("\r\n", "\n").encode()).hexdigest()[:16]


def _number(text: str | None) -> int | None:
    """The number of a hidden field; 0, which no save accepts, where somebody wrote something else there."""
    if text is None:
        return None
    return int(text) if text.isdecimal() and len(text) < 11 else 0


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Garbage("`seq` must be a whole number.")
    return value


def _store_each(attempt: Attempt, entries: list[Entry], now: datetime) -> Outcome:
    outcome = Outcome()
    for entry in entries:
        try:
            outcome.saved += responses.save_many(attempt=attempt, entries=[entry], now=now)
        except InvalidAnswer as error:
            outcome.invalid[UUID(str(entry.item_version_id))] = str(error)
        except UnknownItem:
            outcome.unknown.append(str(entry.item_version_id))
    return outcome


def as_json(outcome: Outcome) -> list[dict[str, Any]]:
    """One row per answer sent: what is stored now, or why it is not."""
    saved = [
        {
            "item": str(one.item_version_id),
            "state": one.state,
            "seq": one.seq,
            "answer": one.answer,
            "saved_at": one.saved_at.isoformat(),
        }
        for one in outcome.saved
    ]
    invalid = [{"item": str(item), "state": "invalid", "detail": why} for item, why in outcome.invalid.items()]
    return saved + invalid + [{"item": item, "state": "unknown"} for item in outcome.unknown]
