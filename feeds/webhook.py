"""Webhooks by Standard Webhooks: https://www.standardwebhooks.com

One event a request: {"type", "timestamp", "data"}, signed together with its id and the time of sending.
"""

import base64
import json
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta

from standardwebhooks import Webhook

from events.models import Endpoint, Event, Type
from feeds.parcels import Document, Entry, Written
from roster import sealed

BATCH = 1
TYPES = tuple(Type)
BOTH_SIGN_FOR = timedelta(days=1)
SECRET_BYTES = 32


def new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def documents(endpoint: Endpoint, event: Event) -> list[Document]:
    return [{"type": event.type, "timestamp": event.at.isoformat(), "data": _data(endpoint, event)}]


def write(endpoint: Endpoint, entries: Sequence[Entry], now: datetime) -> Written:
    ((delivery, (document,)),) = entries
    body = json.dumps(document)
    identifier = f"msg_{delivery.event_id.hex}"
    headers = {
        "webhook-id": identifier,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(
            Webhook(secret).sign(identifier, now, body) for secret in _signing(endpoint, now)
        ),
    }
    return body.encode(), headers


def rotate(endpoint: Endpoint, *, now: datetime) -> str:
    """Another secret, returned to be shown once. For a day requests carry the signatures of both."""
    secret = new_secret()
    endpoint.old_secret, endpoint.old_secret_until = endpoint.secret, now + BOTH_SIGN_FOR
    endpoint.secret = sealed.seal(secret)
    endpoint.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return secret


def _signing(endpoint: Endpoint, now: datetime) -> list[str]:
    kept = [endpoint.secret]
    if endpoint.old_secret and endpoint.old_secret_until and now < endpoint.old_secret_until:
        kept.append(endpoint.old_secret)
    return [sealed.unseal(secret) for secret in kept]


def _data(endpoint: Endpoint, event: Event) -> Document:
    if event.person is None:
        return dict(event.data)
    name = {"name": event.person.display_name} if endpoint.with_names else {}
    return {**event.data, "person": {"id": str(event.person_id), **name}}
