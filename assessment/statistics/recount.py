"""The statistics from scratch: proof that folding lost nothing, and the repair if it ever did.

Marking waits for none of this: it takes advisory locks that only folds take, and no row of an attempt for longer than
putting that one attempt right.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from assessment.models import AnswerCount, Assignment, Attempt, StatisticsCell, StatisticsDelta, StatisticsPart
from assessment.statistics import answers, cells, deltas, parts

BATCH = 500


def recount(*, assignment_id: UUID | str, now: datetime) -> int:
    """Build the assignment's statistics again from responses and marks; returns how many attempts count.

    Reads every attempt: for repair and for tests, never for a page.
    """
    assignment = Assignment.objects.get(pk=assignment_id)
    n = _recount(assignment, now)
    _recount_over_all(assignment, now)
    return n


def recount_all(*, now: datetime) -> int:
    """The same for every assignment, and for the quizzes over all assignments, also those of deleted ones."""
    n, quizzes = 0, {}
    for assignment in Assignment.objects.order_by("pk"):
        n += _recount(assignment, now)
        quizzes[assignment.institution_id, assignment.quiz_id] = assignment
    for assignment in quizzes.values():
        _recount_over_all(assignment, now)
    return n


def _recount(assignment: Assignment, now: datetime) -> int:
    for attempts in _batches(assignment):
        counted = deltas.contributions(attempts)
        for attempt in attempts:
            if attempt.counted != counted[attempt.pk]:
                _repair(attempt, now)
    return _rebuild(assignment, now)


def _batches(assignment: Assignment) -> Iterator[list[Attempt]]:
    """The attempts that count, by key: a cursor held open would not survive a pooled connection."""
    counting = Attempt.objects.filter(
        assignment=assignment, preview=False, voided_at=None, state__in=deltas.SEEN
    ).order_by("pk")
    attempts = list(counting[:BATCH])
    while attempts:
        yield attempts
        attempts = list(counting.filter(pk__gt=attempts[-1].pk)[:BATCH])


@transaction.atomic
def _repair(attempt: Attempt, now: datetime) -> None:
    """An attempt that is locked is being marked, which puts it right."""
    free = Attempt.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=attempt.pk).first()
    if free is not None:
        deltas.record(attempt=free, now=now)


@transaction.atomic
def _rebuild(assignment: Assignment, now: datetime) -> int:
    cells.lock_assignment(assignment.pk)
    markers = list(StatisticsDelta.objects.filter(assignment=assignment).values_list("pk", flat=True))
    for kept in (StatisticsPart, StatisticsCell, AnswerCount):
        kept._default_manager.filter(assignment=assignment).delete()
    counts, typed, n = cells.Tally(assignment.institution_id), answers.Tally(), 0
    for people in _people(assignment):
        made = list(parts.of(assignment, people).values())
        cells.insert(made)
        counts.add((1, part) for part in made)
        typed.count(assignment, ((1, part) for part in made))
        n += len(made)
    counts.write(over_all=False, now=now)
    typed.write(over_all=False)
    StatisticsDelta.objects.filter(pk__in=markers).delete()
    return n


def _people(assignment: Assignment) -> Iterator[list[UUID]]:
    tried = Attempt.objects.filter(assignment=assignment, preview=False).order_by("person").distinct()
    keys = tried.values_list("person_id", flat=True)
    people: list[Any] = list(keys[:BATCH])
    while people:
        yield people
        people = list(keys.filter(person__gt=people[-1])[:BATCH])


@transaction.atomic
def _recount_over_all(assignment: Assignment, now: datetime) -> None:
    """What is over all assignments of the quiz is the sum of what each of them has.

    A fold that has written the one and not the other is not committed yet: it waits for this lock and then adds.
    """
    cells.lock_quiz(assignment)
    mine = StatisticsCell.objects.filter(institution=assignment.institution_id, quiz=assignment.quiz_id)
    mine.filter(assignment__isnull=True).delete()
    sums: dict[cells.Key, StatisticsCell] = {}
    for cell in mine.filter(assignment__isnull=False, group__isnull=True):
        key = cells.Key(cell.institution_id, None, cell.quiz_version_id, cell.population, None, cell.day)
        total = sums.setdefault(key, cells.new(key, cell.quiz_id))
        cells.add(total.data, cell.data)
        total.n, total.folded_at = total.data["n"], now
    cells.save(sums.values())
    _recount_answers(assignment)


def _recount_answers(assignment: Assignment) -> None:
    kept = AnswerCount.objects.filter(institution=assignment.institution_id, quiz=assignment.quiz_id)
    kept.filter(assignment__isnull=True).delete()
    typed = answers.Tally()
    for row in kept.filter(assignment__isnull=False).iterator():
        key = answers.Key(row.institution_id, None, row.quiz_id, row.item_version_id, row.population, row.answer)
        typed[key] += row.n
    typed.write(over_all=True)
