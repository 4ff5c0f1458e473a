"""Exports that a worker writes. What they have come to stands in PostgreSQL; a message is only a hint."""

import logging
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event, Thread
from uuid import UUID, uuid4

from django.core.files import File
from django.core.files.storage import default_storage
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Q, QuerySet

from analytics import reading
from analytics.tables import TABLES
from api import export_files
from api.models import Export, ExportState
from roster import changes, enqueue
from roster.models import Institution

logger = logging.getLogger(__name__)

SCOPES = {
    "people:read": ("people", "enrollments", "group_members"),
    "assignments:read": ("courses", "groups", "assignments", "quizzes"),
    "statistics:read": ("items", "options", "quiz_items"),
    "attempts:read": ("attempts", "responses", "chosen_options", "marks"),
    "grades:read": ("grades", "scores", "deliveries"),
}
SCOPE_OF = {table: scope for scope, tables in SCOPES.items() for table in tables}
LEFT_AFTER = timedelta(minutes=5)  # without a sign of life
SIGNAL_EVERY = timedelta(minutes=1)
MOST_TRIES = 3
KEPT = timedelta(days=7)
UNFINISHED = (ExportState.QUEUED, ExportState.RUNNING)


class Busy(Exception):
    """The institution's export before this one is not finished."""

    def __init__(self, export: Export | None) -> None:
        super().__init__(str(export.pk) if export else "")


class TakenOver(Exception):
    """The export was deleted, or another run took it up."""


def queue(
    *,
    institution: Institution,
    tables: Sequence[str],
    format: str,
    now: datetime,
    since: datetime | None = None,
    bom: bool = False,
) -> Export:
    """Have a worker write the tables to a file. Raises Busy."""
    export = Export(institution=institution, tables=list(tables), format=format, since=since, bom=bom, seen_at=now)
    try:
        with transaction.atomic():
            export.save(force_insert=True)
    except IntegrityError:
        raise Busy(Export.objects.filter(institution=institution, state__in=UNFINISHED).first()) from None
    enqueue.on_commit("api.tasks.run_export", str(export.pk))
    return export


def run(*, export_id: UUID | str, clock: Callable[[], datetime]) -> None:
    """Write the file. An export that is finished, deleted or in the hands of a living run is left as it is.

    A fault leaves it to the sweeper, which has it tried again.
    """
    export = _claim(export_id, clock())
    if export is None:
        return
    try:
        with tempfile.TemporaryDirectory(prefix="assay-export-") as folder:
            path = Path(folder) / "export.zip"
            _write(export, path, clock)
            _keep(export, path, clock)
    except TakenOver:
        logger.info("export %s was deleted or taken over", export.pk)


def delete(*, export: Export) -> None:
    """Stop an export, and remove its file. A run under way notices with its next batch."""
    kept = export.file.name
    Export.objects.filter(pk=export.pk).delete()
    if kept:
        default_storage.delete(kept)


def sweep(*, now: datetime) -> list[str]:
    """Give up what failed too often, remove old exports; returns those whose message or worker was lost."""
    silent = Export.objects.filter(state__in=UNFINISHED, seen_at__lt=now - LEFT_AFTER)
    silent.filter(tries__gte=MOST_TRIES).update(
        state=ExportState.FAILED,
        finished_at=now,
        error="The export failed several times. Ask for fewer tables, or tell the people who run this service.",
    )
    for old in Export.objects.filter(finished_at__lt=now - KEPT)[:100]:
        delete(export=old)
    return [str(pk) for pk in silent.filter(tries__lt=MOST_TRIES).values_list("pk", flat=True)[:20]]


def _claim(export_id: UUID | str, now: datetime) -> Export | None:
    free = Q(state=ExportState.QUEUED) | Q(state=ExportState.RUNNING, seen_at__lt=now - LEFT_AFTER)
    mine = uuid4()
    claimed = Export.objects.filter(free, pk=export_id, tries__lt=MOST_TRIES).update(
        state=ExportState.RUNNING, run=mine, seen_at=now, tries=F("tries") + 1, rows={}, rows_total=0
    )
    return Export.objects.select_related("institution").get(pk=export_id) if claimed else None


def _write(export: Export, path: Path, clock: Callable[[], datetime]) -> None:
    tables = [TABLES[name] for name in export.tables]
    until = changes.visible_until()  # before the snapshot begins
    with reading.snapshot(institution=export.institution_id, since=export.since) as snapshot:
        _note(export, seen_at=clock(), updated_until=until)
        for table in tables:
            _note(export, rows_total=export.rows_total + snapshot.count(table), seen_at=clock())

        def written(table: str, count: int) -> None:
            export.rows[table] = count
            _note(export, seen_at=clock(), rows=export.rows)

        export_files.write(path, export=export, snapshot=snapshot, tables=tables, written=written)


def _keep(export: Export, path: Path, clock: Callable[[], datetime]) -> None:
    with path.open("rb") as file, _signs_of_life(export, clock):
        export.file.save(f"{export.pk}-{export.run}.zip", File(file), save=False)
    name = export.file.name
    try:
        _note(export, state=ExportState.DONE, file=name, size=path.stat().st_size, finished_at=clock())
    except TakenOver:
        default_storage.delete(str(name))
        raise


@contextmanager
def _signs_of_life(export: Export, clock: Callable[[], datetime]) -> Iterator[None]:
    """For a storage far away, which may take longer than `LEFT_AFTER` and says nothing meanwhile."""
    ended = Event()

    def signal() -> None:
        try:
            while not ended.wait(SIGNAL_EVERY.total_seconds()):
                _mine(export).update(seen_at=clock())
        finally:
            connection.close()  # of this thread

    thread = Thread(target=signal, name="export-signs-of-life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _mine(export: Export) -> QuerySet[Export]:
    """The row while it is this run's."""
    return Export.objects.filter(pk=export.pk, run=export.run, state=ExportState.RUNNING)


def _note(export: Export, **changes: object) -> None:
    """Write to the row while it is ours. Raises TakenOver."""
    if not _mine(export).update(**changes):
        raise TakenOver
    for name, value in changes.items():
        setattr(export, name, value)
