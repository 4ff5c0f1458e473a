"""Deep Linking 2.0 as a platform: what a teacher's choice is asked for with, and how a tool's answer is judged."""

import secrets
from datetime import datetime
from typing import Any

import jwt

from sandbox.models import Course, Launch, Mode, Selection
from sandbox.platform import keys, tokens
from sandbox.words import content_items
from sandbox.words.messages import DL
from sandbox.words.scopes import LTI

LEEWAY, OLDEST = 30, 300
# Canvas: what each place in a course takes.
PLACEMENTS: dict[str, dict[str, Any]] = {
    "assignment_selection": {"accept_multiple": False},
    "link_selection": {"accept_multiple": True},
    "course_assignments_menu": {"accept_multiple": True},
    "module_index_menu_modal": {"accept_multiple": True, "auto_create": True},
    "editor_button": {
        "accept_multiple": True,
        "accept_types": ["link", "file", "html", "ltiResourceLink", "image"],
        "accept_presentation_document_targets": ["embed", "iframe", "window"],
        "accept_media_types": "image/*,text/html,application/vnd.ims.lti.v1.ltilink,*/*",
    },
}
USUAL: dict[str, dict[str, Any]] = {
    Mode.STRICT: {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_multiple": True,
        "accept_lineitem": True,
        "auto_create": False,
    },
    Mode.MOODLE: {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["frame", "iframe", "window"],
        "accept_copy_advice": False,
        "accept_multiple": True,
        "accept_unsigned": False,
        "auto_create": False,
        "can_confirm": False,
    },
    Mode.CANVAS: {
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe", "window"],
        "accept_media_types": "application/vnd.ims.lti.v1.ltilink",
        "auto_create": False,
    },
}


class Refused(Exception):
    """An answer that is not taken, with the reason."""


def settings(course: Course, tool_name: str, given: dict[str, Any]) -> dict[str, Any]:
    """The deep linking settings of a message; `given` says some otherwise, and null leaves one out.

    `placement` (Canvas) is kept among them and travels in a claim of its own.
    """
    usual = dict(USUAL[course.mode])
    if course.mode == Mode.STRICT:
        usual["data"] = secrets.token_urlsafe(16)
    elif course.mode == Mode.MOODLE:
        usual |= {"title": tool_name, "text": ""}
    else:
        placement = given.get("placement", "assignment_selection")
        usual |= {**PLACEMENTS[placement], "placement": placement}
    return {name: value for name, value in {**usual, **given}.items() if value is not None}


def receive(launch: Launch, answer: str, *, now: datetime) -> Selection:
    """Judge what the tool posted and keep it; a refused answer is kept with the reason."""
    selection = Selection(launch=launch, at=now)
    try:
        claims = _verified(launch, answer, now=now)
        selection.nonce = str(claims["nonce"])[:255]
        selection.said = _said(claims)
        selection.items = content_items.judged(launch, claims.get(DL + "content_items", []))
        _check_whole(launch, selection.items)
    except (Refused, content_items.Malformed) as refusal:
        selection.state, selection.why = Selection.State.REFUSED, str(refusal)[:500]
    selection.save()
    return selection


def _verified(launch: Launch, answer: str, *, now: datetime) -> dict[str, Any]:
    """The claims of the tool's JWT (Security Framework section 5.2, Deep Linking 2.0 section 3.4.2)."""
    tool = launch.tool
    try:
        kid = tokens.header(answer).get("kid")
        if not kid:
            raise Refused("the JWT names no key (kid)")
        claims = tokens.verified(tool, answer, keys.tool_key(tool, str(kid), now=now), now=now)
    except tokens.Refused as error:
        raise Refused(error.description or error.code) from error
    except keys.UnknownKey as error:
        raise Refused("the tool publishes no key of this kid") from error
    except (keys.KeySetUnreachable, jwt.PyJWTError) as error:
        raise Refused(f"the tool's keys cannot be used: {error}") from error
    _check_envelope(launch, claims)
    _check_times(launch, claims, now=now)
    _check_message(launch, claims)
    return claims


def _check_envelope(launch: Launch, claims: dict[str, Any]) -> None:
    tool = launch.tool
    if claims.get("iss") != tool.client_id:
        raise Refused("iss must be the client_id")
    audiences = claims["aud"] if isinstance(claims.get("aud"), list) else [claims.get("aud")]
    if tool.issuer not in audiences:
        raise Refused("aud must be the platform's issuer")
    if len(audiences) > 1 and claims.get("azp", tool.issuer) != tool.issuer:
        raise Refused("azp must be the platform's issuer")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not nonce:
        raise Refused("nonce is missing")
    # Moodle does not remember them.
    used = Selection.objects.filter(launch__tool=tool, nonce=nonce[:255])
    if launch.course.mode != Mode.MOODLE and used.exists():
        raise Refused("this nonce was used before")


def _check_times(launch: Launch, claims: dict[str, Any], *, now: datetime) -> None:
    """Seconds since 1970. Moodle gives no leeway; the others thirty seconds, and want `iat` fresh."""
    issued, expires, moment = _seconds(claims.get("iat")), _seconds(claims.get("exp")), now.timestamp()
    if issued is None or expires is None:
        raise Refused("iat and exp must be numbers")
    leeway = 0 if launch.course.mode == Mode.MOODLE else LEEWAY
    if issued > int(moment) + leeway:
        raise Refused("iat lies in the future")
    if expires <= moment - leeway:
        raise Refused("the answer has expired")
    if launch.course.mode != Mode.MOODLE and issued < moment - OLDEST:
        raise Refused("iat is more than five minutes old")


def _seconds(value: object) -> float | None:
    plausible = isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11
    return float(value) if plausible and isinstance(value, int | float) else None


def _check_message(launch: Launch, claims: dict[str, Any]) -> None:
    wanted = {
        "message_type": "LtiDeepLinkingResponse",
        "version": "1.3.0",
        "deployment_id": launch.course.deployment_id or launch.tool.deployment_id,
    }
    for name, value in wanted.items():
        if claims.get(LTI + name) != value:
            raise Refused(f"{name} must be {value}")
    if "data" in launch.settings and claims.get(DL + "data") != launch.settings["data"]:
        raise Refused("data must come back unchanged")


def _said(claims: dict[str, Any]) -> dict[str, str]:
    """The messages and log lines. Raises Refused for what is no text."""
    found = {name: claims[DL + name] for name in ("msg", "errormsg", "log", "errorlog") if DL + name in claims}
    for name, text in found.items():
        if not isinstance(text, str):
            raise Refused(f"{name} must be text")
    return {name: text[:1000] for name, text in found.items()}


def _check_whole(launch: Launch, items: list[dict[str, Any]]) -> None:
    """Strict takes all or nothing; the others leave out what they cannot use."""
    if launch.course.mode != Mode.STRICT:
        return
    if len(items) > 1 and launch.settings.get("accept_multiple") is False:
        raise Refused("accept_multiple is false: send one item at most")
    for at, item in enumerate(items):
        if item["problem"]:
            raise Refused(f"item {at + 1}: {item['problem']}")
