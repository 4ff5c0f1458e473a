"""Which attempts of a person are in the statistics, in which populations and groups."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import UTC
from typing import Any
from uuid import UUID

from assessment.models import Assignment, Attempt, AttemptState, Population, StatisticsPart
from assessment.statistics.deltas import SEEN
from roster.models import Group

FIELDS = ("pk", "person_id", "state", "number", "points", "points_max", "submitted_at", "quiz_version_id", "counted")


def of(assignment: Assignment, people: Collection[UUID]) -> dict[UUID, StatisticsPart]:
    """What the statistics should hold of these people, by attempt: two queries."""
    handed_in = Attempt.objects.filter(assignment=assignment, person__in=people, preview=False, voided_at=None)
    made: dict[UUID, list[Attempt]] = defaultdict(list)
    for attempt in handed_in.exclude(state=AttemptState.IN_PROGRESS).order_by("number").only(*FIELDS):
        made[attempt.person_id].append(attempt)  # type: ignore[index]
    groups = _groups(assignment, people)
    return {
        part.pk: part
        for person, attempts in made.items()
        for part in _of_person(assignment, attempts, groups.get(person, []))
    }


def _groups(assignment: Assignment, people: Collection[UUID]) -> dict[UUID, list[str]]:
    joined = Group.members.through.objects.filter(group__course=assignment.course_id, person__in=people)
    found: dict[UUID, list[str]] = defaultdict(list)
    for person, group in joined.order_by("group").values_list("person_id", "group_id"):
        found[person].append(str(group))
    return found


def _of_person(assignment: Assignment, made: list[Attempt], groups: list[str]) -> Iterable[StatisticsPart]:
    for attempt, populations in _counting(made):
        assert attempt.submitted_at
        assert attempt.person_id
        yield StatisticsPart(
            attempt_id=attempt.pk,
            assignment=assignment,
            person_id=attempt.person_id,
            quiz_version_id=attempt.quiz_version_id,
            populations=populations,
            groups=groups,
            day=attempt.submitted_at.astimezone(UTC).date(),
            counted=attempt.counted,
        )


def _counting(made: list[Attempt]) -> Iterable[tuple[Attempt, list[str]]]:
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
