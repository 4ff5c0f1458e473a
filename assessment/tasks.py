"""Celery entries of this room; each makes one domain call.

A message is a hint: whatever is lost here, `sweep` finds again from what PostgreSQL says.
"""

import logging

from celery import shared_task
from django.utils import timezone

from assessment import grades, marking, sweeping
from assessment.models import Attempt
from assessment.statistics import folding

logger = logging.getLogger(__name__)


@shared_task
def mark_attempt(attempt_id: str) -> None:
    """Mark one submitted attempt. Any other fault is logged by Celery; the sweeper tries again, ever more rarely."""
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
    folding.fold(assignment_id=assignment_id, now=timezone.now())


@shared_task
def recompute_grades(assignment_id: str) -> None:
    """Work out the grades of an assignment after a change of its policy."""
    grades.recompute_all(assignment_id=assignment_id, now=timezone.now())


@shared_task
def sweep() -> None:
    """Finish what a lost message, a killed worker or a late gradebook column left behind."""
    sweeping.sweep(now=timezone.now())
