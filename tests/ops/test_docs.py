"""What the documents say is shown by a test names a test that exists."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)(?:\[[^`]*\])?`")


def missing(text: str) -> list[str]:
    return [f"{path}::{name}" for path, name in NAMED.findall(text) if name not in _functions(ROOT / path)]


def without_a_test(table: str) -> list[str]:
    rows = [line for line in table.splitlines() if line.startswith("| ") and not line.startswith("| what ")]
    return [row for row in rows if not NAMED.search(row)]


@cache
def _functions(path: Path) -> set[str]:
    if not path.is_file():
        return set()
    return {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize("path", sorted(ROOT.glob("docs/**/*.md")), ids=lambda path: path.name)
def test_every_named_test_exists(path: Path) -> None:
    assert missing(path.read_text()) == []


def test_every_row_of_the_lti_table_names_a_test() -> None:
    table = (ROOT / "docs/lti.md").read_text()

    assert len(NAMED.findall(table)) > 100
    assert without_a_test(table) == []


def test_every_row_about_assessment_names_a_test_or_says_that_it_is_not_there() -> None:
    table = (ROOT / "docs/assessment.md").read_text()

    assert len(NAMED.findall(table)) > 60
    assert [row for row in without_a_test(table) if "not there yet" not in row] == []
    assert {f"G{number}" for number in range(1, 13)} <= set(re.findall(r"^\| (G\d+):", table, re.MULTILINE))


def test_a_name_that_is_wrong_is_found() -> None:
    here = "tests/ops/test_docs.py"

    assert missing(f"| a | b | `{here}::test_nobody` |") == [f"{here}::test_nobody"]
    assert missing("`tests/ops/test_nowhere.py::test_x`") == ["tests/ops/test_nowhere.py::test_x"]
    assert missing(f"`{here}::test_a_name_that_is_wrong_is_found`") == []
    assert without_a_test("| what | how | shown by |\n|---|---|---|\n| a | b | nothing |") == ["| a | b | nothing |"]
