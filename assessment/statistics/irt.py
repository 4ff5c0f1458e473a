"""Item response theory, apart from the other figures: a job for classes large enough, by the optional package `mirt`.

Rasch is fitted as the 2PL model with one slope for all items; abilities are normal with mean 0 and variance 1, by
marginal maximum likelihood (EM). An answer counts as right where it earned all points of its item.
"""

from collections.abc import Sequence
from datetime import datetime
from math import isfinite
from typing import Any
from uuid import UUID

from assessment.models import Assignment, IrtFit, Population, StatisticsPart
from assessment.statistics.formulas import Z, figure
from content import places
from content.models import QuizVersion, QuizVersionItem

LEAST = 200  # attempts
MISSING = -1
METHOD = "{model}, marginal maximum likelihood (EM), ability normal with mean 0 and variance 1; normal interval"


class NotEnough(Exception):
    """Too few first attempts, or fewer than three items whose answers differ."""


def fit(*, assignment: Assignment, version: QuizVersion, now: datetime) -> list[IrtFit]:
    """Fit Rasch and 2PL to the folded first attempts on the version and store both. Raises NotEnough, ImportError."""
    marked = list(places.of(version.pk))
    rows = _rows(assignment, version, marked)
    useful = [at for at in range(len(marked)) if {0, 1} <= {row[at] for row in rows}]
    if len(rows) < LEAST or len(useful) < 3:
        raise NotEnough(f"{len(rows)} first attempts, {len(useful)} items whose answers differ")
    matrix = [[row[at] for at in useful] for row in rows]
    items = [marked[at] for at in useful]
    return [_store(assignment, version, model, _fitted(model, matrix, items), len(rows), now) for model in IrtFit.Model]


def _rows(assignment: Assignment, version: QuizVersion, marked: Sequence[QuizVersionItem]) -> list[list[int]]:
    """A row an attempt: 1 for all points of the item, 0 for less, MISSING where no rule decided."""
    names = [(str(place.item_version_id), int(place.item_version.points * 1000)) for place in marked]
    parts = StatisticsPart.objects.filter(
        assignment=assignment, quiz_version=version, populations__contains=[Population.FIRST]
    )
    counted = parts.order_by("pk").values_list("counted__items", flat=True)
    return [[_right(answered.get(name), most) for name, most in names] for answered in counted]


def _right(part: dict[str, Any] | None, most: int) -> int:
    if part is None or not part.get("t"):
        return MISSING
    return int(part["x"] == most)


def _fitted(model: str, matrix: list[list[int]], items: Sequence[QuizVersionItem]) -> dict[str, Any]:
    import mirt
    import numpy as np

    answers = np.array(matrix)
    tied = [("discrimination", list(range(len(items))))] if model == IrtFit.Model.RASCH else None
    found = mirt.fit_mirt(answers, model="2PL", constraints=tied)
    fits = mirt.compute_fit_indices(found, answers)
    by_item = mirt.itemfit(found, answers)
    n = [int((answers[:, at] != MISSING).sum()) for at in range(len(items))]
    return {
        "converged": bool(found.converged),
        "log_likelihood": float(found.log_likelihood),
        "aic": float(found.aic),
        "bic": float(found.bic),
        "m2": {name: _number(fits[key]) for name, key in (("value", "M2"), ("df", "M2_df"), ("p", "M2_p"))},
        "rmsea": _number(fits["RMSEA"]),
        "srmsr": _number(fits["SRMSR"]),
        "items": [
            {
                "item_version": str(place.item_version_id),
                "position": place.position,
                **{name: _estimate(found, name, at, n[at], model) for name in ("difficulty", "discrimination")},
                "infit": _number(by_item["infit"].iloc[at]),
                "outfit": _number(by_item["outfit"].iloc[at]),
            }
            for at, place in enumerate(items)
        ],
    }


def _estimate(found: Any, name: str, at: int, n: int, model: str) -> dict[str, Any]:
    method = METHOD.format(model=IrtFit.Model(model).label)
    value, error = _number(found.model.parameters[name][at]), _number(found.standard_errors[name][at])
    limits = None if value is None or error is None else (value - Z * error, value + Z * error)
    return figure(value, n, method, limits)


def _number(value: Any) -> float | None:
    """JSON knows neither NaN nor infinity."""
    return float(value) if isfinite(value) else None


def _store(
    assignment: Assignment, version: QuizVersion, model: str, data: dict[str, Any], n: int, now: datetime
) -> IrtFit:
    fields = {"institution_id": assignment.institution_id, "n": n, "data": data, "fitted_at": now}
    return IrtFit.objects.update_or_create(assignment=assignment, quiz_version=version, model=model, defaults=fields)[0]


def newest(assignment_id: UUID) -> QuizVersion | None:
    """The newest version with folded attempts."""
    return QuizVersion.objects.filter(statisticspart__assignment=assignment_id).order_by("-number").first()
