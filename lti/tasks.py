"""Celery entries of this room; each makes one domain call."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from lti import keys, launch, scores


@shared_task
def drain(registration_id: str) -> None:
    """Send the scores that are due at one platform."""
    if scores.drain(UUID(registration_id)):
        drain.delay(registration_id)


@shared_task
def sweep() -> None:
    """Drain every registration with due scores, and clear away launches that are long over."""
    now = timezone.now()
    for registration_id in scores.sweep(now=now):
        drain.delay(str(registration_id))
    launch.prune(now=now)


@shared_task
def rotate_keys() -> None:
    """Publish the tool's next key in time, and forget keys that are long over."""
    keys.rotate_when_old(now=timezone.now())
