"""Dynamic registration as a platform (LTI Dynamic Registration 1.0): our configuration, and a tool's own words judged.

Strict goes by the letter, `moodle` answers as recorded from Moodle 4.5, `canvas` as its documentation says.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import jwt
from django.conf import settings
from django.db import transaction

from sandbox.launch.deep_linking import PLACEMENTS
from sandbox.models import Course, Invitation, Mode, Tool
from sandbox.platform import keys
from sandbox.words import canvas_claims, scopes

LIFETIME = timedelta(hours=1)
PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
AGS = [scopes.SCORE, scopes.RESULT_READ, scopes.LINEITEM_READ, scopes.LINEITEM]
PII = ["name", "given_name", "family_name", "email"]
VARIABLES = [
    *("Context.id", "Context.title", "Context.id.history", "ResourceLink.id", "ResourceLink.title"),
    *("ResourceLink.available.startDateTime", "ResourceLink.available.endDateTime"),
    *("ResourceLink.submission.startDateTime", "ResourceLink.submission.endDateTime"),
    *("User.id", "User.username", "Person.name.full", "Person.email.primary"),
]
PLACES = {
    Mode.STRICT: ("/.well-known/openid-configuration", "/lti/registrations"),
    Mode.MOODLE: ("/mod/lti/openid-configuration.php", "/mod/lti/openid-registration.php"),
    Mode.CANVAS: ("/api/lti/security/openid-configuration", "/api/lti/registrations"),
}


class Refused(Exception):
    """A registration refused; `code` is Moodle's word for it."""

    def __init__(self, code: str, status: int = 400) -> None:
        super().__init__(code)
        self.code, self.status = code, status


def invite(*, mode: str, now: datetime, **more: Any) -> tuple[Invitation, str]:
    """Leave for one registration, and the token that carries it."""
    invitation = Invitation.objects.create(mode=mode, created_at=now, **more)
    issued = int(now.timestamp())
    said = {"sub": invitation.jti, "scope": "reg", "iat": issued, "exp": issued + int(LIFETIME.total_seconds())}
    return invitation, keys.sign(said)


def configuration_url(mode: str) -> str:
    return settings.SANDBOX_URL + PLACES[Mode(mode)][0]


def invited(token: str, mode: str, *, now: datetime) -> Invitation:
    """The invitation a token stands for. Raises Refused."""
    try:
        jti = jwt.decode(token, options={"verify_signature": False}).get("sub")
        kid = jwt.get_unverified_header(token).get("kid")
        public = next(key for key in keys.key_set()["keys"] if key["kid"] == kid)
        by_hand: Any = {"verify_exp": False, "verify_iat": False}
        jwt.decode(token, jwt.PyJWK(public), algorithms=["RS256"], options=by_hand)
    except (jwt.PyJWTError, StopIteration):
        raise Refused("invalid_token", 404 if mode == Mode.MOODLE else 401) from None
    found = Invitation.objects.filter(jti=str(jti), mode=mode).first()
    if found is None or now - found.created_at >= LIFETIME:
        raise Refused("invalid_token", 401)
    if found.used_at is not None:
        raise Refused("token_already_used", 401)
    return found


def configuration(mode: str, invitation: Invitation | None) -> dict[str, Any]:
    """What we say about ourselves (section 3.3.1)."""
    base, endpoint = settings.SANDBOX_URL, PLACES[Mode(mode)][1]
    found: dict[str, Any] = {
        "issuer": settings.CANVAS_ISSUER if mode == Mode.CANVAS else base,
        "token_endpoint": f"{base}/lti/token",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["RS256"],
        "jwks_uri": f"{base}/lti/jwks",
        "authorization_endpoint": f"{base}/lti/authorize",
        "registration_endpoint": base + endpoint,
        "scopes_supported": [*offered(mode), *(["openid"] if mode != Mode.CANVAS else [])],
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public", "pairwise"] if mode == Mode.MOODLE else ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "claims_supported": ["sub", "iss", *PII, *(["locale"] if mode != Mode.MOODLE else [])],
        PLATFORM: {"messages_supported": messages(mode), "variables": VARIABLES, **_product(mode)},
    }
    if mode == Mode.CANVAS and invitation is not None:
        found["authorization_server"] = urlsplit(settings.CANVAS_ISSUER).hostname or ""
        school = Course(account=invitation.account)
        found[PLATFORM] |= {
            CANVAS + "account_name": school.school,
            CANVAS + "account_lti_guid": canvas_claims.guid(school),
        }
    return found


def offered(mode: str) -> list[str]:
    """Every scope that a tool of this mode may be given."""
    if mode == Mode.MOODLE:
        return [scopes.LINEITEM_READ, scopes.RESULT_READ, scopes.SCORE, scopes.LINEITEM, scopes.ROSTER]
    return [scope for scope in scopes.EVERY if scope != scopes.GROUPS or mode == Mode.STRICT]


def messages(mode: str) -> list[dict[str, Any]]:
    if mode == Mode.CANVAS:
        linking = {"type": "LtiDeepLinkingRequest", "placements": list(PLACEMENTS)}
        return [{"type": "LtiResourceLinkRequest", "placements": ["course_navigation", *PLACEMENTS]}, linking]
    if mode == Mode.MOODLE:
        linking = {"type": "LtiDeepLinkingRequest", "placements": ["ContentArea"]}
        return [{"type": "LtiResourceLinkRequest"}, linking]
    more = ("LtiSubmissionReviewRequest", "DataPrivacyLaunchRequest")
    return [{"type": name} for name in ("LtiResourceLinkRequest", "LtiDeepLinkingRequest", *more)]


def _product(mode: str) -> dict[str, str]:
    known = {
        Mode.STRICT: ("sandbox", "1.0"),
        Mode.MOODLE: ("moodle", "4.5.6 (Build: 20250811)"),
        Mode.CANVAS: ("canvas", "vCloud"),
    }
    family, version = known[Mode(mode)]
    return {"product_family_code": family, "version": version}


@transaction.atomic
def register(invitation: Invitation, said: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """Note the tool, pending the administrator, and answer as the mode does. Raises Refused; then nothing is noted."""
    about = _checked(said, invitation.mode)
    if not Invitation.objects.filter(pk=invitation.pk, used_at__isnull=True).update(used_at=now):
        raise Refused("token_already_used", 401)
    granted = _granted(invitation, str(said.get("scope", "")).split())
    tool = Tool.objects.create(
        client_id=secrets.token_urlsafe(11),
        name=said["client_name"][:200],
        mode=invitation.mode,
        login_url=said["initiate_login_uri"],
        redirect_uris=said["redirect_uris"],
        jwks_url=said["jwks_uri"],
        target_link_uri=about.get("target_link_uri") or f"https://{about['domain']}",
        deep_linking_url=_deep_linking_url(about),
        custom=about.get("custom_parameters") or {},
        claims=_shared_claims(about, invitation.mode),
        scopes=granted,
        active=False,
    )
    tool.client_id = f"1000000000{tool.pk:04}" if invitation.mode == Mode.CANVAS else tool.client_id
    tool.deployment_id = str(tool.pk) if invitation.mode != Mode.CANVAS else f"{tool.pk}:{secrets.token_hex(20)}"
    tool.save(update_fields=["client_id", "deployment_id"])
    Invitation.objects.filter(pk=invitation.pk).update(tool=tool, configuration=said)
    return _answer(invitation, tool, said, about)


def _deep_linking_url(about: dict[str, Any]) -> str:
    found = [message for message in about["messages"] if message["type"] == "LtiDeepLinkingRequest"]
    return str(found[0].get("target_link_uri") or "") if found else ""


def _shared_claims(about: dict[str, Any], mode: str) -> list[str]:
    """What the tool wants to know of people: by its claims, in Canvas by the privacy level it names."""
    if mode != Mode.CANVAS:
        return [name for name in about.get("claims") or [] if name in PII]
    level = about.get(CANVAS + "privacy_level", "anonymous")
    return {"public": PII, "name_only": PII[:3], "email_only": PII[3:]}.get(level, [])


def _granted(invitation: Invitation, asked: list[str]) -> list[str]:
    """What is asked for, offered and not cut. Moodle grants gradebook scopes as one, but lineitem only if asked."""
    found = [scope for scope in offered(invitation.mode) if scope in asked]
    if invitation.mode == Mode.MOODLE and set(found) & set(AGS):
        whole = AGS if scopes.LINEITEM in found else AGS[:3]
        found = [*whole, *(scope for scope in found if scope not in AGS)]
    return found if invitation.scopes is None else [scope for scope in found if scope in invitation.scopes]


def _answer(invitation: Invitation, tool: Tool, said: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    if invitation.mode == Mode.CANVAS:
        named = {"deployment_id": tool.deployment_id} if invitation.names_deployment else {}
        place = f"{settings.SANDBOX_URL}{PLACES[Mode.CANVAS][1]}/{tool.pk}"
        registered = {"client_id": tool.client_id, "scope": " ".join(tool.scopes), "registration_client_uri": place}
        return {**said, **registered, **named}
    if invitation.mode == Mode.STRICT:
        named = {"deployment_id": tool.deployment_id} if invitation.names_deployment else {}
        return {**said, "client_id": tool.client_id, "scope": " ".join(tool.scopes), TOOL: {**about, **named}}
    return _moodle_answer(tool, said, about)


def _moodle_answer(tool: Tool, said: dict[str, Any], about: dict[str, Any]) -> dict[str, Any]:
    """Moodle names the gradebook scopes all together, and of the messages remembers deep linking only."""
    graded = [*AGS] if set(tool.scopes) & set(AGS) else []
    picker = {"type": "LtiDeepLinkingRequest", "target_link_uri": tool.deep_linking_url or tool.target_link_uri}
    return {
        "client_id": tool.client_id,
        "response_types": ["id_token"],
        "jwks_uri": tool.jwks_url,
        "initiate_login_uri": tool.login_url,
        "grant_types": ["client_credentials", "implicit"],
        "redirect_uris": tool.redirect_uris,
        "application_type": "web",
        "token_endpoint_auth_method": "private_key_jwt",
        "client_name": tool.name,
        "logo_uri": said.get("logo_uri") or "",
        "scope": " ".join([*graded, *(scope for scope in tool.scopes if scope not in AGS)]),
        TOOL: {
            "version": "1.3.0",
            "deployment_id": tool.deployment_id,
            "target_link_uri": tool.target_link_uri,
            "domain": about["domain"],
            "description": about.get("description") or "",
            "messages": [picker] if "LtiDeepLinkingRequest" in [one["type"] for one in about["messages"]] else [],
            "custom_parameters": tool.custom,
            "claims": ["sub", "iss", *(tool.claims or [])],
        },
    }


def _checked(said: dict[str, Any], mode: str) -> dict[str, Any]:
    """The tool configuration, after all required members were found in order. Raises Refused with Moodle's words."""
    about = said.get(TOOL)
    if not isinstance(about, dict):
        raise Refused(f"missing required attribute {TOOL}")
    for name in ("client_name", "initiate_login_uri", "jwks_uri", "token_endpoint_auth_method"):
        if not isinstance(said.get(name), str) or not said[name]:
            raise Refused(f"missing required attribute {name}")
    _check_addresses(said)
    _check_fixed(said, mode)
    domain, target = about.get("domain"), about.get("target_link_uri")
    if not isinstance(domain, str) or not domain:
        raise Refused("missing_domain")
    if mode != Mode.MOODLE and not isinstance(target, str):
        raise Refused("missing required attribute target_link_uri")
    if isinstance(target, str) and urlsplit(target).netloc != domain:
        raise Refused("domain_targetlinkuri_mismatch")
    return {**about, "messages": _messages(about, mode)}


def _check_addresses(said: dict[str, Any]) -> None:
    uris = said.get("redirect_uris")
    if not isinstance(uris, list) or not uris:
        raise Refused("missing required attribute redirect_uris")
    for uri in (*uris, said["initiate_login_uri"], said["jwks_uri"]):
        if not isinstance(uri, str) or urlsplit(uri).scheme not in ("http", "https") or len(uri) > 200:
            raise Refused("invalid address")


def _check_fixed(said: dict[str, Any], mode: str) -> None:
    if said["token_endpoint_auth_method"] != "private_key_jwt":
        raise Refused("token_endpoint_auth_method must be private_key_jwt")
    if "id_token" not in (said.get("response_types") or []):
        raise Refused("response_types must include id_token")
    if mode == Mode.MOODLE:
        return
    if not {"implicit", "client_credentials"} <= set(said.get("grant_types") or []):
        raise Refused("grant_types must include implicit and client_credentials")
    if said.get("application_type") != "web":
        raise Refused("application_type must be web")
    if not isinstance(said.get("scope"), str):
        raise Refused("missing required attribute scope")


def _messages(about: dict[str, Any], mode: str) -> list[dict[str, Any]]:
    """The messages, of known types. Moodle takes none for an answer and ignores what it does not know."""
    found, known = about.get("messages"), [message["type"] for message in messages(mode)]
    lists = isinstance(found, list) and all(isinstance(one, dict) and isinstance(one.get("type"), str) for one in found)
    if mode == Mode.MOODLE:
        return list(found or []) if lists else []
    if not lists or not found or not isinstance(about.get("claims"), list):
        raise Refused("messages and claims must be lists")
    unknown = [message["type"] for message in found if message["type"] not in known]
    if unknown:
        raise Refused(f"unknown message type {unknown[0]}")
    return list(found)
