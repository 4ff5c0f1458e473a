"""Taking migrations back in a test, and putting them on again whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.migrations.executor import MigrationExecutor


@contextmanager
def taken_back(*apps: str) -> Iterator[None]:
    """The database without the tables of `apps` and of every app that builds on them; for transaction tests.

    Every app that refers to one of them is taken back by name, since Django does not see the references to a model
    that stands in for another (`oauth2_provider` to `api.Application`).
    """
    try:
        MigrationExecutor(connection).migrate([(app, None) for app in ("oauth2_provider", "api", *apps)])
        yield
    finally:
        executor = MigrationExecutor(connection)
        executor.migrate(executor.loader.graph.leaf_nodes())
