"""The statistics of an assignment, computed from its rows: a fixed number of queries for any number of attempts."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from assessment.models import Assignment, StatisticsDelta, StatisticsRow
from assessment.statistics import formulas
from assessment.statistics.formulas import Figure, Sample
from content import item_types, places, variants
from content.item_types import Category
from content.models import ItemVersion, QuizVersion, QuizVersionItem

BLANK = "No answer"
DISCRIMINATION = "corrected item-rest Pearson r (rest: machine-marked total without the item); Fisher z interval"
SOME_WAIT = "Some answers wait for a person."
KEY_CAME_LATER = "The rule marked some items in only a part of the attempts."
NO_ITEMS = "The rule marked no item."
NO_OTHER_ITEMS = "The rule marked no other item to compare with."


class UnknownVersion(Exception):
    """The assignment's quiz has no such version."""


def report(
    *, assignment: Assignment, population: str, now: datetime, version: int | None = None, small: bool = False
) -> dict[str, Any]:
    """Every published figure of one quiz version (by default the newest that was answered) and population.

    `pending` changes are marked but not folded in yet. Figures are provisional below 30 attempts. `small`: figures of
    an item are shown from the first attempt, as to those who may read the answers anyway; else they stay hidden below
    10. Raises UnknownVersion.
    """
    rows = list(
        StatisticsRow.objects.filter(
            assignment=assignment, population=population, quiz_version__quiz=assignment.quiz_id
        ).select_related("quiz_version")
    )
    answered = sorted((row for row in rows if row.item_version_id is None), key=lambda row: row.quiz_version.number)
    chosen = _version(assignment, answered, version)
    of_version = {row.item_version_id: row for row in rows if row.quiz_version_id == chosen.pk}
    pending = StatisticsDelta.objects.filter(assignment=assignment, quiz_version=chosen, population=population)
    whole = of_version.get(None) or StatisticsRow()
    items = [(place, of_version.get(place.item_version_id) or StatisticsRow()) for place in places.of(chosen.pk)]
    return {
        "generated_at": now,
        "folded_at": whole.folded_at,
        "pending": pending.count(),
        "assignment": assignment.pk,
        "population": population,
        "quiz_version": {"id": chosen.pk, "number": chosen.number},
        "versions": [{"id": row.quiz_version_id, "number": row.quiz_version.number, "n": row.n} for row in answered],
        "n": whole.n,
        "waiting": whole.n - whole.complete,
        "score": _score(whole, chosen),
        "machine_marked": _machine_marked(whole, items),
        "items": [_item(place, row, whole, small=small, alone=_is_alone(row, items)) for place, row in items],
    }


def _version(assignment: Assignment, answered: list[StatisticsRow], number: int | None) -> QuizVersion:
    if number is None and answered:
        return answered[-1].quiz_version
    versions = QuizVersion.objects.filter(quiz=assignment.quiz_id).order_by("-number")
    found = (versions if number is None else versions.filter(number=number)).first()
    if found is None:
        raise UnknownVersion(number)
    return found


def _score(whole: StatisticsRow, version: QuizVersion) -> dict[str, Any]:
    sample = Sample.of(whole.complete, whole.x, whole.xx)
    shown = {"mean": formulas.mean(sample), "sd": formulas.deviation(sample)}
    if whole.complete < whole.n:  # those who are marked already are no chance sample: who left blanks waits for nobody
        shown = {name: figure | {"ci": None, "reason": SOME_WAIT} for name, figure in shown.items()}
    if whole.n < 2:  # whatever waits: one attempt has no deviation
        shown["sd"]["reason"] = formulas.TOO_FEW
    return {"points_max": version.points, **shown}


def _machine_marked(whole: StatisticsRow, items: list[tuple[QuizVersionItem, StatisticsRow]]) -> dict[str, Any]:
    counted = [(place.item_version, row) for place, row in items if row.in_total]
    total = Sample.of(whole.n, whole.r, whole.rr)
    parts = [Sample.of(row.n, row.x, row.xx) for _, row in counted]
    mean, deviation = formulas.mean(total), formulas.deviation(total)
    reliability, error = formulas.alpha(parts, total), formulas.error_of_measurement(parts, total)
    if any(row.in_total != whole.n for _, row in counted):
        reliability, error = (formulas.missing(figure, KEY_CAME_LATER) for figure in (reliability, error))
    if whole.n and not counted:
        mean, deviation = (formulas.missing(figure, NO_ITEMS) for figure in (mean, deviation))
    return {
        "items": len(counted),
        "points_max": sum((version.points for version, _ in counted), Decimal(0)),
        "mean": mean,
        "sd": deviation,
        "alpha": reliability,
        "sem": error,
    }


def _is_alone(row: StatisticsRow, items: list[tuple[QuizVersionItem, StatisticsRow]]) -> bool:
    """Whether the rule marked no other item, so that there is no rest to correlate with."""
    return bool(row.n) and not any(other.in_total for _, other in items if other is not row)


def _item(
    place: QuizVersionItem, row: StatisticsRow, whole: StatisticsRow, *, small: bool, alone: bool
) -> dict[str, Any]:
    version = place.item_version
    points, rest = Sample.of(row.n, row.x, row.xx), Sample.of(row.n, row.r, row.rr)
    facility = formulas.facility(points, version.points)
    discrimination = formulas.correlation(points, rest, row.xr, DISCRIMINATION)
    if alone:
        discrimination = formulas.missing(discrimination, NO_OTHER_ITEMS)
    if row.n < whole.n and (small or whole.n >= formulas.HIDDEN_BELOW):  # a blank is marked at once, others wait
        facility, discrimination = (formulas.missing(figure, SOME_WAIT) for figure in (facility, discrimination))
    else:
        facility, discrimination = _shown(facility, small), _shown(discrimination, small)
    return {
        "position": place.position,
        "identifier": version.item.identifier,
        "item_version": version.pk,
        "kind": version.kind,
        "points_max": version.points,
        "n": row.n,
        "facility": facility,
        "discrimination": discrimination,
        "categories": _categories(version, row, small=small, alone=alone),
    }


def _categories(version: ItemVersion, row: StatisticsRow, *, small: bool, alone: bool) -> list[dict[str, Any]]:
    """Every category of the item in printed order, then blank ones; counts follow the same minimum as shares."""
    known = item_types.get(version.kind).categories(variants.sample(version.body))
    if not known:
        return []
    labels = {category.id: category for category in [*known, Category("", BLANK)]}
    found = formulas.categories({name: {} for name in labels} | row.counts, row.counted)
    return [_category(labels.get(name) or Category(name, name), found[name], small, alone) for name in found]


def _category(category: Category, found: dict[str, Any], small: bool, alone: bool) -> dict[str, Any]:
    share = _shown(found["share"], small)
    correlation: Figure = found["rest_correlation"]
    if alone:
        correlation = formulas.missing(correlation, NO_OTHER_ITEMS)
    return {
        "category": category.id,
        "label": category.label,
        "keyed": category.keyed,
        "count": found["count"] if small or share["value"] is not None else None,
        "share": share,
        "rest_correlation": _shown(correlation, small),
    }


def _shown(figure: Figure, small: bool) -> Figure:
    return figure if small else formulas.visible(figure)
