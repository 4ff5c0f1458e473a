"""Figures computed from the joint counts of a cell against pingouin, girth, SciPy and NumPy on the raw answers."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import uuid4

import girth
import numpy as np
import pingouin
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from assessment.statistics import bands, cells, formulas, items, joint, report, shape, small_cells
from assessment.statistics.items import Counted, Scale
from content.models import Item, ItemVersion, QuizVersionItem

OPTIONS = "abcd"


def a_place(position: int, points: int = 1) -> QuizVersionItem:
    options = [{"id": name, "text": name, "credit": int(name == "a"), "rationale": ""} for name in OPTIONS]
    version = ItemVersion(
        id=uuid4(),
        item=Item(identifier=f"q{position}"),
        kind="choice",
        body={"stem": "Which?", "options": options},
        points=Decimal(points),
    )
    return QuizVersionItem(item_version=version, position=position)


def a_cell(lines: Sequence[dict[str, Any]], n: int = 1) -> cells.Data:
    data: cells.Data = {}
    for line in lines:
        cells.count(data, line, n)
    return data


def counted(chosen: Sequence[str], places: Sequence[QuizVersionItem]) -> dict[str, Any]:
    """The contribution of somebody who chose these options; "a" earns all points of its item, "b" half of them."""
    worth = {"a": 1000, "b": 500}
    parts = {
        str(place.item_version_id): {
            "x": int(worth.get(option, 0) * place.item_version.points),
            "c": [option],
            "t": True,
            "b": option == "",
        }
        for option, place in zip(chosen, places, strict=True)
    }
    total = sum(part["x"] for part in parts.values())
    return {"complete": True, "score": total, "total": total, "seconds": 60, "items": parts}


def a_scale(lines: Sequence[Sequence[str]], places: Sequence[QuizVersionItem]) -> Scale:
    return scale_of(a_cell([counted(line, places) for line in lines]), places)


def scale_of(data: cells.Data, places: Sequence[QuizVersionItem]) -> Scale:
    by_item = data.get("items", {})
    found = [Counted(place, joint.item(by_item.get(str(place.item_version_id), {}))) for place in places]
    totals = joint.whole(data.get("totals", {}))
    return Scale(data.get("n", 0), found, joint.sample(totals.items()))


class Class:
    """Seeded answers of a class whose abilities differ, with the figures of each item."""

    def __init__(self, seed: int, n: int = 60, p: int = 8) -> None:
        rng = np.random.default_rng(seed)
        able = rng.normal(size=(n, 1)) - np.linspace(-1, 1, p) + rng.normal(size=(n, p)) > 0
        others = rng.choice(["b", "c", "d", ""], size=(n, p))
        self.lines = np.where(able, "a", others)
        self.places = [a_place(position, int(rng.integers(1, 4))) for position in range(1, p + 1)]
        weights = np.array([float(place.item_version.points) for place in self.places])
        self.matrix = ((self.lines == "a") + 0.5 * (self.lines == "b")) * weights
        self.totals = self.matrix.sum(axis=1)
        self.scale = a_scale(self.lines.tolist(), self.places)
        self.figures = [items.figures(item, self.scale, ()) for item in self.scale.items]


@pytest.fixture(params=range(6))
def answered(request: pytest.FixtureRequest) -> Class:
    return Class(request.param)


def test_alpha_and_its_interval_are_those_of_pingouin(answered: Class) -> None:
    import pandas

    value, interval = pingouin.cronbach_alpha(data=pandas.DataFrame(answered.matrix))
    shown = report._machine_marked(answered.scale)
    assert shown["alpha"]["value"] == pytest.approx(value)
    assert shown["alpha"]["ci"] == pytest.approx(interval, abs=6e-4)  # which pingouin rounds
    assert shown["error_ratio"]["value"] == pytest.approx(np.sqrt(1 - value))
    assert shown["sem"]["value"] == pytest.approx(answered.totals.std(ddof=1) * np.sqrt(1 - value))


def test_item_rest_correlation_and_alpha_if_deleted_are_those_of_girth(answered: Class) -> None:
    oracle = girth.classical_test_statistics(answered.matrix.T, 0, 1)
    for at, shown in enumerate(answered.figures):
        assert shown["discrimination"]["value"] == pytest.approx(oracle["Item-Score Correlation"][at])
        assert shown["alpha_if_deleted"]["value"] == pytest.approx(oracle["Cronbach Alpha"][at])


def test_point_biserial_correlations_are_those_of_scipy(answered: Class) -> None:
    for at, shown in enumerate(answered.figures):
        x = answered.matrix[:, at]
        both = stats.pearsonr(x, answered.totals)
        assert shown["point_biserial"]["value"] == pytest.approx(both.statistic)
        interval = both.confidence_interval()
        assert shown["point_biserial"]["ci"] == pytest.approx([interval.low, interval.high])
        for option in shown["categories"]:
            chose = (answered.lines[:, at] == option["category"]).astype(int)
            if chose.any():
                total = stats.pointbiserialr(chose, answered.totals).statistic
                assert option["point_biserial"]["value"] == pytest.approx(total)
                rest = stats.pointbiserialr(chose, answered.totals - x).statistic
                assert option["rest_correlation"]["value"] == pytest.approx(rest)


def test_weights_efficiency_and_shares_are_those_of_the_textbook(answered: Class) -> None:
    p = len(answered.places)
    with_total = [np.cov(answered.matrix[:, at], answered.totals)[0, 1] for at in range(p)]
    roots = np.sqrt(np.clip(with_total, 0, None))
    whole = sum(float(place.item_version.points) for place in answered.places)
    for at, shown in enumerate(answered.figures):
        x, lines = answered.matrix[:, at], answered.lines[:, at]
        rest = answered.totals - x
        assert shown["effective_weight"]["value"] == pytest.approx(roots[at] / roots.sum())
        assert shown["intended_weight"]["value"] == pytest.approx(float(shown["points_max"]) / whole)
        largest = np.cov(np.sort(x), np.sort(rest))[0, 1]
        assert shown["discriminative_efficiency"]["value"] == pytest.approx(np.cov(x, rest)[0, 1] / largest)
        assert shown["sd"]["value"] == pytest.approx(x.std(ddof=1))
        assert shown["guess"]["value"] == 0.25
        assert shown["blanks"] == (lines == "").sum()
        wrong = x < float(shown["points_max"])
        for option in shown["categories"]:
            chose = lines == option["category"]
            assert (option["count"], option["share"]["value"]) == (chose.sum(), chose.mean())
            assert option["share_of_wrong"]["value"] == pytest.approx((chose & wrong).sum() / wrong.sum())


def average_over_orders(totals: Any, values: Any, low: float, high: float, seed: int) -> float:
    """The sum of `values` from place `low` to `high`, with equal totals in every order: what a fair split gives."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(3000):
        shuffled = rng.permutation(len(totals))
        order = shuffled[np.argsort(totals[shuffled], kind="stable")]
        held = np.clip(np.minimum(np.arange(1, len(order) + 1), high) - np.maximum(np.arange(len(order)), low), 0, 1)
        found.append((values[order] * held).sum())
    return float(np.mean(found))


def test_ties_at_an_edge_are_split_as_the_average_over_all_orders() -> None:
    answered = Class(3, n=22, p=4)
    n, x, shown = 22, answered.matrix[:, 0], answered.figures[0]
    k, most = round(0.27 * n), float(shown["points_max"])
    ends = [average_over_orders(answered.totals, x, *edges, seed=1) for edges in ((n - k, n), (0, k))]
    assert shown["upper_lower"]["value"] == pytest.approx((ends[0] - ends[1]) / k / most, abs=0.02)
    chose = (answered.lines[:, 0] == "a").astype(float)
    thirds = next(one for one in shown["categories"] if one["category"] == "a")["thirds"]
    for at, name in enumerate(("lower", "middle", "upper")):
        fair = average_over_orders(answered.totals, chose, n * at / 3, n * (at + 1) / 3, seed=2) / (n / 3)
        assert thirds[name]["value"] == pytest.approx(fair, abs=0.02)


def test_upper_lower_without_ties_is_the_plain_difference() -> None:
    groups = [(1000 * (total > 60), total, total, 1) for total in range(1, 101)]
    shown = bands.upper_lower(joint.Joint(groups), Decimal(1))
    assert (shown["value"], shown["n"]) == (1.0, 100)
    assert bands.upper_lower(joint.Joint(groups[:1]), Decimal(1))["reason"] == formulas.TOO_FEW


@given(st.lists(st.integers(0, 5000), min_size=1, max_size=60))
def test_shape_of_a_distribution_is_that_of_scipy_and_numpy(values: list[int]) -> None:
    counts = {value: values.count(value) for value in values}
    xs = np.array(values, dtype=float)
    found = shape.quartiles(counts)
    assert [found[name]["value"] for name in ("q1", "median", "q3")] == pytest.approx(
        np.quantile(xs, [0.25, 0.5, 0.75])
    )
    for name, p in (("q1", 0.25), ("median", 0.5), ("q3", 0.75)):
        low, high = (int(stats.binom.ppf(tail, len(xs), p)) for tail in (0.025, 0.975))
        expected = [sorted(values)[low - 1], sorted(values)[high]] if low and high < len(xs) else None
        assert found[name]["ci"] == expected
    ends = shape.extremes(counts, 1)
    assert (ends["min"]["value"], ends["max"]["value"]) == (min(values), max(values))
    skewness, kurtosis = shape.skewness(counts), shape.kurtosis(counts)
    if len(values) > 2 and len(counts) > 1:
        assert skewness["value"] == pytest.approx(stats.skew(xs, bias=False), abs=1e-6)
    if len(values) > 3 and len(counts) > 1:
        assert kurtosis["value"] == pytest.approx(stats.kurtosis(xs, bias=False), abs=1e-6)
    bins = shape.histogram(counts, 5000, 1)
    assert [one["n"] for one in bins] == np.histogram(xs, bins=10, range=(0, 5000))[0].tolist()


@pytest.mark.parametrize(
    ("n", "limits"), [(5, None), (6, [1, 6]), (10, [2, 9]), (25, [8, 18]), (50, [18, 33]), (100, [40, 61])]
)
def test_limits_of_a_median_are_those_of_the_sign_test(n: int, limits: list[float] | None) -> None:
    """Each begins right above the critical value of the table, two-sided at 5 %: 0, 1, 7, 17 and 39."""
    assert shape.quartiles(dict.fromkeys(range(1, n + 1), 1))["median"]["ci"] == limits


# Section 6 of the Law School Admission Test (Bock & Lieberman 1970): how many of 1,000 people had each pattern of right
# answers to five questions, from 00000 to 11111.
LSAT6 = (
    3, 6, 2, 11, 1, 1, 3, 4, 1, 8, 0, 16, 0, 3, 2, 15,
    10, 29, 14, 81, 3, 28, 15, 80, 16, 56, 21, 173, 11, 61, 28, 298,
)  # fmt: skip


def test_figures_of_the_law_school_test_are_the_published_ones() -> None:
    """As `descript` of the R package ltm prints them (Rizopoulos 2006, Journal of Statistical Software 17, 5)."""
    places = [a_place(position) for position in range(1, 6)]
    data: cells.Data = {}
    for pattern, n in enumerate(LSAT6):
        cells.count(data, counted(["a" if right == "1" else "d" for right in f"{pattern:05b}"], places), n)
    scale = scale_of(data, places)
    shown = [items.figures(item, scale, ()) for item in scale.items]
    published = {
        "facility": [0.924, 0.709, 0.553, 0.763, 0.870],
        "point_biserial": [0.3620, 0.5668, 0.6184, 0.5344, 0.4354],
        "discrimination": [0.1128, 0.1532, 0.1728, 0.1444, 0.1216],
        "alpha_if_deleted": [0.2754, 0.2376, 0.2168, 0.2459, 0.2663],
    }
    assert {name: [round(item[name]["value"], 4) for item in shown] for name in published} == published
    assert round(report._machine_marked(scale)["alpha"]["value"], 4) == 0.2950


LINES = st.integers(0, 5).flatmap(
    lambda p: st.lists(st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=p, max_size=p), max_size=12)
)


@given(LINES)
def test_whatever_was_answered_every_figure_is_a_number_or_says_why_not(lines: list[list[str]]) -> None:
    places = [a_place(position) for position in range(1, 1 + (len(lines[0]) if lines else 2))]
    scale = a_scale(lines, places)
    data = a_cell([counted(line, places) for line in lines])
    shown = {
        "n": scale.n,
        "score": report._score(data, Decimal(len(places))),
        "seconds": shape.quartiles(joint.whole(data.get("seconds", {}))),
        "machine_marked": report._machine_marked(scale),
        "items": [items.figures(item, scale, (("word", 1),)) for item in scale.items],
    }
    for whole in (shown, small_cells.hidden(shown)):
        for figure in small_cells.figures(whole):
            assert (figure["ci"] is None) == (figure["reason"] is not None)
            assert figure["value"] is None or np.isfinite(figure["value"])
            if figure["ci"]:
                assert figure["ci"][0] - 1e-9 <= figure["value"] <= figure["ci"][1] + 1e-9


@given(st.lists(st.lists(st.sampled_from("abc"), min_size=3, max_size=3), max_size=8), st.randoms())
def test_taking_out_what_was_added_leaves_nothing(lines: list[list[str]], random: Any) -> None:
    places = [a_place(position) for position in range(1, 4)]
    added = [counted(line, places) for line in lines]
    data = a_cell(added)
    random.shuffle(added)
    for line in added:
        cells.add(data, a_cell([line], -1))
    assert data == {}


@pytest.mark.parametrize(("seconds", "kept"), [(0, 0), (99, 99), (101, 100), (1549, 1500), (987_654, 990_000)])
def test_seconds_are_kept_to_two_digits(seconds: int, kept: int) -> None:
    assert cells.rounded(seconds) == kept
