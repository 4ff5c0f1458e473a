"""The keys of this tool: what the platforms read at `/lti/jwks`, and the one that signs."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.db import connection, transaction
from django.db.models import Q
from pylti1p3.registration import Registration as PyLtiRegistration

from lti.models import ToolKey

# Platforms keep our key set for a while; a retired key stays readable until the last cached copy is gone.
PUBLISHED_AFTER_RETIRING = timedelta(days=2)
GENERATION_LOCK = 0x6C746B79  # any constant of our own


def signing_key() -> ToolKey:
    """The newest key that is not retired, generated on first need."""
    return _newest() or _generate_once()


def key_set(*, now: datetime) -> dict[str, list[dict[str, Any]]]:
    """Every published public key as a JWK set (RFC 7517 section 5), newest first."""
    published = Q(retired_at=None) | Q(retired_at__gt=now - PUBLISHED_AFTER_RETIRING)
    jwks = list(ToolKey.objects.filter(published).order_by("-created_at").values_list("public_jwk", flat=True))
    return {"keys": jwks or [signing_key().public_jwk]}


@lru_cache(maxsize=8)
def private_key(pem: str) -> RSAPrivateKey:
    """Parsed once per process: reading a PEM costs more than signing with it."""
    key = load_pem_private_key(pem.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def generate() -> ToolKey:
    """Make and publish a new RSA key; it signs from now on."""
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
    return ToolKey.objects.create(kid=jwk["kid"], private_key=pem, public_jwk=jwk)


def _newest() -> ToolKey | None:
    return ToolKey.objects.filter(retired_at=None).order_by("-created_at").first()


def _generate_once() -> ToolKey:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [GENERATION_LOCK])
        return _newest() or generate()
