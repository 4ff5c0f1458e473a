"""Who is signed in and what they may see. The only door to a course's pages."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect

from sandbox.launch.launches import SESSION_PERSON
from sandbox.models import Course, Enrolment, Person, Role
from sandbox.words import claims


@dataclass(frozen=True)
class Visit:
    """A signed-in person in a course."""

    person: Person
    course: Course
    role: str

    @property
    def teaches(self) -> bool:
        return self.role in (Role.INSTRUCTOR, Role.ASSISTANT, Role.ADMINISTRATOR)


@dataclass(frozen=True)
class Guest:
    """Nobody in particular, in a course that admits guests."""

    course: Course
    teaches: bool = False


def person(request: HttpRequest) -> Person | None:
    """The person signed in, or None."""
    return Person.objects.filter(pk=request.session.get(SESSION_PERSON) or 0).first()


def signed_in(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand the view the person signed in, or go to the front page."""

    @wraps(view)
    def handle(request: HttpRequest, **where: Any) -> HttpResponse:
        who = person(request)
        return redirect("front") if who is None else view(request, who, **where)

    return handle


def visit(who: Person, course_id: int, *, teacher: bool = False) -> Visit:
    """The person's place in a course. Raises Http404 for strangers, and for students where a teacher is needed."""
    course = Course.objects.filter(pk=course_id).first()
    role = claims.role_in(course, who) if course else None
    if course is None or role is None:
        raise Http404
    found = Visit(who, course, role)
    if teacher and not found.teaches:
        raise Http404
    return found


def courses_of(who: Person) -> list[Course]:
    """The courses this person may enter, oldest first."""
    if who.is_admin:
        return list(Course.objects.order_by("pk"))
    active = Enrolment.Status.ACTIVE
    return list(Course.objects.filter(enrolments__person=who, enrolments__status=active).order_by("pk"))
