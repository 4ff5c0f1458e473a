"""One learner's page: every attempt with its answers, marks and time, and where the score is."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from assessment import access, attempts
from assessment.models import Assignment, Attempt, AttemptState, Grade
from assessment.views import class_list, gradebook
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only
from lti.gradebook import lookups
from roster.models import Person

IN_FULL = 10  # attempts whose answers are shown; older ones have a page of their own


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
    context = {
        "assignment": assignment,
        "person": found,
        "grade": grade,
        "sittings": _sittings(request, found, grade),
        "chosen": chosen,
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
