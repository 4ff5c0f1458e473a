"""Files that are brought in: a small one is read at once, a large one by a worker.

A file that a worker reads is stored with its row first, so that a lost message loses nothing.
"""

from datetime import datetime, timedelta
from functools import partial
from pathlib import PurePath
from typing import Any
from uuid import UUID

from django.core.files.base import ContentFile
from django.db.models import Q
from django.utils import timezone

from content import importing
from content.formats import packages, progress
from content.formats.reading import Refused, Source
from content.models import Import, ImportState
from content.publishing import PublishingBlocked
from content.writing import Author
from roster import enqueue

LEFT_AFTER = timedelta(minutes=5)  # without coming further; storing a large bank takes one of them
MOST_LOSSES = 5_000  # kept in the report
SMALL = 200_000  # bytes, unpacked: read within a second
SMALL_BANK = 500  # questions that are stored within a second
READ = 60  # percent of a job that reads and takes


def is_small(source: Source) -> bool:
    """Whether the file is read while its author waits. Raises Refused for a package that cannot be opened."""
    if packages.is_package(source.data):
        return packages.opened(source).size <= SMALL
    return len(source.data) <= SMALL


def read(*, source: Source, author: Author, now: datetime, format_name: str = "") -> Import:
    """Read a small file at once and keep it with its report. Raises Refused; then nothing is kept."""
    known, draft = importing.read(source, format_name)
    return _stored(
        source,
        author,
        format=known.name,
        report=_short(importing.report(known, draft)),
        state=ImportState.DONE,
        progress=100,
        finished_at=now,
    )


def queue(
    *, source: Source, author: Author, format_name: str = "", take: bool = False, publish: bool = False
) -> Import:
    """Store the file to be read by a worker, and with `take` made the draft of a check."""
    job = _stored(source, author, format=format_name, take=take, publish=publish)
    enqueue.on_commit("content.tasks.run_import", str(job.pk))
    return job


def take(*, job: Import, author: Author, now: datetime) -> None:
    """Make a file that was read the draft of a check; a large one later. Raises Refused, PublishingBlocked."""
    if len(job.report["items"]) > SMALL_BANK:
        _move(job, state=ImportState.QUEUED, progress=0, take=True)
        enqueue.on_commit("content.tasks.run_import", str(job.pk))
        return
    source = source_of(job)
    _known, draft = importing.read(source, job.format)
    taken = importing.take(draft=draft, source=source, author=author, now=now)
    _move(job, quiz=taken.quiz)


def run(*, job_id: UUID | str, now: datetime) -> None:
    """Read the file, and take it in where that is wanted. A job that is done, gone or in good hands is left alone."""
    job = _claimed(job_id, now)
    if job is None:
        return
    source = source_of(job)
    try:
        with progress.listening(partial(_come_further, job, READ if job.take else 100)):
            known, draft = importing.read(source, job.format)
        _move(job, format=known.name, report=_short(importing.report(known, draft)))
        taken = None
        if job.take:
            _move(job, progress=READ)
            author = Author(job.by, job.institution, job.person)
            taken = importing.take(draft=draft, source=source, author=author, now=now, publish=job.publish)
    except (Refused, PublishingBlocked) as error:
        _move(job, state=ImportState.FAILED, progress=100, error=str(error), finished_at=now)
        return
    _move(job, state=ImportState.DONE, progress=100, quiz=taken and taken.quiz, finished_at=now)


def left_behind(now: datetime) -> list[str]:
    """Jobs whose message was lost, or whose worker was killed."""
    waiting = Import.objects.filter(state__in=[ImportState.QUEUED, ImportState.RUNNING])
    return [str(pk) for pk in waiting.filter(moved_at__lt=now - LEFT_AFTER).values_list("pk", flat=True)[:20]]


def source_of(job: Import) -> Source:
    """The file as it came, with its key."""
    with job.file.open("rb") as file:
        data = file.read()
    if not job.key:
        return Source(job.name, data)
    with job.key.open("rb") as file:
        return Source(job.name, data, key=Source("answer-key.json", file.read()))


def _stored(source: Source, author: Author, **values: Any) -> Import:
    name = PurePath(source.name).name[:255]
    job = Import(name=name, institution=author.institution, person=author.person, by=author.name[:255], **values)
    job.file.save(str(job.pk), ContentFile(source.data), save=False)
    if source.key:
        job.key.save(f"{job.pk}.key", ContentFile(source.key.data), save=False)
    job.save(force_insert=True)
    return job


def _claimed(job_id: UUID | str, now: datetime) -> Import | None:
    """The job, now ours; None where another worker has it, or nobody needs to."""
    free = Q(state=ImportState.QUEUED) | Q(state=ImportState.RUNNING, moved_at__lt=now - LEFT_AFTER)
    if not Import.objects.filter(free, pk=job_id).update(state=ImportState.RUNNING, progress=0, moved_at=now):
        return None
    return Import.objects.select_related("institution", "person").defer("report").get(pk=job_id)


def _come_further(job: Import, whole: int, begun: int, expected: int) -> None:
    """Said of every second percent, so that a bank of 10,000 questions costs 50 updates."""
    percent = min(whole, whole * begun // expected) if expected else 0
    if percent >= job.progress + 2:
        _move(job, progress=percent)


def _short(report: dict[str, Any]) -> dict[str, Any]:
    """Without the bodies, which the quiz holds."""
    items = [{name: value for name, value in item.items() if name != "body"} for item in report["items"]]
    return {**report, "items": items, "losses": report["losses"][:MOST_LOSSES]}


def _move(job: Import, **changes: Any) -> None:
    for name, value in {**changes, "moved_at": timezone.now()}.items():
        setattr(job, name, value)
    job.save(update_fields=[*changes, "moved_at"])
