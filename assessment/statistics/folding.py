"""Folding changes into cells, so that reading costs the same at any number of attempts."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db import transaction

from assessment.models import Assignment, StatisticsDelta, StatisticsPart
from assessment.statistics import answers, cells, parts

BATCH = 2000
MOST_BATCHES = 200
Changes = list[tuple[int, StatisticsPart]]


def fold(*, assignment_id: UUID | str, now: datetime, batch: int = BATCH) -> int:
    """Bring the statistics of the assignment in line with the attempts that changed; returns how many markers it read.

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
    # An advisory lock: marking holds the policy in the assignment's row, and must not wait for this.
    cells.lock_assignment(assignment_id)
    assignment = Assignment.objects.filter(pk=assignment_id).first()
    if assignment is None:
        return 0
    # The markers first: whatever they are about is in the attempts by now, and later ones stay for the next fold.
    markers = dict(StatisticsDelta.objects.filter(assignment=assignment).values_list("pk", "person_id")[:batch])
    if markers:
        _follow(assignment, set(markers.values()), now)
        StatisticsDelta.objects.filter(pk__in=parts.among(markers)).delete()
    return len(markers)


def _follow(assignment: Assignment, people: Collection[UUID], now: datetime) -> None:
    """Replace what the statistics hold of these people by what they should."""
    held = StatisticsPart.objects.filter(assignment=assignment, person_id__in=parts.among(people)).in_bulk()
    wanted = parts.of(assignment, people)
    gone = [part for pk, part in held.items() if not is_same(part, wanted.get(pk))]
    new = [part for pk, part in wanted.items() if not is_same(part, held.get(pk))]
    if gone or new:
        StatisticsPart.objects.filter(pk__in=parts.among([part.pk for part in gone])).delete()
        cells.insert(new)
        write(assignment, [*((-1, part) for part in gone), *((1, part) for part in new)], now)


def write(assignment: Assignment, changes: Changes, now: datetime) -> None:
    """Add the changes to the cells of the assignment, whose lock is held, and to those over all assignments."""
    counts, typed = cells.Tally(assignment.institution_id), answers.Tally()
    counts.add(changes)
    typed.count(assignment, changes)
    counts.write(over_all=False, now=now)
    typed.write(over_all=False)
    cells.lock_quiz(assignment)
    counts.write(over_all=True, now=now)
    typed.write(over_all=True)


def is_same(part: StatisticsPart, other: StatisticsPart | None) -> bool:
    names = ("quiz_version_id", "populations", "groups", "day", "counted")
    return other is not None and all(getattr(part, name) == getattr(other, name) for name in names)
