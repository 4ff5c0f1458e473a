"""Saving answers. A late save never overwrites a later one; nothing is stored once the attempt is closed.

Every writer locks the attempt row first (`FOR NO KEY UPDATE`), so that a save either finishes before the
submission freezes the responses, or finds the attempt closed.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from assessment import marking, showing, uploads
from assessment.models import Assignment, Attempt, AttemptState, Response
from content import item_types, places, rendering, variants
from content.item_types import Fields
from content.item_types import InvalidAnswer as InvalidAnswer
from content.models import ItemVersion, QuizVersion
from roster.rows import Prepared

HIGHEST_SEQ = MOST_SECONDS = 2**31 - 1


class AttemptClosed(Exception):
    """The attempt is submitted, or this item of a practice attempt is checked: its answer no longer changes."""


class NotChecked(AttemptClosed):
    """The policy gives no feedback before the end."""


class QuestionPassed(InvalidAnswer):
    """The learner has gone past the question, and there is no way back."""


class AnswerChecked(InvalidAnswer):
    """The answer was checked; the rest of the attempt goes on."""


class UnknownItem(LookupError):
    """The attempt's quiz version has no such item."""


@dataclass(frozen=True)
class Entry:
    """One answer to store, as JSON (`raw`) or as the `fields` of its control; its kind reads either.

    `seq` None: it comes from a form without script and takes the next number.
    """

    item_version_id: UUID | str
    raw: Any = None
    seq: int | None = None
    fields: Fields | None = None


@dataclass(frozen=True)
class Saved:
    """What is stored now: the answer just given (`saved`), or a later one that stands (`stale`).

    `given` is the answer just given, in plain text.
    """

    item_version_id: UUID
    state: Literal["saved", "stale"]
    seq: int
    answer: dict[str, Any]
    saved_at: datetime
    given: str = field(default="", compare=False)


def save(
    *, attempt: Attempt, item_version_id: UUID | str, raw: Any, seq: int | None, now: datetime, seconds: int = 0
) -> Saved:
    """Store one answer if its `seq` is higher than the stored one.

    The same `seq` with the same answer is `saved` again: its acknowledgement was lost on the way. Anything else
    is `stale` and changes nothing. `seconds` are those in sight, as `save_many` takes them. Raises AttemptClosed,
    UnknownItem, InvalidAnswer; then what is stored stays.
    """
    entries, seen = [Entry(item_version_id, raw, seq)], {_uuid(item_version_id): seconds}
    return save_many(attempt=attempt, entries=entries, seen=seen, now=now)[0]


@transaction.atomic
def save_many(
    *, attempt: Attempt, entries: Iterable[Entry], now: datetime, seen: Mapping[UUID, int] | None = None
) -> list[Saved]:
    """Store several answers, all or none, by the rule of `save`; the results come in the order of the entries.

    `seen` are the seconds that questions were in sight since the last report, answered now or not. They are added as
    far as that much time has passed, and with an answer only if it is taken, so that a repeated save adds nothing.
    """
    given = {_uuid(entry.item_version_id): entry for entry in entries}
    seen = {item: seconds for item, seconds in (seen or {}).items() if seconds > 0}
    found = {response.item_version_id: response for response in _locked(attempt, given.keys() | seen.keys())}
    if missing := given.keys() - found.keys():
        raise UnknownItem(*missing)
    answers = {item: _clean(found[item], entry, attempt.assignment, now) for item, entry in given.items()}
    numbered = {found[item]: (answers[item], entry.seq) for item, entry in given.items() if entry.seq is not None}
    only_seen = [response for item, response in found.items() if item not in given]
    stored = _store_numbered({**numbered, **_watched(only_seen)}, seen, now)
    rest = [found[item] for item in given if found[item].pk not in stored]
    _store_unnumbered([one for one in rest if given[one.item_version_id].seq is None], answers, now)
    _refresh(attempt, rest)
    return [
        Saved(item, "saved", entry.seq, answers[item], now, _given(found[item], answers[item]))
        if entry.seq is not None and found[item].pk in stored
        else _settled(found[item], entry, answers[item])
        for item, entry in given.items()
    ]


def try_out(*, quiz_version: QuizVersion, seed: int, entries: Iterable[Entry]) -> tuple[bool, dict[UUID, str]]:
    """Whether any of these answers a question of the version, and what is wrong with the others. Stores nothing."""
    drawn = variants.draw(quiz_version, places.of(quiz_version.pk), seed)
    shown = {place.item_version_id: (place.item_version, given) for place, given in drawn}
    answered, invalid = False, {}
    for entry in entries:
        item, given = shown[_uuid(entry.item_version_id)]
        try:
            answered = bool(read(item.kind, variants.apply(item.body, given), entry)) or answered
        except InvalidAnswer as error:
            invalid[item.pk] = str(error)
    return answered, invalid


def outdated(*, quiz_version: QuizVersion, entries: Iterable[Entry]) -> list[tuple[str, str]]:
    """Answers to questions of the quiz as they were worded in other versions: the question and the answer, as text."""
    given = {_uuid(entry.item_version_id): entry for entry in entries}
    current = quiz_version.places.values("item_version")
    items = ItemVersion.objects.filter(pk__in=given, item__quiz=quiz_version.quiz_id).exclude(pk__in=current)
    return [(rendering.plain(item.body["stem"]), text) for item in items if (text := _text(item, given[item.pk]))]


@transaction.atomic
def check(*, attempt: Attempt, item_version_id: UUID | str, now: datetime) -> Response:
    """Freeze one answer and mark it at once, as far as a rule can. Checking twice changes nothing.

    For practice, and where the policy gives feedback on each question. Raises AttemptClosed after the end, NotChecked
    where there is no such feedback, UnknownItem, and InvalidAnswer where there is no answer yet.
    """
    locked = _locked_one(attempt, item_version_id)
    # Read again behind the lock: another tab may have checked or changed it meanwhile.
    response = Response.objects.select_related("attempt", "item_version").get(pk=locked.pk)
    if response.checked_at is not None:
        return response
    policy = attempt.assignment
    if policy is not None and not showing.is_checked_by_question(policy):
        raise NotChecked
    _require_time(response, now)
    if _is_passed(response, policy):
        raise _passed()
    if not response.answer:
        raise InvalidAnswer(_("Answer the question first."))
    response.checked_at = now
    response.save(update_fields=["checked_at"])
    marking.apply_rules([response], now, round=response.attempt.round)
    return response


@transaction.atomic
def try_again(*, attempt: Attempt, item_version_id: UUID | str) -> Response:
    """Practice: open a checked answer for another try. It stays in its control until something else is answered.

    Its mark goes with its check, so the latest check is the one that counts: an anonymous practice is for learning, and
    nobody reads how many tries it took. An unchecked answer is left as it is. Raises AttemptClosed, UnknownItem.
    """
    locked = _locked_one(attempt, item_version_id)
    response = Response.objects.select_related("attempt", "item_version").get(pk=locked.pk)
    if response.attempt.assignment_id is not None:
        raise AttemptClosed("Only practice has second tries.")
    _require_open(response)
    response.marks.all().delete()
    response.checked_at = None
    response.save(update_fields=["checked_at"])
    return response


def _locked(attempt: Attempt, items: Collection[UUID]) -> list[Response]:
    """The responses with their attempt, locked and as it stands now.

    Where the lock had to be waited for, the responses themselves may be older than the attempt. Their items never
    change, so they are not read again. Most requests save one answer.
    """
    if len(items) == 1:
        found = ONE.all(attempt=attempt.pk, item=next(iter(items)))
    else:
        found = [one for one in ALL.all(attempt=attempt.pk) if one.item_version_id in items] if items else []
    printed = {place.item_version_id: place.item_version for place in places.of(attempt.quiz_version_id)}
    for response in found:
        response.item_version = printed[response.item_version_id]
    return found


def _locked_one(attempt: Attempt, item: UUID | str) -> Response:
    found = _locked(attempt, [_uuid(item)])
    if not found:
        raise UnknownItem(item)
    return found[0]


def _with_lock(attempt: UUID) -> QuerySet[Response]:
    rows = Response.objects.filter(attempt_id=attempt).select_related("attempt")
    return rows.only(*READ).select_for_update(of=("attempt",), no_key=True)


READ = (
    *("attempt", "item_version", "position", "shown", "answer", "seq", "saved_at", "checked_at"),
    *(f"attempt__{name}" for name in ("assignment", "state", "started_at", "deadline_at", "grace", "reached")),
)
ALL = Prepared(_with_lock, attempt=UUID)
ONE = Prepared(lambda attempt, item: _with_lock(attempt).filter(item_version_id=item), attempt=UUID, item=UUID)


def _clean(response: Response, entry: Entry, policy: Assignment | None, now: datetime) -> dict[str, Any]:
    _require_time(response, now)
    if entry.seq is not None:
        _valid(entry.seq)
    answer = read(response.item_version.kind, response.body, entry)
    if _is_passed(response, policy) and not Response.objects.filter(pk=response.pk, answer=answer).exists():
        raise _passed()
    if item_types.takes_files(response.item_version.kind) and not uploads.are_own(response, answer):
        raise InvalidAnswer(_("Choose the file again: it has not arrived."))
    return answer


def _watched(only_seen: Iterable[Response]) -> dict[Response, tuple[None, int]]:
    for response in only_seen:
        _require_open(response)
    return {response: (None, 0) for response in only_seen}


def _store_numbered(
    answers: Mapping[Response, tuple[dict[str, Any] | None, int]], seen: Mapping[UUID, int], now: datetime
) -> set[UUID]:
    """Store in one statement what is newer than what is there; the responses that took it.

    Where the answer is None only the seconds are added.
    """
    if not answers:
        return set()
    rows = [
        (
            one.pk,
            None if answer is None else json.dumps(answer),
            seq,
            min(seen.get(one.item_version_id, 0), MOST_SECONDS),
        )
        for one, (answer, seq) in answers.items()
    ]
    age = max(0, int((now - next(iter(answers)).attempt.started_at).total_seconds()))
    with connection.cursor() as cursor:
        cursor.execute(NEWER, [now, now, age, *map(list, zip(*rows, strict=True))])
        return {pk for (pk,) in cursor.fetchall()}


# A question was in sight no longer than since it was last saved, and in all no longer than the attempt has lasted.
NEWER = """
UPDATE assessment_response AS stored SET
    answer = coalesce(given.answer::jsonb, stored.answer),
    seq = greatest(given.seq, stored.seq),
    saved_at = CASE WHEN given.answer IS NULL THEN stored.saved_at ELSE %s END,
    seconds = greatest(stored.seconds, least(
        stored.seconds::bigint + least(given.seconds, round(extract(epoch FROM %s::timestamptz - stored.saved_at))), %s
    ))
FROM unnest(%s::uuid[], %s::text[], %s::int[], %s::int[]) AS given (id, answer, seq, seconds)
WHERE stored.id = given.id AND stored.checked_at IS NULL AND (given.answer IS NULL OR stored.seq < given.seq)
RETURNING stored.id
"""


def _store_unnumbered(rows: Iterable[Response], answers: Mapping[UUID, dict[str, Any]], now: datetime) -> None:
    """An answer without number takes the next one, where it is another one."""
    for response in rows:
        row, answer = (
            Response.objects.filter(pk=response.pk, checked_at__isnull=True),
            answers[response.item_version_id],
        )
        row.exclude(answer=answer).update(answer=answer, seq=F("seq") + 1, saved_at=now)


def _refresh(attempt: Attempt, rows: Collection[Response]) -> None:
    """Read what is stored now, in one statement: behind the lock it no longer changes."""
    stored = {one.pk: one for one in STORED.all(attempt=attempt.pk)} if rows else {}
    for response in rows:
        for name in ("answer", "seq", "saved_at", "checked_at"):
            setattr(response, name, getattr(stored[response.pk], name))


STORED = Prepared(
    lambda attempt: Response.objects.filter(attempt_id=attempt).only("answer", "seq", "saved_at", "checked_at"),
    attempt=UUID,
)


def _settled(response: Response, entry: Entry, answer: dict[str, Any]) -> Saved:
    """What is stored stands: the same, or another one."""
    same = response.answer == answer and entry.seq in (None, response.seq)
    if response.checked_at is not None and not same:
        if response.attempt.assignment_id is None:
            raise AttemptClosed
        raise AnswerChecked(_("You have checked this answer, so it no longer changes."))
    item = response.item_version_id
    return Saved(
        item, "saved" if same else "stale", response.seq, response.answer, response.saved_at, _given(response, answer)
    )


def _given(response: Response, answer: dict[str, Any]) -> str:
    return item_types.get(response.item_version.kind).text(response.body, answer)


def read(kind: str, body: Mapping[str, Any], entry: Entry) -> dict[str, Any]:
    """The answer in its stored shape. Raises InvalidAnswer."""
    rules = item_types.get(kind)
    raw = entry.raw if entry.fields is None else rules.from_form(body, entry.fields)
    return rules.clean(body, raw)


def _text(item: ItemVersion, entry: Entry) -> str:
    try:
        body = variants.sample(item.body)
        return item_types.get(item.kind).text(body, read(item.kind, body, entry))
    except InvalidAnswer:
        return " ".join(value for values in (entry.fields or {}).values() for value in values)


def _require_open(response: Response) -> None:
    if response.attempt.state != AttemptState.IN_PROGRESS:
        raise AttemptClosed


def _require_time(response: Response, now: datetime) -> None:
    _require_open(response)
    if response.attempt.is_overdue(now):
        raise AttemptClosed("The time is over.")


def _is_passed(response: Response, policy: Assignment | None) -> bool:
    return policy is not None and policy.is_one_way and response.position < response.attempt.reached


def _passed() -> QuestionPassed:
    return QuestionPassed(_("You have gone past this question, so its answer no longer changes."))


def _valid(seq: int) -> None:
    if isinstance(seq, bool) or not isinstance(seq, int) or not 0 <= seq <= HIGHEST_SEQ:
        raise InvalidAnswer(_("The sequence number must be a whole number from 0."))


def _uuid(value: UUID | str) -> UUID:
    try:
        return value if isinstance(value, UUID) else UUID(value)
    except (ValueError, AttributeError, TypeError) as error:
        raise UnknownItem(value) from error
