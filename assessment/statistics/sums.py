"""Adding contributions up. The same sums serve folding and the full recount."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from assessment.models import Assignment, StatisticsRow
from assessment.statistics.deltas import Counted, exact

Key = tuple[UUID, str, UUID | None]  # quiz version, population, item version (None: the whole)
NUMBERS = ("n", "complete", "in_total", "x", "xx", "r", "rr", "xr")


@dataclass
class Sums:
    """One row's worth of sums; see `StatisticsRow` for what each is."""

    n: int = 0
    complete: int = 0
    in_total: int = 0
    x: Decimal = Decimal(0)
    xx: Decimal = Decimal(0)
    r: Decimal = Decimal(0)
    rr: Decimal = Decimal(0)
    xr: Decimal = Decimal(0)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    counted: Counter[str] = field(default_factory=Counter)

    def add_points(self, sign: int, x: Decimal, r: Decimal) -> None:
        self.x += sign * x
        self.xx += sign * x * x
        self.xr += sign * x * r

    def add_rest(self, sign: int, r: Decimal) -> None:
        self.n += sign
        self.r += sign * r
        self.rr += sign * r * r


class Tally(defaultdict[Key, Sums]):
    """Sums by row."""

    def __init__(self) -> None:
        super().__init__(Sums)

    def add(self, quiz_version_id: UUID, population: str, sign: int, counted: Counted) -> None:
        """Add (+1) or take back (-1) one contribution."""
        total = Decimal(counted["total"])
        whole = self[quiz_version_id, population, None]
        whole.add_rest(sign, total)
        if counted["complete"]:
            whole.complete += sign
            whole.add_points(sign, Decimal(counted["score"]), total)
        for item, part in counted["items"].items():
            _add_item(self[quiz_version_id, population, UUID(item)], sign, part, total)

    def write(self, assignment: Assignment, now: datetime) -> None:
        """Add the sums to the stored rows, in two queries. The caller holds the assignment's lock."""
        versions = {version for version, _, _ in self}
        stored = StatisticsRow.objects.filter(assignment=assignment, quiz_version__in=versions)
        rows = {(row.quiz_version_id, row.population, row.item_version_id): row for row in stored}
        changed = [_added(rows.get(key) or _new(assignment, key), sums, now) for key, sums in self.items()]
        StatisticsRow.objects.bulk_create(
            changed,
            update_conflicts=True,
            unique_fields=["id"],
            update_fields=[*NUMBERS, "counts", "counted", "folded_at"],
        )


def _add_item(sums: Sums, sign: int, part: dict[str, Any], total: Decimal) -> None:
    x = None if part["x"] is None else Decimal(part["x"])
    rest = total - x if part["t"] and x is not None else total
    sums.in_total += sign * part["t"]
    if x is not None:
        sums.add_rest(sign, rest)
        sums.add_points(sign, x, rest)
    if part["c"] is not None:
        sums.counted[exact(rest)] += sign
        for category in set(part["c"]):
            sums.counts[category, exact(rest)] += sign


def _new(assignment: Assignment, key: Key) -> StatisticsRow:
    version, population, item = key
    return StatisticsRow(
        institution_id=assignment.institution_id,
        assignment=assignment,
        quiz_version_id=version,
        population=population,
        item_version_id=item,
    )


def _added(row: StatisticsRow, sums: Sums, now: datetime) -> StatisticsRow:
    for name in NUMBERS:
        setattr(row, name, getattr(row, name) + getattr(sums, name))
    counts = Counter({(category, rest): n for category, by in row.counts.items() for rest, n in by.items()})
    counts.update(sums.counts)
    row.counts = {}
    for (category, rest), n in sorted(counts.items()):
        if n:
            row.counts.setdefault(category, {})[rest] = n
    counted = Counter(row.counted)
    counted.update(sums.counted)
    row.counted = {rest: n for rest, n in sorted(counted.items()) if n}
    row.folded_at = now
    return row
