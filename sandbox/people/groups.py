"""Course Groups Service 1.0 of strict courses: groups, sets of groups, and who is in them."""

from collections.abc import Iterable
from typing import TypeVar
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from sandbox.models import Course, Group, GroupSet, Mode, Person
from sandbox.wire.services import Call, Resource, answer, reply, whole
from sandbox.words import scopes
from sandbox.words.claims import groups_url

Row = TypeVar("Row", bound=Model)
GROUPS = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
SETS = "application/vnd.ims.lti-gs.v1.contextgroupsetcontainer+json"


def enrolments(course: Course, person: Person) -> list[dict[str, str]]:
    """`group_enrollments` of a member, for a roster asked with groups=true."""
    found = Group.objects.filter(course=course, people=person).order_by("pk")
    return [{"group_id": str(group.pk)} for group in found]


@transaction.atomic
def put(course: Course, person: Person, names: Iterable[str]) -> None:
    """Make these the person's groups in the course; missing ones are made, empty ones go."""
    wanted = {name.strip()[:200] for name in names} - {""}
    known = {group.name: group for group in Group.objects.filter(course=course)}
    for name in wanted - known.keys():
        known[name] = Group.objects.create(course=course, name=name)
    for name, group in known.items():
        if name in wanted:
            group.people.add(person)
        else:
            group.people.remove(person)
    Group.objects.filter(course=course, people=None).delete()


@csrf_exempt
def groups(request: HttpRequest, course_id: int) -> HttpResponse:
    resource = Resource(media=GROUPS, handlers={"GET": _groups}, scopes={"GET": [scopes.GROUPS]})
    return answer(request, course_id, resource, Mode.STRICT)


@csrf_exempt
def group_sets(request: HttpRequest, course_id: int) -> HttpResponse:
    resource = Resource(media=SETS, handlers={"GET": _sets}, scopes={"GET": [scopes.GROUPS]})
    return answer(request, course_id, resource, Mode.STRICT)


def _groups(call: Call) -> HttpResponse:
    found = Group.objects.filter(course=call.course).order_by("pk")
    if call.request.GET.get("user_id"):
        found = found.filter(people=whole(call.request.GET["user_id"], 0))
    rows, link = _page(call, found, "groups")
    return reply(
        {"id": groups_url(call.course, "groups"), "groups": [_shown(group) for group in rows]}, GROUPS, link=link
    )


def _shown(group: Group) -> dict[str, str]:
    shown = {"id": str(group.pk), "name": group.name}
    if group.tag:
        shown["tag"] = group.tag
    return shown if group.group_set_id is None else {**shown, "set_id": str(group.group_set_id)}


def _sets(call: Call) -> HttpResponse:
    rows, link = _page(call, GroupSet.objects.filter(course=call.course).order_by("pk"), "group_sets")
    sets = [{"id": str(row.pk), "name": row.name} for row in rows]
    return reply({"id": groups_url(call.course, "group_sets"), "sets": sets}, SETS, link=link)


def _page(call: Call, found: QuerySet[Row], end: str) -> tuple[list[Row], str]:
    """The rows of one page, never more than the course's, and the link to the next."""
    most = call.course.nrps_page
    limit, start = min(whole(call.request.GET.get("limit"), most) or most, most), whole(call.request.GET.get("from"), 0)
    rows = list(found[start : start + limit + 1])
    if len(rows) <= limit:
        return rows, ""
    query = urlencode({**call.request.GET.dict(), "limit": limit, "from": start + limit})
    return rows[:limit], f'<{groups_url(call.course, end)}?{query}>; rel="next"'
