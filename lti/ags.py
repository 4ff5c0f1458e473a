"""Assignment and Grade Services 2.0: the platform's gradebook over HTTP. Touches no database.

A line item's address is the platform's and opaque; it is never built from ids.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from lti import http
from lti.http import Answer

SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/"
SCORE = SCOPE + "score"
RESULT = SCOPE + "result.readonly"
LINE_ITEM = SCOPE + "lineitem"
LINE_ITEM_READ = SCOPE + "lineitem.readonly"
WANTED = (SCORE, RESULT, LINE_ITEM, LINE_ITEM_READ)

# Moodle answers 400 to any other media type, and to a list of them.
LINE_ITEM_TYPE = "application/vnd.ims.lis.v2.lineitem+json"
LINE_ITEMS_TYPE = "application/vnd.ims.lis.v2.lineitemcontainer+json"
SCORE_TYPE = "application/vnd.ims.lis.v1.score+json"
RESULTS_TYPE = "application/vnd.ims.lis.v2.resultcontainer+json"

Call = Callable[..., Answer]  # an authorised `http.fetch`


@dataclass(frozen=True)
class Result:
    """What the gradebook says a person has (section 3.3). Moodle leaves the score out when it is nought."""

    score: Decimal | None
    maximum: Decimal | None


def ags_url(line_item: str, tail: str, **query: str) -> str:
    """The address of a line item's `scores` or `results`; a query it already has stays after the path."""
    parts = urlsplit(line_item)
    path = parts.path.rstrip("/") + ("/" + tail if tail else "")
    return with_query(urlunsplit(parts._replace(path=path, fragment="")), **query)


def with_query(url: str, **query: str) -> str:
    """The same address with parameters added to its query."""
    if not query:
        return url
    parts = urlsplit(url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in query]
    return urlunsplit(parts._replace(query=urlencode([*kept, *query.items()])))


def post_score(call: Call, *, line_item: str, body: dict[str, Any]) -> Answer:
    """Send one score (section 3.4). The JSON is compact: Moodle turns its own errors into a 200 otherwise."""
    return call(
        "POST",
        ags_url(line_item, "scores"),
        data=json.dumps(body, separators=(",", ":")).encode(),
        headers={"Content-Type": SCORE_TYPE, "Accept": "*/*"},
    )


def read_result(call: Call, *, line_item: str, user_id: str) -> Result | None:
    """The person's result as the gradebook has it now. Raises http.HttpError. Never sends `limit` (Moodle fails)."""
    answer = call("GET", ags_url(line_item, "results", user_id=user_id), headers={"Accept": RESULTS_TYPE})
    for entry in _entries(answer):
        if entry.get("userId") == user_id:
            return Result(_decimal(entry.get("resultScore")), _decimal(entry.get("resultMaximum")))
    return None


def read_maximum(call: Call, *, line_item: str) -> Decimal | None:
    """The column's own maximum. Raises http.HttpError."""
    answer = call("GET", line_item, headers={"Accept": LINE_ITEM_TYPE})
    if not answer.ok:
        raise http.Unreachable(f"line item answered {answer.status}")
    found = answer.json()
    return _decimal(found.get("scoreMaximum")) if isinstance(found, dict) else None


def find_line_item(call: Call, *, line_items: str, resource_link_id: str) -> str:
    """The address of the link's own column, empty when it has none (section 3.2.4). Raises http.HttpError.

    A column that some tool added (it has a tag or resource id) comes after the link's own.
    """
    url = with_query(line_items, resource_link_id=resource_link_id)
    entries = _entries(call("GET", url, headers={"Accept": LINE_ITEMS_TYPE}))
    ours = [
        entry for entry in entries if entry.get("resourceLinkId") == resource_link_id and _usable(entry, line_items)
    ]
    ours.sort(key=lambda entry: bool(entry.get("tag") or entry.get("resourceId")))
    return str(ours[0]["id"]) if ours else ""


def create_line_item(call: Call, *, line_items: str, resource_link_id: str, label: str, maximum: Decimal) -> str:
    """Make the link's column and return its address (section 3.2.5). Look for one first: a second POST makes two."""
    body = {"label": label, "scoreMaximum": number(maximum), "resourceLinkId": resource_link_id}
    data = json.dumps(body, separators=(",", ":")).encode()
    headers = {"Content-Type": LINE_ITEM_TYPE, "Accept": LINE_ITEM_TYPE}
    answer = call("POST", line_items, data=data, headers=headers)
    made = answer.json() if answer.ok else None
    if not isinstance(made, dict) or not _usable(made, line_items):
        raise http.Unreachable(f"making a column was answered {answer.status} {answer.text[:200]}")
    return str(made["id"])


def number(value: Decimal) -> int | float:
    """A decimal as a JSON number without needless digits."""
    return int(value) if value == value.to_integral_value() else float(value)


def _usable(entry: dict[str, Any], line_items: str) -> bool:
    """Our token goes only where the launch pointed: a column on another host is not followed."""
    return isinstance(entry.get("id"), str) and http.same_origin(entry["id"], line_items)


def _entries(answer: Answer) -> list[dict[str, Any]]:
    if not answer.ok:
        raise http.Unreachable(f"answered {answer.status} {answer.reason}")
    found = answer.json()
    if not isinstance(found, list):
        raise http.NotJson("the answer is not a list")
    return [entry for entry in found if isinstance(entry, dict)]


def _decimal(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        made = Decimal(str(value))
    except InvalidOperation:
        return None
    return made if made.is_finite() else None
