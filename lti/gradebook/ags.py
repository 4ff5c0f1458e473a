"""Assignment and Grade Services 2.0: the platform's gradebook over HTTP. Touches no database.

A line item's address is the platform's and opaque; it is never built from ids.
"""

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from lti.gradebook.decide import LiveGrade
from lti.wire import client, paging
from lti.wire.client import Answer, Call, with_query
from lti.words import claims

# Moodle answers 400 to any other media type, and to a list of them.
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"

# From a grade to the work behind it (Submission Review 1.0 section 3): at any time, at the address of the tool.
REVIEWABLE = {"reviewableStatus": ["InProgress", "Submitted", "Completed"]}
TAG = "assay"  # marks a column as this tool's (section 3.2.1)
MOST_PAGES = 500
MOST_BYTES = 10_000_000  # of one page: Moodle answers a whole column at once


def ags_url(line_item: str, tail: str, **query: str) -> str:
    """The address of a line item's `scores` or `results`; a query it already has stays after the path."""
    parts = urlsplit(line_item)
    path = parts.path.rstrip("/") + ("/" + tail if tail else "")
    return with_query(urlunsplit(parts._replace(path=path, fragment="")), **query)


def post_score(call: Call, *, line_item: str, body: dict[str, Any]) -> Answer:
    """Send one score (section 3.4). The JSON is compact: Moodle turns its own errors into a 200 otherwise."""
    return call(
        "POST",
        ags_url(line_item, "scores"),
        data=json.dumps(body, separators=(",", ":")).encode(),
        headers={"Content-Type": SCORE_TYPE, "Accept": "*/*"},
    )


def read_result(call: Call, *, line_item: str, user_id: str, renamed: bool = False) -> LiveGrade:
    """What the gradebook shows for the person (section 3.3). Raises http.HttpError. Never sends `limit` (Moodle fails).

    `renamed`: a platform that merged the person with another answers by the id that they have now.
    """
    answer = call("GET", ags_url(line_item, "results", user_id=user_id), headers={"Accept": RESULTS_TYPE})
    found = _results(_entries(answer))
    if renamed and len(found) == 1:
        return next(iter(found.values()))
    return found.get(user_id, LiveGrade())


def read_results(call: Call, *, line_item: str, limit: str = "") -> dict[str, LiveGrade]:
    """Every result of a column by user id (section 3.3). Raises http.HttpError, also where the list is cut."""
    url = ags_url(line_item, "results", **({"limit": limit} if limit else {}))
    return _results(_all_entries(call, url, RESULTS_TYPE))


def read_line_item(call: Call, url: str) -> dict[str, Any]:
    """The column as the platform describes it. Raises http.HttpError."""
    answer = call("GET", url, headers={"Accept": LINE_ITEM_TYPE})
    if not answer.ok:
        raise client.Refused(answer)
    found = answer.json()
    if not isinstance(found, dict):
        raise client.NotJson("the column is not an object")
    return found


def maximum_of(column: dict[str, Any]) -> Decimal | None:
    return _decimal(column.get("scoreMaximum"))


def find_line_item(call: Call, *, line_items: str, resource_link_id: str, resource_id: str) -> dict[str, Any] | None:
    """The link's column, None when it has none (section 3.2.4). Raises http.HttpError.

    A link may have several: the one that we made comes first, then one with our tag, then the link's own, which has
    neither tag nor resource id. One of ours that is bound to no link is found too. "None" is said of whole lists only,
    since a column would be made then.
    """
    ours = _columns(call, line_items, {"resourceLinkId": resource_link_id}, resource_link_id=resource_link_id)
    if not ours:
        named = _columns(call, line_items, {"resourceId": resource_id}, resource_id=resource_id)
        ours = [entry for entry in named if not entry.get("resourceLinkId")]
    return min(ours, key=lambda entry: _rank(entry, resource_id), default=None)


def create_line_item(
    call: Call, *, line_items: str, resource_link_id: str, resource_id: str, label: str, maximum: Decimal
) -> str:
    """Make the link's column and return its address (section 3.2.5). Look for one first: a second POST makes two.

    Canvas knows no link behind an entry of its course menu; the column is bound to none then.
    """
    body: dict[str, Any] = {"label": label, "scoreMaximum": number(maximum), "resourceId": resource_id, "tag": TAG}
    body["submissionReview"] = REVIEWABLE
    answer = _send(call, "POST", line_items, {**body, "resourceLinkId": resource_link_id})
    if answer.status in (404, 412):
        answer = _send(call, "POST", line_items, body)
    made = answer.json() if answer.ok else None
    if not isinstance(made, dict) or not _usable(made, line_items):
        raise client.Refused(answer)
    return str(made["id"])


def update_line_item(call: Call, *, line_item: str, label: str, maximum: Decimal | None) -> None:
    """Rename a column or change its maximum; the rest of it goes back as it was read (section 3.2.6).

    Raises http.Refused or another http.HttpError.
    """
    body = read_line_item(call, line_item)
    if label:
        body["label"] = label
    if maximum is not None:
        body["scoreMaximum"] = number(maximum)
    answer = _send(call, "PUT", line_item, body)
    if not answer.ok:
        raise client.Refused(answer)


def delete_line_item(call: Call, *, line_item: str) -> None:
    """Delete a column; one that is gone already is no error (section 3.2.7). Raises http.Refused."""
    answer = call("DELETE", line_item, headers={"Accept": "*/*"})
    if not answer.ok and answer.status not in (404, 410):
        raise client.Refused(answer)


def _send(call: Call, method: str, url: str, body: dict[str, Any]) -> Answer:
    data = json.dumps(body, separators=(",", ":")).encode()
    return call(method, url, data=data, headers={"Content-Type": LINE_ITEM_TYPE, "Accept": LINE_ITEM_TYPE})


def _rank(entry: dict[str, Any], resource_id: str) -> int:
    if entry.get("resourceId") == resource_id:
        return 0
    if entry.get("tag") == TAG:
        return 1
    return 3 if entry.get("tag") or entry.get("resourceId") else 2


def _columns(call: Call, line_items: str, wanted: dict[str, str], **query: str) -> list[dict[str, Any]]:
    """The columns with the wanted members. Raises paging.Endless only where none was found before the list was cut."""
    found = []
    try:
        for entry in _all_entries(call, with_query(line_items, **query), LINE_ITEMS_TYPE):
            if _usable(entry, line_items) and all(_same(entry.get(name), value) for name, value in wanted.items()):
                found.append(entry)
    except paging.Endless:
        if not found:
            raise
    return found


def _results(entries: Iterable[dict[str, Any]]) -> dict[str, LiveGrade]:
    return {
        user_id: LiveGrade(_decimal(entry.get("resultScore")), _decimal(entry.get("resultMaximum")), listed=True)
        for entry in entries
        if (user_id := claims.as_identifier(entry.get("userId")))
    }


def _same(given: Any, wanted: str) -> bool:
    return claims.as_identifier(given) == wanted


def number(value: Decimal) -> int | float:
    """A decimal as a JSON number without needless digits."""
    return int(value) if value == value.to_integral_value() else float(value)


def _usable(entry: dict[str, Any], line_items: str) -> bool:
    """Our token goes only where the launch pointed: a column on another host is not followed."""
    return isinstance(entry.get("id"), str) and client.same_origin(entry["id"], line_items)


def _all_entries(call: Call, url: str, media_type: str) -> Iterator[dict[str, Any]]:
    """The entries of every page (section 3.2.4.1). Raises paging.Endless where pages are left that cannot be read."""
    for answer in paging.pages(call, url, media=media_type, most=MOST_PAGES, max_bytes=MOST_BYTES):
        yield from _entries(answer)


def _entries(answer: Answer) -> list[dict[str, Any]]:
    if not answer.ok:
        raise client.Refused(answer)
    found = answer.json()
    if not isinstance(found, list):
        raise client.NotJson("the answer is not a list")
    return [entry for entry in found if isinstance(entry, dict)]


def _decimal(value: Any) -> Decimal | None:
    """A JSON number, or one that a platform wrote as a string."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        made = Decimal(str(value).strip())
    except (InvalidOperation, ValueError):  # ValueError: more digits than Python writes
        return None
    return made if made.is_finite() else None
