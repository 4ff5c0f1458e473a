"""Keys: the platform's own, and the tool's as its JWKS publishes them."""

import json
from datetime import datetime
from functools import lru_cache
from typing import Any

import jwt
import requests
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.db import transaction

from sandbox.models import PlatformKey, Tool

PUBLISHED = 2


class KeySetUnreachable(Exception):
    """The tool's key set could not be fetched or is no key set."""


class UnknownKey(Exception):
    """No key of the tool's key set has this id."""


def ensure() -> None:
    """See to it that two keys are published, so that a tool never meets a set of one only."""
    for _ in range(PUBLISHED - PlatformKey.objects.count()):
        add()


def add() -> PlatformKey:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return PlatformKey.objects.create(private_pem=pem.decode())


def rotate(*, keep_old: bool = True) -> PlatformKey:
    """Sign with a new key from now on. The one used before stays published unless `keep_old` is false."""
    newest = add()
    kept = PUBLISHED if keep_old else 1
    with transaction.atomic():
        keep = list(PlatformKey.objects.order_by("-pk").values_list("pk", flat=True)[:kept])
        PlatformKey.objects.exclude(pk__in=keep).delete()
    return newest


@lru_cache(maxsize=16)
def _private(pem: str) -> rsa.RSAPrivateKey:
    """Parsed once per process: that costs more than signing."""
    private = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, rsa.RSAPrivateKey):
        raise TypeError("the platform's keys are RSA keys")
    return private


@lru_cache(maxsize=16)
def _public(kid: str, pem: str) -> dict[str, Any]:
    jwk: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(_private(pem).public_key()))
    jwk.pop("key_ops", None)
    return {**jwk, "kid": kid, "alg": "RS256", "use": "sig"}


def key_set() -> dict[str, Any]:
    """The platform's JWKS (RFC 7517)."""
    return {"keys": [_public(key.kid, key.private_pem) for key in PlatformKey.objects.order_by("-pk")]}


def sign(claims: dict[str, Any]) -> str:
    key = PlatformKey.objects.latest("pk")
    return jwt.encode(claims, _private(key.private_pem), algorithm="RS256", headers={"kid": key.kid})


def fetch(tool: Tool, *, now: datetime) -> None:
    """Fetch the tool's key set over HTTP and keep it. Raises KeySetUnreachable."""
    try:
        answer = requests.get(tool.jwks_url, timeout=20, headers={"Accept": "application/json"})
        answer.raise_for_status()
        tool.jwks = {"keys": [key for key in answer.json()["keys"] if isinstance(key, dict)]}
    except (requests.RequestException, ValueError, KeyError, TypeError) as error:
        raise KeySetUnreachable(str(error)) from error
    tool.jwks_fetched_at = now
    tool.save(update_fields=["jwks", "jwks_fetched_at"])


def _find(tool: Tool, kid: str) -> jwt.PyJWK | None:
    found = [key for key in tool.jwks.get("keys", []) if key.get("kid") == kid]
    return jwt.PyJWK(found[0], algorithm="RS256") if len(found) == 1 else None


def tool_key(tool: Tool, kid: str, *, now: datetime) -> jwt.PyJWK:
    """The tool's public key named `kid`: from the kept set, else after fetching it once more."""
    key = _find(tool, kid)
    if key is None:
        fetch(tool, now=now)
        key = _find(tool, kid)
    if key is None:
        raise UnknownKey(kid)
    return key
