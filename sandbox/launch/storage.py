"""Storage that this LMS lends to tools whose cookies a browser blocks (1EdTech Platform Storage 0.1).

A login names the frame to ask in `lti_storage_target`: `_parent` for the course page itself, or a frame beside the
tool's, as Canvas has it.
"""

from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from sandbox.models import Course, Storage, Tool
from sandbox.platform import security

FRAME = "post_message_forwarding"
TARGETS = {Storage.NONE: "", Storage.FRAME: FRAME}
# Moodle 4.5 lends no storage.
USUAL = {"strict": Storage.PARENT, "moodle": Storage.NONE, "canvas": Storage.FRAME}


def of(course: Course) -> str:
    """How the storage of this course behaves: as its mode has it, unless the control API says otherwise."""
    return course.storage or USUAL[course.mode]


def target(course: Course) -> str:
    """The `lti_storage_target` of a login in a frame; empty where no storage is offered."""
    return TARGETS.get(Storage(of(course)), "_parent")


def frame_url(course: Course, tool: Tool) -> str:
    """Where the frame beside the tool's comes from; empty where there is none."""
    bases = {Storage.FRAME: settings.SANDBOX_URL, Storage.WRONG: other_address()}
    base = bases.get(Storage(of(course)))
    return f"{base}/courses/{course.pk}/storage/{tool.pk}" if base else ""


def other_address() -> str:
    """This server under another name, so of another origin than the one that authorizes."""
    parts = urlsplit(settings.SANDBOX_URL)
    other = "localhost" if parts.hostname == "127.0.0.1" else "127.0.0.1"
    return urlunsplit(parts._replace(netloc=f"{other}:{parts.port or 80}"))


@require_GET
def frame(request: HttpRequest, course_id: int, tool_id: int) -> HttpResponse:
    """The page of the storage frame. It shows nothing and knows nobody."""
    course, tool = get_object_or_404(Course, pk=course_id), get_object_or_404(Tool, pk=tool_id)
    page = render(request, "sandbox/storage.html", {"tool": tool, "storage": of(course)})
    page["Content-Security-Policy"] = security.policy(framed_by=settings.SANDBOX_URL)
    return page
