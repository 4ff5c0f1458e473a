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
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID, uuid5

from django.db import connection

from assessment.models import Assignment, StatisticsCell, StatisticsPart
from assessment.statistics.deltas import Counted
from content.models import QuizVersion

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


class Place(NamedTuple):
    """Where a part is counted; parts with the same place are in the same cells."""

    assignment: UUID
    version: UUID
    populations: tuple[str, ...]
    groups: tuple[str, ...]
    day: date


class Tally:
    """Changes of an institution's cells."""

    def __init__(self, institution: UUID) -> None:
        self.institution = institution
        self.by_place: dict[Place, Data] = defaultdict(dict)

    def add(self, parts: Iterable[tuple[int, StatisticsPart]]) -> None:
        """Add (+1) parts or take them out (-1)."""
        for sign, part in parts:
            groups = tuple(part.groups)
            place = Place(part.assignment_id, part.quiz_version_id, tuple(part.populations), groups, part.day)
            count(self.by_place[place], part.counted, sign)

    def write(self, *, over_all: bool, now: datetime) -> None:
        """Add the changes to the stored cells of assignments, or to those `over_all` assignments; two queries.

        The caller holds the lock of those cells.
        """
        changed = self._changes(over_all)
        stored = StatisticsCell.objects.in_bulk([key.id for key in changed])
        quizzes = dict(QuizVersion.objects.filter(pk__in={key.version for key in changed}).values_list("pk", "quiz"))
        cells = [stored.get(key.id) or new(key, quizzes[key.version]) for key in changed]
        for cell, changes in zip(cells, changed.values(), strict=True):
            add(cell.data, changes)
            cell.n, cell.folded_at = cell.data.get("n", 0), now
        save(cells)

    def _changes(self, over_all: bool) -> dict[Key, Data]:
        """Of each cell. What several cells have in common is added up once, so change none of it."""
        places: dict[Key, list[Place]] = defaultdict(list)
        for place in self.by_place:
            for key in _keys(self.institution, place, over_all):
                places[key].append(place)
        sums: dict[tuple[Place, ...], Data] = {}
        for several in map(tuple, places.values()):
            if several not in sums:
                sums[several] = {}
                for place in several:
                    add(sums[several], self.by_place[place])
        return {key: sums[tuple(several)] for key, several in places.items()}


def _keys(institution: UUID, place: Place, over_all: bool) -> Iterator[Key]:
    holder, groups = (None, [None]) if over_all else (place.assignment, [None, *place.groups])
    for population, group, day in product(place.populations, groups, (None, place.day)):
        yield Key(institution, holder, place.version, population, group, day)


def count(data: Data, counted: Counted, n: int) -> None:
    """Count one contribution `n` times. What comes to zero stays, until it is added to a cell."""
    total = str(counted["total"])
    _count(data, "n", n)
    _count(data.setdefault("totals", {}), total, n)
    if counted["complete"]:
        _count(data, "complete", n)
        _count(data.setdefault("scores", {}), str(counted["score"]), n)
    if counted["seconds"] is not None:
        _count(data.setdefault("seconds", {}), str(rounded(counted["seconds"])), n)
    items = data.setdefault("items", {})
    for item, part in counted["items"].items():
        _count_item(items.setdefault(item, {}), part, total, n)


def _count_item(data: Data, part: Counted, total: str, n: int) -> None:
    side, x = data.setdefault("in" if part.get("t") else "out", {}), "" if part["x"] is None else str(part["x"])
    if x:
        _count(side.setdefault("x", {}).setdefault(x, {}), total, n)
    else:
        _count(data, "waiting", n)
    if part["c"] is not None:
        _count(side.setdefault("k", {}).setdefault(x, {}), total, n)
        for category in set(part["c"]):
            _count(side.setdefault("c", {}).setdefault(category, {}).setdefault(x, {}), total, n)
    if part.get("b"):
        _count(data, "blank", n)
    if part.get("s"):
        _count(data.setdefault("seconds", {}), str(rounded(part["s"])), n)


def _count(counts: Data, name: str, n: int) -> None:
    counts[name] = counts.get(name, 0) + n


def rounded(seconds: int) -> int:
    """To two digits from 100 on, so that the number of bins is bounded."""
    digits = max(0, len(str(seconds)) - 2)
    return round(seconds, -digits) if digits else seconds


def add(data: Data, other: Data) -> None:
    """Add all counts of another cell, or changes of them; what is zero then is not kept."""
    for name, value in other.items():
        if isinstance(value, dict):
            inner = data.setdefault(name, {})
            add(inner, value)
            left: Any = inner
        else:
            left = data.get(name, 0) + value
        if left:
            data[name] = left
        else:
            data.pop(name, None)


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
