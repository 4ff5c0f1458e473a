"""Questions as a table, one a row: what people keep in a spreadsheet. Pure.

Columns (docs/authoring.md has them with examples): identifier, kind, stem, points, key, option_1.., rationale_1..,
feedback, section, tags, pool, draw, scoring, key_state, body. What the other columns cannot say of a question stands in
`body`, as JSON, and is then taken from there.
"""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from content.drafts import ItemDraft
from content.formats import assembling, csv_rows, markdown_kinds, progress, texts
from content.formats.assembling import Assembly
from content.formats.csv_rows import Row, Unfit
from content.formats.losses import Losses
from content.formats.reading import Draft, Loss, Pool, Refused, Source, Written
from content.models import KeyState

DELIMITERS = ",;\t"
MOST_COLUMNS = 500
GUARDED = re.compile(r"'*[=+\-@\t\r]")
GUARD = re.compile(r"'+[=+\-@\t\r]")
COLUMNS = (
    "identifier", "kind", "stem", "points", "key", "scoring", "feedback", "section", "tags", "pool", "draw", "key_state"
)  # fmt: skip
ALIASES = {"id": "identifier", "question": "stem", "type": "kind", "answer": "key", "correct": "key", "text": "stem"}
NUMBERED = re.compile(r"(option|rationale)[ _-]?([1-9]\d{0,2})")


def detect(source: Source) -> bool:
    head = texts.opening(source, 20_000).split("\n", 1)[0]
    names = _names(next(_rows(head, _delimiter(head)), []))
    return "stem" in names and bool({"key", "kind", "option_1"} & set(names))


def read(source: Source) -> Draft:
    text, losses = texts.decoded(source)
    assembly = Assembly(source, losses)
    delimiter = _delimiter(text.lstrip("\n").split("\n", 1)[0])
    expected = sum(any(cells) for cells in _rows(text, delimiter))
    progress.expect(expected)
    if expected > assembling.MOST_QUESTIONS + 1:
        raise Refused(f"The table has more than {assembling.MOST_QUESTIONS} rows: divide it.")
    rows = _rows(text, delimiter)
    names = _names(next(rows, []))
    if "stem" not in names:
        raise Refused("The first row of the table names no column “stem”.")
    unknown = [name for name in names if name and name not in (*COLUMNS, "body") and not NUMBERED.fullmatch(name)]
    assembly.losses += [Loss("", "column", f"The column {name[:60]} is not known.") for name in unknown]
    pools: dict[str, list[str]] = {}
    draws: dict[str, int] = {}
    for at, cells in enumerate(rows, start=2):
        row = {name: _unguarded(cell) for name, cell in zip(names, cells, strict=False) if name}
        if any(cell.strip() for cell in row.values()):
            _take(assembly, row, at)
            _place(assembly, row, pools, draws)
    found = [Pool(name, min(draws.get(name, len(items)), len(items)), items) for name, items in pools.items()]
    return assembly.draft(pools=found)


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        yield from reader
    except csv.Error as error:
        raise Refused(f"The table cannot be read at line {reader.line_num}: {error}.") from None


def _delimiter(head: str) -> str:
    return max(DELIMITERS, key=head.count)


def _names(cells: Sequence[str]) -> list[str]:
    if len(cells) > MOST_COLUMNS:
        raise Refused(f"The table has more than {MOST_COLUMNS} columns.")
    names = [cell.strip().lower().replace(" ", "_") for cell in cells]
    numbered = [f"{found[1]}_{found[2]}" if (found := NUMBERED.fullmatch(name)) else name for name in names]
    return [ALIASES.get(name, name) for name in numbered]


def _unguarded(cell: str) -> str:
    """A spreadsheet must not compute a text that begins like a formula, so an apostrophe stands before it."""
    return cell[1:] if GUARD.match(cell) else cell


def guarded(cell: str) -> str:
    return f"'{cell}" if GUARDED.match(cell) else cell


def _take(assembly: Assembly, row: Row, at: int) -> None:
    wanted = row.get("identifier", "").strip()
    assembly.open(wanted)
    try:
        kind, body = _content(row)
    except Unfit as reason:
        assembly.lose("question", f"Row {at}: {reason}", "error")
        return
    points = texts.NONE if kind == "description" else texts.points(row.get("points", "").replace(",", ".") or "1")
    if points is None:
        assembly.lose("points", f"“{row['points'][:40]}” is no number above 0; the question has 1 point.")
    state = row.get("key_state", "").strip() or csv_rows.key_state(kind, row)
    tags = [tag for part in row.get("tags", "").split(",") if (tag := part.strip())]
    assembly.keep(
        kind, body, points=texts.ONE if points is None else points, key_state=_state(assembly, state), tags=tags
    )


def _state(assembly: Assembly, state: str) -> str:
    if state in KeyState.values:
        return state
    assembly.lose("key_state", f"“{state[:40]}” is no state of a key.")
    return KeyState.UNKEYED


def _content(row: Row) -> tuple[str, dict[str, Any]]:
    kind = row.get("kind", "").strip().lower().replace(" ", "_") or csv_rows.kind_of(row)
    if kind not in markdown_kinds.FORMS:
        raise Unfit(f"There is no kind of question {kind[:40]}.")
    if row.get("body", "").strip():
        return kind, csv_rows.from_json(row["body"])
    return kind, csv_rows.body(kind, row)


def _place(assembly: Assembly, row: Row, pools: dict[str, list[str]], draws: dict[str, int]) -> None:
    name = row.get("pool", "").strip()
    if name and assembly.items and assembly.items[-1].identifier == assembly.identifier:
        pools.setdefault(name, []).append(assembly.identifier)
        draw = row.get("draw", "").strip()
        if draw.isascii() and draw.isdigit() and 0 < len(draw) < 6:
            draws[name] = int(draw)


def write(draft: Draft) -> Written:
    losses = Losses()
    losses.of_draft(draft, holds=("pools",))
    pools = {name: pool for pool in draft.pools for name in pool.items}
    if sum(len(pool.items) for pool in draft.pools) != len(pools):
        losses.lose("pools", "A question is in several pools; the table has place for one.")
    rows = []
    for item in draft.items:
        losses.about(item.identifier)
        losses.of_item(item, holds=HELD)
        rows.append(row_of(item, pools.get(item.identifier)))
    return Written(f"{draft.slug or 'questions'}.csv", "text/csv; charset=utf-8", _data(rows), losses.found)


HELD = ("points", "tags", "section", "parameters", "feedback", "rationales", "pinned options", "key state")


def row_of(item: ItemDraft, pool: Pool | None) -> dict[str, str]:
    """The columns of a question; `body` only where they would not give it back."""
    row = {
        "identifier": item.identifier,
        "kind": item.kind,
        "points": texts.shown(item.points.normalize() + 0) if item.points else "0",
        **({"tags": ", ".join(map(str, tags))} if (tags := item.tags) else {}),
        "key_state": item.key_state,
        **({"pool": pool.name, "draw": str(pool.draw)} if pool else {}),
        **csv_rows.columns(item.kind, item.body),
    }
    if not _says(row, item):
        row["body"] = json.dumps(item.body, ensure_ascii=False)
    return row


def _says(row: Row, item: ItemDraft) -> bool:
    cells = {name: texts.encoded(cell).decode() for name, cell in row.items()}
    try:
        return csv_rows.body(item.kind, cells) == item.body
    except Unfit:
        return False


def _data(rows: Sequence[Mapping[str, str]]) -> bytes:
    names = {name for row in rows for name in row}
    numbered = sorted((n for n in names if NUMBERED.fullmatch(n)), key=lambda n: (int(n.rpartition("_")[2]), n))
    used = [name for name in COLUMNS if name in names or name in ("identifier", "kind", "stem", "points", "key")]
    head = [*used, *numbered, *(["body"] if "body" in names else [])]
    target = io.StringIO(newline="")
    table = csv.writer(target)
    table.writerow(head)
    table.writerows([guarded(row.get(name, "")) for name in head] for row in rows)
    return b"\xef\xbb\xbf" + texts.encoded(target.getvalue())
