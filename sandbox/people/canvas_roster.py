"""The roster as Canvas pages it: at most fifty people, and a bookmark instead of a page number."""

import base64
import json
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse

from sandbox.models import Activity, Enrolment, Role
from sandbox.wire.services import Call, Refused, reply, whole
from sandbox.words import claims, custom
from sandbox.words.scopes import LTI, MEMBERSHIP, SHORT_ROLES

MEDIA = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
PAGE = 50
MARK = "bookmark:"


def members(call: Call) -> HttpResponse:
    """Active people of the course, by `role`, `rlid`, `limit`."""
    activity = _activity(call)
    size = min(whole(call.request.GET.get("limit"), PAGE) or PAGE, PAGE)
    rows = list(_filtered(call).filter(pk__gt=_after(call.request.GET.get("page", "")))[: size + 1])
    link = _next(call, size, rows[size - 1].pk) if len(rows) > size else ""
    body = {
        "id": claims.memberships_url(call.course, call.tool),
        "context": {"id": str(call.course.pk), "label": call.course.label, "title": call.course.title},
        "members": [_member(call, place, activity) for place in rows[:size]],
    }
    return reply(body, MEDIA, link=link)


def _filtered(call: Call) -> QuerySet[Enrolment]:
    found = Enrolment.objects.select_related("person").filter(
        course=call.course, status=Enrolment.Status.ACTIVE, person__is_test=False
    )
    asked = call.request.GET.get("role")
    if asked:
        short = asked.removeprefix(MEMBERSHIP)
        found = found.filter(role__in=[role for role, name in SHORT_ROLES.items() if name == short])
    return found.order_by("pk")


def _activity(call: Call) -> Activity | None:
    rlid = call.request.GET.get("rlid")
    if not rlid:
        return None
    found = Activity.objects.select_related("course", "tool")
    activity = found.filter(pk=whole(rlid, -1), course=call.course, tool=call.tool).first()
    if activity is None:
        raise Refused(400, "Invalid 'rlid' parameter")
    return activity


def bookmark(last: int) -> str:
    """Where the next page goes on, as base64: capital and small letters differ."""
    return MARK + base64.urlsafe_b64encode(json.dumps(["place", last]).encode()).decode()


def _after(page: str) -> int:
    """The last row of the page before; a bookmark that cannot be read means the first page."""
    try:
        name, last = json.loads(base64.urlsafe_b64decode(page.removeprefix(MARK)))
    except (ValueError, TypeError):
        return 0
    return last if name == "place" and isinstance(last, int) and 0 < last < 2**62 else 0


def _next(call: Call, size: int, last: int) -> str:
    kept = {name: value for name, value in call.request.GET.dict().items() if name not in ("page", "limit")}
    # The colon of a bookmark travels as it is, as Canvas prints it.
    query = urlencode({**kept, "limit": size, "page": bookmark(last)}, safe=":=")
    return f'<{claims.memberships_url(call.course, call.tool)}?{query}>; rel="next"'


def _member(call: Call, place: Enrolment, activity: Activity | None) -> dict[str, Any]:
    person = place.person
    member: dict[str, Any] = {
        "status": "Active",
        **claims.names(call.course, person, call.tool),
        "user_id": str(person.pk),
        "lis_person_sourcedid": f"person-{person.pk}",
        "roles": [MEMBERSHIP + SHORT_ROLES[Role(place.role)]],
    }
    if activity is not None:
        message = {
            LTI + "message_type": "LtiResourceLinkRequest",
            "locale": person.locale,
            LTI + "custom": custom.filled(tool=call.tool, course=call.course, person=person, activity=activity),
        }
        member["message"] = [message]
    return member
