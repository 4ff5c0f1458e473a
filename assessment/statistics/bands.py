"""Figures of the best and the weakest by total. Pure.

Where equal totals lie across the edge of a band, each of those learners belongs to it by the share that it needs of
them: five places left for eight equal ones take five eighths of each. So no figure hangs on the order of rows, and
equal learners are treated alike.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import Any

from assessment.statistics.formulas import NOT_COMPUTED, TOO_FEW, Figure, figure, share
from assessment.statistics.joint import Group, Joint

UPPER_LOWER = "mean share of points, best 27 % by total less weakest 27 % (k = round(.27 n); ties split in proportion)"
THIRDS = "share of the third by total (ties at an edge split in proportion); Wilson interval"
FIRM_FROM = 50  # attempts; below, 27 % are a handful
Weights = Mapping[int, Sequence[Fraction]]  # by total: how much of each learner is in each band


def weights(totals: Mapping[int, int], bands: Sequence[tuple[Fraction, Fraction]]) -> dict[int, list[Fraction]]:
    """`bands`: from and to, as places in the order of totals, 0 to n."""
    found, passed = {}, 0
    for total in sorted(totals):
        n = totals[total]
        ends = [(max(low, Fraction(passed)), min(high, Fraction(passed + n))) for low, high in bands]
        found[total] = [max(Fraction(0), high - low) / n for low, high in ends]
        passed += n
    return found


def upper_lower(joint: Joint, maximum: Fraction) -> Figure:
    n = joint.n
    k = (27 * n + 50) // 100  # rounds half up, unlike Python's round
    if k < 1 or not maximum:
        return figure(None, n, UPPER_LOWER, reason=TOO_FEW)
    split = weights(joint.by("total"), [(Fraction(0), Fraction(k)), (Fraction(n - k), Fraction(n))])
    lower, upper = (_mean(joint.groups, split, band, k) / maximum for band in (0, 1))
    shown = figure(float(upper - lower), n, UPPER_LOWER, reason=NOT_COMPUTED)
    return shown | {"provisional": n < FIRM_FROM}


def _mean(groups: Sequence[Group], split: Weights, band: int, size: int) -> Fraction:
    earned = sum(((group.x or 0) * group.n * split[group.total][band] for group in groups), Fraction(0))
    return earned / size / 1000


def thirds(counted: Joint) -> Weights:
    edges = [Fraction(counted.n * at, 3) for at in range(4)]
    return weights(counted.by("total"), list(pairwise(edges)))


def by_thirds(chosen: Joint, n: int, split: Weights) -> dict[str, Any]:
    """Of `n` learners, the share of each third that `chosen` are."""
    found = {}
    for at, name in enumerate(("lower", "middle", "upper")):
        count = sum((group.n * split[group.total][at] for group in chosen.groups), Fraction(0))
        found[name] = _share(count, Fraction(n, 3))
    return found


def _share(count: Fraction, size: Fraction) -> Figure:
    if size < 1:
        return figure(None, int(size), THIRDS, reason=TOO_FEW)
    return share(count, size, THIRDS)
