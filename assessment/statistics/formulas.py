"""Classical test theory from sums alone, each figure with its interval and method.

Pure: exact sums in, floats out; what could cancel is subtracted in whole numbers. Formulas: Lord & Novick 1968; Wilson
1927; Feldt 1965 (alpha); Fisher 1921 (r).
SciPy is imported where a quantile is needed, so that nothing else pays for loading it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import atanh, sqrt, tanh
from statistics import NormalDist
from typing import Any, TypeAlias

Figure: TypeAlias = dict[str, Any]
Interval: TypeAlias = tuple[float, float] | None
Exact: TypeAlias = int | Fraction

LEVEL = 0.95
UPPER = 1 - (1 - LEVEL) / 2
LOWER = 1 - UPPER
Z = NormalDist().inv_cdf(UPPER)
HIDDEN_BELOW = 10
PROVISIONAL_BELOW = 30

NO_SPREAD = "All values are the same."
TOO_FEW = "Too few attempts for this figure."
HIDDEN = f"Hidden below {HIDDEN_BELOW} attempts."
NO_INTERVAL = "The interval is not defined here."
NOT_COMPUTED = "No interval is computed for this figure."
AGAINST_TOTAL = "It varies against the total."


@dataclass(frozen=True)
class Sample:
    """A variable known by its number of values, their sum and the sum of their squares, in parts of a `unit`."""

    n: int
    x: Exact
    xx: Exact
    unit: int = 1

    @property
    def mean(self) -> float:
        return float(self.x / (self.n * self.unit))

    @property
    def spread(self) -> Exact:
        """n times the sum of squared deviations from the mean, in squared parts; exact, so that no digits cancel."""
        return self.n * self.xx - self.x * self.x

    @property
    def variance(self) -> float:
        """With n - 1."""
        return float(self.spread / (self.n * (self.n - 1) * self.unit**2))


def figure(value: float | None, n: int, method: str, ci: Interval = None, reason: str | None = None) -> Figure:
    """The shape of every published figure. `reason` says why the value or its interval is missing."""
    if ci is None and reason is None:
        reason = NO_INTERVAL
    return {
        "value": value,
        "ci": None if ci is None else list(ci),
        "level": LEVEL,
        "n": n,
        "method": method,
        "provisional": value is not None and n < PROVISIONAL_BELOW,
        "reason": reason,
    }


def missing(shown: Figure, reason: str) -> Figure:
    return shown | {"value": None, "ci": None, "provisional": False, "reason": reason}


def mean(sample: Sample) -> Figure:
    method = "arithmetic mean; Student t interval"
    if sample.n == 0:
        return figure(None, 0, method, reason=TOO_FEW)
    reason = TOO_FEW if sample.n < 2 else NO_SPREAD if sample.spread == 0 else None
    return figure(sample.mean, sample.n, method, None if reason else _t_interval(sample), reason)


def deviation(sample: Sample) -> Figure:
    """Standard deviation with n - 1; chi-square interval."""
    method = "standard deviation (n - 1); chi-square interval"
    if sample.n < 2:
        return figure(None, sample.n, method, reason=TOO_FEW)
    if sample.spread == 0:
        return figure(0.0, sample.n, method, reason=NO_SPREAD)
    value = sqrt(sample.variance)
    return figure(value, sample.n, method, _chi_square_interval(value, sample.n - 1))


def facility(sample: Sample, maximum: Decimal) -> Figure:
    """Mean share of the item's maximum, 0 to 1: Wilson where all answers earned all or nothing, else t."""
    top = int(maximum * sample.unit)
    if sample.xx == sample.x * top:  # each x (top - x) is at least 0, so their sum is 0 only where each is
        return share(float(sample.x / top), sample.n, "mean points / maximum; Wilson interval")
    scaled = Sample(sample.n, sample.x, sample.xx, top)
    shown = mean(scaled) | {"method": "mean points / maximum; Student t interval within 0 to 1"}
    if shown["ci"]:
        shown["ci"] = [max(0.0, shown["ci"][0]), min(1.0, shown["ci"][1])]
    return shown


def share(count: Fraction | float, size: float, method: str = "share; Wilson interval") -> Figure:
    """A proportion with the Wilson score interval. Either number may be a fraction, as where ties are split."""
    n, m = round(size), float(size)
    if size == 0:
        return figure(None, 0, method, reason=TOO_FEW)
    p, squared = float(count / size), Z * Z
    middle = (p + squared / (2 * m)) / (1 + squared / m)
    half = Z * sqrt(p * (1 - p) / m + squared / (4 * m * m)) / (1 + squared / m)
    low = 0.0 if p == 0 else middle - half
    high = 1.0 if p == 1 else middle + half
    return figure(p, n, method, (low, high))


def covariation(x: Sample, y: Sample, xy: Exact) -> Exact:
    """n times the sum of products of deviations from the means, from the sum of products; exact."""
    return x.n * xy - x.x * y.x


def correlation(x: Sample, y: Sample, xy: Exact, method: str = "") -> Figure:
    """Pearson's r with Fisher's z interval; undefined where one side has no spread."""
    method = method or "Pearson r; Fisher z interval"
    n = x.n
    if n < 3:
        return figure(None, n, method, reason=TOO_FEW)
    both = x.spread * y.spread
    if both == 0:
        return figure(None, n, method, reason=NO_SPREAD)
    together = covariation(x, y, xy)
    if together * together == both:
        return figure(1.0 if together > 0 else -1.0, n, method)
    value = float(together) / sqrt(both)
    return figure(value, n, method, _fisher_interval(value, n), TOO_FEW if n == 3 else None)


def alpha(items: Sequence[Sample], total: Sample) -> Figure:
    """Cronbach's alpha of the items that make up the total; Feldt's interval. It can be negative."""
    return alpha_of(len(items), sum(item.spread for item in items), total, ALPHA)


ALPHA = "Cronbach alpha of the machine-marked items; Feldt interval"
ALPHA_IF_DELETED = "Cronbach alpha of the other machine-marked items; Feldt interval"


def alpha_of(p: int, within: Exact, total: Sample, method: str) -> Figure:
    """The same of `p` items, of as many attempts as the total, whose spreads add up to `within`."""
    n = total.n
    if n < 3:
        return figure(None, n, method, reason=TOO_FEW)
    if p < 2:
        return figure(None, n, method, reason="Needs at least two machine-marked items.")
    if total.spread == 0:
        return figure(None, n, method, reason=NO_SPREAD)
    residual, whole = p * within - total.spread, (p - 1) * total.spread  # their ratio is 1 - alpha
    if residual == 0:
        return figure(1.0, n, method)
    return figure(float((whole - residual) / whole), n, method, _feldt_interval(float(residual / whole), n, p))


def error_of_measurement(items: Sequence[Sample], total: Sample) -> Figure:
    """SEM = SD sqrt(1 - alpha), in points of the machine-marked total.

    Its square is p times the residual mean square of persons by items, whose chi-square distribution has
    (n - 1)(p - 1) degrees of freedom under the assumptions of Feldt's interval.
    """
    method = "SD of the machine-marked total times sqrt(1 - alpha), in points; chi-square interval"
    reliability = alpha(items, total)
    p, n = len(items), total.n
    if reliability["value"] is None:
        return figure(None, n, method, reason=reliability["reason"])
    residual, freedom = p * sum(item.spread for item in items) - total.spread, (n - 1) * (p - 1)
    if residual <= 0:
        return figure(0.0, n, method)
    error = sqrt(residual / (freedom * n * total.unit**2))
    return figure(error, n, method, _chi_square_interval(error, freedom))


def error_ratio(reliability: Figure) -> Figure:
    """sqrt(1 - alpha): how much of the standard deviation is error. The interval is that of alpha, turned over."""
    method = "sqrt(1 - alpha); interval from that of alpha"
    if reliability["value"] is None:
        return missing(reliability | {"method": method}, reliability["reason"])
    ci = reliability["ci"]
    limits = None if ci is None else (sqrt(max(0.0, 1 - ci[1])), sqrt(max(0.0, 1 - ci[0])))
    return figure(sqrt(max(0.0, 1 - reliability["value"])), reliability["n"], method, limits)


def efficiency(x: Mapping[int, int], rest: Mapping[int, int], together: Exact, n: int) -> Figure:
    """The covariance of points and rest, as a share of the largest that these points and rests could have.

    `x` and `rest` count each value; `together` is their `covariation`.
    """
    method = "covariance with the rest / the largest possible for these points and rests"
    if n < 3:
        return figure(None, n, method, reason=TOO_FEW)
    sum_x, sum_rest = (sum(value * count for value, count in one.items()) for one in (x, rest))
    largest = n * _ordered_product(x, rest) - sum_x * sum_rest
    if largest == 0:
        return figure(None, n, method, reason=NO_SPREAD)
    return figure(float(together / largest), n, method, reason=NOT_COMPUTED)


def _ordered_product(x: Mapping[int, int], y: Mapping[int, int]) -> int:
    """The sum of products where the smallest meets the smallest and the largest the largest."""
    found, left, right = 0, sorted(x.items()), sorted(y.items())
    a, b = [list(pair) for pair in left], [list(pair) for pair in right]
    i = j = 0
    while i < len(a) and j < len(b):
        met = min(a[i][1], b[j][1])
        found += a[i][0] * b[j][0] * met
        a[i][1] -= met
        b[j][1] -= met
        i, j = i + (a[i][1] == 0), j + (b[j][1] == 0)
    return found


def effective_weights(covariances: Sequence[Exact], n: int) -> list[Figure]:
    """How much each item decides of the spread of the total: sqrt(cov(x, T)) as a share of the sum of all.

    An item that varies against the total has none.
    """
    method = "sqrt(cov(points, total)) / the sum of all that are not negative"
    roots = [sqrt(one) if one >= 0 else None for one in covariances]
    whole = sum(root for root in roots if root is not None)
    if n < 2 or not whole:
        return [figure(None, n, method, reason=TOO_FEW if n < 2 else NO_SPREAD) for _ in roots]
    return [
        figure(None, n, method, reason=AGAINST_TOTAL)
        if root is None
        else figure(root / whole, n, method, reason=NOT_COMPUTED)
        for root in roots
    ]


def _t_interval(sample: Sample) -> Interval:
    half = _student(sample.n - 1) * sqrt(sample.variance / sample.n)
    return sample.mean - half, sample.mean + half


def _chi_square_interval(deviation: float, freedom: int) -> Interval:
    low, high = _chi_square(freedom)
    return deviation * sqrt(freedom / high), deviation * sqrt(freedom / low)


def _fisher_interval(r: float, n: int) -> Interval:
    if n < 4 or abs(r) >= 1:
        return None
    half = Z / sqrt(n - 3)
    return tanh(atanh(r) - half), tanh(atanh(r) + half)


def _feldt_interval(missing: float, n: int, p: int) -> Interval:
    low, high = _f(n - 1, (n - 1) * (p - 1))
    return 1 - missing * high, 1 - missing * low


@lru_cache(maxsize=1024)
def _student(freedom: int) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom, UPPER))


@lru_cache(maxsize=1024)
def _chi_square(freedom: int) -> tuple[float, float]:
    from scipy.special import chdtri  # of the upper tail

    return float(chdtri(freedom, UPPER)), float(chdtri(freedom, LOWER))


@lru_cache(maxsize=1024)
def _f(above: int, below: int) -> tuple[float, float]:
    from scipy.special import fdtri

    return float(fdtri(above, below, LOWER)), float(fdtri(above, below, UPPER))
