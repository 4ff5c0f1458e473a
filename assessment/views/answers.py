"""Answers as they come from a page: form fields or JSON, into entries for `responses` and back into fields.

A form carries per item the fields of its control (`answer-<id>`, `answer-<id>-<part>`), `seq-<id>` (what is stored + 1)
and `was-<id>` (names what the page showed). What the fields mean is the business of the item's kind.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.http import QueryDict
from django.utils.translation import get_language, gettext

from assessment import responses
from assessment.attempts import Question
from assessment.models import Attempt
from assessment.responses import Entry, InvalidAnswer, Saved, UnknownItem
from content import publishing
from content.item_types import Fields
from content.models import QuizVersion

MOST_ENTRIES = publishing.MOST_ITEMS
Seen = dict[UUID, int]  # seconds in sight, by item version
ANSWER = re.compile(r"answer-(?P<item>[0-9a-f-]{36})(?:-(?P<part>.+))?", re.DOTALL)


class Garbage(ValueError):
    """The body is not what the page sends."""


@dataclass(frozen=True)
class Verdict:
    """How a checked answer fared: a colour of the style sheet, and the words that say it without any."""

    look: str
    words: str


@dataclass
class Field:
    """A question on the page: what is stored, and what went wrong with what was sent."""

    question: Question
    error: str = ""
    sent: dict[str, list[str]] = field(default_factory=dict)
    stale: bool = False
    given: str = ""
    unsaved: bool = False

    @property
    def alike(self) -> str:
        """Names the question where everybody sees the same: before it is answered. Empty elsewhere."""
        question = self.question
        if question.answer or question.checked or self != Field(question):
            return ""
        return f"{get_language()} {question}"

    @property
    def next_seq(self) -> int:
        return self.question.seq + 1

    @property
    def was(self) -> str:
        return _token(str(self.next_seq), self.question.fields)

    @property
    def fields(self) -> dict[str, list[str]]:
        """What stands in the control: what could not be stored stays there to be put right or sent again."""
        return self.sent if self.error or self.unsaved else self.question.fields

    @property
    def verdict(self) -> Verdict | None:
        """Of an answer that was checked before the end."""
        if self.question.feedback is None:
            return None
        looks = {
            "right": Verdict("ok", f"✓ {gettext('Correct')}"),
            "partly": Verdict("wait", f"◐ {gettext('Partly correct')}"),
            "wrong": Verdict("bad", f"✗ {gettext('Incorrect')}"),
            "waiting": Verdict("wait", f"… {gettext('Waiting for your teacher')}"),
            "hidden": Verdict("", gettext("This answer is final.")),
        }
        return looks.get(self.question.feedback["state"], Verdict("", f"– {gettext('Compare it yourself')}"))

    @property
    def values(self) -> list[str]:
        """What stands in a control of one field."""
        return self.fields.get("", [])


@dataclass
class Outcome:
    """What saving several answers came to, by item."""

    saved: list[Saved] = field(default_factory=list)
    invalid: dict[UUID, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    @property
    def stale(self) -> dict[UUID, str]:
        """Your answer in this window where a later answer stands, in plain text by item."""
        return {answer.item_version_id: answer.given for answer in self.saved if answer.state == "stale"}


def from_form(data: QueryDict, questions: Sequence[Question]) -> list[Entry]:
    """The entries that the form changed. A second window's untouched fields must not look like changes."""
    sent = sent_fields(data)
    found = (_entry(data, question, sent.get(str(question.item_version_id))) for question in questions)
    return [entry for entry in found if entry is not None]


def outdated(data: QueryDict, version: QuizVersion) -> list[tuple[str, str]]:
    """What the form answers in other versions of the quiz: question and answer."""
    entries = [Entry(item, fields=sent) for item, sent in sent_fields(data).items() if is_uuid(item)]
    return responses.outdated(quiz_version=version, entries=entries)


def is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def sent_fields(data: QueryDict) -> dict[str, dict[str, list[str]]]:
    """The fields of every answer in the form, by item and part."""
    sent: dict[str, dict[str, list[str]]] = {}
    for name, values in data.lists():
        if match := ANSWER.fullmatch(name):
            sent.setdefault(match["item"], {})[match["part"] or ""] = [str(value) for value in values]
    return sent


def from_json(body: bytes) -> tuple[list[Entry], Seen]:
    """The entries of `{"responses": [{"item", "answer", "seq"}], "seen": {item: seconds}}`. Raises Garbage.

    In place of `answer` there may be `fields`, the names and values of its control as a form has them, which is what
    our own script sends. `seen` may be left out.
    """
    try:
        sent = json.loads(body)
        rows, seen = sent["responses"], sent.get("seen", {})
        if not isinstance(rows, list) or max(len(rows), len(seen)) > MOST_ENTRIES:
            raise Garbage(f"`responses` must be a list of at most {MOST_ENTRIES}.")
        return [_row(row) for row in rows], {UUID(item): _seconds(value) for item, value in seen.items()}
    except Garbage:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Garbage("Expected {'responses': [{'item': uuid, 'answer': ..., 'seq': number}]}.") from error


def store(*, attempt: Attempt, entries: list[Entry], now: datetime, seen: Seen | None = None) -> Outcome:
    """Save all in one transaction; where one is not valid, one by one, so that the good ones are kept.

    Raises AttemptClosed.
    """
    try:
        return Outcome(saved=responses.save_many(attempt=attempt, entries=entries, seen=seen, now=now))
    except (InvalidAnswer, UnknownItem):
        responses.save_many(attempt=attempt, entries=[], seen=seen, now=now)
        return _store_each(attempt, entries, now)


def fields(
    questions: Sequence[Question],
    data: QueryDict | None = None,
    outcome: Outcome | None = None,
    *,
    stale: Mapping[UUID, str] | None = None,
    unsaved: bool = False,
) -> list[Field]:
    """The questions as they stand, with what was wrong with the form beside the field it concerns.

    `stale` are older answers that were sent before, as `Outcome.stale` has them.
    """
    sent = sent_fields(data) if data is not None else {}
    outcome = outcome or Outcome()
    stale = stale or outcome.stale
    return [
        Field(
            question,
            error=outcome.invalid.get(question.item_version_id, ""),
            sent=sent.get(str(question.item_version_id), {}),
            stale=question.item_version_id in stale,
            given=stale.get(question.item_version_id, ""),
            unsaved=unsaved,
        )
        for question in questions
    ]


def _entry(data: QueryDict, question: Question, sent: dict[str, list[str]] | None) -> Entry | None:
    item = question.item_version_id
    seq = data.get(f"seq-{item}")
    if question.checked or (sent is None and seq is None):
        return None
    fields = sent or {}
    if data.get(f"was-{item}") == _token(seq or "", fields):
        return None
    return Entry(item, seq=_number(seq), fields=fields)


def _row(row: Any) -> Entry:
    item, seq = UUID(row["item"]), _whole(row["seq"])
    if "fields" not in row:
        return Entry(item, row["answer"], seq)
    named: dict[str, list[str]] = {}
    for part, value in row["fields"]:
        if not isinstance(part, str) or not isinstance(value, str):
            raise Garbage("`fields` must be pairs of text.")
        named.setdefault(part, []).append(value)
    return Entry(item, seq=seq, fields=named)


def _token(seq: str, fields: Fields) -> str:
    """Names what the page showed: sent back unchanged, nobody touched the control."""
    filled = {part: [value.replace("\r\n", "\n") for value in values if value] for part, values in fields.items()}
    shown = json.dumps(sorted((part, values) for part, values in filled.items() if values))
    return sha256(f"{seq}:{shown}".encode()).hexdigest()[:16]


def _number(text: str | None) -> int | None:
    """The number of a hidden field; 0, which no save accepts, where somebody wrote something else there."""
    if text is None:
        return None
    return int(text) if text.isdecimal() and len(text) < 11 else 0


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Garbage("`seq` must be a whole number.")
    return value


def _seconds(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Garbage("`seen` must be whole seconds by item.")
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
