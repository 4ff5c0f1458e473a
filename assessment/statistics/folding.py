"""Folding deltas into rows, so that reading costs the same at any number of attempts."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from assessment.models import Assignment, StatisticsDelta
from assessment.statistics.sums import Tally

BATCH = 500
MOST_BATCHES = 200


def fold(*, assignment_id: UUID | str, now: datetime, batch: int = BATCH) -> int:
    """Fold the assignment's waiting deltas into its rows; returns how many.

    Each batch is one transaction: kill the process anywhere and nothing is lost or counted twice. Folds of one
    assignment wait for each other; marking goes on meanwhile. Stops after 200 batches: the next call goes on.
    """
    folded = 0
    for _ in range(MOST_BATCHES):
        done = _fold_batch(assignment_id, now, batch)
        folded += done
        if done < batch:
            break
    return folded


@transaction.atomic
def _fold_batch(assignment_id: UUID | str, now: datetime, batch: int) -> int:
    # NO KEY: inserting an attempt, a grade or a delta only needs the assignment's key, so marking never waits here.
    assignment = Assignment.objects.select_for_update(no_key=True).filter(pk=assignment_id).first()
    if assignment is None:
        return 0
    deltas = list(StatisticsDelta.objects.filter(assignment=assignment).order_by("pk")[:batch])
    if deltas:
        tally = Tally()
        for delta in deltas:
            tally.add(delta.quiz_version_id, delta.population, delta.sign, delta.counted)
        tally.write(assignment, now)
        StatisticsDelta.objects.filter(pk__in=[delta.pk for delta in deltas]).delete()
    return len(deltas)
