"""Who would move by a regrade, and by how much; which grades in the LMS change. Nothing is written."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from assessment import grades, marking
from assessment.models import Assignment, Attempt, AttemptState, Grade, Mark, Regrade, Response
from assessment.regrading import scope, totals
from lti.gradebook import lookups
from lti.models import ScoreState
from roster.models import Person


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
    """A grade that changes. `lms`: the state of its score, None where there is none.

    `overridden`: a person decided in the LMS, or has to, so that ours may not get there.
    """

    grade: Grade
    before: Decimal
    after: Decimal
    most_before: Decimal
    most_after: Decimal
    lms: str | None

    @property
    def overridden(self) -> bool:
        return self.lms in (ScoreState.HELD, ScoreState.KEPT)


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
                    "lms": one.lms,
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
    for assignment in scope.assignments(regrade):
        _look(regrade, assignment, found)
    found.moved.sort(
        key=lambda one: (one.after - one.before, one.attempt.person.sort_name if one.attempt.person else "")
    )
    found.grades.sort(
        key=lambda one: (one.after / one.most_after - one.before / one.most_before, one.grade.person.sort_name)
    )
    return found


def _look(regrade: Regrade, assignment: Assignment, found: DryRun) -> None:
    made = _handed_in(assignment)
    moved, moving = _mark_again(regrade, assignment, made, found.counts)
    people = Person.objects.filter(pk__in=Attempt.objects.filter(assignment=assignment).values("person")).in_bulk()
    for one in moved:
        one.attempt.person = people.get(one.attempt.person_id) if one.attempt.person_id else None
    found.moved.extend(moved)
    found.grades.extend(_grades(assignment, made.values(), moving, people))


def _handed_in(assignment: Assignment) -> dict[UUID, Attempt]:
    """The attempts that bear on grades, each learner's in order."""
    rows = Attempt.objects.filter(assignment=assignment, preview=False, voided_at=None)
    found = rows.exclude(state=AttemptState.IN_PROGRESS).order_by("number")
    return {attempt.pk: attempt for attempt in found.only(*grades.STANDING, "items_marked", "items_total")}


def _mark_again(
    regrade: Regrade, assignment: Assignment, made: Mapping[UUID, Attempt], counts: Counter[str]
) -> tuple[list[Moved], set[UUID | None]]:
    """Make the attempts as they would be, and count all; those whose points move, and who gets another mark."""
    counted = scope.counted(regrade).filter(assignment=assignment)
    answers = Response.objects.filter(item_version=regrade.item_version_id, attempt__in=counted)
    marks, after = _counting(answers), Outcomes(regrade)
    moved: list[Moved] = []
    moving = set()
    for pk, attempt_id, answer, shown in answers.values_list("pk", "attempt_id", "answer", "shown"):
        before, attempt = marks.get(pk), made.get(attempt_id)
        kept = scope.is_kept(before, regrade)
        mark = None if kept else after.of(answer, shown)
        if mark is None or attempt is None:
            counts["kept" if kept else "undecided"] += 1
            continue
        points, most = attempt.points, attempt.points_max
        totals.replace(attempt, regrade.item_version, before, mark)
        counts[totals.direction(before, mark)] += 1
        moving.add(attempt.person_id)
        if (points, most) != (attempt.points, attempt.points_max):
            moved.append(Moved(attempt, points, attempt.points, most, attempt.points_max))
    return moved, moving


class Outcomes:
    """The marks that a regrade gives, each worked out once: many learners give the same answer."""

    def __init__(self, regrade: Regrade) -> None:
        self.regrade, self.now, self.known = regrade, timezone.now(), dict[str, Mark | None]()

    def of(self, answer: dict[str, Any], shown: dict[str, Any]) -> Mark | None:
        """None where what counts now stays."""
        key = json.dumps([answer, shown])
        if key not in self.known:
            response = Response(item_version=self.regrade.item_version, answer=answer, shown=shown)
            outcome = scope.outcome(response, None, self.regrade)
            self.known[key] = marking.by_rule(response, outcome, round=0, now=self.now) if outcome else None
        return self.known[key]


class Given(NamedTuple):
    """What is asked of a mark that counts."""

    by: str
    points: Decimal
    tier: str


def _counting(answers: QuerySet[Response]) -> dict[UUID, Given]:
    """The mark that counts of each answer which has one."""
    marks = Mark.objects.filter(response__in=answers.filter(waiting=False).values("pk")).order_by("created_at", "pk")
    rows = marks.values_list("response_id", "by", "points", "tier")
    return {response: Given(by, points, tier) for response, by, points, tier in rows}


def _grades(
    assignment: Assignment, attempts: Iterable[Attempt], moving: Collection[UUID | None], people: Mapping[UUID, Person]
) -> Iterable[GradeMoved]:
    """The grades of `moving`, learners with an attempt that has another mark, as far as they change."""
    made: dict[UUID | None, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.person_id in moving:
            attempt.assignment = assignment
            made[attempt.person_id].append(attempt)
    states = lookups.states_by_person(resource_link=assignment.resource_link_id)
    for grade in Grade.objects.filter(assignment=assignment):
        standing = grades.standing_of(made[grade.person_id])
        if standing and (standing.points, standing.attempt.points_max) != (grade.points, grade.points_max):
            grade.person = people[grade.person_id]
            most, lms = standing.attempt.points_max, states.get(grade.person_id)
            yield GradeMoved(grade, grade.points, standing.points, grade.points_max, most, lms)
