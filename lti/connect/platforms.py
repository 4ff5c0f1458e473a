"""What an LMS says about itself when it asks to be connected (LTI Dynamic Registration 1.0, section 3.3)."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from lti.gradebook import families
from lti.models import Family
from lti.wire import client
from lti.wire.answers import readable
from lti.wire.client import Answer
from lti.words import claims
from lti.words.claims import Claims
from lti.words.errors import RegistrationFailed, Step

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
ACCOUNT_NAME = "https://canvas.instructure.com/lti/account_name"
LONGEST_ADDRESS = 500
LONGEST_TOKEN = 8_000

REDIRECTED = (
    "The LMS sends us on to another address, which is not followed. Let its own site address (in Moodle `wwwroot`) be "
    "the one where it really answers."
)
UNREADABLE = "The address must be one that this server can reach, with a certificate that is in order."
INCOMPLETE = "The LMS left out something that LTI needs: connect by hand, and tell the makers of the LMS."
FOREIGN = (
    "An LMS may speak only for itself. For a Canvas with an address of the school's own, add its host to the setting "
    "ASSAY_CANVAS_HOSTS, and an issuer that it shares with others, other than Instructure's, to ASSAY_SHARED_ISSUERS; "
    "otherwise check the site address in the LMS."
)


@dataclass(frozen=True)
class Platform:
    """A platform that was read and whose addresses belong together. `messages` maps a type to its placements."""

    issuer: str
    auth_url: str
    token_url: str
    jwks_url: str
    registration_url: str
    token_audience: str
    family: str
    product: str
    account: str
    scopes: tuple[str, ...]
    messages: dict[str, tuple[str, ...]]

    @property
    def habits(self) -> families.PlatformFamily:
        return families.of(self.family)

    @property
    def host(self) -> str:
        return urlsplit(self.registration_url).netloc

    @property
    def name(self) -> str:
        """Such as "Moodle, lms.school.edu"."""
        return f"{self.product}, {self.account or self.host}"[:200]


def read(url: str, token: str = "") -> Platform:
    """Fetch and check a platform's configuration. Raises RegistrationFailed. Never call it for a stranger."""
    if not claims.url(url):
        raise _failed("Begin in the LMS: it adds the address of its configuration.", "openid_configuration is missing")
    try:
        answer = client.fetch("GET", url, headers={"Accept": "application/json", **bearer(token)})
        if 300 <= answer.status < 400:
            raise _failed(REDIRECTED, words(answer))
        if not answer.ok:
            raise _failed(UNREADABLE, words(answer))
        found = as_object(answer)
    except client.HttpError as error:
        raise _failed(UNREADABLE, str(error)) from error
    return _platform(found, url)


def bearer(token: str) -> dict[str, str]:
    """The registration token as a header (section 3.4); Canvas wants it for its configuration too."""
    if not token:
        return {}
    if len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        raise _failed("Begin again in the LMS.", "registration_token is not usable")
    return {"Authorization": f"Bearer {token}"}


def as_object(answer: Answer) -> Claims:
    """The JSON object of an answer. Raises http.NotJson."""
    found = answer.json()
    if not isinstance(found, dict):
        raise client.NotJson("the answer is not a JSON object")
    return found


def words(answer: Answer) -> str:
    """The status and what the LMS says, for people."""
    return claims.text(f"{answer.status} {claims.text(answer.reason, 80)}: {readable(answer.text)}".rstrip(": "), 400)


def _platform(found: Claims, url: str) -> Platform:
    about = claims.mapping(found, PLATFORM)
    code = claims.text(about.get("product_family_code"), 80)
    family = code.lower() if code.lower() in Family.values else ""
    platform = Platform(
        issuer=_address(found, "issuer", 255),
        auth_url=_address(found, "authorization_endpoint"),
        token_url=_address(found, "token_endpoint"),
        jwks_url=_address(found, "jwks_uri"),
        registration_url=_address(found, "registration_endpoint"),
        token_audience=_audience(found, family),
        family=family,
        product=code.capitalize() or "LMS",
        account=claims.text(about.get(ACCOUNT_NAME), 100),
        scopes=tuple(claims.strings(found.get("scopes_supported"))),
        messages=_messages(about.get("messages_supported")),
    )
    _check_origins(platform, url)
    return platform


def _address(found: Claims, name: str, limit: int = LONGEST_ADDRESS) -> str:
    value = claims.url(found.get(name))
    if not value or len(value) > limit:
        raise _failed(INCOMPLETE, f"{name} is missing or not an address")
    return value


def _audience(found: Claims, family: str) -> str:
    """Whom our assertion is for, where it is not the token endpoint. Canvas names one, but wants the endpoint."""
    value = found.get("authorization_server")
    return str(value) if families.of(family).NAMES_TOKEN_AUDIENCE and claims.is_identifier(value) else ""


def _messages(listed: Any) -> dict[str, tuple[str, ...]]:
    entries = [entry for entry in listed if isinstance(entry, dict)] if isinstance(listed, list) else []
    return {claims.text(entry.get("type")): tuple(claims.strings(entry.get("placements"))) for entry in entries}


def _check_origins(platform: Platform, url: str) -> None:
    """Who answers at `url` may name only itself: else anyone could register in another LMS's name."""
    shared = platform.issuer in settings.ASSAY_SHARED_ISSUERS
    addresses = {"openid_configuration": url, "authorization_endpoint": platform.auth_url}
    addresses |= {"token_endpoint": platform.token_url, "jwks_uri": platform.jwks_url}
    for name, address in {**addresses, "registration_endpoint": platform.registration_url}.items():
        if not client.same_origin(address, platform.issuer) and not (shared and _is_canvas_host(address)):
            what = f"{name} is at {urlsplit(address).netloc}, which may not speak for {platform.issuer}"
            raise _failed(FOREIGN, claims.text(what, 400))


def _is_canvas_host(address: str) -> bool:
    if not client.is_address(address):
        return False
    parts = urlsplit(address)
    host = (parts.hostname or "").lower()
    for entry in settings.ASSAY_CANVAS_HOSTS:
        if host.endswith(entry) if entry.startswith(".") else entry in (host, parts.netloc.lower()):
            return parts.scheme == "https" or entry == parts.netloc.lower()
    return False


def _failed(remedy: str, detail: str) -> RegistrationFailed:
    return RegistrationFailed(Step.CONFIGURATION, remedy, detail)
