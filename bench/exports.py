"""`python -m bench exports`: a large export, in a process of its own. Rows are made by COPY.

Memory is the most that the process took in all, with Python, Django and the database's driver: as Linux notes it for
the program (VmHWM), since `ru_maxrss` counts what started it too. Seconds are CPU time of that process.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from urllib.parse import urlsplit
from uuid import uuid4

import psycopg
from psycopg import sql

DATABASE = f"assay_bench_exports_{os.getpid()}"
ITEMS = 10  # answers of an attempt
RUN = r"""
import json, re, sys, time
class NoPandas:  # Arrow loads it where it is found, and it is not in the image
    def find_spec(self, name, path=None, target=None):
        if name == "pandas":
            raise ModuleNotFoundError(name)
sys.meta_path.insert(0, NoPandas())
import django
django.setup()
from django.utils import timezone
from api import exports
from api.models import Export
from roster.models import Institution
export = exports.queue(institution=Institution.objects.get(slug="bench"), tables=sys.argv[2:], format=sys.argv[1],
                       now=timezone.now())
began = time.process_time(), time.monotonic()
exports.run(export_id=export.pk, clock=timezone.now)
export.refresh_from_db()
assert export.state == "done", export.error
print(json.dumps({
    "rows": sum(export.rows.values()), "bytes": export.size, "cpu": time.process_time() - began[0],
    "seconds": time.monotonic() - began[1],
    "memory": int(re.search(r"VmHWM:\s+(\d+) kB", open("/proc/self/status").read())[1]) / 1024,
}))
"""
FILL = """
import django
django.setup()
from tests import cast
version = cast.quiz_of(*[cast.choice()] * 10)
school = cast.make_institution("Bench", "bench")
assignment = cast.place_quiz(school, version)
cast.take(assignment, cast.make_learner(school), "abcabcabca")
"""


def measure(responses: int) -> Iterator[str]:
    """Make a database with so many answers, export them in every format, and drop it."""
    where = urlsplit(os.environ["DATABASE_URL"])
    url = where._replace(path=f"/{DATABASE}").geturl()
    with psycopg.connect(where._replace(path="/postgres").geturl(), autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        try:
            with tempfile.TemporaryDirectory() as folder:
                env = {**os.environ, "DATABASE_URL": url, "ASSAY_MEDIA_ROOT": folder}
                env["DJANGO_SETTINGS_MODULE"] = "config.settings"
                yield from _measure(url, responses, env)
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(DATABASE)))


def _measure(url: str, responses: int, env: dict[str, str]) -> Iterator[str]:
    _python(env, "manage.py", "migrate", "-v0")
    _python(env, "-c", FILL)
    with psycopg.connect(url) as connection:
        _copy(connection, responses // ITEMS)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    for format in ("parquet", "csv", "jsonl"):
        yield _export(env, format, "responses")


def _copy(connection: psycopg.Connection, attempts: int) -> None:
    """The one sitting that was taken, again and again: each by another person, with ids of its own."""
    for table in ("roster_person", "assessment_attempt", "assessment_response", "assessment_mark"):
        connection.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(sql.Identifier(table)))
    [person], [attempt] = _rows(connection, "roster_person"), _rows(connection, "assessment_attempt")
    responses, marks = _rows(connection, "assessment_response"), _rows(connection, "assessment_mark")
    people = [str(uuid4()) for _ in range(attempts)]
    sittings = [str(uuid4()) for _ in range(attempts)]
    _into(connection, "roster_person", ({**person, "id": one} for one in people))
    pairs = list(zip(sittings, people, strict=True))
    _into(connection, "assessment_attempt", ({**attempt, "id": one, "person_id": by} for one, by in pairs))
    ids = {(one, row["id"]): str(uuid4()) for one in sittings for row in responses}
    _into(
        connection,
        "assessment_response",
        ({**row, "id": ids[one, row["id"]], "attempt_id": one} for one in sittings for row in responses),
    )
    _into(
        connection,
        "assessment_mark",
        ({**row, "id": str(uuid4()), "response_id": ids[one, row["response_id"]]} for one in sittings for row in marks),
    )


def _rows(connection: psycopg.Connection, table: str) -> list[dict[str, object]]:
    """Without `sort_name`, which the database works out."""
    found = connection.execute(sql.SQL("SELECT to_jsonb(t) - 'sort_name' FROM {} t").format(sql.Identifier(table)))
    return [row for (row,) in found]


def _into(connection: psycopg.Connection, table: str, rows: Iterator[dict[str, object]]) -> None:
    first = next(rows)
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(
        sql.Identifier(table), sql.SQL(", ").join(map(sql.Identifier, first))
    )
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in chain([first], rows):
            copy.write_row(list(map(_value, row.values())))


def _value(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _export(env: dict[str, str], format: str, *tables: str) -> str:
    found = json.loads(_python(env, "-c", RUN, format, *tables).splitlines()[-1])
    return (
        f"{found['rows']} rows as {format}: {found['bytes'] / 1e6:.0f} MB in {found['seconds']:.0f} s "
        f"({found['cpu']:.0f} s of CPU), {found['memory']:.0f} MB of memory"
    )


def _python(env: dict[str, str], *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments], env=env, cwd=Path(__file__).parent.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
