"""One learner's page: every attempt with its answers, marks, time and log, exceptions, and where the score is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from assessment import access, attempts
from assessment.models import Assignment, Attempt, AttemptState, Grade
from assessment.placement import terms
from assessment.views import class_list, gradebook
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only
from lti.gradebook import lookups
from roster.models import Person

IN_FULL = 10  # attempts whose answers are shown; older ones have a page of their own


@dataclass(frozen=True)
class Entry:
    """What a teacher did to an attempt. `left_in_lms`: the gradebook keeps a score that no longer counts here."""

    what: str
    by: str
    why: str
    at: datetime
    left_in_lms: bool = False


@dataclass(frozen=True)
class Sitting:
    """An attempt and what was answered in it; no items where it is an old one."""

    attempt: Attempt
    items: list[attempts.ItemResult]
    counts: bool

    @property
    def seconds(self) -> int | None:
        """From the start to the hand-in."""
        ended = self.attempt.submitted_at
        taken = (ended - self.attempt.started_at).total_seconds() if ended and not self.attempt.paper_key else 0
        return round(taken) or None

    @property
    def taken_minutes(self) -> int:
        return round(self.attempt.taken.total_seconds() / 60)

    @property
    def log(self) -> list[Entry]:
        """The newest first."""
        return [
            Entry(
                what=one["what"],
                by=one["by"],
                why=one["why"],
                at=datetime.fromisoformat(one["at"]),
                left_in_lms=one.get("left_in_lms", False),
            )
            for one in reversed(self.attempt.log)
        ]


@instructors_only
@require_GET
def person(request: LaunchRequest, person_id: UUID) -> HttpResponse:
    assignment = assignment_or_404(request)
    try:
        found = access.class_person(request.viewer, person_id)
    except Person.DoesNotExist as error:
        raise Http404("No such learner.") from error
    grade = access.class_grades(request.viewer).filter(person=found.pk).first()
    chosen = class_list.wanted(request, list(access.class_groups(request.viewer)))
    sittings = _sittings(request, found, grade)
    given = terms.holding(assignment.pk, found.pk).select_related("group").order_by("created_at", "pk")
    context = {
        "assignment": assignment,
        "person": found,
        "grade": grade,
        "sittings": sittings,
        "exceptions": given,
        "chosen": chosen,
        "saved": "saved" in request.GET,
        "stays": grade is None and any(one.attempt.voided_at and _is_left(one.log) for one in sittings),
        **_gradebook(assignment, found, grade),
    }
    return render(request, "assessment/class_person.html", context)


def _sittings(request: LaunchRequest, found: Person, grade: Grade | None) -> list[Sitting]:
    """Two queries for each attempt that is shown in full."""
    made = access.class_attempts(request.viewer).filter(person=found.pk).order_by("-number")
    return [
        Sitting(one, _items(one) if at < IN_FULL else [], bool(grade and grade.attempt_id == one.pk))
        for at, one in enumerate(made)
    ]


def _is_left(log: list[Entry]) -> bool:
    return next((entry.left_in_lms for entry in log if entry.what == "voided"), False)


def _items(attempt: Attempt) -> list[attempts.ItemResult]:
    return [] if attempt.state == AttemptState.SUBMITTED else attempts.results(attempt, for_instructor=True)


def _gradebook(assignment: Assignment, found: Person, grade: Grade | None) -> dict[str, Any]:
    """The score's way to the LMS, and what went wrong on it."""
    score = lookups.latest(resource_link=assignment.resource_link, person=found)
    paused = gradebook.pause(assignment, [score] if score else [])
    troubled = score is not None and gradebook.needs_attention(score, paused)
    return {
        "line": gradebook.class_line(score, assignment, grade, paused) if grade else None,
        "trouble": gradebook.trouble_line(score, paused) if score and troubled else None,
        "score": score,
    }
