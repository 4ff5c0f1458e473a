"""`deep_linking_settings` (Deep Linking 2.0 section 4.4.1): what a teacher may choose, and where the answer goes."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from lti.words import claims
from lti.words.claims import Claims
from lti.words.errors import LaunchRefused, Problem

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
CANVAS_PLACEMENT = "https://www.instructure.com/placement"
LONGEST_RETURN_URL = 8_000  # Canvas puts a token of its own into the address
LONGEST_DATA = 64_000  # characters
# What may stand in a Content-Security-Policy as the place to post to.
HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]")


@dataclass(frozen=True, slots=True)
class DeepLinkingSettings:
    """`data` is the platform's own note as JSON, to go back unchanged; empty where it sent none."""

    return_url: str
    accept_types: list[str]
    document_targets: list[str]
    media_types: str
    accept_multiple: bool
    accept_line_item: bool
    auto_create: bool
    title: str
    text: str
    placement: str
    data: str

    def as_json(self) -> dict[str, Any]:
        """As the launch keeps them for its pages."""
        kept = asdict(self)
        if not self.data:
            del kept["data"]
        return kept


def parse(found: Claims) -> DeepLinkingSettings:
    """Raises LaunchRefused where the picker could not work with what the claim says."""
    given = claims.mapping(found, DL + "deep_linking_settings")
    types = claims.strings(given.get("accept_types"))
    targets = given.get("accept_presentation_document_targets")
    if not types or not isinstance(targets, list):  # an empty list says that nothing is presented (section 4.6.2)
        raise LaunchRefused(Problem.MESSAGE_INVALID, "deep_linking_settings lack accept_types or document targets")
    return DeepLinkingSettings(
        return_url=_return_url(given),
        accept_types=types,
        document_targets=claims.strings(targets),
        media_types=claims.text(given.get("accept_media_types"), 1_000),
        accept_multiple=_boolean(given.get("accept_multiple")) is True,
        # Absent says nothing about columns (Moodle): then we offer one.
        accept_line_item=_boolean(given.get("accept_lineitem")) is not False,
        auto_create=_boolean(given.get("auto_create")) is True,
        title=claims.text(given.get("title")),
        text=claims.text(given.get("text"), 1_000),
        placement=claims.text(found.get(CANVAS_PLACEMENT)),
        data=_data(given),
    )


def origin(url: str) -> str:
    """Scheme, host and port of an address as a Content-Security-Policy names them; empty where it cannot."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna" if "." in (parts.hostname or "") else "ascii").decode()
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return ""
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}" if HOST.fullmatch(host) else ""


def _return_url(given: Claims) -> str:
    url = claims.url(given.get("deep_link_return_url"), LONGEST_RETURN_URL)
    if not url or not origin(url):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "deep_link_return_url is missing or not an http address")
    return url


def _boolean(value: Any) -> bool | None:
    """Yes, no, or nothing. Some platforms send the words instead of booleans."""
    words = {"true": True, "false": False}
    return value if isinstance(value, bool) else words.get(value.lower()) if isinstance(value, str) else None


def _data(given: Claims) -> str:
    """Kept as ASCII, since PostgreSQL takes not every character."""
    if given.get("data") is None:
        return ""
    kept = json.dumps(given["data"])
    if len(kept) > LONGEST_DATA:
        raise LaunchRefused(Problem.MESSAGE_INVALID, "deep_linking_settings.data is too long")
    return kept
