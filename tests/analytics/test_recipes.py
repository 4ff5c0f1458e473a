"""The recipes of docs/analytics-data.md are run as they are printed, and its dictionary is that of the code."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.conf import settings

from analytics.tables import TABLES
from api import keys, tasks
from tests.analytics.conftest import Psql, School

DOCUMENT = (Path(settings.BASE_DIR) / "docs" / "analytics-data.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT, re.M | re.S)


@pytest.mark.parametrize("statement", blocks("sql"))
def test_every_statement_runs_for_an_analyst(north: School, analyst: Callable[..., Psql], statement: str) -> None:
    rows = analyst(north).rows(statement)
    assert rows or "state <> 'synced'" in statement or "state = 'marked'" in statement


@pytest.mark.django_db(transaction=True)
def test_the_recipes_for_pandas_and_duckdb_run_one_after_the_other(
    north: School, live_server: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setattr(tasks.run_export, "apply_async", lambda args: tasks.run_export(*args))
    scopes = ["attempts:read", "statistics:read"]
    key = keys.create(institution=north.institution, name="recipe", scopes=scopes)[1]
    env = {**os.environ, "ASSAY_URL": live_server.url, "ASSAY_KEY": key}
    [recipe], [statement] = blocks("python"), blocks("duckdb")
    done = subprocess.run([sys.executable, "-c", recipe], env=env, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "Which?" in done.stdout
    monkeypatch.chdir(tmp_path)
    assert duckdb.sql(statement).fetchall() == [("q2", 2, 0.0), ("q1", 2, 1.0)]


def test_the_dictionary_of_the_document_is_that_of_the_code() -> None:
    assert DOCUMENT.endswith(dictionary())


def dictionary() -> str:
    """As Markdown: the last part of the document."""
    parts = ["## Every table\n"]
    for table in TABLES.values():
        parts += [
            f"### {table.name}: `analytics.{table.view}`\n",
            f"{table.help}\n",
            "| column | type | |\n|---|---|---|",
        ]
        parts += [f"| `{column.name}` | {column.type} | {column.help} |" for column in table.columns]
        parts.append("")
    return "\n".join(parts)
