"""Celery entries of this room; each makes one domain call."""

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from lti.gradebook import column_changes, reconcile, scores, sending
from lti.launch import launch
from lti.people import roster_reading, rosters
from lti.platform import keys

PATIENCE = 10.0  # seconds for which a worker stays for scores that come due soon


@shared_task
def drain(registration_id: str) -> None:
    """Send the scores that are due at one platform."""
    seconds = sending.drain(UUID(registration_id), patience=PATIENCE)
    if seconds is not None:
        drain.apply_async((registration_id,), countdown=max(seconds, 0.0))


@shared_task
def sweep() -> None:
    """Send scores and column changes, read lists; clear away launches long over."""
    now = timezone.now()
    for registration_id in scores.sweep(now=now):
        drain.delay(str(registration_id))
    for column_id in column_changes.due(now=now):
        push_column.delay(str(column_id))
    for context_id in rosters.sweep(now=now):
        read_roster.delay(str(context_id))
    launch.prune(now=now)


@shared_task
def rotate_keys() -> None:
    """Publish the tool's next key in time, and forget keys that are long over."""
    keys.rotate_when_old(now=timezone.now())


@shared_task
def read_roster(context_id: str) -> None:
    """Read the list of one course's people."""
    roster_reading.read(UUID(context_id))


@shared_task
def push_column(column_id: str) -> None:
    """Tell the LMS the name and points that a teacher gave a gradebook column."""
    column_changes.push(UUID(column_id))


@shared_task
def read_grades_back() -> None:
    """Look for grades that drifted, in the columns whose turn it is."""
    reconcile.reconcile(now=timezone.now())
