"""Which attempts of a person are in the statistics, in which populations and groups."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC
from typing import Any
from uuid import UUID

from django.db.models.expressions import RawSQL

from assessment.models import Assignment, Attempt, AttemptState, Population, StatisticsPart
from assessment.statistics.deltas import SEEN
from roster.models import Group

# Of an attempt, read as rows: making thousands of models costs more than the rest.
FIELDS = ("pk", "person_id", "state", "number", "points", "points_max", "submitted_at", "quiz_version_id", "counted")


def of(assignment: Assignment, people: Collection[UUID]) -> dict[UUID, StatisticsPart]:
    """What the statistics should hold of these people, by attempt: two queries."""
    handed_in = Attempt.objects.filter(assignment=assignment, person__in=among(people), preview=False, voided_at=None)
    made: dict[UUID, list[Any]] = defaultdict(list)
    for attempt in (
        handed_in.exclude(state=AttemptState.IN_PROGRESS).order_by("number").values_list(*FIELDS, named=True)
    ):
        made[attempt.person_id].append(attempt)
    groups = _groups(assignment, people)
    return {
        part.pk: part
        for person, attempts in made.items()
        for part in _of_person(assignment, attempts, groups.get(person, []))
    }


def among(ids: Collection[UUID]) -> RawSQL:
    """The ids for `__in`, as one parameter: thousands of them cost more than the query."""
    return RawSQL("SELECT unnest(%s::uuid[])", [list(ids)])


def _groups(assignment: Assignment, people: Collection[UUID]) -> dict[UUID, list[str]]:
    joined = Group.members.through.objects.filter(group__course=assignment.course_id, person__in=among(people))
    found: dict[UUID, list[str]] = defaultdict(list)
    for person, group in joined.order_by("group").values_list("person_id", "group_id"):
        found[person].append(str(group))
    return found


def _of_person(assignment: Assignment, made: list[Any], groups: list[str]) -> Iterable[StatisticsPart]:
    for attempt, populations in _counting(made):
        yield StatisticsPart(
            attempt_id=attempt.pk,
            assignment_id=assignment.pk,
            person_id=attempt.person_id,
            quiz_version_id=attempt.quiz_version_id,
            populations=populations,
            groups=groups,
            day=attempt.submitted_at.astimezone(UTC).date(),
            counted=attempt.counted,
        )


def _counting(made: list[Any]) -> Iterable[tuple[Any, list[str]]]:
    """The attempts that count, oldest first, each with its populations.

    A first attempt that still waits to be marked leaves its place empty; of equally good ones the earliest is the best.
    """
    seen = [attempt for attempt in made if attempt.state in SEEN and attempt.counted]
    if not seen:
        return
    best = max(seen, key=lambda attempt: attempt.points / attempt.points_max if attempt.points_max else 0)
    for attempt in seen:
        places: list[tuple[str, Any]] = [
            (Population.FIRST, made[0]),
            (Population.HIGHEST, best),
            (Population.LATEST, seen[-1]),
            (Population.ALL, attempt),
        ]
        yield attempt, [str(name) for name, holder in places if holder is attempt]
