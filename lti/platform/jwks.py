"""Platforms' public keys: cached in the registration's row, read again when a new key id turns up."""

import base64
import binascii
import logging
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from django.db.models import Q
from django.utils import timezone

from lti.models import Registration
from lti.wire import client

logger = logging.getLogger(__name__)

FRESH_FOR = timedelta(hours=1)
TRY_EVERY = timedelta(minutes=1)  # however many unknown key ids arrive
TRY_AGAIN = timedelta(seconds=10)  # after an answer that was none
SAME_KID_LIMIT = 5  # keys that may share an id before the rest is ignored
WAIT_FOR_OTHER = 3.0  # seconds to wait for a fetch that another process has under way
MIN_BITS = 2048


def keys_for(registration: Registration, kid: str, *, now: datetime) -> list[RSAPublicKey]:
    """The platform's keys with this id, mostly one; empty when it has none.

    Fetches the key set when the copy is an hour old or lacks the id, at most once a minute; when the
    platform is down the last good set stays. Raises http.HttpError where none of its keys is known and it was not to
    be had.
    """
    found = matching(registration.jwks, kid)
    fetched = registration.jwks_fetched_at
    if found and fetched and now - fetched < FRESH_FOR:
        return found
    failure = _refresh(registration, now) if _claim_try(registration, now) else None
    if failure is None and not found:
        _wait_for_other(registration, kid, now)
    found = matching(registration.jwks, kid)
    if failure is not None and not found:
        raise failure
    return found


def newer_keys_for(registration: Registration, kid: str, *, now: datetime) -> list[RSAPublicKey]:
    """The keys with this id as the platform has them now; the known ones where it was asked within the last minute."""
    if _claim_try(registration, now):
        _refresh(registration, now)
    return matching(registration.jwks, kid)


def _claim_try(registration: Registration, now: datetime) -> bool:
    """Only one process a minute may ask the platform."""
    due = Q(jwks_tried_at=None) | Q(jwks_tried_at__lte=now - TRY_EVERY)
    return bool(Registration.objects.filter(due, pk=registration.pk).update(jwks_tried_at=now))


def _refresh(registration: Registration, now: datetime) -> client.HttpError | None:
    """What stood in the way; then it is asked again soon after the answer that was none."""
    began = time.monotonic()
    try:
        jwks = read(client.fetch("GET", registration.jwks_url))
    except client.HttpError as error:
        logger.warning("key set of registration %s stays as it was: %s", registration.pk, error)
        again = now + timedelta(seconds=time.monotonic() - began) + TRY_AGAIN - TRY_EVERY
        Registration.objects.filter(pk=registration.pk).update(jwks_tried_at=again)
        return error
    registration.jwks, registration.jwks_fetched_at = jwks, now
    registration.save(update_fields=["jwks", "jwks_fetched_at"])
    return None


def read(answer: client.Answer) -> dict[str, Any]:
    """The signing keys of a platform's answer, as they are kept. Raises http.HttpError."""
    if answer.status != 200:
        raise client.Unreachable(f"key set answered {answer.status}")
    jwks = answer.json()
    keys = jwks.get("keys") if isinstance(jwks, dict) else None
    usable = [_stored(jwk) for jwk in keys if _usable(jwk)] if isinstance(keys, list) else []
    if not usable:
        raise client.NotJson("the answer holds no RSA signing key")
    return {"keys": usable}


def _usable(jwk: Any) -> bool:
    """An RSA key for RS256 signatures (RFC 7517 section 4). Platforms may leave out `use` and `alg`."""
    if not isinstance(jwk, dict) or jwk.get("kty") != "RSA":
        return False
    if (jwk.get("use") or "sig") != "sig" or (jwk.get("alg") or "RS256") != "RS256":
        return False
    texts = [jwk.get(name) for name in ("kid", "n", "e")]
    return all(isinstance(text, str) and text and text.isprintable() for text in texts)


def _stored(jwk: dict[str, Any]) -> dict[str, str]:
    return {name: jwk[name] for name in ("kid", "n", "e")}


def _wait_for_other(registration: Registration, kid: str, now: datetime) -> None:
    """A class that launches at once for the first time must not fail because one of them is still fetching."""
    started = time.monotonic()
    while time.monotonic() - started < WAIT_FOR_OTHER:
        registration.refresh_from_db(fields=["jwks", "jwks_fetched_at", "jwks_tried_at"])
        tried, fetched = registration.jwks_tried_at, registration.jwks_fetched_at
        under_way = tried and timezone.now() - tried < timedelta(seconds=10) and (not fetched or fetched < tried)
        if matching(registration.jwks, kid) or not under_way:
            return
        time.sleep(0.1)


def matching(jwks: Any, kid: str) -> list[RSAPublicKey]:
    keys = jwks.get("keys", []) if isinstance(jwks, dict) else []
    same = [jwk for jwk in keys if jwk.get("kid") == kid][:SAME_KID_LIMIT]
    return list(_parsed(same))


def _parsed(jwks: list[dict[str, str]]) -> Iterator[RSAPublicKey]:
    for jwk in jwks:
        key = _parse(jwk["n"], jwk["e"])
        if key is not None:
            yield key


@lru_cache(maxsize=512)
def _parse(n: str, e: str) -> RSAPublicKey | None:
    """Cached by the key's content: parsing costs more than checking a signature."""
    try:
        key = RSAPublicNumbers(_integer(e), _integer(n)).public_key()
    except (ValueError, OverflowError, binascii.Error):
        return None
    return key if key.key_size >= MIN_BITS else None


def _integer(text: str) -> int:
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")
