"""Line items and results as Canvas has them: each first column of a link is an assignment's, pages hold ten."""

import math
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse

from sandbox.gradebook.columns import CONTAINER, LARGEST, LINEITEM, TIMES
from sandbox.gradebook.gradebook import gradable
from sandbox.models import Activity, Grade, LineItem
from sandbox.wire.services import Call, Refused, number, reply, whole
from sandbox.words.claims import line_items_url

RESULTS = "application/vnd.ims.lis.v2.resultcontainer+json"
RESULT = "application/vnd.ims.lis.v2.result+json"
LAUNCH_URL = "https://canvas.instructure.com/lti/launch_url"
PAGE, LONGEST_PAGE = 10, 100
MISSING = "The specified resource does not exist."


def column(call: Call, item_id: int) -> LineItem:
    """The column, which must be of this course (404) and of this tool (412). Raises Refused."""
    item = LineItem.objects.select_related("course", "tool").filter(pk=item_id, course=call.course).first()
    if item is None:
        raise Refused(404, MISSING)
    if item.tool_id != call.tool.pk:
        raise Refused(412, "Tool does not have permission to view line_item")
    return item


def shown(item: LineItem, call: Call) -> dict[str, Any]:
    body: dict[str, Any] = {"id": item.url, "scoreMaximum": number(item.score_maximum), "label": item.label}
    if item.tag:
        body["tag"] = item.tag
    if item.resource_id:
        body["resourceId"] = item.resource_id
    if item.activity:
        body["resourceLinkId"] = str(item.activity.pk)
        if "launch_url" in call.request.GET.getlist("include[]"):
            body[LAUNCH_URL] = item.activity.target_link_uri
    return {**body, **item.extra}


def listing(call: Call) -> HttpResponse:
    rows, link = paged(call, _filtered(call), line_items_url(call.course, call.tool))
    return reply([shown(item, call) for item in rows], CONTAINER, link=link)


def _filtered(call: Call) -> QuerySet[LineItem]:
    query = call.request.GET
    found = LineItem.objects.select_related("course", "activity").filter(course=call.course, tool=call.tool)
    if query.get("resource_link_id"):
        found = found.filter(activity_id=whole(query["resource_link_id"], -1))
    named = {name: query[name] for name in ("resource_id", "tag") if name in query}
    return found.filter(**named).order_by("pk")


def paged(call: Call, found: QuerySet[Any], url: str) -> tuple[list[Any], str]:
    """The rows of one page, and the `link` header to the others. Ten a page, or `limit`, at most a hundred."""
    query = call.request.GET
    size = min(whole(query.get("limit") or query.get("per_page"), PAGE) or PAGE, LONGEST_PAGE)
    page, last = max(whole(query.get("page"), 1), 1), max(math.ceil(found.count() / size), 1)
    places = {"current": page, "next": page + 1, "prev": page - 1, "first": 1, "last": last}
    kept = [(name, value) for name, value in _pairs(call) if name not in ("page", "per_page")]

    def link(name: str, at: int) -> str:
        return f'<{url}?{urlencode([*kept, ("page", at), ("per_page", size)])}>; rel="{name}"'

    links = [link(name, at) for name, at in places.items() if 1 <= at <= max(last, page)]
    return list(found[(page - 1) * size : page * size]), ",".join(links)


def _pairs(call: Call) -> list[tuple[str, str]]:
    return [(name, value) for name, values in call.request.GET.lists() for value in values]


def read(call: Call, item_id: int) -> HttpResponse:
    return reply(shown(column(call, item_id), call), LINEITEM)


def create(call: Call) -> HttpResponse:
    """A column; with `resourceLinkId` a further one of that link, else of an assignment made for it."""
    sent = _checked(call.json())
    if not sent.get("label") or "scoreMaximum" not in sent:
        raise Refused(400, "label and scoreMaximum can't be blank")
    item = LineItem(course=call.course, tool=call.tool, own=True)
    if sent.get("resourceLinkId"):
        item.activity = _link(call, str(sent["resourceLinkId"]))
    _fill(item, sent)
    item.save()
    return reply(shown(item, call), LINEITEM, status=201)


def update(call: Call, item_id: int) -> HttpResponse:
    """What is sent changes, the rest stays; grades are not rescaled. The first column renames its assignment too."""
    item, sent = column(call, item_id), _checked(call.json())
    if sent.get("resourceLinkId") and _link(call, str(sent["resourceLinkId"])).pk != item.activity_id:
        raise Refused(412, "The specified LTI link ID is not associated with the line item.")
    _fill(item, sent)
    item.save()
    if item.activity and sent.get("label") and item.assignment.pk == item.pk:
        item.activity.title = item.label
        item.activity.save(update_fields=["title"])
    return reply(shown(item, call), LINEITEM)


def delete(call: Call, item_id: int) -> HttpResponse:
    """Remove a column and its results; the one that came with its assignment stays."""
    item = column(call, item_id)
    if not item.own:
        return HttpResponse(status=401)
    item.delete()
    return HttpResponse(status=204)


def _checked(sent: dict[str, Any]) -> dict[str, Any]:
    """The fields sent, their types looked at. Raises Refused."""
    for name in ("label", "resourceId", "tag", *TIMES):
        if not isinstance(sent.get(name) or "", str):
            raise Refused(400, f"{name} is invalid")
    if "scoreMaximum" in sent:
        maximum = sent["scoreMaximum"]
        usable = isinstance(maximum, int | float) and not isinstance(maximum, bool) and math.isfinite(maximum)
        if not usable or not 0 <= maximum <= LARGEST:
            raise Refused(400, "Score maximum must be greater than or equal to 0")
    return sent


def _fill(item: LineItem, sent: dict[str, Any]) -> None:
    if sent.get("label"):
        item.label = sent["label"][:255]
    if "scoreMaximum" in sent:
        item.score_maximum = float(sent["scoreMaximum"])
    if "resourceId" in sent:
        item.resource_id = (sent["resourceId"] or "")[:255]
    if "tag" in sent:
        item.tag = (sent["tag"] or "")[:255]
    item.extra = item.extra | {name: sent[name] for name in TIMES if sent.get(name)}


def _link(call: Call, link_id: str) -> Activity:
    """A link of this tool that is known (404) and has an assignment in this course (412). Raises Refused."""
    found = Activity.objects.filter(pk=whole(link_id, -1), tool=call.tool).first()
    if found is None:
        raise Refused(404, MISSING)
    if found.course_id != call.course.pk or not found.line_items.exists():
        raise Refused(412, "The resource link has no assignment in this course")
    return found


# Results


def result_url(item: LineItem, person_id: int) -> str:
    return f"{item.results_url}/{person_id}"


def results(call: Call, item_id: int) -> HttpResponse:
    """What was sent, ten a page; `user_id` of somebody who is no active student finds nothing."""
    item = column(call, item_id)
    found = item.grades.filter(timestamp__isnull=False).order_by("pk")
    user_id = call.request.GET.get("user_id")
    if user_id is not None:
        person = gradable(call.course, user_id, suspended=False, test=True)
        found = found.filter(person=person) if person else found.none()
    rows, link = paged(call, found, item.results_url)
    return reply([_shown_result(item, grade) for grade in rows], RESULTS, link=link)


def result(call: Call, item_id: int, person_id: int) -> HttpResponse:
    item = column(call, item_id)
    grade = item.grades.filter(timestamp__isnull=False, person_id=person_id).first()
    if grade is None:
        raise Refused(404, MISSING)
    return reply(_shown_result(item, grade), RESULT)


def _shown_result(item: LineItem, grade: Grade) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": result_url(item, grade.person_id),
        "scoreOf": item.url,
        "userId": str(grade.person_id),
        "resultScore": number(_score(item, grade)),
        "resultMaximum": number(grade.raw_maximum),
        "comment": grade.comment or None,
    }
    return {name: value for name, value in body.items() if value is not None}


def _score(item: LineItem, grade: Grade) -> float | None:
    """A hand-set grade counts in points of the assignment and is read back in the maximum that the tool sent."""
    if grade.raw is None or not grade.overridden or not grade.raw_maximum or not item.score_maximum:
        return grade.raw
    return round(grade.raw * grade.raw_maximum / item.score_maximum, 8)
