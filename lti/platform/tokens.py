"""Access tokens for a platform's services: client credentials with a signed assertion (security framework 4.1).

Kept in this process only, one per registration and set of scopes; never shared between registrations.
"""

import secrets
import threading
import time
from collections.abc import Iterable
from typing import Any

import jwt
import requests

from lti.models import Registration, ToolKey
from lti.platform import keys
from lti.wire import client
from lti.wire.answers import readable
from lti.wire.client import Answer, Call
from lti.words.claims import Claims

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
BACKDATED = 30  # seconds: Moodle refuses an assertion that is issued one second ahead of its own clock
LIVES = 60  # seconds
RENEWED_BEFORE = 300  # seconds before a token ends

Key = tuple[str, str, str, tuple[str, ...]]

_tokens: dict[Key, tuple[str, float]] = {}
_locks: dict[Key, threading.Lock] = {}


class TokenRefused(client.HttpError):
    """The platform gave no token. `answer` is what it said instead, in short its `words`."""

    def __init__(self, answer: client.Answer, words: str) -> None:
        super().__init__(f"no access token: {answer.status} {words}")
        self.answer, self.status, self.words = answer, answer.status, words


def authorised(registration: Registration, scopes: Iterable[str], *, key: ToolKey, session: requests.Session) -> Call:
    """A `http.fetch` that carries our token, and takes a fresh one once when the platform says 401.

    Safe to call from threads: it reads no database.
    """
    wanted = tuple(sorted(scopes))

    def call(method: str, url: str, *, headers: dict[str, str], **kwargs: Any) -> Answer:
        answer = Answer(401)
        for _ in range(2):
            token = get(registration, wanted, key=key, session=session)
            bearer = {**headers, "Authorization": f"Bearer {token}"}
            answer = client.fetch(method, url, using=session, headers=bearer, **kwargs)
            if answer.status != 401:
                break
            forget(registration, wanted, token)
        return answer

    return call


def get(registration: Registration, scopes: tuple[str, ...], *, key: ToolKey, session: requests.Session) -> str:
    """A token that still lives. Raises TokenRefused, or another http.HttpError."""
    place = _place(registration, scopes)
    with _locks.setdefault(place, threading.Lock()):
        token, until = _tokens.get(place, ("", 0.0))
        if time.monotonic() >= until:
            given = ask(registration, scopes, key=key, session=session)
            token, lives = given["access_token"], _seconds(given.get("expires_in"))
            _tokens[place] = token, time.monotonic() + max(lives - RENEWED_BEFORE, lives / 2)
        return token


def forget(registration: Registration, scopes: tuple[str, ...], token: str) -> None:
    """Drop a token that the platform no longer takes, unless another thread has a newer one already."""
    place = _place(registration, scopes)
    if _tokens.get(place, ("", 0.0))[0] == token:
        _tokens.pop(place, None)


def assertion(registration: Registration, key: ToolKey, *, now: int) -> str:
    """The signed statement of who we are (RFC 7523 section 3)."""
    claims = {
        "iss": registration.client_id,
        "sub": registration.client_id,
        "aud": registration.token_audience or registration.token_url,
        "iat": now - BACKDATED,
        "exp": now + LIVES,
        "jti": secrets.token_urlsafe(24),
    }
    return jwt.encode(claims, keys.private_key(key.private_key), algorithm="RS256", headers={"kid": key.kid})


def _place(registration: Registration, scopes: tuple[str, ...]) -> Key:
    return str(registration.pk), registration.token_url, registration.client_id, scopes


def ask(registration: Registration, scopes: tuple[str, ...], *, key: ToolKey, session: requests.Session) -> Claims:
    """The platform's whole answer to a request for a new token, which is not kept. Raises as `get` does."""
    form = {
        "grant_type": "client_credentials",
        "client_assertion_type": ASSERTION_TYPE,
        "client_assertion": assertion(registration, key, now=int(time.time())),
        "scope": " ".join(scopes),
    }
    answer = client.fetch("POST", registration.token_url, using=session, data=form)
    if not answer.ok:
        said = answer.text if answer.body.lstrip().startswith(b"{") else readable(answer.text)
        raise TokenRefused(answer, f"{answer.reason} {said[:500]}".strip())
    given = answer.json()
    token = given.get("access_token") if isinstance(given, dict) else None
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
        raise TokenRefused(answer, "the answer holds no access token")
    return dict(given)


def _seconds(expires_in: Any) -> float:
    """A token's life; one that does not say is not kept."""
    try:
        return min(max(float(expires_in), 0.0), 86_400.0)
    except (TypeError, ValueError, OverflowError):
        return 0.0
