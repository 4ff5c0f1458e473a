"""Reading tables of one institution in batches, all of them as they were at one moment."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from analytics import schema
from analytics.table import Table

BATCH = 2_000
Rows = list[tuple[Any, ...]]


class Snapshot:
    """Every table as it stood when the snapshot began; rows changed since then come with the next one."""

    def __init__(self, raw: Any, institution: UUID, since: datetime | None) -> None:
        self.raw, self.institution, self.since = raw, institution, since

    def count(self, table: Table) -> int:
        return int(self.raw.execute(*self._query(table, count=True)).fetchone()[0])

    def batches(self, table: Table) -> Iterator[Rows]:
        """By a cursor of the server, so that only a batch is in memory."""
        with self.raw.cursor(name="export", binary=True) as cursor:
            cursor.execute(*self._query(table))
            while rows := cursor.fetchmany(BATCH):
                yield rows

    def _query(self, table: Table, *, count: bool = False) -> tuple[str, dict[str, Any]]:
        return schema.query(table, institution=self.institution, since=self.since, count=count)


@contextmanager
def snapshot(*, institution: UUID, since: datetime | None = None) -> Iterator[Snapshot]:
    """A connection beside the usual one, with one transaction that only reads."""
    beside = connection.copy()
    try:
        beside.set_autocommit(False)
        with beside.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield Snapshot(beside.connection, institution, since)
    finally:
        beside.rollback()
        beside.close()
