"""Is this token a launch that we may believe? (Security framework 1.0 section 5.1.3, core 1.3 section 5.3)

PyJWT checks the signature; everything that may be wrong in the claims is checked here, against a given time.
"""

import json
from datetime import datetime
from typing import Any

import jwt
from jwt.utils import base64url_decode

from lti import claims, guests, jwks
from lti.claims import CLAIM, Claims
from lti.errors import LaunchRefused, Problem
from lti.models import Registration

LEEWAY = 60  # seconds, both ways
VERSION = "1.3.0"
UNCHECKED_BY_PYJWT = {f"verify_{name}": False for name in ("exp", "iat", "nbf", "aud", "iss", "sub", "jti")}


def token(id_token: str, *, registration: Registration, nonce: str, now: datetime) -> Claims:
    """The claims of a token that the platform signed for us, now, for this login. Raises LaunchRefused otherwise."""
    found = _verified(id_token, registration, now)
    _check_security(found, registration, nonce)
    _check_times(found, now.timestamp())
    return found


def message(found: Claims) -> None:
    """What every LTI message carries (core 1.3 section 5.3). Raises LaunchRefused where something is missing."""
    if found.get(CLAIM + "version") != VERSION:
        raise LaunchRefused(Problem.MESSAGE_INVALID, "version is not 1.3.0")
    guests.check(found)
    for name in ("message_type", "deployment_id"):
        claims.identifier(found, CLAIM + name)
    if not isinstance(found.get(CLAIM + "roles"), list):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "roles is missing or not a list")
    if not claims.url(found.get(CLAIM + "target_link_uri")):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "target_link_uri is missing or not an http address")


def resource_link(found: Claims) -> str:
    """The link's id of an LtiResourceLinkRequest (core 1.3 section 5.3.5). Raises LaunchRefused."""
    link = found.get(CLAIM + "resource_link")
    if not isinstance(link, dict):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "resource_link is missing")
    return claims.identifier(link, "id", "resource_link.id")


def _verified(id_token: str, registration: Registration, now: datetime) -> Claims:
    kid = _key_id(id_token)
    keys = jwks.keys_for(registration, kid, now=now)
    if not keys:
        raise LaunchRefused(Problem.KEYS_UNAVAILABLE, "no key with the token's key id")
    for key in keys:
        try:
            return jwt.decode(id_token, key, algorithms=["RS256"], options=_options())
        except jwt.InvalidSignatureError:
            continue
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise LaunchRefused(Problem.TOKEN_INVALID, type(error).__name__) from error
    raise LaunchRefused(Problem.TOKEN_INVALID, "signature does not match")


def _options() -> Any:
    return {"verify_signature": True, **UNCHECKED_BY_PYJWT}


def _key_id(id_token: str) -> str:
    """The `kid` of the header alone: PyJWT would take the whole token apart for it, and then once more."""
    try:
        header = json.loads(base64url_decode(id_token.split(".", 1)[0]))
    except (ValueError, RecursionError) as error:
        raise LaunchRefused(Problem.TOKEN_INVALID, "not a signed token") from error
    if not isinstance(header, dict) or header.get("alg") != "RS256":
        raise LaunchRefused(Problem.TOKEN_INVALID, "algorithm is not RS256")
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
    if "nbf" in found and claims.seconds(found, "nbf") > now + LEEWAY:
        raise LaunchRefused(Problem.TOKEN_EXPIRED, "nbf lies ahead")
