"""Charts drawn on the server as SVG, beside a table or words with the same numbers (`docs/decisions/016-charts.md`).

Lengths are percentages, so that a chart fits any width while its words keep their size. How it looks is said by the
classes in the stylesheet; what a colour says, a shape or a word says too. Right to left, charts are mirrored.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext_lazy as _

Figure = Mapping[str, Any]

THIRDS = {"lower": _("Lower third"), "middle": _("Middle third"), "upper": _("Upper third")}
MOST_COUNTS = 15  # bars that have room for a number above
MOST_TICKS = 6
PLOT_TOP, PLOT_HEIGHT = 0.14, 0.74  # the rest is for the word at the median and the scale


def interval_bar(figure: Figure) -> SafeString:
    """A share from 0 to 1 as a bar, its interval as a band over it. The words stand beside it on the page."""
    if figure["value"] is None:
        return SafeString("")
    low, high = (_within(end) for end in figure["ci"] or (0.0, 0.0))
    context = {
        "value": _span(0, _within(figure["value"])),
        "band": _span(low, high - low) if figure["ci"] else None,
        "ends": [_span(end, 0)["x"] for end in (low, high)],
    }
    return _drawn("interval", context)


def thirds(shares: Mapping[str, Figure], *, keyed: bool) -> SafeString:
    """One answer's share in the lower, middle and upper third of the class: three bars, each with its number."""
    bars = [
        {"name": name, "label": label, "value": shares[name]["value"], "bar": _span(0, _within(shares[name]["value"]))}
        for name, label in THIRDS.items()
        if shares.get(name) and shares[name]["value"] is not None
    ]
    return _drawn("thirds", {"bars": bars, "keyed": keyed}) if bars else SafeString("")


def histogram(bins: Sequence[Mapping[str, Any]], median: float | None = None) -> SafeString:
    """How many reached how many points, from [{"from", "to", "n"}], with a line at the median."""
    most = max((one["n"] for one in bins), default=0)
    if not most:
        return SafeString("")
    width = 1 / len(bins)
    bars = [_upright(one["n"], at * width, width, most) for at, one in enumerate(bins)]
    context = {
        "bins": bins,
        "bars": bars,
        "counted": len(bins) <= MOST_COUNTS,
        "ticks": _ticks(bins),
        "median": median,
        "line": None if median is None else _median_line(_place(bins, median)),
    }
    return _drawn("histogram", context)


def _upright(n: int, start: float, width: float, most: int) -> dict[str, Any]:
    height = PLOT_HEIGHT * n / most
    top = PLOT_TOP + PLOT_HEIGHT - height
    middle = _span(start + width / 2, 0)["x"]
    return {"n": n, "y": _percent(top), "height": _percent(height), "middle": middle} | _span(
        start + 0.06 * width, 0.88 * width
    )


def _median_line(place: float) -> dict[str, Any]:
    """Its word stands on the side where there is more room."""
    before = place > 0.5
    return {"x": _span(place, 0)["x"], "anchor": "end" if before else "start", "dx": 6 if before == _mirrored() else -6}


def _place(bins: Sequence[Mapping[str, Any]], value: float) -> float:
    """Where a value lies on the scale of bars of equal width, from 0 to 1."""
    for at, one in enumerate(bins):
        low, high = float(one["from"]), float(one["to"])
        if value <= high:
            within = (float(value) - low) / (high - low) if high > low else 0.5
            return (at + _within(within)) / len(bins)
    return 1.0


def _ticks(bins: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Numbers of the scale: under the bars that stand for one value, else where bars meet."""
    single = all(one["from"] == one["to"] for one in bins)
    marks = [((at + 0.5 * single) / len(bins), one["from"]) for at, one in enumerate(bins)]
    marks += [] if single else [(1.0, bins[-1]["to"])]
    step = -(-len(marks) // MOST_TICKS)
    kept = marks[::step] if (len(marks) - 1) % step == 0 or single else [*marks[: -step // 2 : step], marks[-1]]
    return [{"x": _span(at, 0)["x"], "value": value, "anchor": _anchor(at)} for at, value in kept]


def _anchor(place: float) -> str:
    return "start" if place == 0 else "end" if place == 1 else "middle"


def _span(start: float, length: float) -> dict[str, str]:
    """A stretch of the axis as attributes of a shape."""
    if _mirrored():
        start = 1 - start - length
    return {"x": _percent(start), "width": _percent(length)}


def _mirrored() -> bool:
    return get_language_bidi()


def _within(share: float) -> float:
    return min(1.0, max(0.0, float(share)))


def _percent(share: float) -> str:
    """As SVG reads it, whatever the language."""
    return f"{100 * share:.2f}%"


def _drawn(name: str, context: dict[str, Any]) -> SafeString:
    return SafeString(render_to_string(f"assessment/charts/{name}.html", context))
