"""What a reader who may not read the answers does not see: figures of so few that they would say more of persons."""

from collections.abc import Iterator
from typing import Any

from assessment.statistics import formulas
from assessment.statistics.formulas import HIDDEN, HIDDEN_BELOW, Figure

OF_NOBODY = ("intended_weight", "guess")  # figures of the question alone


def figures(part: Any) -> Iterator[Figure]:
    """Every figure within a report."""
    if isinstance(part, list):
        for one in part:
            yield from figures(one)
    elif isinstance(part, dict):
        if "method" in part:
            yield part
        else:
            yield from figures(list(part.values()))


def hidden(report: dict[str, Any]) -> dict[str, Any]:
    """The report without figures, counts and answers of fewer than ten."""
    report = report | {name: _without(report[name]) for name in ("score", "seconds", "machine_marked")}
    if report["n"] < HIDDEN_BELOW:
        report["score"] |= {"histogram": []}
    report["items"] = [_item(item) for item in report["items"]]
    return report


def _item(item: dict[str, Any]) -> dict[str, Any]:
    kept = {name: item[name] for name in OF_NOBODY}
    shown = {name: _without(part) for name, part in item.items()} | kept
    for category, found in zip(shown["categories"], item["categories"], strict=True):
        category["count"] = found["count"] if found["share"]["n"] >= HIDDEN_BELOW else None
    shown["common_answers"] = [one for one in item["common_answers"] if one["count"] >= HIDDEN_BELOW]
    if item["n"] < HIDDEN_BELOW:
        shown["blanks"] = None
    return shown


def _without(part: Any) -> Any:
    if isinstance(part, list):
        return [_without(one) for one in part]
    if not isinstance(part, dict):
        return part
    if "method" not in part:
        return {name: _without(one) for name, one in part.items()}
    return part if part["n"] >= HIDDEN_BELOW else formulas.missing(part, HIDDEN)
