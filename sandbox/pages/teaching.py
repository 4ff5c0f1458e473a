"""Grades and people: students see their own, teachers the course and may change it."""

import math
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from sandbox.gradebook import gradebook
from sandbox.launch import access, frames
from sandbox.models import Enrolment, Grade, Group, HistoryEntry, LineItem, Mode, Person, Role, Tool
from sandbox.people import groups
from sandbox.platform import clock

PAGE = 50


@require_GET
@access.signed_in
def grades(request: HttpRequest, me: Person, course_id: int) -> HttpResponse:
    """The gradebook: a row for each student; a student has one row."""
    visit = access.visit(me, course_id)
    items = list(visit.course.line_items.order_by("pk"))
    enrolled = Enrolment.objects.filter(course=visit.course, role=Role.LEARNER, person__is_test=False)
    if not visit.teaches:
        enrolled = enrolled.filter(person=me)
    page = Paginator(enrolled.select_related("person").order_by("pk"), PAGE).get_page(request.GET.get("page"))
    found = Grade.objects.filter(line_item__in=items, person__in=[row.person_id for row in page])
    by_place = {(grade.person_id, grade.line_item_id): grade for grade in found}
    rows = [(row, [(item, by_place.get((row.person_id, item.pk))) for item in items]) for row in page]
    context = {"visit": visit, "items": items, "rows": rows, "page": page, "refused": _refused(visit)}
    return render(request, "sandbox/grades.html", context)


def _refused(visit: access.Visit) -> list[HistoryEntry]:
    """The latest scores that were refused, for teachers: nothing goes wrong unseen."""
    if not visit.teaches:
        return []
    refused = HistoryEntry.objects.filter(course=visit.course, accepted=False).select_related("person", "line_item")
    return list(refused.order_by("-pk")[:5])


def _place(visit: access.Visit, item_id: int, person_id: int) -> tuple[LineItem, Person]:
    if not visit.teaches and person_id != visit.person.pk:
        raise Http404
    item = get_object_or_404(LineItem.objects.select_related("course", "tool"), pk=item_id, course=visit.course)
    return item, get_object_or_404(Person, pk=person_id, enrolments__course=visit.course)


@require_GET
@access.signed_in
def grade(request: HttpRequest, me: Person, course_id: int, item_id: int, person_id: int) -> HttpResponse:
    """One grade and everything that ever happened to it."""
    visit = access.visit(me, course_id)
    item, person = _place(visit, item_id, person_id)
    history = HistoryEntry.objects.filter(line_item=item, person=person).order_by("-pk")
    context: dict[str, Any] = {
        "visit": visit,
        "item": item,
        "person": person,
        "grade": Grade.objects.filter(line_item=item, person=person).first(),
        "page": Paginator(history, PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "sandbox/grade.html", context)


@require_GET
@access.signed_in
def review(request: HttpRequest, me: Person, course_id: int, item_id: int, person_id: int) -> HttpResponse:
    """The work behind a grade, shown by the tool (LTI Submission Review)."""
    visit = access.visit(me, course_id)
    item, person = _place(visit, item_id, person_id)
    if item.activity_id is None:
        raise Http404
    src = f"{reverse('launch', args=[item.activity_id])}?{urlencode({'for': person.pk, 'item': item.pk})}"
    back = reverse("grade", args=[course_id, item_id, person_id])
    return frames.show(request, visit, item.tool, title=f"{item.label}: {person.name}", src=src, back=back)


@require_POST
@access.signed_in
def edit(request: HttpRequest, me: Person, course_id: int, item_id: int, person_id: int) -> HttpResponse:
    """A teacher's hand on a grade: override, release, lock, unlock."""
    visit = access.visit(me, course_id, teacher=True)
    item, person = _place(visit, item_id, person_id)
    action, now = request.POST.get("action"), clock.now()
    if action == "override":
        points, comment = _points(request.POST.get("points", "")), request.POST.get("comment", "")[:2000]
        gradebook.override(item, person, by=me.name, final=points, comment=comment, now=now)
    elif action == "release":
        gradebook.release(item, person, by=me.name, now=now)
    elif action in ("lock", "unlock"):
        gradebook.lock(item, person, locked=action == "lock", by=me.name, now=now)
    return redirect("grade", course_id=course_id, item_id=item_id, person_id=person_id)


def _points(text: str) -> float | None:
    """Points as typed, with a point or a comma; empty or no number clears the grade."""
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if math.isfinite(value) else None


@require_GET
@access.signed_in
def people(request: HttpRequest, me: Person, course_id: int) -> HttpResponse:
    visit = access.visit(me, course_id)
    enrolled = Enrolment.objects.filter(course=visit.course).select_related("person").order_by("-role", "pk")
    if not visit.teaches:
        enrolled = enrolled.filter(status=Enrolment.Status.ACTIVE, person__is_test=False)
    page = Paginator(enrolled, PAGE).get_page(request.GET.get("page"))
    tools = list(Tool.objects.filter(activity__course=visit.course, active=True).distinct())
    # Only strict courses ask a tool what it holds about someone.
    holders = tools if visit.course.mode == Mode.STRICT else []
    grouped = _grouped(visit, page)
    rows = [(place, grouped.get(place.person_id)) for place in page]
    context = {"visit": visit, "page": page, "rows": rows, "holders": holders}
    return render(request, "sandbox/people.html", context)


def _grouped(visit: access.Visit, page: Page[Enrolment]) -> dict[int, str]:
    """The names of each learner's groups, for teachers. Only strict courses have groups that tools see."""
    if not visit.teaches or visit.course.mode != Mode.STRICT:
        return {}
    found: dict[int, list[str]] = {row.person_id: [] for row in page if row.role == Role.LEARNER}
    members = Group.people.through.objects.filter(group__course=visit.course, person__in=found)
    for person, name in members.order_by("group__name").values_list("person", "group__name"):
        found[person].append(name)
    return {person: ", ".join(names) for person, names in found.items()}


@require_POST
@access.signed_in
def group(request: HttpRequest, me: Person, course_id: int, person_id: int) -> HttpResponse:
    """Put a learner into the groups whose names are written, parted by commas."""
    visit = access.visit(me, course_id, teacher=True)
    learners = Enrolment.objects.filter(course=visit.course, role=Role.LEARNER).select_related("person")
    place = get_object_or_404(learners, person_id=person_id)
    if visit.course.mode == Mode.STRICT:
        groups.put(visit.course, place.person, request.POST.get("groups", "").split(","))
    return redirect("people", course_id=course_id)


@require_POST
@access.signed_in
def enrol(request: HttpRequest, me: Person, course_id: int, person_id: int) -> HttpResponse:
    """Enrol, suspend or unenrol someone who has a place in this course."""
    visit = access.visit(me, course_id, teacher=True)
    place = get_object_or_404(Enrolment.objects.select_related("person"), course=visit.course, person_id=person_id)
    status = request.POST.get("status", "")
    if status in Enrolment.Status.values and place.role == Role.LEARNER:
        gradebook.enrol(visit.course, place.person, role=place.role, status=status, by=me.name, now=clock.now())
    return redirect("people", course_id=course_id)
