"""Celery entries of this room; each makes one domain call."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from feeds import sending


@shared_task
def send(endpoint_id: str) -> None:
    """Send the events that are due at one endpoint."""
    sending.drain(UUID(endpoint_id))


@shared_task
def sweep() -> None:
    """Send what a lost message left; forget old events."""
    for endpoint_id in sending.sweep(now=timezone.now()):
        send.delay(str(endpoint_id))
