"""Tables of an institution as files: asked for, written by a worker, fetched, stopped."""

import csv
import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from django.utils import timezone
from pyarrow import parquet

from analytics.tables import TABLES
from api import exports, tasks
from api.models import Export, ExportState
from roster.models import Person
from tests import cast
from tests.analytics.conftest import fill
from tests.api.conftest import ALL, Caller, School
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def files(settings: Any, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message is taken at once."""
    monkeypatch.setattr(tasks.run_export, "apply_async", lambda args: tasks.run_export(*args))


@pytest.fixture
def north(transactional_db: None) -> School:
    return School(**vars(fill("North", "Alice A", "Bob B")))


@pytest.fixture
def south(transactional_db: None) -> School:
    return School(**vars(fill("South", "Dora D")))


def ask(school: School, *tables: str, scopes: list[str] | None = None, **options: Any) -> Any:
    caller = Caller(school.key(*(scopes or ALL)))
    body = {"tables": list(tables or TABLES), "format": "csv", **options}
    return caller.client.post("/api/v1/exports", body, content_type="application/json", headers=caller.headers)


def remove(school: School, path: str) -> Any:
    caller = Caller(school.key(*ALL))
    return caller.client.delete(path, headers=caller.headers)


def fetched(school: School, answer: Any) -> dict[str, bytes]:
    """The members of the file that came of an accepted request."""
    assert answer.status_code == 202, answer.json()
    caller = Caller(school.key(*ALL))
    job = caller.get(answer["Location"]).json()
    assert (job["state"], job["progress"], job["error"]) == ("done", 100, "")
    file = caller.get(job["file"])
    content = b"".join(file.streaming_content)
    assert len(content) == job["size"]
    with zipfile.ZipFile(BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def as_csv(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(data.decode(), newline="")))


def test_an_export_has_every_table_and_says_what_is_in_it(north: School, worker: None) -> None:
    members = fetched(north, ask(north))
    assert members.keys() == {*(f"{name}.csv" for name in TABLES), "dictionary.csv", "README.txt"}
    for name, table in TABLES.items():
        rows = as_csv(members[f"{name}.csv"])
        assert rows, name
        assert list(rows[0]) == [column.name for column in table.columns]
    described = {(row["table"], row["column"]) for row in as_csv(members["dictionary.csv"]) if row["column"]}
    assert described == {(name, column.name) for name, table in TABLES.items() for column in table.columns}
    assert "responses: 6 rows" in members["README.txt"].decode()
    assert {row["name"] for row in as_csv(members["people.csv"])} == {"Alice A", "Bob B"}


def test_all_formats_hold_the_same_values(north: School, worker: None) -> None:
    plain = as_csv(fetched(north, ask(north, "responses"))["responses.csv"])
    lines = fetched(north, ask(north, "responses", format="jsonl"))["responses.jsonl"].decode().splitlines()
    objects = [json.loads(line) for line in lines]
    columns = parquet.read_table(
        BytesIO(fetched(north, ask(north, "responses", format="parquet"))["responses.parquet"])
    )
    rows = columns.to_pylist()
    assert len(plain) == len(objects) == len(rows) == 6
    for text, found, row in zip(plain, objects, rows, strict=True):
        assert text["response_id"] == found["response_id"] == row["response_id"]
        assert json.loads(text["answer"]) == found["answer"] == json.loads(row["answer"])
        assert (text["points"] or None) == (None if row["points"] is None else str(row["points"]))
        assert found["points"] == row["points"]
        assert found["waiting"] is row["waiting"]
        assert datetime.fromisoformat(found["saved_at"]) == row["saved_at"] == datetime.fromisoformat(text["saved_at"])
    field = columns.schema.field("credit")
    assert (str(field.type), field.metadata[b"description"]) == ("double", b"Points as a share, 0 to 1.")


def test_a_table_without_rows_is_a_file_with_columns(north: School, worker: None) -> None:
    late = "2200-01-01T00:00:00Z"
    assert fetched(north, ask(north, "attempts", since=late))["attempts.csv"].startswith(b"attempt_id,")
    assert fetched(north, ask(north, "attempts", since=late, format="jsonl"))["attempts.jsonl"] == b""
    empty = fetched(north, ask(north, "attempts", since=late, format="parquet"))["attempts.parquet"]
    assert parquet.read_table(BytesIO(empty)).column_names == [column.name for column in TABLES["attempts"].columns]


def test_the_next_export_has_what_changed_since_the_last(north: School, worker: None) -> None:
    first = ask(north, "attempts", "responses", "grades")
    fetched(north, first)
    until = Caller(north.key(*ALL)).get(first["Location"]).json()["updated_until"]
    cast.confirm(north.assignment.attempts.get(person=north.people[0]), "q3", "2", north.people[1])
    members = fetched(north, ask(north, "attempts", "responses", "grades", since=until))
    for table in ("attempts", "responses", "grades"):
        assert {row["person_id"] for row in as_csv(members[f"{table}.csv"])} == {str(north.people[0].pk)}


def test_a_mark_of_excel_and_formulas_are_minded(north: School, worker: None) -> None:
    Person.objects.filter(pk=north.people[0].pk).update(name="=HYPERLINK(1)")
    people = fetched(north, ask(north, "people", bom=True))["people.csv"].decode()
    assert people.startswith("\N{BYTE ORDER MARK}person_id,")
    assert "'=HYPERLINK(1)" in people


def test_an_export_holds_rows_of_its_own_institution_only(north: School, south: School, worker: None) -> None:
    ours, theirs = fetched(north, ask(north)), fetched(south, ask(south))
    shared = {"quizzes.csv", "items.csv", "options.csv", "quiz_items.csv", "dictionary.csv", "README.txt"}
    for name in ours.keys() - shared:
        key = TABLES[name.removesuffix(".csv")].columns[0].name
        assert not {row[key] for row in as_csv(ours[name])} & {row[key] for row in as_csv(theirs[name])}, name
    assert not any(b"Dora" in data or str(south.institution.pk).encode() in data for data in ours.values())


def test_another_institutions_export_is_not_there(north: School, south: School, worker: None) -> None:
    answer = ask(north)
    stranger = Caller(south.key(*ALL))
    file = Caller(north.key(*ALL)).get(answer["Location"]).json()["file"]
    for path in (answer["Location"], file):
        assert stranger.get(path).status_code == 404
    assert remove(south, answer["Location"]).status_code == 404
    assert Export.objects.count() == 1


@pytest.mark.parametrize("scope", exports.SCOPES)
def test_a_key_needs_the_scope_of_every_table_to_ask_to_look_and_to_fetch(
    north: School, worker: None, scope: str
) -> None:
    others = [other for other in ALL if other != scope]
    for table in exports.SCOPES[scope]:
        refused = ask(north, table, scopes=others)
        assert refused.status_code == 403
        assert scope in refused.json()["detail"]
    answer = ask(north, *exports.SCOPES[scope], scopes=[scope])
    assert answer.status_code == 202
    poor = Caller(north.key(*others))
    assert poor.get(answer["Location"]).status_code == 403
    assert poor.get(f"{answer['Location']}/file").status_code == 403


def test_every_table_has_a_scope() -> None:
    assert exports.SCOPE_OF.keys() == TABLES.keys()


def test_nobody_without_a_key_gets_anything(north: School, worker: None) -> None:
    answer = ask(north)
    public = Caller()
    assert public.client.post("/api/v1/exports", {}, content_type="application/json").status_code == 401
    for path in (answer["Location"], f"{answer['Location']}/file"):
        assert public.get(path).status_code == 401
    assert public.client.delete(answer["Location"]).status_code == 401


def test_one_export_of_an_institution_runs_at_a_time(north: School, south: School) -> None:
    first = ask(north)
    assert first.status_code == 202
    refused = ask(north, "grades")
    assert refused.status_code == 409
    assert first.json()["id"] in refused.json()["detail"]
    assert ask(south).status_code == 202
    assert remove(north, first["Location"]).status_code == 204
    assert ask(north).status_code == 202


@pytest.mark.parametrize(
    ("body", "word"),
    [
        ({"tables": []}, "tables"),
        ({"tables": ["keys"]}, "keys"),
        ({"tables": "grades"}, "tables"),
        ({"format": "xlsx"}, "xlsx"),
        ({"since": "yesterday"}, "since"),
    ],
)
def test_a_wrong_request_is_refused_in_words(north: School, body: dict[str, Any], word: str) -> None:
    caller = Caller(north.key(*ALL))
    whole = {"tables": ["grades"], "format": "csv"} | body
    answer = caller.client.post("/api/v1/exports", whole, content_type="application/json", headers=caller.headers)
    assert answer.status_code == 400
    assert word in str(answer.json())
    assert not Export.objects.exists()


def queued(school: School, *tables: str) -> Export:
    """An export whose message was lost."""
    return exports.queue(
        institution=school.institution, tables=tables or list(TABLES), format="csv", now=timezone.now()
    )


def test_an_export_that_is_not_done_has_no_file(north: School) -> None:
    export = queued(north)
    caller = Caller(north.key(*ALL))
    assert caller.get(f"exports/{export.pk}").json()["file"] is None
    assert caller.get(f"exports/{export.pk}/file").status_code == 409


def test_an_export_whose_message_was_lost_is_taken_up(north: School) -> None:
    export = queued(north)
    now = timezone.now()
    assert exports.sweep(now=now) == []
    assert exports.sweep(now=now + 2 * exports.LEFT_AFTER) == [str(export.pk)]
    exports.run(export_id=export.pk, clock=timezone.now)
    export.refresh_from_db()
    assert (export.state, export.tries) == (ExportState.DONE, 1)
    assert exports.sweep(now=now + 2 * exports.LEFT_AFTER) == []


KILLED = """
import os, signal, sys
import django
django.setup()
from django.utils import timezone
from api import exports
calls = iter(range(int(sys.argv[2])))
def clock():
    if next(calls, None) is None:
        os.kill(os.getpid(), signal.SIGKILL)
    return timezone.now()
exports.run(export_id=sys.argv[1], clock=clock)
"""


@pytest.mark.parametrize("lives", [1, 2, 20])
def test_an_export_whose_worker_was_killed_is_written_by_another(north: School, files: Path, lives: int) -> None:
    export = queued(north)
    url = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "ASSAY_MEDIA_ROOT": str(files),
        "DJANGO_SETTINGS_MODULE": "config.settings",
    }
    done = subprocess.run([sys.executable, "-c", KILLED, str(export.pk), str(lives)], env=env, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    export.refresh_from_db()
    assert export.state == ExportState.RUNNING
    exports.run(export_id=export.pk, clock=timezone.now)  # the message comes again at once: the other may live
    export.refresh_from_db()
    assert export.state == ExportState.RUNNING
    later = timezone.now() + 2 * exports.LEFT_AFTER
    assert exports.sweep(now=later) == [str(export.pk)]
    exports.run(export_id=export.pk, clock=lambda: later)
    export.refresh_from_db()
    assert (export.state, export.tries, export.rows["responses"]) == (ExportState.DONE, 2, 6)


class SlowStorage(FileSystemStorage):
    """Keeps a file only once its export has given a sign of life meanwhile."""

    def _save(self, name: str, content: Any) -> str:
        before, patience = seen(), time.monotonic() + PATIENCE
        while seen() == before:
            assert time.monotonic() < patience, "no sign of life"
            time.sleep(0.01)
        return super()._save(name, content)


def seen() -> datetime:
    return Export.objects.values_list("seen_at", flat=True).get()


def test_an_export_gives_signs_of_life_while_its_file_is_carried_away(
    north: School, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "SIGNAL_EVERY", timedelta(milliseconds=10))
    slow = {"BACKEND": f"{__name__}.SlowStorage", "OPTIONS": {"location": settings.MEDIA_ROOT}}
    settings.STORAGES = {**settings.STORAGES, "default": slow}
    export = queued(north)
    exports.run(export_id=export.pk, clock=timezone.now)
    export.refresh_from_db()
    assert (export.state, Path(export.file.path).exists()) == (ExportState.DONE, True)


def test_an_export_that_always_fails_is_given_up_in_words(north: School) -> None:
    export = queued(north)
    Export.objects.update(format="nonsense")
    now = timezone.now()
    for turn in range(exports.MOST_TRIES):
        at = now + (turn + 1) * 2 * exports.LEFT_AFTER
        with pytest.raises(ValueError, match="nonsense"):
            exports.run(export_id=export.pk, clock=lambda at=at: at)
    assert exports.sweep(now=at + 2 * exports.LEFT_AFTER) == []
    job = Caller(north.key(*ALL)).get(f"exports/{export.pk}").json()
    assert job["state"] == "failed"
    assert job["error"].startswith("The export failed")
    assert ask(north).status_code == 202


def ticks(at: int, do: Any) -> Any:
    """A clock that does something with its so many-th tick."""
    numbers: Iterator[int] = iter(range(1_000))

    def clock() -> datetime:
        if next(numbers) == at:
            do()
        return timezone.now()

    return clock


@pytest.mark.parametrize("at", [1, 5, 30])
def test_a_deleted_export_stops_and_leaves_no_file(north: School, files: Path, at: int) -> None:
    export = queued(north)
    seen = []

    def stop() -> None:
        seen.append(remove(north, f"/api/v1/exports/{export.pk}").status_code)

    exports.run(export_id=export.pk, clock=ticks(at, stop))
    assert seen == [204]
    assert not Export.objects.exists()
    assert [path for path in files.rglob("*") if path.is_file()] == []
    assert Caller(north.key(*ALL)).get(f"exports/{export.pk}").status_code == 404


def test_two_runs_of_one_export_write_one_file(north: School, files: Path) -> None:
    export = queued(north)
    late = timezone.now() + 2 * exports.LEFT_AFTER
    exports.run(export_id=export.pk, clock=ticks(5, lambda: exports.run(export_id=export.pk, clock=lambda: late)))
    export.refresh_from_db()
    assert (export.state, export.tries) == (ExportState.DONE, 2)
    assert [path.name for path in files.rglob("*.zip")] == [Path(export.file.name).name]


def test_all_tables_are_as_they_were_at_one_moment(north: School) -> None:
    export = queued(north, "attempts", "responses")

    def learner_answers() -> None:
        cast.take(north.assignment, cast.make_learner(north.institution), ("a", "a", ""), 60)

    exports.run(export_id=export.pk, clock=ticks(6, learner_answers))
    export.refresh_from_db()
    assert export.rows == {"attempts": 2, "responses": 6}
    assert north.assignment.attempts.count() == 3


def test_progress_is_seen_while_it_runs(north: School) -> None:
    export = queued(north)
    seen: list[int] = []
    caller = Caller(north.key(*ALL))

    def clock() -> datetime:
        seen.append(caller.get(f"exports/{export.pk}").json()["progress"])
        return timezone.now()

    exports.run(export_id=export.pk, clock=clock)
    assert seen == sorted(seen)
    assert any(0 < progress < 100 for progress in seen)


def test_old_exports_are_removed_with_their_files(north: School, files: Path) -> None:
    export = queued(north)
    exports.run(export_id=export.pk, clock=timezone.now)
    exports.sweep(now=timezone.now() + exports.KEPT - timedelta(minutes=1))
    assert list(files.rglob("*.zip"))
    exports.sweep(now=timezone.now() + exports.KEPT + timedelta(minutes=1))
    assert not list(files.rglob("*.zip"))
    assert not Export.objects.exists()


def test_files_lie_in_a_folder_of_their_own_that_no_address_opens(north: School, worker: None) -> None:
    fetched(north, ask(north))
    [export] = Export.objects.all()
    assert export.file.name.startswith("exports/")
    assert UUID(Path(export.file.name).name[:36]) == export.pk
    assert default_storage.exists(export.file.name)
    for address in (export.file.name, f"media/{export.file.name}", f"static/{export.file.name}"):
        assert Caller().client.get(f"/{address}").status_code == 404
