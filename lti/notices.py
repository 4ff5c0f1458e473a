"""Platform Notification Service 1.0: ask for copy notices, and take them in.

https://www.imsglobal.org/spec/lti-pns/v1p0 · A notice is a signed token like a launch's, sent by the platform's server.
"""

import json
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from jwt.utils import base64url_decode

from lti.launch import arrival, history, validate
from lti.launch.arrival import Arrival
from lti.models import Deployment, Notice, Registration
from lti.platform import enqueue, jwks, keys, leases, tokens, tool
from lti.wire import client
from lti.words import claims
from lti.words.claims import CLAIM, Claims
from lti.words.errors import LaunchRefused, Problem
from roster.rows import one

COPIED = "LtiContextCopyNotice"
SERVICE = CLAIM + "platformnotificationservice"
MOST = 100  # notices in one request
TRIES = 12
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=1), timedelta(days=1)
KEPT = timedelta(days=2)  # beyond the life of a token; after that its times refuse a replay


def offered(deployment: Deployment, found: Claims, *, now: datetime) -> None:
    """Note that a launch offers copy notices (section 3). Asked for once, and again where the address changes."""
    service = claims.mapping(found, SERVICE)
    url = claims.url(service.get("platform_notification_service_url"))
    if not url or url == deployment.notices_url or COPIED not in claims.strings(service.get("notice_types_supported")):
        return
    if tool.NOTICES not in claims.strings(service.get("scope")):
        return

    Deployment.objects.filter(pk=deployment.pk).update(notices_url=url, notices_due_at=now, notices_tries=0)
    enqueue.on_commit("subscribe", str(deployment.pk))


def due(now: datetime) -> QuerySet[Deployment]:
    return Deployment.objects.filter(notices_due_at__lte=now, active=True, registration__active=True)


def sweep(*, now: datetime) -> list[UUID]:
    """The deployments whose platform is to be asked. Forgets notices that no valid token can repeat."""
    Notice.objects.filter(received_at__lt=now - KEPT).delete()
    return list(due(now).values_list("pk", flat=True)[:100])


def subscribe(deployment_id: UUID, *, now: datetime) -> None:
    """Ask the platform for copy notices, if that is due and nobody else is at it; what fails is due again later."""
    deployment = one(due(now).select_related("registration").filter(pk=deployment_id))
    if deployment is None:
        return
    with suppress(leases.Lost), leases.errand(deployment.registration_id):
        _subscribe(deployment, now)


def _subscribe(deployment: Deployment, now: datetime) -> None:
    wait = min(FIRST_RETRY * 4**deployment.notices_tries, LONGEST_RETRY)
    again = now + wait if deployment.notices_tries + 1 < TRIES else None
    claimed = due(now).filter(pk=deployment.pk, notices_tries=deployment.notices_tries)
    if claimed.update(notices_due_at=again, notices_tries=F("notices_tries") + 1):
        done, words = _ask(deployment)
        same = Deployment.objects.filter(pk=deployment.pk, notices_url=deployment.notices_url)
        same.update(notices_answer=words[:500], **({"notices_due_at": None} if done else {}))


def _ask(deployment: Deployment) -> tuple[bool, str]:
    """Set our handler (section 4.2); whether the platform took it, and its words."""
    body = json.dumps({"notice_type": COPIED, "handler": tool.address("notices")}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    try:
        with client.session() as session:
            call = tokens.authorised(deployment.registration, [tool.NOTICES], key=keys.signing_key(), session=session)
            answer = call("PUT", deployment.notices_url, headers=headers, data=body)
    except client.HttpError as error:
        return False, str(error)
    return answer.ok, f"{answer.status} {answer.reason} {answer.text}"


def take(token: str, *, now: datetime) -> None:
    """Take in one notice; a repeated one changes nothing. Raises LaunchRefused where it cannot be believed.

    A notice for a deployment that is not approved is believed but leaves nothing behind.
    """
    registration, found = _believed(token, now)
    deployment = one(registration.deployments.filter(deployment_id=claims.identifier(found, CLAIM + "deployment_id")))
    if deployment is None or not deployment.active or deployment.institution_id is None:
        return
    named = claims.mapping(found, CLAIM + "notice")
    notice_id, kind = (claims.identifier(named, name, f"notice.{name}") for name in ("id", "type"))
    at = Arrival(registration, deployment, deployment.institution_id, found, now)
    with transaction.atomic():
        _, new = Notice.objects.get_or_create(
            registration=registration,
            notice_id=notice_id,
            defaults={"institution_id": at.institution_id, "kind": kind, "received_at": now},
        )
        if new and kind == COPIED:
            _copied(at)


def _copied(at: Arrival) -> None:
    """LtiContextCopyNotice: a course got its content from others, which may be unknown here like itself."""
    context = arrival.context(at, None)
    if context is None:
        raise LaunchRefused(Problem.MESSAGE_INVALID, "context is missing")
    origins = at.claims.get(CLAIM + "origin_contexts")
    history.record(context, origins if isinstance(origins, list) else [])


def _believed(token: str, now: datetime) -> tuple[Registration, Claims]:
    """A token signed by the platform that it names. Only its key id and addressee are read before that is known."""
    header, said = _part(token, 0), _part(token, 1)
    registration = _addressee(said)
    if not _key_at_hand(registration, header.get("kid"), now):
        raise LaunchRefused(Problem.KEYS_UNAVAILABLE, "no key with the token's key id")
    # The nonce belongs to no login of ours; the notice's id is what makes it count once.
    nonce = claims.identifier(said, "nonce")
    found = validate.token(token, registration=registration, nonce=nonce, now=now)
    if found.get(CLAIM + "version") != validate.VERSION:
        raise LaunchRefused(Problem.MESSAGE_INVALID, "version is not 1.3.0")
    return registration, found


def _addressee(said: Claims) -> Registration:
    audience = said.get("aud")
    names = claims.strings(audience) if isinstance(audience, list) else claims.strings([audience])
    active = Registration.objects.filter(active=True, issuer=claims.text(said.get("iss")), client_id__in=names[:10])
    found = list(active[:2])
    if len(found) != 1:
        raise LaunchRefused(Problem.UNKNOWN_PLATFORM, "issuer and client id are not registered")
    return found[0]


def _key_at_hand(registration: Registration, kid: object, now: datetime) -> bool:
    """Whether the key is known or may be fetched now: strangers must not make anyone wait for a fetch."""
    known = registration.jwks.get("keys", []) if isinstance(registration.jwks, dict) else []
    tried = registration.jwks_tried_at
    return any(key.get("kid") == kid for key in known) or tried is None or now - tried >= jwks.TRY_EVERY


def _part(token: str, number: int) -> Claims:
    try:
        part = json.loads(base64url_decode(token.split(".")[number]))
    except (ValueError, IndexError, RecursionError) as error:
        raise LaunchRefused(Problem.TOKEN_INVALID, "not a signed token") from error
    if not isinstance(part, dict):
        raise LaunchRefused(Problem.TOKEN_INVALID, "not a signed token")
    return part
