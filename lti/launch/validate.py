"""Is this token a launch that we may believe? (Security framework 1.0 section 5.1.3, core 1.3 section 5.3)

PyJWT checks the signature; everything that may be wrong in the claims is checked here, against a given time.
"""

import json
import re
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_decode

from lti.models import Registration
from lti.platform import jwks
from lti.wire import client
from lti.words import claims
from lti.words.claims import Claims
from lti.words.errors import LaunchRefused, Problem

LEEWAY = 60  # seconds, both ways
SEGMENT = re.compile(r"[A-Za-z0-9_-]+={0,2}")  # padding does not belong there, but some add it
RS256 = RSAAlgorithm(RSAAlgorithm.SHA256)


def token(id_token: str, *, registration: Registration, nonce: str, now: datetime) -> Claims:
    """The claims of a token that the platform signed for us, now, for this login. Raises LaunchRefused otherwise."""
    found = _verified(id_token, registration, now)
    _check_security(found, registration, nonce)
    _check_times(found, now.timestamp())
    return found


def _verified(id_token: str, registration: Registration, now: datetime) -> Claims:
    """The claims of a compact JWS (RFC 7515 section 5.2). `jwt.decode` looks at each of its characters in Python."""
    segments = id_token.split(".")
    header, payload, signature = _decoded(segments)
    kid = _key_id(header)
    try:
        keys = jwks.keys_for(registration, kid, now=now)
    except client.HttpError as error:
        raise LaunchRefused(Problem.KEYS_UNAVAILABLE, f"the key set could not be read: {error}") from error
    if not keys:
        raise LaunchRefused(Problem.KEYS_UNAVAILABLE, "no key with the token's key id")
    signed = f"{segments[0]}.{segments[1]}".encode()
    if _fits(signed, signature, keys):
        return _object(payload)
    # A platform may have given a new key the old one's id.
    if _fits(signed, signature, jwks.newer_keys_for(registration, kid, now=now)):
        return _object(payload)
    raise LaunchRefused(Problem.TOKEN_INVALID, "signature does not match")


def _fits(signed: bytes, signature: bytes, keys: list[RSAPublicKey]) -> bool:
    return any(RS256.verify(signed, key, signature) for key in keys)


def _decoded(segments: list[str]) -> list[bytes]:
    if len(segments) != 3 or not all(map(SEGMENT.fullmatch, segments)):
        raise LaunchRefused(Problem.TOKEN_INVALID, "not a signed token")
    try:
        return [base64url_decode(segment.rstrip("=")) for segment in segments]
    except ValueError as error:
        raise LaunchRefused(Problem.TOKEN_INVALID, "not a signed token") from error


def _object(segment: bytes) -> Claims:
    try:
        found = json.loads(segment)
    except (ValueError, RecursionError) as error:
        raise LaunchRefused(Problem.TOKEN_INVALID, "not a signed token") from error
    if not isinstance(found, dict):
        raise LaunchRefused(Problem.TOKEN_INVALID, "not a signed token")
    return found


def _key_id(segment: bytes) -> str:
    header = _object(segment)
    if header.get("alg") != "RS256":
        raise LaunchRefused(Problem.TOKEN_INVALID, "algorithm is not RS256")
    if "crit" in header or header.get("b64", True) is not True:  # extensions that must be understood (section 4.1.11)
        raise LaunchRefused(Problem.TOKEN_INVALID, "the header asks for more than RS256")
    if not claims.is_identifier(header.get("kid")):
        raise LaunchRefused(Problem.TOKEN_INVALID, "no key id in the header")
    return str(header["kid"])


def _check_security(found: Claims, registration: Registration, nonce: str) -> None:
    """Issuer, audience, authorised party and nonce (section 5.1.3)."""
    if found.get("iss") != registration.issuer:
        raise LaunchRefused(Problem.TOKEN_INVALID, "issuer is not the one that the login named")
    if not _for_us(found.get("aud"), found.get("azp"), registration.client_id):
        raise LaunchRefused(Problem.TOKEN_INVALID, "audience is not this tool")
    if found.get("nonce") != nonce:
        raise LaunchRefused(Problem.TOKEN_INVALID, "nonce does not belong to this login")


def _for_us(audience: Any, party: Any, client_id: str) -> bool:
    """One audience must be us; of several we must be one, and the authorised party where it is named."""
    if party is not None and party != client_id:
        return False
    if isinstance(audience, list):
        return client_id in audience and (len(audience) == 1 or party == client_id)
    return bool(audience == client_id)


def _check_times(found: Claims, now: float) -> None:
    if claims.seconds(found, "exp") <= now - LEEWAY:
        raise LaunchRefused(Problem.TOKEN_EXPIRED, "exp has passed")
    if claims.seconds(found, "iat") > now + LEEWAY:
        raise LaunchRefused(Problem.TOKEN_EXPIRED, "iat lies ahead: one of the clocks is wrong")
    if found.get("nbf") is not None and claims.seconds(found, "nbf") > now + LEEWAY:
        raise LaunchRefused(Problem.TOKEN_EXPIRED, "nbf lies ahead")
