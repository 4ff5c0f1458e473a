"""How far the classes of many assignments are, in a fixed number of queries."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Avg, Count, F, Q

from assessment.models import Assignment, Attempt, AttemptState, Grade, Response
from lti.gradebook import lookups
from lti.models import Score
from roster.models import Enrollment, Role


@dataclass(frozen=True)
class Line:
    """One assignment. `mean` is a share of the points, of the grades that there are; `undelivered` counts scores that
    are not in the gradebook and do not get there by themselves.
    """

    assignment: Assignment
    learners: int
    working: int
    submitted: int
    waiting: int
    undelivered: int
    mean: float | None


def lines(assignments: Iterable[Assignment]) -> list[Line]:
    """A line for each, in the same order; six queries for any number."""
    asked = list(assignments)
    learners = _learners(asked)
    people, waiting, grades, stuck = _people(asked), _waiting(asked), _grades(asked), _stuck(asked)
    return [
        Line(
            assignment=one,
            learners=max(learners.get(one.course_id, 0), people.get(one.pk, {}).get("begun", 0)),
            working=people.get(one.pk, {}).get("working", 0),
            submitted=people.get(one.pk, {}).get("submitted", 0),
            waiting=waiting.get(one.pk, 0),
            undelivered=stuck.get(one.resource_link_id, 0) + grades.get(one.pk, {}).get("unsent", 0),
            mean=grades.get(one.pk, {}).get("mean"),
        )
        for one in asked
    ]


def _learners(asked: list[Assignment]) -> dict[UUID | None, int]:
    """By course."""
    places = Enrollment.objects.filter(course__in={one.course_id for one in asked}, role=Role.LEARNER, active=True)
    return dict(places.values_list("course").annotate(Count("pk")))


def _people(asked: list[Assignment]) -> dict[UUID, dict[str, Any]]:
    """How many people began, are at it, and handed something in."""
    counted = Attempt.objects.filter(assignment__in=asked, preview=False).values("assignment")
    is_open = Q(state=AttemptState.IN_PROGRESS)
    found = counted.annotate(
        begun=Count("person", distinct=True),
        working=Count("person", distinct=True, filter=is_open),
        submitted=Count("person", distinct=True, filter=~is_open),
    )
    return {row["assignment"]: dict(row) for row in found}


def _waiting(asked: list[Assignment]) -> dict[UUID, int]:
    """How many answers wait for a person."""
    handed_in = [AttemptState.NEEDS_REVIEW, AttemptState.MARKED]
    found = Response.objects.filter(
        waiting=True, attempt__assignment__in=asked, attempt__preview=False, attempt__state__in=handed_in
    )
    return dict(found.values_list("attempt__assignment").annotate(Count("pk")))


def _grades(asked: list[Assignment]) -> dict[UUID, dict[str, Any]]:
    found = Grade.objects.filter(assignment__in=asked).values("assignment")
    share = Avg(F("points") / F("points_max"))
    return {
        row["assignment"]: dict(row)
        for row in found.annotate(mean=share, unsent=Count("pk", filter=Q(unsent_at__isnull=False)))
    }


def _stuck(asked: list[Assignment]) -> dict[UUID, int]:
    """By resource link."""
    of_links = Score.objects.filter(line_item__resource_link__in=[one.resource_link_id for one in asked])
    found = lookups.in_trouble(of_links).values_list("line_item__resource_link")
    return dict(found.annotate(Count("pk")))
