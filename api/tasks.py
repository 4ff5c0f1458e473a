"""Celery entries of this room; each makes one domain call."""

from celery import shared_task
from django.utils import timezone
from oauth2_provider.models import clear_expired

from api import exports, idempotency


@shared_task
def clear_away() -> None:
    """Tokens that expired, and answers too old to be given again."""
    clear_expired()
    idempotency.forget(now=timezone.now())


@shared_task(time_limit=6 * 3600)
def run_export(export_id: str) -> None:
    """Write one export. A message is a hint: `sweep_exports` finds what is left."""
    exports.run(export_id=export_id, clock=timezone.now)


@shared_task
def sweep_exports() -> None:
    """Take up exports whose message or worker was lost; remove old ones."""
    for export_id in exports.sweep(now=timezone.now()):
        run_export.delay(export_id)
