"""The published figures against numpy, scipy and values known from elsewhere."""

import subprocess
import sys
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from assessment.statistics import formulas
from assessment.statistics.formulas import Sample

points = st.integers(0, 4000).map(lambda thousandths: Decimal(thousandths) / 1000)
values = st.lists(points, min_size=4, max_size=40)
pairs = st.lists(st.tuples(points, points), min_size=4, max_size=40)


def sample(xs: list[Decimal] | list[int]) -> Sample:
    return Sample(len(xs), Fraction(sum(Fraction(x) for x in xs)), Fraction(sum(Fraction(x) ** 2 for x in xs)))


def product(xs: list[Decimal], ys: list[Decimal]) -> Fraction:
    return sum((Fraction(x) * Fraction(y) for x, y in zip(xs, ys, strict=True)), Fraction(0))


def matrix_figures(matrix: np.ndarray) -> tuple[formulas.Figure, formulas.Figure]:
    items = [sample([int(x) for x in column]) for column in matrix.T]
    total = sample([int(x) for x in matrix.sum(axis=1)])
    return formulas.alpha(items, total), formulas.error_of_measurement(items, total)


@given(values)
def test_mean_and_its_t_interval_are_those_of_scipy(xs: list[Decimal]) -> None:
    assume(len(set(xs)) > 1)
    floats = np.array(xs, dtype=float)
    shown = formulas.mean(sample(xs))
    expected = stats.t.interval(0.95, len(xs) - 1, loc=floats.mean(), scale=stats.sem(floats))
    assert shown["value"] == pytest.approx(floats.mean())
    assert shown["ci"] == pytest.approx(expected)


@given(values)
def test_standard_deviation_and_its_chi_square_interval_are_those_of_scipy(xs: list[Decimal]) -> None:
    assume(len(set(xs)) > 1)
    freedom = len(xs) - 1
    variance = np.var(np.array(xs, dtype=float), ddof=1)
    expected = np.sqrt(freedom * variance / stats.chi2.ppf([0.975, 0.025], freedom))
    shown = formulas.deviation(sample(xs))
    assert shown["value"] == pytest.approx(np.sqrt(variance))
    assert shown["ci"] == pytest.approx(expected)


@given(pairs)
def test_correlation_and_its_fisher_interval_are_those_of_scipy(both: list[tuple[Decimal, Decimal]]) -> None:
    xs, ys = [x for x, _ in both], [y for _, y in both]
    assume(len(set(xs)) > 1 and len(set(ys)) > 1)
    shown = formulas.correlation(sample(xs), sample(ys), product(xs, ys))
    oracle = stats.pearsonr(np.array(xs, dtype=float), np.array(ys, dtype=float))
    assert shown["value"] == pytest.approx(oracle.statistic, abs=1e-7)
    assume(abs(shown["value"]) < 0.999999)
    interval = oracle.confidence_interval(0.95)
    assert shown["ci"] == pytest.approx([interval.low, interval.high], abs=1e-6)


@given(st.integers(0, 60), st.integers(1, 60))
def test_share_has_the_wilson_interval_of_scipy(count: int, n: int) -> None:
    assume(count <= n)
    oracle = stats.binomtest(count, n).proportion_ci(0.95, method="wilson")
    shown = formulas.share(count, n)
    assert shown["value"] == count / n
    assert shown["ci"] == pytest.approx([oracle.low, oracle.high], abs=1e-12)
    assert 0 <= shown["ci"][0] <= shown["value"] <= shown["ci"][1] <= 1


def test_wilson_of_17_in_25_is_the_published_one() -> None:
    assert [round(limit, 3) for limit in formulas.share(17, 25)["ci"]] == [0.484, 0.828]


@pytest.mark.parametrize(("n", "low", "high"), [(30, -0.07, 0.60), (100, 0.11, 0.47), (200, 0.17, 0.42)])
def test_interval_of_r_30_is_the_published_one(n: int, low: float, high: float) -> None:
    rng = np.random.default_rng(1)
    x, noise = rng.normal(size=(2, n))
    x = (x - x.mean()) / x.std()
    noise = noise - noise.mean() - x * (noise @ x) / (x @ x)
    y = 0.3 * x + np.sqrt(1 - 0.09) * noise / noise.std()  # r is .30 to the last digit
    xs, ys = ([Decimal(repr(float(v))) for v in vs] for vs in (x, y))
    shown = formulas.correlation(sample(xs), sample(ys), product(xs, ys))
    assert shown["value"] == pytest.approx(0.3)
    assert [round(limit, 2) for limit in shown["ci"]] == [low, high]


def naive_alpha(matrix: np.ndarray) -> float:
    p = matrix.shape[1]
    return float(p / (p - 1) * (1 - matrix.var(axis=0, ddof=1).sum() / matrix.sum(axis=1).var(ddof=1)))


@given(st.integers(3, 30), st.integers(2, 12), st.integers(0, 2**32 - 1))
def test_alpha_is_the_textbook_one_and_feldt_comes_from_the_f_ratio(n: int, p: int, seed: int) -> None:
    matrix = np.random.default_rng(seed).integers(0, 4, size=(n, p))
    assume(matrix.sum(axis=1).var() > 0)
    reliability, error = matrix_figures(matrix)
    assert reliability["value"] == pytest.approx(naive_alpha(matrix))
    persons = matrix.mean(axis=1, keepdims=True)
    residual = matrix - persons - matrix.mean(axis=0) + matrix.mean()
    between = p * persons.var(ddof=1)
    within = (residual**2).sum() / ((n - 1) * (p - 1))
    assume(within > 1e-9)
    # Two-way analysis of variance: alpha = 1 - MSE / MSB, and (1 - rho) / (1 - alpha) follows F.
    f = stats.f((n - 1), (n - 1) * (p - 1))
    assert reliability["value"] == pytest.approx(1 - within / between, abs=1e-9)
    limits = [1 - within / between * f.ppf(0.975), 1 - within / between * f.ppf(0.025)]
    assert reliability["ci"] == pytest.approx(limits, rel=1e-9)
    assert error["value"] == pytest.approx(matrix.sum(axis=1).std(ddof=1) * np.sqrt(1 - naive_alpha(matrix)))
    chi = stats.chi2((n - 1) * (p - 1))
    scale = np.sqrt((n - 1) * (p - 1) / chi.ppf([0.975, 0.025]))
    assert error["ci"] == pytest.approx(error["value"] * scale, rel=1e-9)


def test_95_percent_intervals_hold_the_truth_in_95_percent_of_samples() -> None:
    """Parallel items: true score variance 1, error variance 1 each, so alpha is p / (p + 1) and SEM sqrt(p)."""
    rng, n, p, runs = np.random.default_rng(7), 40, 5, 800
    hits = np.zeros(2)
    for _ in range(runs):
        matrix = rng.normal(size=(n, 1)) + rng.normal(size=(n, p))
        matrix = np.round(matrix * 1_000_000).astype(int)  # millionths of a point, exact
        reliability, error = matrix_figures(matrix)
        low, high = reliability["ci"]
        hits[0] += low <= p / (p + 1) <= high
        low, high = error["ci"]
        hits[1] += low <= np.sqrt(p) * 1_000_000 <= high
    assert (np.abs(hits / runs - 0.95) < 0.025).all()


def test_alpha_can_be_negative() -> None:
    reliability, error = matrix_figures(np.array([[0, 3], [3, 1], [0, 2], [2, 0], [1, 1]]))
    assert reliability["value"] < 0
    assert reliability["ci"][0] < reliability["value"] < reliability["ci"][1]
    assert error["value"] > 0


def test_perfectly_parallel_items_have_alpha_1_and_no_interval() -> None:
    reliability, error = matrix_figures(np.array([[0, 0], [1, 1], [2, 2], [3, 3]]))
    assert (reliability["value"], reliability["ci"]) == (1.0, None)
    assert reliability["reason"]
    assert (error["value"], error["ci"]) == (0.0, None)


@pytest.mark.parametrize("p", [0, 1])
def test_alpha_needs_two_items(p: int) -> None:
    items = [sample([0, 1, 1, 2])] * p
    shown = formulas.alpha(items, sample([0, 1, 1, 2]))
    assert shown["value"] is None
    assert "two" in shown["reason"]


@pytest.mark.parametrize("n", range(4))
def test_with_hardly_any_attempt_nothing_is_made_up(n: int) -> None:
    xs, ys = [0, 1, 2][:n], [1, 5, 2][:n]
    mean, deviation = formulas.mean(sample(xs)), formulas.deviation(sample(xs))
    r = formulas.correlation(sample(xs), sample(ys), product(xs, ys))
    assert (mean["value"] is None) == (n == 0)
    assert (mean["ci"] is None) == (n < 2)
    assert (deviation["value"] is None) == (n < 2)
    assert (r["value"] is None) == (n < 3)
    assert r["ci"] is None
    assert formulas.alpha([sample(xs), sample(ys)], sample(xs))["value"] is None or n == 3
    for shown in (mean, deviation, r):
        assert shown["n"] == n
        assert shown["ci"] is not None or shown["reason"]


@pytest.mark.parametrize(("ys", "expected"), [([1, 2, 3, 4, 5], 1.0), ([5, 4, 3, 2, 1], -1.0)])
def test_a_perfect_correlation_has_no_interval(ys: list[int], expected: float) -> None:
    shown = formulas.correlation(sample([1, 2, 3, 4, 5]), sample(ys), product([1, 2, 3, 4, 5], ys))
    assert (shown["value"], shown["ci"]) == (expected, None)
    assert shown["reason"]


def test_without_spread_correlation_and_alpha_are_undefined_and_the_mean_has_no_interval() -> None:
    flat = sample([2, 2, 2, 2, 2])
    assert formulas.correlation(flat, sample([1, 2, 3, 4, 5]), Fraction(30))["value"] is None
    assert formulas.alpha([flat, flat], flat)["value"] is None
    assert formulas.mean(flat) | {"method": ""} == formulas.figure(2.0, 5, "", reason=formulas.NO_SPREAD)
    assert formulas.deviation(flat)["value"] == 0


def test_facility_is_wilson_for_all_or_nothing_and_t_for_partial_credit() -> None:
    wilson = formulas.facility(sample([0, 2, 2, 0, 2]), Decimal(2))
    assert wilson["value"] == 0.6
    assert wilson["ci"] == pytest.approx(formulas.share(3, 5)["ci"])
    assert "Wilson" in wilson["method"]
    partial = formulas.facility(sample([2, 2, 2, 1, 2]), Decimal(2))
    assert partial["value"] == 0.9
    assert partial["ci"][1] == 1.0  # 1.178 without the bound
    assert "t interval" in partial["method"]


def test_everyone_right_leaves_room_below() -> None:
    shown = formulas.facility(sample([1] * 20), Decimal(1))
    assert shown["value"] == 1.0
    assert 0.8 < shown["ci"][0] < 0.9
    assert shown["ci"][1] == 1.0


def test_ten_million_attempts_lose_no_digit() -> None:
    """999.999 and 1000 points, half each: in floats the squares would cancel to noise."""
    half = 5_000_000
    x = 999_999 * half + 1_000_000 * half
    xx = 999_999**2 * half + 1_000_000**2 * half
    shown = formulas.deviation(Sample(2 * half, x, xx, unit=1000))
    assert shown["value"] == pytest.approx(0.0005, rel=1e-6)
    assert shown["ci"] == pytest.approx([0.0005, 0.0005], rel=1e-3)
    item = Sample(2 * half, half, half)
    reliability = formulas.alpha([item] * 10, Sample(2 * half, 10 * half, 62 * half))
    low, high = reliability["ci"]
    expected = 1 - (1 - reliability["value"]) * stats.f(2 * half - 1, (2 * half - 1) * 9).ppf([0.975, 0.025])
    assert [low, high] == pytest.approx(expected)


def test_figures_are_provisional_below_30() -> None:
    assert formulas.share(14, 29)["provisional"]
    assert not formulas.share(15, 30)["provisional"]


def test_scipy_is_loaded_only_where_an_interval_is_computed() -> None:
    code = "import sys, assessment.statistics.formulas; sys.exit('scipy' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
