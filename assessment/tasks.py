"""Celery entries of this room; each makes one domain call.

A message is a hint: whatever is lost here, `sweep` finds again from what PostgreSQL says.
"""

import logging
import time
from datetime import datetime

from celery import shared_task
from django.utils import timezone

from assessment import attempts, grades, key_check, marking, receipts, sweeping
from assessment.models import Attempt, AttemptState, Response
from assessment.regrading import batches
from assessment.reviewing import second_looks
from assessment.statistics import folding
from assessment.suggesting import awarding, proposing, suggestions

logger = logging.getLogger(__name__)

FOLD_AFTER = 5.0  # seconds
fold_asked: dict[str, float] = {}  # until when a message of this process is on its way, by the monotonic clock


@shared_task
def mark_attempt(attempt_id: str) -> None:
    """Mark one submitted attempt. Any other fault is logged by Celery; the sweeper tries again, ever more rarely."""
    try:
        attempt = marking.mark_attempt(attempt_id, timezone.now())
    except Attempt.DoesNotExist:
        logger.warning("attempt %s is gone, nothing to mark", attempt_id)
        return
    if attempt.assignment_id and attempt.state == AttemptState.NEEDS_REVIEW:
        suggest.delay(attempt_id)
    if attempt.assignment_id and not attempt.preview:
        _fold_soon(str(attempt.assignment_id))


def _fold_soon(assignment_id: str) -> None:
    """One message for all that this process marks in the next seconds; what comes too late for it the sweeper folds."""
    now = time.monotonic()
    if fold_asked.get(assignment_id, 0.0) > now:
        return
    for past in [key for key, until in fold_asked.items() if until <= now]:
        del fold_asked[past]
    fold_asked[assignment_id] = now + FOLD_AFTER
    fold_statistics.apply_async((assignment_id,), countdown=FOLD_AFTER)


@shared_task(autoretry_for=(OSError,), retry_backoff=10, max_retries=5)
def mail_receipt(attempt_id: str, language: str) -> None:
    """Send the learner the receipt of a submitted attempt."""
    found = Attempt.objects.select_related("person", "assignment").filter(pk=attempt_id).first()
    if found is not None:
        receipts.mail(attempt=found, language=language)


@shared_task(autoretry_for=(OSError,), retry_backoff=10, max_retries=5)
def mail_second_look(response_id: str) -> None:
    """Write to the learner that a teacher answered the request for a second look."""
    found = Response.objects.select_related("attempt__person", "attempt__assignment").filter(pk=response_id).first()
    if found is not None:
        second_looks.mail(response=found)


@shared_task
def fold_statistics(assignment_id: str) -> None:
    """Add the changes that marking left to the statistics of an assignment."""
    folding.fold(assignment_id=assignment_id, now=timezone.now())
    key_check.look(assignment_id=assignment_id, now=timezone.now())


@shared_task
def suggest(attempt_id: str) -> None:
    """Suggest marks for the answers of an attempt that wait for a person."""
    now = timezone.now()
    suggestions.suggest(attempt_id=attempt_id, now=now)
    awarding.award_all(attempts=[attempt_id], now=now)
    _ask_model(now)


@shared_task
def suggest_alike(response_id: str) -> None:
    """Suggest a person's mark for the same answers that still wait."""
    now = timezone.now()
    awarding.award_all(attempts=suggestions.suggest_alike(response_id=response_id, now=now), now=now)


@shared_task
def ask_model() -> None:
    """Ask the language model, where one is configured, about answers without a suggestion."""
    made = proposing.ask_waiting(now=timezone.now())
    awarding.award_all(attempts=[one.response.attempt_id for one in made], now=timezone.now())


def _ask_model(now: datetime) -> None:
    if proposing.is_due(now=now):
        ask_model.apply_async(expires=60)


@shared_task
def recompute_grades(assignment_id: str) -> None:
    """Work out the grades of an assignment after a change of its policy."""
    key_check.look(assignment_id=assignment_id, now=timezone.now())  # its switch may have been changed
    grades.recompute_all(assignment_id=assignment_id, now=timezone.now())


@shared_task
def regrade(regrade_id: str) -> None:
    """Go on with a regrade, then add what it changed to the statistics."""
    for assignment_id in batches.run(regrade_id=regrade_id, now=timezone.now()):
        fold_statistics.delay(str(assignment_id))


@shared_task
def submit_overdue() -> None:
    """Submit the attempts whose time is over."""
    attempts.submit_overdue(now=timezone.now())


@shared_task
def sweep() -> None:
    """Finish what a lost message, a killed worker or a late gradebook column left behind."""
    now = timezone.now()
    sweeping.sweep(now=now)
    _ask_model(now)
