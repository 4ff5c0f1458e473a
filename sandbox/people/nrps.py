"""Names and Role Provisioning Services 2.0: who is in a course."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from sandbox.models import Activity, Enrolment, Mode, Role
from sandbox.people import canvas_roster, groups
from sandbox.wire.services import Call, Refused, Resource, answer, reply, whole
from sandbox.words import claims, custom, scopes
from sandbox.words.scopes import LTI, MEMBERSHIP, SHORT_ROLES

MEDIA = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"


@csrf_exempt
def memberships(request: HttpRequest, course_id: int, mode: str, tool_id: int | None = None) -> HttpResponse:
    members = canvas_roster.members if mode == Mode.CANVAS else _members
    resource = Resource(media=MEDIA, handlers={"GET": members}, scopes={"GET": [scopes.ROSTER]}, ends_with_course=False)
    return answer(request, course_id, resource, mode)


def _members(call: Call) -> HttpResponse:
    found = _filtered(call)
    limit, start = _limit(call), whole(call.request.GET.get("from"), 0)
    rows = list(found[start : start + limit + 1]) if limit else list(found)
    more = bool(limit) and len(rows) > limit
    link = _next(call, limit, start + limit) if more else ""
    rows = rows[:limit] if limit else rows
    messages = _messages(call)
    course = {"id": str(call.course.pk), "label": call.course.label, "title": call.course.title}
    body = {
        "id": claims.memberships_url(call.course, call.tool),
        "context": course,
        "members": [_member(call, enrolment, messages) for enrolment in rows],
    }
    return reply(body, MEDIA, link=link)


def _filtered(call: Call) -> QuerySet[Enrolment]:
    """Moodle leaves suspended people out; strict shows them as Inactive. Removed people and test users never show."""
    states = [Enrolment.Status.ACTIVE] if call.moodle else [Enrolment.Status.ACTIVE, Enrolment.Status.SUSPENDED]
    found = Enrolment.objects.select_related("person").filter(
        course=call.course, status__in=states, person__is_test=False
    )
    asked = call.request.GET.get("role")
    if asked:
        short = asked.removeprefix(MEMBERSHIP)
        found = found.filter(role__in=[role for role, name in SHORT_ROLES.items() if name == short])
    return found.order_by("pk")


def _limit(call: Call) -> int:
    """Most members in one answer. Strict never sends more than the course's page, asked or not; Moodle sends all."""
    asked = whole(call.request.GET.get("limit"), 0)
    if call.moodle:
        return asked
    return min(asked, call.course.nrps_page) if asked else call.course.nrps_page


def _next(call: Call, limit: int, start: int) -> str:
    query = {**call.request.GET.dict(), "limit": limit, "from": start}
    return f'<{claims.memberships_url(call.course, call.tool)}?{urlencode(query)}>; rel="next"'


def _messages(call: Call) -> Activity | None:
    """The link a tool asks about by `rlid` (NRPS 2.0 section 3). Raises Refused."""
    rlid = call.request.GET.get("rlid")
    if not rlid:
        return None
    activity = Activity.objects.select_related("course", "tool").filter(pk=whole(rlid, -1), course=call.course).first()
    if activity is None:
        raise Refused(404, "There is no such resource link")
    return activity


def _moodle_roles(enrolment: Enrolment) -> list[str]:
    """Moodle lists who may change the course as Instructor; at a launch it asks who may manage the activity."""
    return [SHORT_ROLES[Role.LEARNER if enrolment.role == Role.ASSISTANT else Role(enrolment.role)]]


def _member(call: Call, enrolment: Enrolment, activity: Activity | None) -> dict[str, Any]:
    person = enrolment.person
    active = enrolment.status == Enrolment.Status.ACTIVE
    member: dict[str, Any] = {"status": "Active" if active else "Inactive"}
    member["roles"] = _moodle_roles(enrolment) if call.moodle else claims.roles(call.course, person, enrolment.role)
    if activity is not None:
        message: dict[str, Any] = {LTI + "message_type": "LtiResourceLinkRequest"}
        if not call.moodle:
            message[LTI + "custom"] = custom.filled(
                tool=call.tool, course=call.course, person=person, activity=activity
            )
        member["message"] = [message]
    member["user_id"] = str(person.pk)
    member["lis_person_sourcedid"] = "" if call.moodle else f"person-{person.pk}"
    member |= claims.names(call.course, person, call.tool)
    if call.request.GET.get("groups") == "true" and claims.groups_service(call.course, call.tool):
        member["group_enrollments"] = groups.enrolments(call.course, person)
    return member | ({"ext_user_username": person.username} if call.moodle else {})
