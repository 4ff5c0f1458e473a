"""Third-party-initiated login (OpenID Connect; LTI security framework 1.0 section 5.1.1)."""

import time
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse

from lti.launch.state import LOGIN_PARAMETERS, State
from lti.models import Registration
from lti.words import claims
from lti.words.errors import LaunchRefused, Problem
from roster.rows import Prepared

LONGEST_PARAMETER = 7_000  # characters; in a frame it travels once more in an address, with its signature


def parameters(given: dict[str, str]) -> dict[str, str]:
    """The login's parameters as the platform sent them. Raises LaunchRefused where a required one is missing."""
    kept = {name: given[name] for name in LOGIN_PARAMETERS if given.get(name)}
    if "lti_deployment_id" not in kept and given.get("deployment_id"):  # Canvas sends both, others this one only
        kept["lti_deployment_id"] = given["deployment_id"]
    for name in ("iss", "login_hint", "target_link_uri"):
        if name not in kept:
            raise LaunchRefused(Problem.LOGIN_INCOMPLETE, f"{name} is missing")
    for name, value in kept.items():
        if not claims.is_identifier(value, LONGEST_PARAMETER):
            raise LaunchRefused(Problem.LOGIN_INCOMPLETE, f"{name} is not usable")
    return kept


def registration(login: dict[str, str]) -> Registration:
    """The registration that a login means, by issuer and client id.

    Without a client id the issuer must have exactly one active registration, or one that knows the deployment.
    Raises LaunchRefused.
    """
    issuer, client_id = login["iss"], login.get("client_id")
    found = _named(issuer, client_id) if client_id else list(_registrations(issuer)[:2])
    if not found:
        raise LaunchRefused(Problem.UNKNOWN_PLATFORM, "issuer and client id are not registered")
    if len(found) > 1 and login.get("lti_deployment_id"):
        of_deployment = _registrations(issuer).filter(deployments__deployment_id=login["lti_deployment_id"])
        found = list(of_deployment[:2]) or found
    if len(found) > 1:
        raise LaunchRefused(Problem.AMBIGUOUS_PLATFORM, "client_id is missing")
    return found[0]


def _registrations(issuer: str) -> QuerySet[Registration]:
    return Registration.objects.filter(issuer=issuer, active=True).defer("jwks")


def _named(issuer: str, client_id: str) -> list[Registration]:
    """Read every few seconds only, for a class that comes all at once; the launch asks the database in any case."""
    read_at, found = _recent.get((issuer, client_id), (-KEEP_SECONDS, []))
    if time.monotonic() - read_at < KEEP_SECONDS:
        return found
    found = NAMED.all(issuer=issuer, client_id=client_id)
    if found:
        _recent[issuer, client_id] = (time.monotonic(), found)
    return found


KEEP_SECONDS = 5.0
_recent: dict[tuple[str, str], tuple[float, list[Registration]]] = {}  # no more than there are registrations

NAMED = Prepared(
    lambda issuer, client_id: _registrations(issuer).filter(client_id=client_id), issuer=str, client_id=str
)


def authorization_url(*, platform: Registration, state: State, signed: str) -> str:
    """Where the browser asks the platform for a launch (section 5.1.1.2). A query already there stays."""
    query = {
        "scope": "openid",
        "response_type": "id_token",
        "response_mode": "form_post",
        "prompt": "none",
        "client_id": platform.client_id,
        "redirect_uri": settings.BASE_URL + reverse("lti:launch"),
        "login_hint": state.login["login_hint"],
        "state": signed,
        "nonce": state.nonce,
    }
    if "lti_message_hint" in state.login:
        query["lti_message_hint"] = state.login["lti_message_hint"]
    parts = urlsplit(platform.auth_url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in query]
    return urlunsplit(parts._replace(query=urlencode([*kept, *query.items()]), fragment=""))
