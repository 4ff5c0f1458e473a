"""Deep Linking 2.0: what a platform asks a teacher to choose, and our signed answer.

https://www.imsglobal.org/spec/lti-dl/v2p0
"""

import json
import re
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import jwt

from lti.launch import arrival
from lti.launch.arrival import Arrival
from lti.models import Launch
from lti.platform import keys
from lti.words import claims
from lti.words.claims import CLAIM, Claims
from lti.words.errors import LaunchRefused, Problem
from lti.words.roles import in_context, role, teaches_somewhere
from roster.models import Role

REQUEST, RESPONSE = claims.DEEP_LINKING, "LtiDeepLinkingResponse"
DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
CANVAS_PLACEMENT = "https://www.instructure.com/placement"
BACKDATED = 30  # seconds: Moodle refuses an answer that is issued one second ahead of its own clock
LIVES = 300  # seconds: Canvas believes nothing older
LONGEST_RETURN_URL = 8_000  # Canvas puts a token of its own into the address
LONGEST_DATA = 64_000  # characters
DESIGNER = "ContentDeveloper"
# What may stand in a Content-Security-Policy as the place to post to.
HOST = re.compile(r"[a-z0-9_]([a-z0-9._-]*[a-z0-9_])?\.?|\[[0-9a-f:.]+\]")


def request(at: Arrival) -> str:
    """LtiDeepLinkingRequest (section 3.4.1): opens for those who may change the course."""
    given = claims.roles(at.claims)
    context = in_context(given)
    # Where nothing is said of the course, an LMS that lets someone choose content for it means its teachers.
    may = DESIGNER in context or (not context and teaches_somewhere(given))
    if role(given) != Role.INSTRUCTOR and not may:
        raise LaunchRefused(Problem.TEACHERS_ONLY, "deep linking needs a teaching role")
    return arrival.open_launch(at, context=arrival.context(at, None), settings=settings_of(at.claims))


def settings_of(found: Claims) -> dict[str, Any]:
    """The claim `deep_linking_settings` (section 4.4.1), as the picker and the answer need it. Raises LaunchRefused."""
    given = claims.mapping(found, DL + "deep_linking_settings")
    types = claims.strings(given.get("accept_types"))
    targets = given.get("accept_presentation_document_targets")
    if not types or not isinstance(targets, list):  # an empty one says that nothing is presented (section 4.6.2)
        raise LaunchRefused(Problem.MESSAGE_INVALID, "deep_linking_settings lack accept_types or document targets")
    return {
        "return_url": _return_url(given),
        "accept_types": types,
        "document_targets": claims.strings(targets),
        "media_types": claims.text(given.get("accept_media_types"), 1_000),
        "accept_multiple": _said(given.get("accept_multiple")) is True,
        # Absent says nothing about columns (Moodle): then we offer one.
        "accept_line_item": _said(given.get("accept_lineitem")) is not False,
        "auto_create": _said(given.get("auto_create")) is True,
        "title": claims.text(given.get("title")),
        "text": claims.text(given.get("text"), 1_000),
        "placement": claims.text(found.get(CANVAS_PLACEMENT)),
        **_data(given),
    }


def response(*, launch: Launch, items: Sequence[dict[str, Any]], now: datetime, **said: str) -> str:
    """The signed answer to a launch of ours (section 3.4.2). No items: the teacher chose nothing.

    `said` are `msg` and `errormsg` for the teacher, `log` and `errorlog` for the platform's people.
    """
    at = int(now.timestamp())
    answer = {
        "iss": launch.registration.client_id,
        "aud": launch.registration.issuer,
        "iat": at - BACKDATED,
        "exp": at + LIVES,
        "nonce": secrets.token_urlsafe(24),
        CLAIM + "message_type": RESPONSE,
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": launch.deployment.deployment_id,
        DL + "content_items": list(items),
        **{DL + name: text for name, text in said.items() if text},
    }
    if "data" in launch.settings:
        answer[DL + "data"] = json.loads(launch.settings["data"])
    key = keys.signing_key()
    return jwt.encode(answer, keys.private_key(key.private_key), algorithm="RS256", headers={"kid": key.kid})


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


def _said(value: Any) -> bool | None:
    """Yes, no, or nothing. Some platforms send the words instead of booleans."""
    words = {"true": True, "false": False}
    return value if isinstance(value, bool) else words.get(value.lower()) if isinstance(value, str) else None


def _data(given: Claims) -> dict[str, str]:
    """The platform's own note, to go back unchanged: kept as ASCII, since PostgreSQL takes not every character."""
    if given.get("data") is None:
        return {}
    kept = json.dumps(given["data"])
    if len(kept) > LONGEST_DATA:
        raise LaunchRefused(Problem.MESSAGE_INVALID, "deep_linking_settings.data is too long")
    return {"data": kept}
