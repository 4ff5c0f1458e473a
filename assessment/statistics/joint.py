"""A cell's counts of one item, unfolded for computing. Pure."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, NamedTuple

from assessment.statistics.formulas import Sample

Counts = Mapping[int, int]


class Group(NamedTuple):
    """Equal answers: points and total in thousandths; `x` None while a person still has to mark them."""

    x: int | None
    total: int
    rest: int
    n: int


@dataclass(frozen=True)
class Joint:
    """Groups of answers to one item."""

    groups: tuple[Group, ...]

    @cached_property
    def n(self) -> int:
        return sum(group.n for group in self.groups)

    @cached_property
    def points(self) -> Sample:
        return self._sample(lambda group: group.x or 0)

    @cached_property
    def rest(self) -> Sample:
        return self._sample(lambda group: group.rest)

    @cached_property
    def total(self) -> Sample:
        return self._sample(lambda group: group.total)

    @cached_property
    def points_by_rest(self) -> Fraction:
        return Fraction(sum((group.x or 0) * group.rest * group.n for group in self.groups), 10**6)

    @cached_property
    def points_by_total(self) -> Fraction:
        return Fraction(sum((group.x or 0) * group.total * group.n for group in self.groups), 10**6)

    def by(self, name: str) -> Counter[int]:
        """How many have each value of `x`, `rest` or `total`."""
        found: Counter[int] = Counter()
        for group in self.groups:
            found[getattr(group, name) or 0] += group.n
        return found

    def _sample(self, value: Callable[[Group], int]) -> Sample:
        return sample((value(group), group.n) for group in self.groups)


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
    return ItemCounts(
        known=Joint(tuple(group for side, own in sides for group in _groups(side.get("x", {}), own))),
        counted=Joint(tuple(group for side, own in sides for group in _groups(side.get("k", {}), own))),
        categories={
            name: Joint(tuple(group for side, own in sides for group in _groups(side.get("c", {}).get(name, {}), own)))
            for name in names
        },
        in_total=sum(group.n for group in _groups(sides[0][0].get("x", {}), True)),
        blanks=data.get("blank", 0),
        waiting=data.get("waiting", 0),
        seconds=whole(data.get("seconds", {})),
    )


def _groups(by_points: Mapping[str, Mapping[str, int]], in_total: bool) -> Iterable[Group]:
    for points, by_total in by_points.items():
        x = int(points) if points else None
        for key, n in by_total.items():
            total = int(key)
            yield Group(x, total, total - (x or 0) if in_total else total, n)


def whole(counts: Mapping[str, int]) -> dict[int, int]:
    """Counts by number, whose keys JSON made texts, in order."""
    return dict(sorted((int(key), n) for key, n in counts.items()))


def sample(counts: Iterable[tuple[int, int]]) -> Sample:
    """Of thousandths, each with its number; in points."""
    n = x = xx = 0
    for value, number in counts:
        n += number
        x += value * number
        xx += value * value * number
    return Sample(n, Fraction(x, 1000), Fraction(xx, 10**6))
