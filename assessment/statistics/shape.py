"""Figures of a whole distribution, from the count of each value: quantiles, skewness, kurtosis, histogram. Pure."""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from functools import lru_cache
from itertools import accumulate
from typing import Any

from assessment.statistics.formulas import LOWER, NO_SPREAD, NOT_COMPUTED, TOO_FEW, UPPER, Figure, figure

Counts = Mapping[int, int]

QUANTILE = "quantile of type 7 (linear between order statistics); distribution-free interval from order statistics"
QUARTERS = {"median": 2, "q1": 1, "q3": 3}
BINS = 10


def quartiles(counts: Counts, scale: int = 1) -> dict[str, Figure]:
    """Hyndman and Fan's type 7, as R and NumPy have it by default; values are divided by `scale`.

    The interval reaches from one of the ordered values to another: how many of n values lie below the quantile of the
    population is binomial, whatever the distribution (Thompson 1936). Equal values make it only safer (Scheffé & Tukey
    1945).
    """
    values = sorted(counts)
    ends = list(accumulate(counts[value] for value in values))
    n = ends[-1] if ends else 0
    if not n:
        return {name: figure(None, 0, QUANTILE, reason=TOO_FEW) for name in QUARTERS}

    def at(place: int) -> int:
        """The value at a place of the ordered values, from 0."""
        return values[bisect_right(ends, place)]

    return {name: _quantile(at, n, quarter, scale) for name, quarter in QUARTERS.items()}


def _quantile(at: Callable[[int], int], n: int, quarter: int, scale: int) -> Figure:
    below, beyond = divmod((n - 1) * quarter, 4)
    low, high = at(below), at(min(below + 1, n - 1))
    limits = _places(n, quarter)
    interval = limits and (at(limits[0]) / scale, at(limits[1]) / scale)
    value = (4 * low + beyond * (high - low)) / (4 * scale)
    return figure(value, n, QUANTILE, interval, None if interval else TOO_FEW)


@lru_cache(maxsize=1024)
def _places(n: int, quarter: int) -> tuple[int, int] | None:
    """From 0, of the limits; none where even the smallest and the largest value are too near."""
    from scipy.special import bdtr, bdtrik

    def smallest(chance: float) -> int:
        """The smallest k to which the chance of at most k below is `chance` or more."""
        k = max(0, int(bdtrik(chance, n, quarter / 4)) - 1)
        while bdtr(k, n, quarter / 4) < chance:
            k += 1
        return k

    low, high = smallest(LOWER) - 1, smallest(UPPER)
    return (low, high) if low >= 0 and high < n else None


def extremes(counts: Counts, scale: int) -> dict[str, Figure]:
    n, values = sum(counts.values()), list(counts)
    if not n:
        return {name: figure(None, 0, method, reason=TOO_FEW) for name, method in EXTREMES.items()}
    found = {"min": min(values) / scale, "max": max(values) / scale}
    return {name: figure(found[name], n, method, reason=NOT_COMPUTED) for name, method in EXTREMES.items()}


EXTREMES = {"min": "smallest value", "max": "largest value"}


def skewness(counts: Counts) -> Figure:
    """k3 / k2^1.5, by Fisher's k-statistics (G1); from 3 values on."""
    n, method = sum(counts.values()), "k-statistics: k3 / k2^1.5"
    if n < 3:
        return figure(None, n, method, reason=TOO_FEW)
    second, third, _ = _moments(counts, n)
    if not second:
        return figure(None, n, method, reason=NO_SPREAD)
    k2, k3 = second / (n * (n - 1)), third / (n * (n - 1) * (n - 2))
    return figure(k3 / k2**1.5, n, method, reason=NOT_COMPUTED)


def kurtosis(counts: Counts) -> Figure:
    """Excess kurtosis k4 / k2^2, by Fisher's k-statistics (G2); from 4 values on."""
    n, method = sum(counts.values()), "k-statistics: k4 / k2^2 (0 for a normal distribution)"
    if n < 4:
        return figure(None, n, method, reason=TOO_FEW)
    second, _, fourth = _moments(counts, n)
    if not second:
        return figure(None, n, method, reason=NO_SPREAD)
    above = (n - 1) * ((n + 1) * fourth - 3 * (n - 1) * second**2)
    return figure(above / ((n - 2) * (n - 3) * second**2), n, method, reason=NOT_COMPUTED)


def _moments(counts: Counts, n: int) -> tuple[int, int, int]:
    """The sums of the second, third and fourth powers of the deviations from the mean, times n, n^2 and n^3; exact."""
    s1, s2, s3, s4 = (sum(count * value**power for value, count in counts.items()) for power in (1, 2, 3, 4))
    return (
        n * s2 - s1**2,
        n**2 * s3 - 3 * n * s1 * s2 + 2 * s1**3,
        n**3 * s4 - 4 * n**2 * s1 * s3 + 6 * n * s1**2 * s2 - 3 * s1**4,
    )


def histogram(counts: Counts, top: int, scale: int) -> list[dict[str, Any]]:
    """Ten bins of equal width from 0 to `top`; each begins where it says, and only the last holds its upper end."""
    if top <= 0:
        return []
    found = [0] * BINS
    for value, n in counts.items():
        found[min(value * BINS // top, BINS - 1)] += n
    edges = [top * at / BINS / scale for at in range(BINS + 1)]
    return [{"from": low, "to": high, "n": n} for low, high, n in zip(edges, edges[1:], found, strict=False)]
