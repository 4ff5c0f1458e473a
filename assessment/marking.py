"""Marking: pure item-type rules over frozen responses, then statistics, grade and score, in one transaction.

Locks are always taken in the order attempt -> assignment -> grade -> score event. Row locks are `FOR NO KEY UPDATE`,
which lets others point foreign keys at a locked row, so that a grade may name an attempt that is being marked just now.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from assessment import announcing, grades, rules, sheets
from assessment.models import DROPPED, Attempt, AttemptState, Mark, MarkedBy, Response
from assessment.rules import MILLI as MILLI
from assessment.rules import points as points
from assessment.statistics import deltas
from content.item_types import Outcome
from roster.rows import Prepared, Save


@transaction.atomic
def mark_attempt(attempt_id: UUID | str, now: datetime) -> Attempt:
    """Apply the rules to a submitted attempt; an answer that no rule may decide waits for a person.

    An attempt that is not waiting to be marked is returned as it stands. Raises Attempt.DoesNotExist.
    """
    attempt = locked(attempt_id)
    if attempt.state == AttemptState.SUBMITTED:
        responses = sheets.responses(attempt)
        marks = _marked_before(attempt, responses)
        done = {mark.response_id for mark in marks}
        marks += apply_rules([one for one in responses if one.pk not in done], now, round=attempt.round)
        set_waiting(responses, marks)
        conclude(attempt, responses, marks, now, first=True)
    return attempt


def _marked_before(attempt: Attempt, responses: Sequence[Response]) -> list[Mark]:
    """The marks of answers that were checked while the attempt went on; each answer has one in each round."""
    checked = [response.pk for response in responses if response.checked_at is not None]
    return list(Mark.objects.filter(response__in=checked, round=attempt.round)) if checked else []


def mark_practice(responses: Iterable[Response], *, now: datetime) -> list[Mark]:
    """Mark answers of a practice attempt by rule; what a rule cannot decide stays without a mark."""
    return apply_rules(responses, now)


def locked(attempt_id: UUID | str) -> Attempt:
    """The attempt with its row locked for the rest of the transaction."""
    found = LOCKED.one(pk=attempt_id if isinstance(attempt_id, UUID) else UUID(attempt_id))
    if found is None:
        raise Attempt.DoesNotExist(f"no attempt {attempt_id}")
    return found


LOCKED = Prepared(
    lambda pk: (
        Attempt.objects.select_for_update(of=("self",), no_key=True)
        .select_related("assignment__resource_link", "person")
        .filter(pk=pk)
    ),
    pk=UUID,
)
SAVE = Save(Attempt)
Marked = tuple[Attempt, Sequence[Response], Collection[Mark]]  # an attempt as `conclude` takes it


def apply_rules(responses: Iterable[Response], now: datetime, *, round: int = 0) -> list[Mark]:
    """Append a mark to every response that a rule decides, in this round of the attempt.

    A response that `sheets.responses` read knows the `regrade` that rules its question.
    """
    return Mark.objects.bulk_create(decided(responses, now, round=round))


def decided(responses: Iterable[Response], now: datetime, *, round: int = 0) -> list[Mark]:
    """The marks of the responses that a rule decides, not stored yet."""
    found = [(response, rules.outcome(response, getattr(response, "regrade", None))) for response in responses]
    return [
        by_rule(response, outcome, round=round, now=now) for response, outcome in found if outcome.credit is not None
    ]


def by_rule(response: Response, outcome: Outcome, *, round: int, now: datetime) -> Mark:
    """The mark, not stored yet, of an outcome that has a credit."""
    assert outcome.credit is not None
    return Mark(
        response=response,
        points=points(outcome.credit, response.item_version),
        by=MarkedBy.RULE,
        tier=outcome.tier,
        round=round,
        evidence=dict(outcome.evidence),
        created_at=now,
    )


def conclude(
    attempt: Attempt, responses: Sequence[Response], marks: Sequence[Mark], now: datetime, *, first: bool = False
) -> None:
    """Write the totals of a locked attempt from the marks that count, then everything that follows from them.

    `responses` are all of the attempt with their items; `marks` is the one that counts of each marked response.
    `first`: there were no marks before these.
    """
    total(attempt, responses, marks, now)
    if first and deltas.counts(attempt):
        attempt.counted = deltas.contribution(attempt, responses, marks)
        deltas.note_attempt(attempt, now)
    SAVE(attempt)
    if attempt.assignment is not None and attempt.person is not None and not attempt.preview:
        if not first:
            deltas.record(attempt=attempt, now=now)
        announcing.marked(attempt, now)
        grades.recompute(assignment=attempt.assignment, person=attempt.person, now=now)


def conclude_all(marked: Sequence[Marked], now: datetime) -> None:
    """The same of many locked attempts, in few statements."""
    for attempt, responses, marks in marked:
        total(attempt, responses, marks, now)
    attempts = [attempt for attempt, *_ in marked]
    deltas.record_all(attempts, now)
    SAVE.all(attempts)
    for attempt in attempts:
        announcing.marked(attempt, now)
    grade_all(attempts, now)


def grade_all(attempts: Iterable[Attempt], now: datetime) -> None:
    """The grades and scores of the people whose locked attempts these are, in few statements."""
    people: dict[UUID, set[UUID]] = defaultdict(set)
    for attempt in attempts:
        if attempt.assignment_id and attempt.person_id and not attempt.preview and attempt.voided_at is None:
            people[attempt.assignment_id].add(attempt.person_id)
    for assignment_id in sorted(people):
        grades.recompute_people(assignment_id=assignment_id, people=people[assignment_id], now=now)


def counting_marks(attempt: Attempt) -> dict[UUID, Mark]:
    """The mark that counts of each marked response: the latest, unless the response waits for a person (again)."""
    marks = Mark.objects.filter(response__attempt=attempt, response__waiting=False).select_related("person")
    return {mark.response_id: mark for mark in marks.order_by("created_at", "pk")}


def total(attempt: Attempt, responses: Sequence[Response], marks: Iterable[Mark], now: datetime) -> None:
    """Set the totals of the attempt, not stored yet. A question that was dropped leaves its points and its maximum."""
    counting = {mark.response_id: mark for mark in marks}
    dropped = {pk for pk, mark in counting.items() if mark.tier == DROPPED}
    waiting = [response.item_version.points for response in responses if response.waiting]
    attempt.items_marked = len(responses) - len(waiting)
    attempt.points = sum((mark.points for mark in counting.values()), Decimal(0))
    attempt.points_waiting = sum(waiting, Decimal(0))
    attempt.points_max = sum((one.item_version.points for one in responses if one.pk not in dropped), Decimal(0))
    attempt.state = AttemptState.NEEDS_REVIEW if waiting else AttemptState.MARKED
    attempt.marked_at = None if waiting else now


def set_waiting(responses: Iterable[Response], marks: Iterable[Mark]) -> None:
    """The responses without a mark wait for a person; one statement."""
    marked = {mark.response_id for mark in marks}
    waiting = [response for response in responses if response.pk not in marked]
    for response in waiting:
        response.waiting = True
    if waiting:
        Response.objects.filter(pk__in=[response.pk for response in waiting]).update(waiting=True)
