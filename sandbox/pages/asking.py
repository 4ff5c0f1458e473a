"""The message that asks what a tool holds about a person (data privacy)."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.http import require_GET

from sandbox.launch import access, frames
from sandbox.models import Mode, Person, Tool
from sandbox.words import messages


def _tool(visit: access.Visit, tool_id: int) -> Tool:
    if visit.course.mode != Mode.STRICT:
        raise Http404
    return get_object_or_404(Tool, pk=tool_id, active=True)


def _subject(visit: access.Visit, person_id: int) -> Person:
    """Oneself; an administrator may ask about anyone in the course."""
    if person_id != visit.person.pk and not visit.person.is_admin:
        raise Http404
    return get_object_or_404(Person, pk=person_id, enrolments__course=visit.course)


@require_GET
@access.signed_in
def held(request: HttpRequest, me: Person, course_id: int, tool_id: int, person_id: int) -> HttpResponse:
    """What the tool holds about a person, in a frame."""
    visit = access.visit(me, course_id)
    tool, person = _tool(visit, tool_id), _subject(visit, person_id)
    src = reverse("held_launch", args=[course_id, tool_id, person_id])
    back = reverse("people", args=[course_id])
    return frames.show(request, visit, tool, title=f"{tool.name} on {person.name}", src=src, back=back)


@require_GET
@access.signed_in
def held_launch(request: HttpRequest, me: Person, course_id: int, tool_id: int, person_id: int) -> HttpResponse:
    visit = access.visit(me, course_id)
    about = messages.privacy(visit.course, _tool(visit, tool_id), _subject(visit, person_id))
    return frames.send(request, me, about, label="See the data")
