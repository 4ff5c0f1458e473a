"""Charts are plain SVG under the strict policy, whatever the language, and say their numbers in words too."""

import re
from collections.abc import Callable

import pytest
from django.utils import translation
from django.utils.safestring import SafeString

from assessment import charts

HALF = {"value": 0.5, "ci": [0.25, 0.8]}
THIRDS = {name: {"value": share, "ci": None} for name, share in (("lower", 0.125), ("middle", 0.5), ("upper", 1.0))}
BINS = [{"from": at, "to": at + 1.5, "n": n} for at, n in ((0, 0), (1.5, 4), (3, 8), (4.5, 2))]
SINGLE = [{"from": at, "to": at, "n": n} for at, n in enumerate((1, 0, 3))]
CHARTS: dict[str, Callable[[], SafeString]] = {
    "interval": lambda: charts.interval_bar(HALF),
    "thirds": lambda: charts.thirds(THIRDS, keyed=True),
    "histogram": lambda: charts.histogram(BINS, 3.75),
    "single values": lambda: charts.histogram(SINGLE, 2),
}


def lengths(drawn: str) -> list[tuple[str, str]]:
    return re.findall(r'<rect class="(?:value|band)" x="([^"]+)" width="([^"]+)"', drawn)


@pytest.mark.parametrize("language", ["en", "de", "ar"])
@pytest.mark.parametrize("name", CHARTS)
def test_lengths_are_numbers_of_svg_in_every_language(name: str, language: str) -> None:
    with translation.override(language):
        drawn = CHARTS[name]()
    places = re.findall(r'\b(?:x|y|x1|x2|y1|y2|width|height)="([^"]*)"', drawn)
    assert places
    assert [place for place in places if not re.fullmatch(r"\d+(\.\d+)?%?", place)] == []
    assert max(float(place.rstrip("%")) for place in places) <= 100


@pytest.mark.parametrize("name", CHARTS)
def test_nothing_of_a_chart_needs_leave_from_the_policy(name: str) -> None:
    assert not re.search(r"style=|<style|<script|\son\w+=", CHARTS[name]())


def test_bar_and_band_are_as_long_as_their_numbers() -> None:
    assert lengths(charts.interval_bar(HALF)) == [("0.00%", "50.00%"), ("25.00%", "55.00%")]
    assert lengths(charts.interval_bar({"value": 0.1, "ci": None})) == [("0.00%", "10.00%")]


def test_interval_that_reaches_beyond_the_scale_is_cut() -> None:
    assert lengths(charts.interval_bar({"value": 0.9, "ci": [0.7, 1.2]})) == [("0.00%", "90.00%"), ("70.00%", "30.00%")]


def test_right_to_left_bars_grow_from_the_right() -> None:
    with translation.override("ar"):
        assert lengths(charts.interval_bar(HALF)) == [("50.00%", "50.00%"), ("20.00%", "55.00%")]


def test_thirds_are_named_and_numbered_beside_their_bars() -> None:
    said = re.findall(r'<span class="hint">([^<]+)</span>.*?<span class="figure">([^<]+)</span>', CHARTS["thirds"]())
    assert said == [("Lower third", "12 %"), ("Middle third", "50 %"), ("Upper third", "100 %")]


def test_histogram_has_its_table_its_scale_and_its_median() -> None:
    drawn = CHARTS["histogram"]()
    assert re.findall(r'<th scope="row">([^<]+)</th><td class="figure">(\d+)</td>', drawn) == [
        ("0 to 1.5", "0"),
        ("1.5 to 3", "4"),
        ("3 to 4.5", "8"),
        ("4.5 to 6", "2"),
    ]
    assert re.findall(r'<text class="tick"[^>]*>([^<]+)<', drawn) == ["0", "1.5", "3", "4.5", "6"]
    assert '<line class="median" x1="62.50%"' in drawn
    assert 'aria-label="How many learners reached how many points; the median is 3.75"' in drawn


def test_bars_of_single_values_carry_their_value_and_the_median_goes_through_its_bar() -> None:
    drawn = CHARTS["single values"]()
    assert re.findall(r'<text class="tick" x="([^"]+)"[^>]*>([^<]+)<', drawn) == [
        ("16.67%", "0"),
        ("50.00%", "1"),
        ("83.33%", "2"),
    ]
    assert '<line class="median" x1="83.33%"' in drawn


@pytest.mark.parametrize("bars", range(1, 60))
def test_long_scale_keeps_few_numbers_and_both_ends(bars: int) -> None:
    drawn = charts.histogram([{"from": at, "to": at + 1, "n": 1} for at in range(bars)])
    ticks = re.findall(r'<text class="tick"[^>]*>([^<]+)<', drawn)
    assert (ticks[0], ticks[-1]) == ("0", str(bars))
    assert 2 <= len(ticks) <= charts.MOST_TICKS + 1


def test_nothing_is_drawn_where_nothing_is_known() -> None:
    unknown = {"value": None, "ci": None}
    assert charts.interval_bar(unknown) == ""
    assert charts.thirds(dict.fromkeys(THIRDS, unknown), keyed=False) == ""
    assert charts.histogram([]) == ""
    assert charts.histogram([{"from": 0, "to": 1, "n": 0}]) == ""
