"""Imports that a worker runs: the file is stored with its row first, so that a lost message loses nothing."""

from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db import transaction

from content import importing
from content.formats.reading import Refused, Source
from content.models import Import, ImportState
from content.publishing import PublishingBlocked
from content.writing import Author
from roster import enqueue
from roster.models import Institution

LEFT_AFTER = timedelta(minutes=2)
MOST_LOSSES = 5_000  # kept in the report


def queue(
    *, name: str, data: bytes, institution: Institution | None, format_name: str = "", publish: bool = False
) -> Import:
    """Store the file to be read by a worker."""
    job = Import(name=PurePath(name).name[:255], institution=institution, format=format_name, publish=publish)
    job.file.save(str(job.pk), ContentFile(data), save=False)
    job.save(force_insert=True)
    enqueue.on_commit("content.tasks.run_import", str(job.pk))
    return job


def run(*, job_id: UUID | str, author: str, now: datetime) -> None:
    """Read the file and take it in. A job that is done, or gone, is left as it is."""
    with transaction.atomic():
        job = Import.objects.select_for_update(of=("self",)).select_related("institution").filter(pk=job_id).first()
        if job is None or job.state in (ImportState.DONE, ImportState.FAILED):
            return
        _move(job, state=ImportState.RUNNING, progress=10)
    source = Source(job.name, job.file.read())
    try:
        known, draft = importing.read(source, job.format)
        _move(job, progress=50, format=known.name, report=_short(importing.report(known, draft)))
        taken = importing.take(
            draft=draft, source=source, author=Author(author, job.institution), now=now, publish=job.publish
        )
    except (Refused, PublishingBlocked) as error:
        _move(job, state=ImportState.FAILED, progress=100, error=str(error), finished_at=now)
        return
    _move(job, state=ImportState.DONE, progress=100, quiz=taken.quiz, finished_at=now)


def left_behind(now: datetime) -> list[str]:
    """Jobs whose message was lost, or whose worker was killed."""
    waiting = Import.objects.filter(state__in=[ImportState.QUEUED, ImportState.RUNNING])
    return [str(pk) for pk in waiting.filter(created_at__lt=now - LEFT_AFTER).values_list("pk", flat=True)[:20]]


def _short(report: dict[str, Any]) -> dict[str, Any]:
    """Without the bodies, which the quiz holds."""
    items = [{name: value for name, value in item.items() if name != "body"} for item in report["items"]]
    return {**report, "items": items, "losses": report["losses"][:MOST_LOSSES]}


def _move(job: Import, **changes: Any) -> None:
    for name, value in changes.items():
        setattr(job, name, value)
    job.save(update_fields=list(changes))
