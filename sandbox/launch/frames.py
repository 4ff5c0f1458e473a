"""A page with the tool in a frame, for messages that belong to no activity's own page; and beginning any message."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sandbox.launch import access, launches, storage
from sandbox.models import Person, Tool
from sandbox.platform import clock, security


def show(
    request: HttpRequest,
    visit: access.Visit | access.Guest,
    tool: Tool,
    *,
    title: str,
    src: str,
    back: str,
    note: str = "",
) -> HttpResponse:
    """`src` is where the message begins; `back` the page one comes from."""
    context = {"visit": visit, "tool": tool, "title": title, "src": src, "back": back, "note": note}
    beside = storage.frame_url(visit.course, tool)
    page = render(
        request, "sandbox/frame.html", {**context, "storage": storage.of(visit.course), "storage_frame": beside}
    )
    return security.allow(page, tool_origin=tool.origin, framing=beside)


def send(request: HttpRequest, me: Person | None, about: dict[str, Any], *, label: str) -> HttpResponse:
    """Begin a message for the person signed in, or for a guest, in the frame or the tab that asks for it."""
    start = launches.begin(
        person=me,
        session_key=str(request.session.session_key or ""),
        now=clock.now(),
        document_target="window" if request.GET.get("target") == "window" else "iframe",
        **about,
    )
    return launches.form_post(request, start.url, start.params, label=label)
