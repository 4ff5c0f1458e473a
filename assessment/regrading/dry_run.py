"""Who would move by a regrade, and by how much; which grades in the LMS change. Nothing is written."""

import copy
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from assessment import grades
from assessment.models import DROPPED, Assignment, Attempt, AttemptState, Grade, Mark, Regrade, Response
from assessment.regrading import scope
from lti.gradebook import lookups
from lti.models import Score, ScoreState


@dataclass(frozen=True)
class Moved:
    """An attempt whose points change."""

    attempt: Attempt
    before: Decimal
    after: Decimal
    most_before: Decimal
    most_after: Decimal


@dataclass(frozen=True)
class GradeMoved:
    """A grade that changes. `overridden`: a person decided in the LMS, or has to, so that ours may not get there."""

    grade: Grade
    before: Decimal
    after: Decimal
    most_before: Decimal
    most_after: Decimal
    score: Score | None

    @property
    def overridden(self) -> bool:
        return self.score is not None and self.score.state in (ScoreState.HELD, ScoreState.KEPT)


@dataclass(frozen=True)
class DryRun:
    """`counts`: attempts by what becomes of them (up, down, same, kept, undecided)."""

    counts: Counter[str] = field(default_factory=Counter)
    moved: list[Moved] = field(default_factory=list)
    grades: list[GradeMoved] = field(default_factory=list)

    @property
    def overridden(self) -> list[GradeMoved]:
        return [one for one in self.grades if one.overridden]

    def data(self) -> dict[str, Any]:
        return {
            "counts": {name: self.counts[name] for name in ("up", "down", "same", "kept", "undecided")},
            "attempts": [
                {"attempt": one.attempt.pk, "person": one.attempt.person_id, **_change(one)} for one in self.moved
            ],
            "grades": [
                {
                    "assignment": one.grade.assignment_id,
                    "person": one.grade.person_id,
                    **_change(one),
                    "lms": one.score.state if one.score else None,
                    "overridden": one.overridden,
                }
                for one in self.grades
            ],
        }


def _change(one: Moved | GradeMoved) -> dict[str, list[Decimal]]:
    return {"points": [one.before, one.after], "points_max": [one.most_before, one.most_after]}


def of(regrade: Regrade) -> DryRun:
    """What committing would do to the attempts as they stand; some queries for each assignment."""
    found = DryRun()
    for assignment in scope.assignments(regrade).select_related("resource_link__context"):
        changed = _attempts(regrade, assignment, found)
        found.grades.extend(_grades(assignment, changed))
    found.moved.sort(
        key=lambda one: (one.after - one.before, one.attempt.person.sort_name if one.attempt.person else "")
    )
    found.grades.sort(
        key=lambda one: (one.after / one.most_after - one.before / one.most_before, one.grade.person.sort_name)
    )
    return found


def _attempts(regrade: Regrade, assignment: Assignment, found: DryRun) -> dict[UUID, Attempt]:
    """Count the attempts of the assignment, and keep those that move; each as it would be."""
    rows = Response.objects.filter(item_version=regrade.item_version, attempt__in=scope.counted(regrade))
    responses = list(
        rows.filter(attempt__assignment=assignment)
        .select_related("attempt__person")
        .defer("attempt__counted", "attempt__log")
    )
    marks = _counting(responses)
    changed = {}
    for response in responses:
        response.item_version = regrade.item_version
        after, how = _as_it_would_be(regrade, response, marks.get(response.pk))
        found.counts[how] += 1
        if after is not None:
            changed[after.pk] = after
            before = response.attempt
            if (before.points, before.points_max) != (after.points, after.points_max):
                found.moved.append(Moved(before, before.points, after.points, before.points_max, after.points_max))
    return changed


def _counting(responses: Iterable[Response]) -> dict[UUID, Mark]:
    marks = Mark.objects.filter(response__in=[one.pk for one in responses if not one.waiting])
    return {mark.response_id: mark for mark in marks.order_by("created_at", "pk")}


def _as_it_would_be(regrade: Regrade, response: Response, mark: Mark | None) -> tuple[Attempt | None, str]:
    outcome = scope.outcome(response, mark, regrade)
    if outcome is None or outcome.credit is None:
        return None, "kept" if scope.is_kept(mark, regrade) else "undecided"
    old, item, after = mark.points if mark else Decimal(0), regrade.item_version, copy.copy(response.attempt)
    new = (outcome.credit * item.points).quantize(grades.MILLI)
    after.points += new - old
    after.points_waiting -= item.points if response.waiting else 0
    after.points_max += item.points * ((mark is not None and mark.tier == DROPPED) - (outcome.tier == DROPPED))
    if response.waiting and not after.points_waiting:
        after.state = AttemptState.MARKED
    return after, "up" if new > old else "down" if new < old else "same"


def _grades(assignment: Assignment, changed: dict[UUID, Attempt]) -> list[GradeMoved]:
    made: dict[UUID, list[Attempt]] = defaultdict(list)
    people = {attempt.person_id for attempt in changed.values()}
    handed_in = Attempt.objects.filter(assignment=assignment, person__in=people, preview=False, voided_at=None)
    for row in handed_in.exclude(state=AttemptState.IN_PROGRESS).order_by("number").defer("counted", "log"):
        attempt = changed.get(row.pk, row)
        attempt.assignment = assignment
        made[attempt.person_id].append(attempt)  # type: ignore[index]
    scores = lookups.latest_by_person(resource_link=assignment.resource_link)
    stored = Grade.objects.filter(assignment=assignment, person__in=people).select_related("person")
    return [moved for grade in stored if (moved := _moved(grade, made[grade.person_id], scores.get(grade.person_id)))]


def _moved(grade: Grade, made: list[Attempt], score: Score | None) -> GradeMoved | None:
    standing = grades.standing_of(made)
    if standing is None or (standing.points, standing.attempt.points_max) == (grade.points, grade.points_max):
        return None
    return GradeMoved(grade, grade.points, standing.points, grade.points_max, standing.attempt.points_max, score)
