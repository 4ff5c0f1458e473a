"""A cell's counts of one item, unfolded for computing. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from assessment.statistics.formulas import Sample

Counts = Mapping[int, int]
MILLI = 1000  # of a point


Group: TypeAlias = tuple[
    int | None, int, int, int
]  # points (None while a person has to mark them), total, rest, how many


class Joint:
    """Groups of equal answers to one item, points in thousandths. Points that are not known yet count as 0."""

    def __init__(self, groups: Iterable[Group] = ()) -> None:
        self.groups = list(groups)
        n = x = xx = r = rr = t = tt = xr = xt = 0
        self.by_total: dict[int, int] = {}
        for points, total, rest, count in self.groups:
            some_x, some_r, some_t = (points or 0) * count, rest * count, total * count
            n, x, r, t = n + count, x + some_x, r + some_r, t + some_t
            xx, rr, tt = xx + some_x * (points or 0), rr + some_r * rest, tt + some_t * total
            xr, xt = xr + some_x * rest, xt + some_x * total
            self.by_total[total] = self.by_total.get(total, 0) + count
        self.n = n
        self.points, self.rest, self.total = Sample(n, x, xx, MILLI), Sample(n, r, rr, MILLI), Sample(n, t, tt, MILLI)
        self.points_by_rest, self.points_by_total = xr, xt  # sums of products

    def by_points(self) -> Counts:
        """How many have each value."""
        return _by((points or 0, n) for points, _, _, n in self.groups)

    def by_rest(self) -> Counts:
        return _by((rest, n) for _, _, rest, n in self.groups)

    def below(self, most: int) -> int:
        """How many are known to have less points."""
        return sum(n for points, _, _, n in self.groups if points is not None and points < most)


def _by(pairs: Iterable[tuple[int, int]]) -> Counts:
    found: dict[int, int] = {}
    for value, n in pairs:
        found[value] = found.get(value, 0) + n
    return found


@dataclass(frozen=True)
class ItemCounts:
    """`known`: the answers with points; `counted`: those that are in any category; `categories`: those in each."""

    known: Joint
    counted: Joint
    categories: Mapping[str, Joint]
    in_total: int
    blanks: int
    waiting: int
    seconds: Counts

    @property
    def n(self) -> int:
        return self.known.n

    @property
    def alike(self) -> bool:
        """Whether the answers are all part of the total, or none is."""
        return self.in_total in (0, self.n)


def item(data: Mapping[str, Any]) -> ItemCounts:
    """From the data of a cell (see `cells`)."""
    sides = [(data.get(side, {}), side == "in") for side in ("in", "out")]
    names = dict.fromkeys(name for side, _ in sides for name in side.get("c", {}))
    known = _joint((side.get("x", {}), own) for side, own in sides)
    all_counted = all(side.get("x") == side.get("k") for side, _ in sides)
    return ItemCounts(
        known=known,
        counted=known if all_counted else _joint((side.get("k", {}), own) for side, own in sides),
        categories={name: _joint((side.get("c", {}).get(name, {}), own) for side, own in sides) for name in names},
        in_total=sum(sum(by_total.values()) for by_total in sides[0][0].get("x", {}).values()),
        blanks=data.get("blank", 0),
        waiting=data.get("waiting", 0),
        seconds=whole(data.get("seconds", {})),
    )


def _joint(sides: Iterable[tuple[Mapping[str, Mapping[str, int]], bool]]) -> Joint:
    """Each side with whether its points are part of the total."""
    groups: list[Group] = []
    for by_points, in_total in sides:
        for key, by_total in by_points.items():
            x = int(key) if key else None
            within = (x or 0) if in_total else 0
            for total, n in by_total.items():
                groups.append((x, int(total), int(total) - within, n))
    return Joint(groups)


def whole(counts: Mapping[str, int]) -> dict[int, int]:
    """Counts by number, whose keys JSON made texts, in order."""
    return dict(sorted((int(key), n) for key, n in counts.items()))


def sample(counts: Iterable[tuple[int, int]]) -> Sample:
    """Of thousandths, each with its number."""
    n = x = xx = 0
    for value, number in counts:
        n += number
        x += value * number
        xx += value * value * number
    return Sample(n, x, xx, MILLI)
