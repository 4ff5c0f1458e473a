"""Figures of the best and the weakest by total. Pure.

Where equal totals lie across the edge of a band, each of those learners belongs to it by the share that it needs of
them: five places left for eight equal ones take five eighths of each. So no figure hangs on the order of rows, and
equal learners are treated alike.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Any

from assessment.statistics.formulas import NOT_COMPUTED, TOO_FEW, Figure, figure, share
from assessment.statistics.joint import Group, Joint

UPPER_LOWER = "mean share of points, best 27 % by total less weakest 27 % (k = round(.27 n); ties split in proportion)"
THIRDS = "share of the third by total (ties at an edge split in proportion); Wilson interval"
FIRM_FROM = 50  # attempts; below, 27 % are a handful
Weights = Mapping[int, Sequence[float]]  # by total: how much of each learner is in each band


def weights(totals: Mapping[int, int], bands: Sequence[tuple[float, float]]) -> dict[int, list[float]]:
    """`bands`: from and to, as places in the order of totals, 0 to n."""
    found, passed = {}, 0
    for total, n in sorted(totals.items()):
        found[total] = [max(0.0, min(high, passed + n) - max(low, passed)) / n for low, high in bands]
        passed += n
    return found


def upper_lower(joint: Joint, maximum: Decimal) -> Figure:
    n = joint.n
    k = (27 * n + 50) // 100  # rounds half up, unlike Python's round
    if k < 1 or not maximum:
        return figure(None, n, UPPER_LOWER, reason=TOO_FEW)
    split = weights(joint.by_total, [(0, k), (n - k, n)])
    lower, upper = (_earned(joint.groups, split, band) for band in (0, 1))
    shown = figure((upper - lower) / k / (1000 * float(maximum)), n, UPPER_LOWER, reason=NOT_COMPUTED)
    return shown | {"provisional": n < FIRM_FROM}


def _earned(groups: Sequence[Group], split: Weights, band: int) -> float:
    return sum((points or 0) * n * split[total][band] for points, total, _, n in groups)


def thirds(counted: Joint) -> Weights:
    return weights(counted.by_total, list(pairwise(counted.n * at / 3 for at in range(4))))


def by_thirds(chosen: Joint, n: int, split: Weights) -> dict[str, Any]:
    """Of `n` learners, the share of each third that `chosen` are."""
    size, counts = n / 3, [0.0, 0.0, 0.0]
    for total, number in chosen.by_total.items():
        for at, held in enumerate(split[total]):
            counts[at] += number * held
    return {name: _share(count, size) for name, count in zip(("lower", "middle", "upper"), counts, strict=True)}


def _share(count: float, size: float) -> Figure:
    if size < 1:
        return figure(None, int(size), THIRDS, reason=TOO_FEW)
    return share(min(count, size), size, THIRDS)
