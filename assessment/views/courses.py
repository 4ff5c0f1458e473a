"""All of a teacher's courses at one glance: how far each class is and what waits where."""

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from assessment import access, glance
from assessment.views.requests import LaunchRequest, instructors_only


@dataclass
class Taught:
    """A course with what is asked in it. `here`: the one from which the page was opened."""

    title: str
    here: bool
    lines: list[glance.Line] = field(default_factory=list)


@instructors_only
@require_GET
def courses(request: LaunchRequest) -> HttpResponse:
    """A launch opens one activity: of the others it shows figures, and they open from the LMS."""
    access.require_instructor(request.viewer)
    found = glance.lines(access.taught_assignments(request.viewer))
    context: dict[str, Any] = {"courses": _by_course(request, found), "most": access.MOST_TAUGHT, "shown": len(found)}
    return render(request, "assessment/courses.html", context | {"link": request.viewer.resource_link_id})


def _by_course(request: LaunchRequest, lines: list[glance.Line]) -> list[Taught]:
    """This course first, then the others by title."""
    here, found = request.viewer.course_id, dict[Any, Taught]()
    for line in lines:
        course = line.assignment.course
        key = course.pk if course else None
        taught = found.setdefault(key, Taught(str(course) if course else "", key == here))
        taught.lines.append(line)
    return sorted(found.values(), key=lambda taught: (not taught.here, taught.title.casefold()))
