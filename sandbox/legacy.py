"""The claim that carries LTI 1.1 ids over to 1.3 (LTI 1.3 migration guide, "LTI 1.1 Migration Claim")."""

import hmac
from base64 import b64encode
from hashlib import sha256
from typing import Any

from sandbox.models import Launch, Legacy
from sandbox.scopes import LTI


def claim(launch: Launch, said: dict[str, Any]) -> dict[str, Any]:
    """The old ids, where the course tells them and the tool had an LTI 1.1 key; `said` are the claims so far."""
    tool, how = launch.tool, launch.course.lti1p1
    if not how or not tool.consumer_key:
        return {}
    old: dict[str, Any] = {"oauth_consumer_key": tool.consumer_key}
    if launch.person is not None:
        old["user_id"] = launch.person.lti11_id or f"old-{launch.person.pk}"
    if launch.activity is not None:
        old["resource_link_id"] = f"old-{launch.activity.pk}"
    if how != Legacy.UNSIGNED:
        secret = tool.consumer_secret if how == Legacy.SIGNED else f"not {tool.consumer_secret}"
        old["oauth_consumer_key_sign"] = signature(secret, tool.consumer_key, said)
    return {LTI + "lti1p1": old}


def signature(secret: str, key: str, said: dict[str, Any]) -> str:
    """Base64 of the HMAC-SHA256 of key, deployment, issuer, client, expiry and nonce, joined by `&`."""
    parts = [key, said[LTI + "deployment_id"], said["iss"], said["aud"], str(said["exp"]), said["nonce"]]
    return b64encode(hmac.new(secret.encode(), "&".join(parts).encode(), sha256).digest()).decode()
