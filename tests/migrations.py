"""Taking migrations back in a test, and putting them on again whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

BESIDE = "oauth2_provider"
REFERENCES = """
SELECT conname, format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', conrelid::regclass, conname, pg_get_constraintdef(oid))
FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE %s
"""


@contextmanager
def taken_back(*apps: str) -> Iterator[None]:
    """The database without the tables of `apps` and of every app that builds on them; for transaction tests."""
    with _nothing_beside():
        try:
            MigrationExecutor(connection).migrate([(app, None) for app in ("api", *apps)])
            yield
        finally:
            executor = MigrationExecutor(connection)
            leaves = executor.loader.graph.leaf_nodes()
            executor.migrate([leaf for leaf in leaves if leaf[0] != BESIDE])


@contextmanager
def _nothing_beside() -> Iterator[None]:
    """As if `oauth2_provider` were not there: its migrations are others' work, and take longer than all of ours.

    Django does not see that it refers to a model that stands in for another (`api.Application`), so its references go
    with that table and are put back here.
    """
    references = _references()
    applied = MigrationRecorder.Migration.objects.filter(app=BESIDE)
    rows = list(applied)
    applied.delete()
    try:
        yield
    finally:
        MigrationRecorder.Migration.objects.bulk_create(rows)
        with connection.cursor() as cursor:
            for name in references.keys() - _references().keys():
                cursor.execute(references[name])


def _references() -> dict[str, str]:
    """By the name of a foreign key the statement that makes it."""
    with connection.cursor() as cursor:
        cursor.execute(REFERENCES, [f"{BESIDE}%"])
        return dict(cursor.fetchall())
