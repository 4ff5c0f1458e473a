"""Content items of a deep linking answer (Deep Linking 2.0 section 2): what of them is used, and what is wrong."""

import math
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sandbox.models import Launch, Mode
from sandbox.words import scopes

LINK = "ltiResourceLink"
MOST = 100
TEXTS = {"title": 255, "text": 10_000, "url": 1000}
WINDOWS = ("available", "submission")
CANVAS_ASSIGNMENTS = {"assignment_selection", "course_assignments_menu", "module_index_menu_modal"}


class Malformed(Exception):
    """The answer holds no list of content items."""


class Wrong(Exception):
    """What is wrong with one item."""


def judged(launch: Launch, items: object) -> list[dict[str, Any]]:
    """{item, problem} of each item, in order; an empty problem means that it can be added. Raises Malformed."""
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Malformed("content_items must be a list of objects")
    if len(items) > MOST:
        raise Malformed(f"more than {MOST} items")
    return [{"item": item, "problem": _problem(launch, item)} for item in items]


def _problem(launch: Launch, item: dict[str, Any]) -> str:
    try:
        _check(launch, item)
    except Wrong as wrong:
        return str(wrong)
    return ""


def _check(launch: Launch, item: dict[str, Any]) -> None:
    kind = item.get("type")
    if not isinstance(kind, str) or kind not in launch.settings.get("accept_types", [LINK]):
        raise Wrong("this type is not in accept_types")
    for name, longest in TEXTS.items():
        value = item.get(name)
        if value is not None and (not isinstance(value, str) or len(value) > longest or "\0" in value):
            raise Wrong(f"{name} must be text of at most {longest} characters")
    if kind != LINK:
        raise Wrong(f"a course of this LMS cannot hold a {kind[:50]}")
    _check_url(launch, item.get("url"))
    _check_custom(item.get("custom"))
    _check_column(launch, item)
    for name in WINDOWS:
        _check_window(name, item.get(name))
    for name in ("iframe", "window", "icon", "thumbnail"):
        if item.get(name) is not None and not isinstance(item[name], dict):
            raise Wrong(f"{name} must be an object")


def _check_url(launch: Launch, url: str | None) -> None:
    """A link without an address opens the tool's own; one with an address must be the tool's."""
    if url is None:
        return
    if urlsplit(url).scheme not in ("http", "https"):
        raise Wrong("url must be a web address")
    if urlsplit(url).netloc != urlsplit(launch.tool.target_link_uri).netloc:
        raise Wrong("no tool here answers at this address: its domain is not the tool's")


def _check_custom(custom: object) -> None:
    if custom is None:
        return
    if not isinstance(custom, dict) or not all(isinstance(value, str) for value in custom.values()):
        raise Wrong("custom must be an object of texts")


def _check_window(name: str, window: object) -> None:
    if window is None:
        return
    if not isinstance(window, dict):
        raise Wrong(f"{name} must be an object")
    for end in ("startDateTime", "endDateTime"):
        if window.get(end) is not None and moment(window[end]) is None:
            raise Wrong(f"{name}.{end} must be a time with its zone")


def moment(value: object) -> datetime | None:
    """A time as ISO 8601 with a zone, or None."""
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _check_column(launch: Launch, item: dict[str, Any]) -> None:
    wanted = item.get("lineItem")
    if wanted is None:
        return
    if not isinstance(wanted, dict):
        raise Wrong("lineItem must be an object")
    for name in ("label", "resourceId", "tag"):
        if wanted.get(name) is not None and not isinstance(wanted[name], str):
            raise Wrong(f"lineItem.{name} must be text")
    maximum = wanted.get("scoreMaximum")
    if isinstance(maximum, bool) or not isinstance(maximum, int | float) or not math.isfinite(maximum) or maximum <= 0:
        raise Wrong("lineItem.scoreMaximum must be a number above zero")
    if takes_columns(launch):
        check_maximum(launch, float(maximum))


def check_maximum(launch: Launch, maximum: float) -> None:
    """Moodle's form takes whole numbers from 1 to 100. Raises Wrong."""
    whole_number = maximum.is_integer() and 1 <= maximum <= 100
    if launch.course.mode == Mode.MOODLE and not whole_number:
        raise Wrong("the maximum grade must be a whole number from 1 to 100")


def takes_columns(launch: Launch) -> bool:
    """Whether a lineItem becomes a column: as the settings say, in some places of Canvas, where Moodle may grade."""
    if launch.course.mode == Mode.CANVAS:
        return launch.settings.get("placement") in CANVAS_ASSIGNMENTS
    if launch.course.mode == Mode.MOODLE:
        return any(scope.startswith(scopes.AGS) for scope in launch.tool.scopes)
    return launch.settings.get("accept_lineitem") is not False
