"""Deep Linking 2.0: what a platform asks a teacher to choose, and our signed answer.

https://www.imsglobal.org/spec/lti-dl/v2p0
"""

import json
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import jwt

from lti.launch import arrival
from lti.launch.arrival import Arrival
from lti.launch.deep_linking_settings import DL
from lti.models import Launch
from lti.platform import keys
from lti.words import claims
from lti.words.claims import CLAIM
from lti.words.errors import LaunchRefused, Problem
from lti.words.roles import in_context, role, teaches_somewhere
from roster.models import Role

REQUEST, RESPONSE = claims.DEEP_LINKING, "LtiDeepLinkingResponse"
BACKDATED = 30  # seconds: Moodle refuses an answer that is issued one second ahead of its own clock
LIVES = 300  # seconds: Canvas believes nothing older
DESIGNER = "ContentDeveloper"


def request(at: Arrival) -> str:
    """LtiDeepLinkingRequest (section 3.4.1): opens for those who may change the course."""
    given, chosen = at.message.roles, at.message.deep_linking
    context = in_context(given)
    # Where nothing is said of the course, an LMS that lets someone choose content for it means its teachers.
    may = DESIGNER in context or (not context and teaches_somewhere(given))
    if role(given) != Role.INSTRUCTOR and not may:
        raise LaunchRefused(Problem.TEACHERS_ONLY, "deep linking needs a teaching role")
    return arrival.open_launch(at, context=arrival.context(at, None), settings=chosen.as_json() if chosen else {})


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
