"""From the platform's answer to an open session: believe the message, then let the handler of its type do the rest."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q

from lti.launch import arrival, deep_linking, validate
from lti.launch.arrival import Arrival
from lti.launch.message import LinkClaim, Message, parse, presentation
from lti.launch.messages import privacy, review
from lti.launch.state import State
from lti.models import Deployment, Launch, Registration, ResourceLink
from lti.words import claims
from lti.words.errors import LaunchRefused, Problem
from roster import people
from roster.rows import Prepared, one

NONCE_KEPT = timedelta(days=1)  # beyond a launch's end; by then its state has long expired


def receive(*, id_token: str, state: State, now: datetime) -> str:
    """Open a launch and return its key, which is shown nowhere else.

    Raises LaunchRefused, with the way back where the platform gave one.
    """
    registration, named = _addressee(state)
    found = validate.token(id_token, registration=registration, nonce=state.nonce, now=now)
    try:
        message = parse(found)
        handle = MESSAGES.get(message.type)
        if handle is None:
            raise LaunchRefused(Problem.MESSAGE_UNSUPPORTED, claims.text(message.type))
        return _inside(registration, _deployment(registration, named, message), message, now, handle)
    except LaunchRefused as refused:
        shown = presentation(found)
        refused.return_url, refused.locale = shown.return_url, shown.locale
        raise


def refuse_replay(state: State) -> None:
    """Raise LaunchRefused where this login has opened its launch: reload and back button post it once more.

    The launch that it opened is not shown: there is no proof that this is the same browser.
    """
    opened = Launch.objects.filter(registration_id=UUID(state.registration), nonce=state.nonce)
    used = one(opened.only("return_url"))
    if used is not None:
        raise LaunchRefused(Problem.REPLAYED, "nonce was used before", used.return_url)


def prune(*, now: datetime, limit: int = 1_000) -> int:
    """Delete launches that nobody can use any more, and guests who left nothing; how many launches.

    A replay of their tokens is refused by the state's age.
    """
    old = list(Launch.objects.filter(expires_at__lt=now - NONCE_KEPT).values_list("pk", flat=True)[:limit])
    nameless = list(Launch.objects.filter(pk__in=old, platform_user=None).values_list("person_id", flat=True))
    gone = Launch.objects.filter(pk__in=old).delete()[0]
    if nameless:
        people.forget_unused(nameless)
    return gone


def _addressee(state: State) -> tuple[Registration, Deployment | None]:
    """The registration of the login, and the deployment that the login named, in one query.

    Nothing is believed yet: the name only says which row to read along.
    """
    named = state.login.get("lti_deployment_id")
    deployment = DEPLOYMENT.one(registration=UUID(state.registration), named=named) if named else None
    registration = deployment.registration if deployment else _registration(state)
    if not registration.active:
        raise LaunchRefused(Problem.UNKNOWN_PLATFORM, "the registration is inactive")
    return registration, deployment


def _deployment(registration: Registration, named: Deployment | None, message: Message) -> Deployment:
    """The deployment that the token is from; one that nobody named before is recorded for approval."""
    if named is not None and named.deployment_id == message.deployment_id:
        return named
    known = DEPLOYMENT.one(registration=registration.pk, named=message.deployment_id)
    return known or _new_deployment(registration, message)


DEPLOYMENT = Prepared(
    lambda registration, named: Deployment.objects.select_related("registration").filter(
        registration_id=registration, deployment_id=named
    ),
    registration=UUID,
    named=str,
)


def _registration(state: State) -> Registration:
    try:
        return Registration.objects.get(pk=UUID(state.registration))
    except Registration.DoesNotExist as error:
        raise LaunchRefused(Problem.UNKNOWN_PLATFORM, "the registration is gone") from error


def _new_deployment(registration: Registration, message: Message) -> Deployment:
    """A deployment that nobody named before is recorded for an administrator to approve."""
    deployment, _ = Deployment.objects.get_or_create(
        registration=registration,
        deployment_id=message.deployment_id,
        defaults=arrival.platform_names(message),
    )
    return deployment


Handler = Callable[[Arrival], str]


def _inside(
    registration: Registration, deployment: Deployment, message: Message, now: datetime, handle: Handler
) -> str:
    """Handle the message for the institution that it belongs to, in one transaction that uses up the nonce."""
    if not deployment.active or deployment.institution_id is None:
        detail = f"deployment {deployment.deployment_id}"
        raise LaunchRefused(Problem.DEPLOYMENT_PENDING, detail, reference=deployment.reference)
    at = Arrival(registration, deployment, deployment.institution_id, message, now)
    try:
        with transaction.atomic():
            arrival.platform(at)
            return handle(at)
    except IntegrityError as error:
        if "launch_nonce_once" in str(error):
            raise LaunchRefused(Problem.REPLAYED, "nonce was used before") from error
        raise


def _resource_link_request(at: Arrival) -> str:
    """LtiResourceLinkRequest (core 1.3 section 5)."""
    claim = at.message.link
    assert claim is not None, "a message of this type is not parsed without its link"
    _check_target(at, claim)
    link = arrival.resource_link(at, claim)
    arrival.line_item(at, link)
    return arrival.open_launch(at, link=link, context=link.context)


def _check_target(at: Arrival, claim: LinkClaim) -> None:
    """Refuse a message that leads elsewhere when nothing else says what to open: no custom parameter, a new link."""
    if at.message.target_link_uri or at.message.custom:
        return
    known = ResourceLink.objects.filter(deployment=at.deployment, resource_link_id=claim.id)
    if at.message.context:
        known = known.filter(Q(context__context_id=at.message.context.id) | Q(context=None))
    if not known.exists():
        raise LaunchRefused(Problem.TARGET_FOREIGN, "target_link_uri is on another host")


MESSAGES: dict[str, Handler] = {
    claims.RESOURCE_LINK: _resource_link_request,
    claims.REVIEW: review.open_submission,
    **dict.fromkeys(privacy.TYPES, privacy.open_subject),
    deep_linking.REQUEST: deep_linking.request,
}
