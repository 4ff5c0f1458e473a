"""What becomes of an endpoint: made, paused, resumed, in trouble, working again."""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from events import outbox
from events.models import DeliveryState, Endpoint, EndpointState, EventDelivery, Format
from feeds import webhook
from roster import sealed

FIRST_RETRY, LONGEST_RETRY = 5.0, 3_600.0  # seconds
GIVE_UP_AFTER = timedelta(days=3)
GONE = "It answered 410 Gone: it wants no more events."
FAILED_FOR_LONG = "Nothing has arrived for three days. The last answer: {words}"


def create(*, credential: str = "", **fields: Any) -> tuple[Endpoint, str]:
    """The endpoint, and the secret of a webhook, which nothing shows again."""
    secret = webhook.new_secret() if fields.get("format", Format.WEBHOOK) == Format.WEBHOOK else ""
    endpoint = Endpoint(**fields)
    endpoint.secret = sealed.seal(secret) if secret else ""
    endpoint.credential = sealed.seal(credential) if credential else ""
    endpoint.save()
    return endpoint, secret


@transaction.atomic
def pause(endpoint: Endpoint, *, reason: str) -> None:
    """Events are kept from now on."""
    endpoint.state, endpoint.reason = EndpointState.PAUSED, reason[:300]
    endpoint.save(update_fields=["state", "reason"])


@transaction.atomic
def resume(endpoint: Endpoint, *, now: datetime) -> None:
    """Send what was kept, and take up again what was under way."""
    endpoint.state, endpoint.reason = EndpointState.ACTIVE, ""
    _works(endpoint)
    endpoint.save(update_fields=["state", "reason", "failures", "failing_since", "resting_until"])
    waiting = EventDelivery.objects.filter(endpoint=endpoint, state=DeliveryState.DUE)
    waiting.update(next_try_at=now, give_up_at=None)
    transaction.on_commit(lambda: outbox.send_soon(endpoint.pk))


def succeeded(endpoint: Endpoint, now: datetime) -> None:
    _works(endpoint)
    endpoint.delivered_at = now
    endpoint.save(update_fields=["failures", "failing_since", "resting_until", "delivered_at"])


def failed(endpoint: Endpoint, *, words: str, wait: float, gone: bool, now: datetime) -> None:
    """Leave it alone for a while, longer each time in a row; for good where it is gone or fails for days."""
    endpoint.failures += 1
    endpoint.failing_since = endpoint.failing_since or now
    endpoint.resting_until = now + back_off(endpoint.failures, wait)
    endpoint.save(update_fields=["failures", "failing_since", "resting_until"])
    if gone:
        pause(endpoint, reason=GONE)
    elif now - endpoint.failing_since >= GIVE_UP_AFTER:
        pause(endpoint, reason=FAILED_FOR_LONG.format(words=words))


def back_off(tries: int, asked: float = 0.0) -> timedelta:
    """5 s, 10 s, 20 s ... an hour, each a fifth more or less; longer where the endpoint asks for it."""
    seconds = min(FIRST_RETRY * 2 ** min(tries - 1, 20), LONGEST_RETRY) * random.uniform(0.8, 1.2)
    return timedelta(seconds=max(seconds, asked))


def _works(endpoint: Endpoint) -> None:
    endpoint.failures, endpoint.failing_since, endpoint.resting_until = 0, None, None
