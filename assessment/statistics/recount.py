"""The statistics from scratch: proof that folding lost nothing, and the repair if it ever did."""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db import transaction

from assessment.models import Assignment, Attempt, StatisticsDelta, StatisticsRow
from assessment.statistics import deltas
from assessment.statistics.sums import Tally

BATCH = 500


@transaction.atomic
def recount(*, assignment_id: UUID | str, now: datetime) -> int:
    """Build the assignment's rows again from responses and marks; returns how many attempts count.

    Reads every attempt: for repair and for tests, never for a page.
    """
    # The full lock: a marking that already appended deltas ends first, and none can append any before we are done.
    assignment = Assignment.objects.select_for_update().get(pk=assignment_id)
    StatisticsDelta.objects.filter(assignment=assignment).delete()
    StatisticsRow.objects.filter(assignment=assignment).delete()
    tally, n = Tally(), 0
    for attempts in _batches(assignment):
        counted = deltas.contributions(attempts)
        drifted = []
        for attempt in attempts:
            for population in deltas.populations(attempt):
                tally.add(attempt.quiz_version_id, population, 1, counted[attempt.pk])
            if attempt.counted != counted[attempt.pk]:
                attempt.counted = counted[attempt.pk]
                drifted.append(attempt)
        Attempt.objects.bulk_update(drifted, ["counted"])
        n += len(attempts)
    for forgotten in assignment.forgotten.all():
        for population in deltas.populations(forgotten):
            tally.add(forgotten.quiz_version_id, population, 1, forgotten.counted)
        n += 1
    tally.write(assignment, now)
    return n


def _batches(assignment: Assignment) -> Iterator[list[Attempt]]:
    """The attempts that count, by key: a cursor held open would not survive a pooled connection."""
    counting = Attempt.objects.filter(assignment=assignment, preview=False, state__in=deltas.SEEN).order_by("pk")
    attempts = list(counting[:BATCH])
    while attempts:
        yield attempts
        attempts = list(counting.filter(pk__gt=attempts[-1].pk)[:BATCH])
