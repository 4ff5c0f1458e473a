"""Celery entries of this room; each makes one domain call."""

from celery import shared_task
from django.utils import timezone
from oauth2_provider.models import clear_expired

from api import idempotency


@shared_task
def clear_away() -> None:
    """Tokens that expired, and answers too old to be given again."""
    clear_expired()
    idempotency.forget(now=timezone.now())
