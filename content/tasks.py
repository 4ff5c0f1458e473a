"""Celery entries of this room."""

from celery import shared_task
from django.utils import timezone

from content import import_jobs


@shared_task
def run_import(job_id: str) -> None:
    """Read one imported file. A message is a hint: `sweep` finds what is left."""
    import_jobs.run(job_id=job_id, now=timezone.now())


@shared_task
def sweep() -> None:
    """Take up the imports whose message was lost."""
    for job in import_jobs.left_behind(timezone.now()):
        run_import.delay(job)
