"""Databases of tests, made and emptied quickly: one is migrated, the others of a run are copies of it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import connection, transaction
from django.test import TransactionTestCase
from psycopg import sql

from tests.system import ROOT, database_url

# TRUNCATE takes a while for each table, full or empty, and Django's own flush then fills in again what stays here. Like
# TRUNCATE, this waits for whatever a thread of a server under test still writes.
EMPTY = """
DO $$
DECLARE
    names text[];
    name text;
BEGIN
    SELECT array_agg(oid::regclass::text ORDER BY relname) INTO names FROM pg_class
    WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
        AND relname NOT IN ('django_migrations', 'django_content_type', 'auth_permission');
    EXECUTE 'LOCK TABLE ' || array_to_string(names, ', ');
    PERFORM set_config('session_replication_role', 'replica', true);  -- neither triggers nor references
    FOREACH name IN ARRAY names LOOP
        EXECUTE 'DELETE FROM ' || name;
    END LOOP;
END $$
"""


def empty(case: TransactionTestCase) -> None:
    """In place of `TransactionTestCase._fixture_teardown`, for an account that may leave triggers out."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EMPTY)


def may_leave_triggers_out() -> bool:
    with beside() as other:
        found = other.execute("SELECT has_parameter_privilege('session_replication_role', 'SET')").fetchone()
    return bool(found and found[0])


@contextmanager
def beside() -> Iterator[psycopg.Connection]:
    """A connection to the database that is there already; for work on others."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        yield other


def migrated(name: str) -> str:
    """Makes the database unless another worker has; its name, to copy it from."""
    with beside() as other:
        other.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        if not other.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchall():
            _make(other, name)
    return name


def _make(other: psycopg.Connection, name: str) -> None:
    """Under another name while it is incomplete."""
    drop(new := f"{name}_new")
    other.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(new)))
    env = {**os.environ, "DATABASE_URL": database_url(new)}
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=ROOT, env=env, check=True)
    other.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(new), sql.Identifier(name)))


def drop(name: str) -> None:
    with beside() as other:
        other.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
