"""Figures of a whole distribution, from the count of each value: quantiles, skewness, kurtosis, histogram. Pure."""

from collections.abc import Mapping
from fractions import Fraction
from math import sqrt
from typing import Any

from assessment.statistics.formulas import NO_SPREAD, NOT_COMPUTED, TOO_FEW, Figure, figure

Counts = Mapping[int, int]

QUANTILE = "quantile of type 7 (linear between order statistics)"
BINS = 10


def quantile(counts: Counts, p: Fraction, scale: int = 1) -> Figure:
    """Hyndman and Fan's type 7, as R and NumPy have it by default; values are divided by `scale`."""
    n = sum(counts.values())
    if not n:
        return figure(None, 0, QUANTILE, reason=TOO_FEW)
    place = (n - 1) * p
    below = int(place)
    low, high = _at(counts, below), _at(counts, min(below + 1, n - 1))
    return figure(float((low + (place - below) * (high - low)) / scale), n, QUANTILE, reason=NOT_COMPUTED)


def _at(counts: Counts, place: int) -> int:
    """The value at a place of the ordered values, from 0."""
    passed = 0
    for value in sorted(counts):
        passed += counts[value]
        if passed > place:
            return value
    raise IndexError(place)


def quartiles(counts: Counts, scale: int = 1) -> dict[str, Figure]:
    places = {"median": Fraction(1, 2), "q1": Fraction(1, 4), "q3": Fraction(3, 4)}
    return {name: quantile(counts, place, scale) for name, place in places.items()}


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
    k2, k3 = Fraction(second, n - 1), n * third / ((n - 1) * (n - 2))
    return figure(float(k3 / k2) / sqrt(k2), n, method, reason=NOT_COMPUTED)


def kurtosis(counts: Counts) -> Figure:
    """Excess kurtosis k4 / k2^2, by Fisher's k-statistics (G2); from 4 values on."""
    n, method = sum(counts.values()), "k-statistics: k4 / k2^2 (0 for a normal distribution)"
    if n < 4:
        return figure(None, n, method, reason=TOO_FEW)
    second, _, fourth = _moments(counts, n)
    if not second:
        return figure(None, n, method, reason=NO_SPREAD)
    k2 = Fraction(second, n - 1)
    k4 = n * ((n + 1) * fourth - 3 * Fraction(n - 1, n) * second**2) / ((n - 1) * (n - 2) * (n - 3))
    return figure(float(k4 / k2**2), n, method, reason=NOT_COMPUTED)


def _moments(counts: Counts, n: int) -> tuple[Fraction, Fraction, Fraction]:
    """The sums of the second, third and fourth powers of the deviations from the mean; exact."""
    s1, s2, s3, s4 = (sum(n * value**power for value, n in counts.items()) for power in (1, 2, 3, 4))
    mean = Fraction(s1, n)
    return (
        s2 - n * mean**2,
        s3 - 3 * mean * s2 + 2 * n * mean**3,
        s4 - 4 * mean * s3 + 6 * mean**2 * s2 - 3 * n * mean**4,
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
