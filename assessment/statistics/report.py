"""The statistics of an assignment or a quiz, from its cells: a fixed number of queries for any number of attempts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from assessment import rules
from assessment.models import Assignment, Population, Regrade, StatisticsCell, StatisticsDelta
from assessment.statistics import answers, cells, formulas, items, joint, shape, small_cells
from assessment.statistics.items import NO_OTHER_ITEMS as NO_OTHER_ITEMS
from assessment.statistics.items import SOME_WAIT as SOME_WAIT
from assessment.statistics.items import Counted, Scale
from content import places
from content.models import Quiz, QuizVersion
from roster.models import Institution

NOT_ALIKE = items.NOT_ALIKE
NO_ITEMS = "The rule marked no item."
NOT_ALL_ASKED = "Not every learner was asked every question."
Period = tuple[date | None, date | None]
EVER: Period = (None, None)


class UnknownVersion(Exception):
    """The quiz has no such version."""


@dataclass(frozen=True)
class QuizScope:
    """A quiz over all its assignments of an institution."""

    institution: Institution
    quiz: Quiz


def report(
    *,
    scope: Assignment | QuizScope,
    population: str = Population.FIRST,
    version: int | None = None,
    group: UUID | None = None,
    period: Period = EVER,
    now: datetime,
    small: bool,
) -> dict[str, Any]:
    """Every published figure of one quiz version (by default the newest that was answered) and population.

    Of all, or of one roster `group`, or of those submitted within a `period` of days (UTC, both ends included; an open
    end is None). `pending` changes are marked but not folded in yet. `small`: figures are shown from the first attempt,
    as to those who may read the answers anyway; else they stay hidden below 10. Raises UnknownVersion.
    """
    found = _cells(scope, population, group, period)
    answered = _answered(found)
    chosen = _version(scope, answered, version)
    data, folded_at = _data(found, chosen)
    scale = _scale(chosen, data, regrades(scope))
    shown = {
        "generated_at": now,
        "folded_at": folded_at,
        "pending": _pending(scope).count(),
        "assignment": scope.pk if isinstance(scope, Assignment) else None,
        "quiz": scope.quiz_id if isinstance(scope, Assignment) else scope.quiz.pk,
        "population": population,
        "group": group,
        "from": period[0],
        "to": period[1],
        "quiz_version": {"id": chosen.pk, "number": chosen.number},
        "versions": [{"id": one.pk, "number": one.number, "n": n} for one, n in answered],
        "n": scale.n,
        "waiting": scale.n - data.get("complete", 0),
        "score": _score(data, points_max(chosen, scale.regrades)),
        "seconds": shape.quartiles(joint.whole(data.get("seconds", {}))),
        "machine_marked": _machine_marked(scale),
        "items": _items(scope, population, scale, typed=group is None and period == EVER),
    }
    return shown if small else small_cells.hidden(shown)


def _cells(
    scope: Assignment | QuizScope, population: str, group: UUID | None, period: Period
) -> QuerySet[StatisticsCell]:
    found = StatisticsCell.objects.filter(population=population)
    if isinstance(scope, Assignment):
        found = found.filter(assignment=scope, quiz=scope.quiz_id, group=group)
    else:  # groups are kept by assignment; those of a course have few
        found = found.filter(institution=scope.institution, quiz=scope.quiz, group=group)
        found = found.filter(assignment__isnull=group is None)
    if period == EVER:
        return found.filter(day__isnull=True)
    limits = {"day__gte": period[0], "day__lte": period[1]}
    return found.filter(day__isnull=False, **{name: day for name, day in limits.items() if day})


def _answered(found: QuerySet[StatisticsCell]) -> list[tuple[QuizVersion, int]]:
    """The versions with their attempts, oldest first."""
    attempts: dict[UUID, tuple[QuizVersion, int]] = {}
    for cell in found.select_related("quiz_version").defer("data"):
        _, n = attempts.get(cell.quiz_version_id, (None, 0))
        attempts[cell.quiz_version_id] = (cell.quiz_version, n + cell.n)
    return sorted(attempts.values(), key=lambda pair: pair[0].number)


def _version(
    scope: Assignment | QuizScope, answered: Sequence[tuple[QuizVersion, int]], number: int | None
) -> QuizVersion:
    if found := [one for one, _ in answered if number in (None, one.number)]:
        return found[-1]
    quiz = scope.quiz_id if isinstance(scope, Assignment) else scope.quiz.pk
    versions = QuizVersion.objects.filter(quiz=quiz).order_by("-number")
    version = (versions if number is None else versions.filter(number=number)).first()
    if version is None:
        raise UnknownVersion(number)
    return version


def _data(found: QuerySet[StatisticsCell], version: QuizVersion) -> tuple[cells.Data, datetime | None]:
    """The counts of the version, added up over days, and when the last of them was folded in."""
    rows = list(found.filter(quiz_version=version).values_list("data", "folded_at"))
    data = rows[0][0] if rows else {}
    for other, _ in rows[1:]:
        cells.add(data, other)
    return data, max((folded_at for _, folded_at in rows), default=None)


def _pending(scope: Assignment | QuizScope) -> QuerySet[StatisticsDelta]:
    if isinstance(scope, Assignment):
        return StatisticsDelta.objects.filter(assignment=scope)
    return StatisticsDelta.objects.filter(assignment__institution=scope.institution, assignment__quiz=scope.quiz)


def points_max(version: QuizVersion, ruled: Mapping[UUID, Regrade]) -> Decimal:
    """The most that an attempt can earn. A dropped question of a pool stays in: most attempts have another one."""
    dropped = items.dropped(ruled)
    gone = (one.item_version.points for one in places.of(version.pk) if one.item_version_id in dropped and not one.pool)
    return version.points - sum(gone, Decimal(0))


def regrades(scope: Assignment | QuizScope) -> dict[UUID, Regrade]:
    """What rules the item versions in the assignment, or in every one of the quiz."""
    if isinstance(scope, Assignment):
        return rules.in_force(scope)
    return rules.in_force_everywhere(institution=scope.institution.pk, quiz=scope.quiz.pk)


def _scale(version: QuizVersion, data: cells.Data, ruled: Mapping[UUID, Regrade]) -> Scale:
    by_item = data.get("items", {})
    counted = [
        Counted(place, joint.item(by_item.get(str(place.item_version_id), {}))) for place in places.of(version.pk)
    ]
    totals = joint.whole(data.get("totals", {}))
    return Scale(data.get("n", 0), counted, joint.sample(totals.items()), ruled)


def _score(data: cells.Data, most: Decimal) -> dict[str, Any]:
    scores, top = joint.whole(data.get("scores", {})), int(most * 1000)
    sample = joint.sample(scores.items())
    shown = {
        "mean": formulas.mean(sample),
        "sd": formulas.deviation(sample),
        **shape.quartiles(scores, 1000),
        **shape.extremes(scores, 1000),
        "skewness": shape.skewness(scores),
        "kurtosis": shape.kurtosis(scores),
    }
    n = data.get("n", 0)
    if data.get("complete", 0) < n:  # those who are marked already are no chance sample: blanks wait for nobody
        shown = {name: figure | {"ci": None, "reason": SOME_WAIT} for name, figure in shown.items()}
    if n < 2:  # whatever waits: one attempt has no deviation
        shown["sd"]["reason"] = formulas.TOO_FEW
    return {"points_max": most, **shown, "histogram": shape.histogram(scores, top, 1000)}


def _machine_marked(scale: Scale) -> dict[str, Any]:
    samples = [item.counts.known.points for item in scale.marked]
    mean, deviation = formulas.mean(scale.total), formulas.deviation(scale.total)
    reliability = formulas.alpha(samples, scale.total)
    error = formulas.error_of_measurement(samples, scale.total)
    if not scale.is_whole:
        reason = NOT_ALL_ASKED if _is_drawn(scale.items) else NOT_ALIKE
        reliability, error = (formulas.missing(figure, reason) for figure in (reliability, error))
    if scale.n and not scale.marked:
        mean, deviation = (formulas.missing(figure, NO_ITEMS) for figure in (mean, deviation))
    return {
        "items": len(scale.marked),
        "points_max": sum((item.place.item_version.points for item in scale.marked), Decimal(0)),
        "mean": mean,
        "sd": deviation,
        "alpha": reliability,
        "sem": error,
        "error_ratio": formulas.error_ratio(reliability),
    }


def _is_drawn(counted: Iterable[Counted]) -> bool:
    return any(item.place.pool for item in counted)


def _items(scope: Assignment | QuizScope, population: str, scale: Scale, *, typed: bool) -> list[dict[str, Any]]:
    common = _common_answers(scope, population, scale) if typed else {}
    return [items.figures(item, scale, common.get(item.place.item_version_id, ())) for item in scale.items]


def _common_answers(scope: Assignment | QuizScope, population: str, scale: Scale) -> dict[UUID, list[tuple[str, int]]]:
    return answers.most_frequent(
        [item.place.item_version_id for item in scale.items if items.takes_typing(item)],
        population=population,
        assignment=scope.pk if isinstance(scope, Assignment) else None,
        institution=scope.institution_id if isinstance(scope, Assignment) else scope.institution.pk,
        quiz=scope.quiz_id if isinstance(scope, Assignment) else scope.quiz.pk,
    )
