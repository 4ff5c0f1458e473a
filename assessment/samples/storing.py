"""Writes the attempts of many sample learners at once: the rows that taking, marking and grading leave of real ones."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from assessment import announcing, attempts, marking, sheets
from assessment.models import Assignment, Attempt, AttemptState, Mark, MarkedBy, Response, SecondMark
from assessment.suggesting import suggestions
from roster import enqueue
from roster.models import Person


@dataclass(frozen=True)
class Sitting:
    """An attempt with its answers, not stored yet; handed in if its state says so."""

    attempt: Attempt
    responses: Sequence[Response]
    ability: float


@dataclass(frozen=True)
class Review:
    """Who marks what no rule decides. `credit` by a learner's ability is None for an answer that still waits."""

    by: Person
    credit: Callable[[float], Decimal | None]


@transaction.atomic
def store(*, assignment: Assignment, sittings: Sequence[Sitting], review: Review | None, now: datetime) -> int:
    """Write the attempts, mark and grade those that were handed in; how many answers wait. Raises AnotherQuiz."""
    attempts.store_all(assignment=assignment, drafts=[(one.attempt, one.responses) for one in sittings])
    handed_in = {one.attempt.pk: one for one in sittings if one.attempt.state == AttemptState.SUBMITTED}
    for one in handed_in.values():
        announcing.submitted(one.attempt, now)
    by_attempt = sheets.responses_of(one.attempt for one in handed_in.values())
    responses = [response for found in by_attempt.values() for response in found]
    marks = marking.decided(responses, now)
    if review:
        undecided = _without(responses, marks)
        reviewed = _reviewed(((one, handed_in[one.attempt_id].ability) for one in undecided), review, now)
        marks += reviewed
    Mark.objects.bulk_create(marks)
    _ask_again(assignment, marks, now)
    marking.set_waiting(responses, marks)
    given = _by_attempt(marks)
    marking.conclude_all([(one.attempt, by_attempt[pk], given[pk]) for pk, one in handed_in.items()], now)
    return _suggest(responses, marks, now)


def _without(responses: Iterable[Response], marks: Iterable[Mark]) -> list[Response]:
    marked = {mark.response_id for mark in marks}
    return [response for response in responses if response.pk not in marked]


def _reviewed(undecided: Iterable[tuple[Response, float]], review: Review, now: datetime) -> list[Mark]:
    """The teacher's marks, not stored yet."""
    return [
        Mark(
            response=response,
            points=marking.points(credit, response.item_version),
            by=MarkedBy.PERSON,
            tier="person",
            person=review.by,
            created_at=now,
        )
        for response, ability in undecided
        if (credit := review.credit(ability)) is not None
    ]


def _ask_again(assignment: Assignment, marks: Iterable[Mark], now: datetime) -> None:
    """A second person is asked about the sample that the policy names."""
    asked = [one for one in marks if one.by == MarkedBy.PERSON and assignment.asks_second(one.response_id)]
    SecondMark.objects.bulk_create(SecondMark(response_id=one.response_id, first=one, asked_at=now) for one in asked)


def _by_attempt(marks: Iterable[Mark]) -> dict[UUID, list[Mark]]:
    found: dict[UUID, list[Mark]] = defaultdict(list)
    for mark in marks:
        found[mark.response.attempt_id].append(mark)
    return found


def _suggest(responses: Iterable[Response], marks: Iterable[Mark], now: datetime) -> int:
    """Suggestions for what waits follow by a task, from what was marked too; how many answers wait."""
    suggestions.note_marked([one.response for one in marks if one.by == MarkedBy.PERSON], now=now)
    waiting = [response for response in responses if response.waiting]
    for attempt_id in {response.attempt_id for response in waiting}:
        enqueue.on_commit("assessment.tasks.suggest", str(attempt_id))
    return len(waiting)
