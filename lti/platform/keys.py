"""The keys of this tool: what the platforms read at `/lti/jwks`, and the one that signs.

Each key signs from its `signs_from` until that of the next one, is published a day ahead, and stays published for two
days after. Platforms may keep our key set for that long; Moodle does until something signed does not verify.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from pylti1p3.registration import Registration as PyLtiRegistration

from lti.models import ToolKey
from roster import sealed
from roster.rows import Prepared

logger = logging.getLogger(__name__)

PUBLISHED_BEFORE = timedelta(hours=25)  # a day, and the minutes that caches on the way keep the set
PUBLISHED_AFTER = timedelta(days=2)
SAME_WISH = timedelta(minutes=1)  # two people who press at once want one new key
LOCK = 0x6C746B79  # any constant of our own


def signing_key(*, now: datetime | None = None) -> ToolKey:
    """The key that signs at this moment, made on first need."""
    now = now or timezone.now()
    return _signing(now) or _begin(now)


def key_set(*, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Every published public key as a JWK set (RFC 7517 section 5), newest first."""
    keys = _known()
    over = _over(keys, now)
    published = [key.public_jwk for key in keys if key not in over]
    return {"keys": published or [signing_key(now=now).public_jwk]}


@lru_cache(maxsize=8)
def private_key(stored: str) -> RSAPrivateKey:
    """Opened and parsed once per process: that costs more than signing. Raises sealed.CannotOpen."""
    key = load_pem_private_key(sealed.unseal(stored).encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def generate(*, signs_from: datetime) -> ToolKey:
    """Make and publish a new RSA key."""
    key = generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    public = (
        key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    jwk = dict(PyLtiRegistration.get_jwk(public))  # with alg, use and the RFC 7638 thumbprint as kid
    made = ToolKey(kid=jwk["kid"], private_key=sealed.seal(pem), public_jwk=jwk, signs_from=signs_from)
    made.save(force_insert=True)
    logger.info("tool key %s made, signs from %s", made.kid, signs_from.isoformat())
    return made


def rotate(*, now: datetime) -> ToolKey:
    """Publish the key that will sign in a day. One that waits already is returned as it is."""
    with _one_at_a_time():
        return _waiting(now) or generate(signs_from=now + PUBLISHED_BEFORE if _signing(now) else now)


def rotate_at_once(*, now: datetime) -> ToolKey:
    """Let a new key sign from now on: the one that waits, where there is one, since platforms may know it already.

    Platforms that do not may refuse us until they read the key set again. The old key stays published.
    """
    with _one_at_a_time():
        signing = _signing(now)
        if signing and signing.signs_from > now - SAME_WISH:
            return signing
        return _promoted(now) or generate(signs_from=now)


def rotate_when_old(*, now: datetime) -> None:
    """What the schedule does: the next key when this one is ASSAY_KEY_DAYS old (0: never), and old ones forgotten."""
    with _one_at_a_time():
        signing = _signing(now)
        days = settings.ASSAY_KEY_DAYS
        if days and signing and signing.signs_from + timedelta(days=days) <= now + PUBLISHED_BEFORE:
            rotate(now=now)
        ToolKey.objects.filter(pk__in=[key.pk for key in _over(_known(), now)]).delete()


def withdraw(*, kid: str, now: datetime) -> ToolKey:
    """Forget a key at once, as when it leaked; the key that signs then. Raises ToolKey.DoesNotExist."""
    with _one_at_a_time():
        ToolKey.objects.get(kid=kid).delete()
        logger.warning("tool key %s withdrawn", kid)
        return signing_key(now=now)


def _known() -> list[ToolKey]:
    return NEWEST_FIRST.all()


NEWEST_FIRST = Prepared(lambda: ToolKey.objects.order_by("-signs_from", "-created_at"))


def _over(keys: list[ToolKey], now: datetime) -> list[ToolKey]:
    """Those, of keys newest first, whose successor has been signing for as long as they stay published."""
    return [key for key in keys if key.signs_from <= now - PUBLISHED_AFTER][1:]


def _signing(now: datetime) -> ToolKey | None:
    return next((key for key in _known() if key.signs_from <= now), None)


def _waiting(now: datetime) -> ToolKey | None:
    return next((key for key in _known() if key.signs_from > now), None)


def _begin(now: datetime) -> ToolKey:
    with _one_at_a_time():
        return _signing(now) or _promoted(now) or generate(signs_from=now)


def _promoted(now: datetime) -> ToolKey | None:
    """The key that waits, signing from now on."""
    waiting = _waiting(now)
    if waiting:
        waiting.signs_from = now
        waiting.save(update_fields=["signs_from"])
    return waiting


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        yield
