"""Celery entries of this room; each makes one domain call."""

from celery import shared_task


@shared_task
def sweep() -> None:
    """Find submitted attempts that nobody marked."""
