"""Dynamic registration: the LMS hands over a one-time token, we read what it is and tell it who we are.

LTI Dynamic Registration 1.0, https://www.imsglobal.org/spec/lti-dr/v1p0. Nothing here is called without an invitation.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from lti.connect import invitations, platforms
from lti.connect.platforms import Platform
from lti.launch.launch import MESSAGES
from lti.models import Deployment, Invitation, Registration
from lti.platform import tool
from lti.wire import client
from lti.wire.client import Answer
from lti.words import claims
from lti.words.claims import Claims
from lti.words.errors import RegistrationFailed, Step

TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
ALWAYS = (claims.RESOURCE_LINK, claims.DEEP_LINKING, claims.REVIEW)


@dataclass(frozen=True)
class Registered:
    """A new connection. `deployment` is None where the LMS did not name one: its first launch waits for approval."""

    registration: Registration
    deployment: Deployment | None
    missing: tuple[str, ...]  # scopes that were asked for and not given


def register(
    *, invitation: Invitation, configuration_url: str, registration_token: str, privacy: str, now: datetime
) -> Registered:
    """Do the whole registration. Raises RegistrationFailed or NotInvited; then the invitation stays good."""
    invitations.claim(invitation, now=now)
    try:
        platform = platforms.read(configuration_url, registration_token)
        wanted = description(platform, privacy)
        return _save(invitation, platform, wanted, _post(platform, registration_token, wanted), now)
    finally:
        invitations.release(invitation)  # does nothing to one that was used up


def description(platform: Platform, privacy: str = tool.USUAL_PRIVACY) -> dict[str, Any]:
    """What we tell the LMS about us: every member that Canvas or Moodle requires (section 3.4.1)."""
    launch = tool.address("launch")
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["client_credentials", "implicit"],
        "initiate_login_uri": tool.address("login"),
        "redirect_uris": [launch],
        "client_name": tool.NAME,
        "jwks_uri": tool.address("jwks"),
        "logo_uri": tool.icon(),
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(_scopes(platform)),
        TOOL_CONFIGURATION: {
            "domain": tool.domain(),
            "target_link_uri": launch,
            "description": tool.DESCRIPTION,
            "custom_parameters": tool.CUSTOM,
            "claims": list(tool.PRIVACY[privacy]),
            "messages": list(_messages(platform)),
            **_canvas_extras(platform, privacy),
        },
    }


def _scopes(platform: Platform) -> list[str]:
    """Those that the LMS says it has; without a list, the usual ones."""
    wanted = (*tool.SCOPES, *tool.MORE_SCOPES)
    return [scope for scope in wanted if scope in platform.scopes] if platform.scopes else list(tool.SCOPES)


def _messages(platform: Platform) -> list[dict[str, Any]]:
    launch = tool.address("launch")
    picker = {"type": claims.DEEP_LINKING, "target_link_uri": launch, "label": tool.NAME, "icon_uri": tool.icon()}
    messages: list[dict[str, Any]] = [_resource_link(platform), {**picker, **_placements(platform)}]
    # Moodle opens a grade this way though it does not list it; Canvas refuses what it does not list.
    if claims.REVIEW in platform.messages or platform.habits.REVIEW_UNLISTED:
        messages.append({"type": claims.REVIEW, "target_link_uri": launch})
    more = [name for name in MESSAGES if name in platform.messages and name not in ALWAYS]
    return messages + [{"type": name, "target_link_uri": launch} for name in more]


def _resource_link(platform: Platform) -> dict[str, Any]:
    message: dict[str, Any] = {"type": claims.RESOURCE_LINK, "target_link_uri": tool.address("launch")}
    if platform.habits.REGISTERS_PLACEMENTS and "course_navigation" in platform.messages.get(claims.RESOURCE_LINK, ()):
        hidden = {CANVAS + "course_navigation/default_enabled": False, CANVAS + "visibility": "members"}
        message |= {"label": tool.NAME, "placements": ["course_navigation"], **hidden}
    return message


def _placements(platform: Platform) -> dict[str, list[str]]:
    """Only Canvas has places of its own to ask for; elsewhere the picker is where the LMS puts it."""
    if not platform.habits.REGISTERS_PLACEMENTS:
        return {}
    offered = platform.messages.get(claims.DEEP_LINKING) or tuple(tool.PLACEMENTS)
    return {"placements": [name for name in tool.PLACEMENTS if name in offered]}


def _canvas_extras(platform: Platform, privacy: str) -> dict[str, str]:
    if not platform.habits.REGISTERS_PLACEMENTS:
        return {}
    extras = {"privacy_level": privacy, "tool_id": tool.TOOL_ID, "vendor": tool.VENDOR}
    return {CANVAS + name: value for name, value in extras.items()}


def _post(platform: Platform, token: str, wanted: dict[str, Any]) -> Claims:
    """The LMS's answer to our description (section 3.6). Raises RegistrationFailed."""
    headers = {"Content-Type": "application/json", **platforms.bearer(token)}
    body = json.dumps(wanted).encode()
    try:
        answer = client.fetch("POST", platform.registration_url, data=body, headers=headers)
        if answer.ok:
            return platforms.as_object(answer)
    except client.HttpError as error:
        raise RegistrationFailed(Step.REGISTRATION, UNANSWERED, str(error)) from error
    raise _refusal(answer)


UNANSWERED = (
    "The LMS may have noted the tool already: delete it there if you see it. Then begin again in the LMS with the same "
    "address."
)
BEGIN_AGAIN = "Begin again in the LMS with the same address: each start works once, and for about an hour."
REFUSED = (
    "Tell the people who run this service what the LMS says below: it did not like how the tool describes itself. "
    "Until that is mended you can connect by hand."
)
TAKEN = (
    "This LMS is connected here already, for another institution or by hand. Keep the tool in the LMS, and ask the "
    "people who run this service."
)
LATER = "Wait a little, then begin again in the LMS with the same address."


def _refusal(answer: Answer) -> RegistrationFailed:
    remedy = REFUSED
    if answer.status in (401, 403, 404, 410):
        remedy = BEGIN_AGAIN
    if answer.status in (408, 429) or answer.status >= 500:
        remedy = LATER
    if 300 <= answer.status < 400:
        remedy = platforms.REDIRECTED
    return RegistrationFailed(Step.REGISTRATION, remedy, platforms.words(answer))


def _save(
    invitation: Invitation, platform: Platform, wanted: dict[str, Any], answer: Claims, now: datetime
) -> Registered:
    client_id = claims.as_identifier(answer.get("client_id"))
    if not client_id:
        raise RegistrationFailed(Step.REGISTRATION, REFUSED, "the answer holds no client_id")
    try:
        with transaction.atomic():
            registration = _renewed(invitation, platform, client_id) or _row(invitation, platform, client_id)
            invitations.use_up(invitation, registration, now=now)
            deployment = _deployment(registration, answer)
    except IntegrityError as error:
        known = f"client id {client_id} of {platform.issuer} is registered here already"
        raise RegistrationFailed(Step.SAVING, TAKEN, known) from error
    granted = claims.text(answer.get("scope", wanted["scope"]), 4_000).split()
    missing = tuple(scope for scope in wanted["scope"].split() if scope not in granted)
    return Registered(registration, deployment, missing)


def _row(invitation: Invitation, platform: Platform, client_id: str) -> Registration:
    return Registration.objects.create(
        name=invitation.name or platform.name,
        issuer=platform.issuer,
        client_id=client_id,
        institution=invitation.institution,
        **_addresses(platform),
    )


def _renewed(invitation: Invitation, platform: Platform, client_id: str) -> Registration | None:
    """The connection that the same institution has already, with the LMS's present addresses."""
    mine = Registration.objects.filter(institution=invitation.institution, issuer=platform.issuer, client_id=client_id)
    registration = mine.select_for_update(of=("self",)).first()
    if registration is not None:
        if registration.jwks_url != platform.jwks_url:
            registration.jwks, registration.jwks_fetched_at, registration.jwks_tried_at = {}, None, None
        for name, value in _addresses(platform).items():
            setattr(registration, name, value or getattr(registration, name))
        registration.save()
    return registration


def _addresses(platform: Platform) -> dict[str, str]:
    return {
        "auth_url": platform.auth_url,
        "token_url": platform.token_url,
        "token_audience": platform.token_audience,
        "jwks_url": platform.jwks_url,
        "family": platform.family,
    }


def _deployment(registration: Registration, answer: Claims) -> Deployment | None:
    """Moodle names it inside the tool configuration, Canvas beside it or not at all."""
    inside = claims.mapping(answer, TOOL_CONFIGURATION)
    found = (claims.as_identifier(source.get("deployment_id")) for source in (inside, answer))
    deployment_id = next(filter(None, found), "")
    if not deployment_id:
        return None
    shared = {"institution": registration.institution, "active": True}
    deployment, made = registration.deployments.get_or_create(deployment_id=deployment_id, defaults=shared)
    if not made and deployment.institution_id is None:  # it had waited for somebody to say whose it is
        deployment.institution, deployment.active = registration.institution, True
        deployment.save(update_fields=["institution", "active"])
    return deployment
