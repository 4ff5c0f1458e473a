"""Celery entries of this room; each makes one domain call.

A message is a hint: whatever is lost here, `sweep` finds again from what PostgreSQL says.
"""

import logging

from celery import shared_task
from django.utils import timezone

from assessment.models import Attempt

logger = logging.getLogger(__name__)


@shared_task
def mark_attempt(attempt_id: str) -> None:
    """Mark one submitted attempt. A fault is logged; the sweeper tries again, at growing distances."""
    from assessment import marking

    try:
        attempt = marking.mark_attempt(attempt_id, timezone.now())
    except Attempt.DoesNotExist:
        logger.warning("attempt %s is gone, nothing to mark", attempt_id)
        return
    if attempt.assignment_id and not attempt.preview:
        fold_statistics.delay(str(attempt.assignment_id))


@shared_task
def fold_statistics(assignment_id: str) -> None:
    """Add the changes that marking left to the statistics of an assignment."""
    from uuid import UUID

    from assessment.statistics import folding

    folding.fold(assignment_id=UUID(assignment_id), now=timezone.now())


@shared_task
def sweep() -> None:
    """Finish what a lost message, a killed worker or a late gradebook column left behind."""
    from assessment import sweeping

    sweeping.sweep(now=timezone.now())
