"""Adding content from a tool: a teacher opens the tool's picker, confirms what came back, and gets activities."""

import math
from collections import Counter
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from sandbox.launch import access, deep_linking, frames, placing
from sandbox.models import Launch, Mode, Person, Selection, Tool
from sandbox.platform import clock, security
from sandbox.wire.services import whole
from sandbox.words import content_items, messages

OFFERED = 6
# Where Canvas lets a teacher add content, in a teacher's words.
PLACES = {
    "assignment_selection": "One assignment",
    "link_selection": "Links in a module",
    "course_assignments_menu": "Several assignments at once",
}


def tools_for(visit: access.Visit) -> list[tuple[Tool, str, list[tuple[str, str]]]]:
    """The tools a teacher may add content from here, with what to call them and the places that Canvas would offer."""
    if not visit.teaches:
        return []
    course = visit.course
    registered = Q(mode=course.mode, invitation__isnull=False)
    found = Tool.objects.filter(Q(activity__course=course) | registered, active=True).distinct()
    found = found or Tool.objects.filter(mode=course.mode, active=True)
    places = list(PLACES.items()) if course.mode == Mode.CANVAS else []
    tools = found.order_by("-pk")[:OFFERED]
    alike = Counter(tool.name for tool in tools)
    return [(one, f"{one.name} {one.client_id}" if alike[one.name] > 1 else one.name, places) for one in tools]


@require_GET
@access.signed_in
def add(request: HttpRequest, me: Person, course_id: int, tool_id: int) -> HttpResponse:
    """The tool's picker in a frame."""
    visit = access.visit(me, course_id, teacher=True)
    tool = get_object_or_404(Tool, pk=tool_id)
    place = request.GET.get("placement", "")
    src = reverse("add_launch", args=[course_id, tool_id]) + (f"?placement={place}" if place in PLACES else "")
    back = reverse("course", args=[course_id])
    return frames.show(request, visit, tool, title=f"Add content from {tool.name}", src=src, back=back)


@require_GET
@access.signed_in
def add_launch(request: HttpRequest, me: Person, course_id: int, tool_id: int) -> HttpResponse:
    visit = access.visit(me, course_id, teacher=True)
    tool = get_object_or_404(Tool, pk=tool_id)
    place = request.GET.get("placement", "")
    asked = deep_linking.settings(visit.course, tool.name, {"placement": place} if place in PLACES else {})
    about = messages.deep_linking(visit.course, tool, asked)
    return frames.send(request, me, about, label=f"Choose from {tool.name}")


@csrf_exempt
@require_POST
def returned(request: HttpRequest, hint: str = "", course_id: int = 0) -> HttpResponse:
    """Where the tool posts its answer. The address names the launch: from a frame no cookie of ours comes along."""
    named = hint or request.GET.get("sesskey") or request.GET.get("data") or ""
    launch = Launch.objects.select_related("course", "tool", "person").filter(hint=named).first()
    if launch is None or launch.message != messages.DEEP_LINKING or launch.used_at is None:
        return _refused(request, "This address belongs to no choice under way.", course_id)
    selection = deep_linking.receive(launch, request.POST.get("JWT", ""), now=clock.now())
    if selection.state == Selection.State.REFUSED:
        return _refused(request, f"The answer of {launch.tool.name} was not taken: {selection.why}", launch.course_id)
    url = reverse("selection", args=[launch.course_id, selection.pk])
    context = {"url": url, "method": "get", "target": "_top", "label": "Go on"}
    return security.allow(render(request, "sandbox/post.html", context), framed=True)


def _refused(request: HttpRequest, why: str, course_id: int) -> HttpResponse:
    context = {"title": "Nothing was added", "why": why, "course_id": course_id}
    return security.allow(render(request, "sandbox/problem.html", context, status=400), framed=True)


@require_http_methods(["GET", "POST"])
@access.signed_in
def selection(request: HttpRequest, me: Person, course_id: int, selection_id: int) -> HttpResponse:
    """What came back, for the teacher to confirm."""
    visit = access.visit(me, course_id, teacher=True)
    found = get_object_or_404(
        Selection.objects.select_related("launch__course", "launch__tool"),
        pk=selection_id,
        launch__course=visit.course,
        launch__person=me,
    )
    wrong = ""
    if request.method == "POST":
        try:
            return _decided(request, found)
        except content_items.Wrong as error:
            wrong = str(error)
    context = {"visit": visit, "selection": found, "wrong": wrong, "tool": found.launch.tool, **_shown(found)}
    return render(request, "sandbox/selection.html", context, status=400 if wrong else 200)


def _shown(found: Selection) -> dict[str, Any]:
    rows = [
        {
            "item": entry["item"],
            "problem": entry["problem"],
            "title": placing.title_of(found.launch, entry["item"]),
            "column": placing.has_column(found.launch, entry["item"]),
        }
        for entry in placing.usable(found)
    ]
    return {"rows": rows, "single": rows[0] if len(rows) == 1 and not rows[0]["problem"] else None}


def _decided(request: HttpRequest, found: Selection) -> HttpResponse:
    """Add what is ticked, or nothing. Raises content_items.Wrong."""
    course_id, form = found.launch.course_id, request.POST
    if form.get("action") != "add":
        Selection.objects.filter(pk=found.pk, state=Selection.State.RETURNED).update(state=Selection.State.CANCELLED)
        return redirect("course", course_id=course_id)
    made = placing.add(
        found,
        [whole(at, -1) for at in form.getlist("item")],
        title=form.get("title", "").strip()[:255],
        maximum=_maximum(form.get("maximum", "")),
    )
    return redirect("activity", made[0].pk) if len(made) == 1 else redirect("course", course_id=course_id)


def _maximum(text: str) -> float | None:
    """Points as typed; nothing typed leaves the tool's own. Raises content_items.Wrong."""
    if not text.strip():
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not 0 < value <= 1e9:
        raise content_items.Wrong("the maximum grade must be a number above zero")
    return value
