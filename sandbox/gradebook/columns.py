"""Line items: the gradebook's columns, as AGS 2.0 section 3.2 has them and as Moodle answers."""

import math
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse

from sandbox.gradebook import gradebook
from sandbox.models import Activity, LineItem
from sandbox.wire.services import Call, Refused, number, reason_phrase, reply, whole
from sandbox.words.claims import line_items_url

LINEITEM = "application/vnd.ims.lis.v2.lineitem+json"
CONTAINER = "application/vnd.ims.lis.v2.lineitemcontainer+json"
TIMES = ("startDateTime", "endDateTime")
LARGEST = 1e9


def column(call: Call, item_id: int) -> LineItem:
    """The column this tool may see. Raises Refused."""
    found = LineItem.objects.select_related("course", "tool").filter(pk=item_id, course=call.course, tool=call.tool)
    item = found.first()
    if item is None:
        raise Refused(
            404, f"Not Found: Grade item {item_id} doesn't exist" if call.moodle else "There is no such line item"
        )
    return item


def shown(item: LineItem, *, moodle: bool) -> dict[str, Any]:
    """A column as JSON."""
    body: dict[str, Any] = {"id": item.url, "label": item.label, "scoreMaximum": number(item.score_maximum)}
    if moodle or item.resource_id:
        body["resourceId"] = item.resource_id
    if moodle or item.tag:
        body["tag"] = item.tag
    if item.activity_id:
        body["resourceLinkId"] = str(item.activity_id)
        if moodle:
            body["ltiLinkId"] = str(item.activity_id)
    hidden = TIMES if moodle else ()
    return body | {name: value for name, value in item.extra.items() if name not in hidden}


def listing(call: Call) -> HttpResponse:
    found = _filtered(call)
    limit, start = whole(call.request.GET.get("limit"), 0), whole(call.request.GET.get("from"), 0)
    total = found.count() if limit else 0
    rows = found[start : start + limit] if limit else found
    body = [shown(item, moodle=call.moodle) for item in rows]
    return reply(body, CONTAINER, link=_link(call, limit, start, total) if limit else "")


def _filtered(call: Call) -> QuerySet[LineItem]:
    query = call.request.GET
    found = LineItem.objects.select_related("course").filter(course=call.course, tool=call.tool).order_by("pk")
    if query.get("resource_link_id"):
        found = found.filter(activity_id=whole(query["resource_link_id"], -1))
    if query.get("resource_id"):
        found = found.filter(resource_id=query["resource_id"])
    return found.filter(tag=query["tag"]) if query.get("tag") else found


def _link(call: Call, limit: int, start: int, total: int) -> str:
    """Links to further pages; Moodle's carry curly quotes and `&amp;`, as recorded."""
    following = start + limit if start + limit < total else None
    if not call.moodle:
        return f'<{_page(call, limit, following)}>; rel="next"' if following is not None else ""
    pages = {
        "first": 0,
        "prev": max(start - limit, 0) if start else None,
        "canonical": start,
        "next": following,
        "last": max(1, total - total % limit - 1),
    }
    links = [f"<{_page(call, limit, at)}>; rel=“{name}”" for name, at in pages.items() if at is not None]
    return ", ".join(links).replace("&", "&amp;")


def _page(call: Call, limit: int, start: int | None) -> str:
    kept = call.request.GET.copy()
    kept.pop("type_id", None)
    kept["limit"], kept["from"] = str(limit), str(start)
    url = line_items_url(call.course, call.tool)
    return f"{url}{'&' if '?' in url else '?'}{kept.urlencode()}"


def read(call: Call, item_id: int) -> HttpResponse:
    return reply(shown(column(call, item_id), moodle=call.moodle), LINEITEM)


def create(call: Call) -> HttpResponse:
    sent = _checked(call)
    with transaction.atomic():
        item = LineItem(course=call.course, tool=call.tool, own=True)
        _fill(item, call, sent)
        item.save()
    body = {**sent, "id": item.url} if call.moodle else shown(item, moodle=False)
    return reply(body, LINEITEM, status=201)


def update(call: Call, item_id: int) -> HttpResponse:
    item, sent = column(call, item_id), _checked(call)
    with transaction.atomic():
        gradebook.rescale(item, float(sent["scoreMaximum"]))
        _fill(item, call, sent)
        item.save()
    return reply({**sent, "id": item.url} if call.moodle else shown(item, moodle=False), LINEITEM)


def delete(call: Call, item_id: int) -> HttpResponse:
    """Remove a column and its grades. Moodle lets a tool destroy even the column of its activity."""
    item = column(call, item_id)
    if not item.own and not call.moodle:
        raise Refused(403, "This column belongs to an activity")
    item.delete()
    response = HttpResponse(status=204, content_type="text/html; charset=utf-8")
    return reason_phrase(response, "OK") if call.moodle else response


def _checked(call: Call) -> dict[str, Any]:
    """The column as sent; label and scoreMaximum are required. Raises Refused."""
    sent = call.json()
    label, maximum = sent.get("label"), sent.get("scoreMaximum")
    missing = "No label or Score Maximum" if call.moodle else "label and scoreMaximum are required"
    if not isinstance(label, str) or not label.strip() or maximum is None:
        raise Refused(400, missing)
    usable = isinstance(maximum, int | float) and not isinstance(maximum, bool) and math.isfinite(maximum)
    if not usable or not (0 if call.moodle else 1e-9) <= maximum <= LARGEST:
        raise Refused(400, missing if call.moodle else "scoreMaximum must be a number above zero")
    for name in ("resourceId", "tag", "resourceLinkId", *TIMES):
        if not isinstance(sent.get(name) or "", str):
            raise Refused(400, f"{name} must be a string")
    return sent


def _fill(item: LineItem, call: Call, sent: dict[str, Any]) -> None:
    item.label, item.score_maximum = sent["label"][:255], float(sent["scoreMaximum"])
    item.resource_id, item.tag = (sent.get("resourceId") or "")[:255], (sent.get("tag") or "")[:255]
    if sent.get("resourceLinkId"):
        item.activity = _activity(call, sent["resourceLinkId"])
    kept = {name: sent[name] for name in (*TIMES, "submissionReview") if sent.get(name)}
    item.extra = kept


def _activity(call: Call, link_id: str) -> Activity:
    found = Activity.objects.filter(pk=whole(link_id, -1), course=call.course, tool=call.tool).first()
    if found is None:
        raise Refused(403 if call.moodle else 404, "Forbidden" if call.moodle else "There is no such resource link")
    return found
