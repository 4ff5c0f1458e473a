"""The joint counts from which every figure is computed, and how attempts are added to them and taken out.

`StatisticsCell.data` is nested; its numbers are counts of attempts, and its keys are points in thousandths (x: of the
item, t: the machine-marked total, score: of the whole quiz), seconds, and ids:

{"n", "complete", "totals": {t: n}, "scores": {score: n}, "seconds": {bin: n}, "items": {item version: {
    "in": counts of the answers that are part of the total, "out": of the others,
    "blank": n, "waiting": answers without points yet, "seconds": {bin: n}}}}
counts: {"x": {x: {t: n}}, "k": those that are in any category {x: {t: n}}, "c": {category: {x: {t: n}}}}

In "k" and "c" an answer without points yet has the key "". An answer is counted in each of its categories once.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from django.db import connection

from assessment.models import Assignment, StatisticsCell, StatisticsPart
from assessment.statistics.deltas import Counted
from content.models import QuizVersion

Path = tuple[str, ...]
Data = dict[str, Any]
SPACE = UUID("6f0c2f3e-4f0e-4d52-9d25-0b6b6f4f0a15")  # of the ids of cells
LOCKS = {"assignment": 71, "quiz": 72}  # classes of advisory locks, always taken in this order


class Key(NamedTuple):
    """What a cell is about. `assignment` None: all assignments of the institution."""

    institution: UUID
    assignment: UUID | None
    version: UUID
    population: str
    group: str | None
    day: date | None

    @property
    def id(self) -> UUID:
        return uuid5(SPACE, "|".join(map(str, self)))


class Tally(defaultdict[Key, Counter[Path]]):
    """Changes of cells."""

    def __init__(self) -> None:
        super().__init__(Counter)

    def add(self, institution: UUID, parts: Iterable[tuple[int, StatisticsPart]]) -> None:
        """Add (+1) parts or take them out (-1)."""
        alike: dict[Any, Counter[Path]] = defaultdict(Counter)  # parts of the same cells
        for sign, part in parts:
            cells = part.assignment_id, part.quiz_version_id, tuple(part.populations), tuple(part.groups), part.day
            changes = alike[cells]
            for path in paths(part.counted):
                changes[path] += sign
        for cells, changes in alike.items():
            for key in _keys(institution, *cells):
                self[key].update(changes)

    def write(self, *, over_all: bool, now: datetime) -> None:
        """Add the changes to the stored cells of assignments, or to those `over_all` assignments; two queries.

        The caller holds the lock of those cells.
        """
        changed = {key: changes for key, changes in self.items() if (key.assignment is None) == over_all}
        stored = StatisticsCell.objects.in_bulk([key.id for key in changed])
        quizzes = dict(QuizVersion.objects.filter(pk__in={key.version for key in changed}).values_list("pk", "quiz"))
        cells = [stored.get(key.id) or new(key, quizzes[key.version]) for key in changed]
        for cell, changes in zip(cells, changed.values(), strict=True):
            for path, n in changes.items():
                if n:
                    put(cell.data, path, n)
            cell.n, cell.folded_at = cell.data.get("n", 0), now
        save(cells)


def _keys(
    institution: UUID, assignment: UUID, version: UUID, populations: list[str], groups: list[str], day: date
) -> Iterator[Key]:
    places = [(None, None), (assignment, None), *((assignment, group) for group in groups)]
    for population in populations:
        for holder, group in places:
            for when in (None, day):
                yield Key(institution, holder, version, population, group, when)


def paths(counted: Counted) -> list[Path]:
    """Where one contribution is counted."""
    total = str(counted["total"])
    found: list[Path] = [("n",), ("totals", total)]
    if counted["complete"]:
        found += [("complete",), ("scores", str(counted["score"]))]
    if counted["seconds"] is not None:
        found.append(("seconds", str(rounded(counted["seconds"]))))
    for item, part in counted["items"].items():
        found += [("items", item, *path) for path in _item_paths(part, total)]
    return found


def _item_paths(part: Counted, total: str) -> Iterator[Path]:
    side, x = "in" if part.get("t") else "out", "" if part["x"] is None else str(part["x"])
    yield (side, "x", x, total) if x else ("waiting",)
    if part["c"] is not None:
        yield (side, "k", x, total)
        for category in set(part["c"]):
            yield (side, "c", category, x, total)
    if part.get("b"):
        yield ("blank",)
    if part.get("s"):
        yield ("seconds", str(rounded(part["s"])))


def rounded(seconds: int) -> int:
    """To two digits from 100 on, so that the number of bins is bounded."""
    digits = max(0, len(str(seconds)) - 2)
    return round(seconds, -digits) if digits else seconds


def put(data: Data, path: Path, n: int) -> None:
    """Add to the count at the path; what is zero then is not kept."""
    inner = data
    for name in path[:-1]:
        inner = inner.setdefault(name, {})
    if left := inner.get(path[-1], 0) + n:
        inner[path[-1]] = left
    else:
        inner.pop(path[-1], None)
        _prune(data, path[:-1])


def _prune(data: Data, path: Path) -> None:
    if path:
        _prune(data[path[0]], path[1:])
        if not data[path[0]]:
            del data[path[0]]


def merge(data: Data, other: Data) -> None:
    """Add all counts of another cell."""
    for name, value in other.items():
        if isinstance(value, dict):
            merge(data.setdefault(name, {}), value)
        else:
            data[name] = data.get(name, 0) + value


def new(key: Key, quiz: UUID) -> StatisticsCell:
    return StatisticsCell(
        id=key.id,
        institution_id=key.institution,
        assignment_id=key.assignment,
        quiz_id=quiz,
        quiz_version_id=key.version,
        population=key.population,
        group=UUID(key.group) if key.group else None,
        day=key.day,
        data={},
    )


def save(cells: Iterable[StatisticsCell]) -> None:
    """Write the cells; those in which nothing is left go."""
    cells = list(cells)
    insert([cell for cell in cells if cell.data], UPDATE)
    if empty := [cell.pk for cell in cells if not cell.data]:
        StatisticsCell.objects.filter(pk__in=empty).delete()


UPDATE = "ON CONFLICT (id) DO UPDATE SET n = EXCLUDED.n, data = EXCLUDED.data, folded_at = EXCLUDED.folded_at"


def insert(rows: Sequence[StatisticsCell | StatisticsPart], otherwise: str = "") -> None:
    """As one document: an array of large texts, as `bulk_create` sends it, is escaped letter by letter."""
    if rows:
        table = rows[0]._meta.db_table
        select = f"SELECT * FROM jsonb_populate_recordset(NULL::{table}, %s)"
        with connection.cursor() as cursor:
            cursor.execute(f"INSERT INTO {table} {select} {otherwise}", [json.dumps([_document(row) for row in rows])])


def _document(row: StatisticsCell | StatisticsPart) -> dict[str, Any]:
    values = {field.attname: getattr(row, field.attname) for field in row._meta.local_concrete_fields}
    return {
        name: value if value is None or isinstance(value, int | dict | list) else str(value)
        for name, value in values.items()
    }


def lock_assignment(assignment_id: UUID | str) -> None:
    """Keeps other folds of the assignment out until the transaction ends. Marking takes no such lock."""
    _lock("assignment", str(assignment_id))


def lock_quiz(assignment: Assignment) -> None:
    """The same for the cells over all assignments of a quiz; taken after that of the assignment."""
    _lock("quiz", f"{assignment.institution_id} {assignment.quiz_id}")


def _lock(kind: str, name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext(%s))", [LOCKS[kind], name])
