"""What a login remembers until the launch comes back: signed, not stored, and bound to the browser that began.

Security framework 1.0 section 5.1.1: the state ties the answer to the request. One cookie a login, so that two
launches at once never mix.
"""

import hashlib
import secrets
from dataclasses import dataclass
from http.cookies import Morsel
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from lti.words.errors import LaunchRefused, Problem

MAX_AGE = 600  # seconds between the click and the launch
SALT = "lti.launch.launch.state"
# Parameters of a login that a second start, in a tab of its own, has to repeat (LTI 1.3 core section 5.1.1).
LOGIN_PARAMETERS = (
    "iss",
    "login_hint",
    "target_link_uri",
    "lti_message_hint",
    "client_id",
    "lti_deployment_id",
    "lti_storage_target",  # Platform Storage 0.1
)

# Python learns this attribute (CHIPS) in 3.14; a browser that blocks third-party cookies keeps only partitioned ones.
Morsel._reserved.setdefault("partitioned", "Partitioned")  # type: ignore[attr-defined]
Morsel._flags.add("partitioned")  # type: ignore[attr-defined]


@dataclass(frozen=True)
class State:
    registration: str
    nonce: str
    binding: str
    login: dict[str, str]

    @property
    def cookie(self) -> str:
        return f"assay_{self.nonce[:8]}"

    @property
    def storage_target(self) -> str:
        """The platform's frame that can keep our secret, or `_parent`; empty where it offers none."""
        return self.login.get("lti_storage_target", "")

    def restart_url(self) -> str:
        """The login address with its original parameters, for a tab of its own."""
        return f"{reverse('lti:login')}?{urlencode(self.login)}"


def begin(*, registration: str, login: dict[str, str]) -> tuple[State, str]:
    """A new state and the secret that the browser keeps for it."""
    secret = secrets.token_urlsafe(24)
    kept = {name: login[name] for name in LOGIN_PARAMETERS if login.get(name)}
    return State(registration, secrets.token_urlsafe(24), _digest(secret), kept), secret


def sign(state: State) -> str:
    return signing.dumps(vars(state), salt=SALT, compress=True)


def read(signed: str) -> State:
    """The state as we signed it. Raises LaunchRefused when it is forged, damaged or older than ten minutes."""
    try:
        return State(**signing.loads(signed, salt=SALT, max_age=MAX_AGE))
    except signing.SignatureExpired as error:
        raise LaunchRefused(Problem.STATE_EXPIRED, "state is too old") from error
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise LaunchRefused(Problem.STATE_INVALID, "state is not ours") from error


def in_frame(request: HttpRequest) -> bool:
    """Whether the browser says that this is for a frame; one that says nothing is taken at the top."""
    return request.headers.get("Sec-Fetch-Dest") in ("iframe", "frame", "object", "embed")


def bind(request: HttpRequest, response: HttpResponseBase, state: State, secret: str) -> None:
    """Let the browser keep the secret, in a frame of another site too.

    At the top the cookie rides on a redirect, where WebKit loses partitioned ones; there it needs no partition.
    """
    options: dict[str, Any] = {"max_age": MAX_AGE, "path": _path(), "httponly": True}
    response.set_cookie(state.cookie, secret, secure=True, samesite="None", **options)
    if in_frame(request):
        response.cookies[state.cookie]["partitioned"] = True
    if not settings.HTTPS:
        # On plain http (the local demo) clients that do not trust loopback drop a Secure cookie.
        response.set_cookie(f"{state.cookie}_http", secret, **options)


def is_bound(request: HttpRequest, state: State) -> bool:
    """Whether this is the browser that began, by its cookie."""
    return fits(request.COOKIES.get(state.cookie) or request.COOKIES.get(f"{state.cookie}_http", ""), state)


def fits(secret: str, state: State) -> bool:
    """Whether this is the secret that the login gave out."""
    return constant_time_compare(_digest(secret), state.binding)


def release(request: HttpRequest, response: HttpResponseBase, state: State) -> None:
    """The secret has done its work."""
    response.delete_cookie(state.cookie, path=_path(), samesite="None")
    response.cookies[state.cookie]["partitioned"] = in_frame(request)
    response.cookies[state.cookie]["secure"] = True
    if not settings.HTTPS:
        response.delete_cookie(f"{state.cookie}_http", path=_path())


def _path() -> str:
    return reverse("lti:login").removesuffix("login")


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
