"""The tables of docs/formats.md: a row for each format, a column for each kind, every cell as it says."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from content import item_types
from content.formats import table
from content.formats.reading import Draft, Source
from tests.content.formats.bodies import drafted
from tests.content.formats.drafts import DROP, accepted, entry, option, question
from tests.content.formats.test_markdown import PLAIN

DOCUMENT = (Path(settings.BASE_DIR) / "docs/formats.md").read_text(encoding="utf-8")
CELL = re.compile(r"(full|approximated|refused)(?: \[([a-z])\])?")
NOTES = dict(re.findall(r"^- \[([a-z])\] (.*)$", DOCUMENT, re.MULTILINE))


def rows(first: str) -> list[list[str]]:
    """The cells of the table that begins with this column and has a row for each format."""
    tables = [part for part in DOCUMENT.split("\n\n") if part.startswith("| format | ")]
    [found] = [part for part in tables if part.startswith(f"| format | {first}")]
    lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in found.splitlines()]
    return [lines[0], *lines[2:]]


HEAD, *ROWS = rows("`")
CELLS = [
    (table.named(known.name), kind.strip("`"), cell)
    for known, row in zip(sorted(table.FORMATS, key=lambda known: known.label), sorted(ROWS), strict=True)
    for kind, cell in zip(HEAD[1:], row[1:], strict=True)
]


def test_table_has_a_row_for_each_format_and_a_column_for_each_kind() -> None:
    assert [name.strip("`") for name in HEAD[1:]] == list(item_types.KINDS)
    for found in (ROWS, rows("parameters")[1:]):
        assert [row[0] for row in found] == [known.label for known in table.FORMATS]


def test_every_cell_names_what_differs() -> None:
    used = set()
    for _known, _kind, cell in CELLS:
        found = CELL.fullmatch(cell)
        assert found, cell
        assert found[2] or found[1] == "full", cell
        used |= {found[2]} - {None}
    assert used == set(NOTES)
    assert all("`tests/" in note for note in NOTES.values())


@pytest.mark.parametrize(("known", "kind", "cell"), CELLS, ids=[f"{known.name}-{kind}" for known, kind, _cell in CELLS])
def test_cell_is_as_it_says(known: table.Format, kind: str, cell: str) -> None:
    if known.write is None:
        pytest.skip("It only comes in.")
    written = known.write(Draft([drafted(kind, PLAIN[kind])], title="A"))
    errors = {loss.what for loss in written.losses if loss.severity == "error"} - {"picture"}  # which the draft lacks
    if cell.startswith("refused"):
        assert errors
        return
    [back] = known.read(Source(written.name, written.data)).items
    assert not errors
    assert back.kind == kind
    assert back.body["stem"] or kind == "cloze"


@pytest.mark.parametrize("known", table.FORMATS, ids=lambda known: known.name)
def test_parameters_are_held_or_named(known: table.Format) -> None:
    if known.write is None:
        pytest.skip("It only comes in.")
    given = {"a": {"from": 1, "to": 5, "step": 1}}
    options = [option("a", 1) | {"text": "Not {a}"}, option("b", 0)]
    written = known.write(Draft([question("q", "choice", options=options, parameters=given)], title="A"))
    [back] = known.read(Source(written.name, written.data)).items
    held = back.body.get("parameters") == given
    assert held is not any(loss.what == "parameters" for loss in written.losses)
    cell = next(row[1] for row in rows("parameters") if row[0] == known.label)
    assert held is (cell == "full")


ORDER = {"entries": [entry("a"), entry("b")], "key": ["b", "a"], "scoring": "position"}
GAPS = [DROP | {"options": [option("a", 1, "so"), option("b", 0)]}]


@pytest.mark.parametrize(
    ("name", "kind", "body", "what"),
    [
        ("qti3", "ordering", ORDER, "scoring"),
        ("qti3", "cloze", {"text": "[[g1]]", "gaps": GAPS}, "rationale"),
        ("qti3", "file_upload", {"types": [".pdf"], "max_size": 1000, "max_files": 2, "rubric": []}, "limits"),
        ("qti1", "choice", {"options": [option("a", 1), option("b", 0.5)]}, "credit"),
        ("qti1", "short_text", {"answers": [accepted("a", 0.5), accepted("b")], "case_sensitive": True}, "case"),
    ],
)
def test_what_the_notes_say_is_named(name: str, kind: str, body: dict[str, Any], what: str) -> None:
    write = table.named(name).write
    assert write is not None
    assert what in {loss.what for loss in write(Draft([question("q", kind, **body)], title="A")).losses}
