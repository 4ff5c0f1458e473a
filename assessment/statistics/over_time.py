"""How many attempts were handed in on each day, and what they earned, from the cells of days."""

from collections import Counter
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from assessment.models import Assignment, StatisticsCell
from assessment.statistics import formulas, joint
from assessment.statistics.report import Period, QuizScope, points_max, regrades


def days(
    *,
    scope: Assignment | QuizScope,
    population: str,
    version: int | None,
    group: UUID | None,
    period: Period,
    small: bool,
) -> Iterator[dict[str, Any]]:
    """A row a day (UTC) and version of the quiz, in order. `small` as in `report`."""
    found: dict[tuple[date, int], tuple[StatisticsCell, Counter[int], int]] = {}
    for cell in _cells(scope, population, version, group, period):
        assert cell.day is not None  # a cell of a day
        key = (cell.day, cell.quiz_version.number)
        _, scores, n = found.setdefault(key, (cell, Counter(), 0))
        scores.update(joint.whole(cell.data.get("scores", {})))
        found[key] = (cell, scores, n + cell.n)
    ruled = regrades(scope)
    for (day, number), (cell, scores, n) in sorted(found.items(), key=lambda one: one[0]):
        mean = formulas.mean(joint.sample(scores.items()))
        hidden = not small and mean["n"] < formulas.HIDDEN_BELOW
        yield {
            "day": day,
            "quiz_version": number,
            "n": n,
            "points_max": points_max(cell.quiz_version, ruled),
            "mean": formulas.missing(mean, formulas.HIDDEN) if hidden else mean,
            "generated_at": cell.folded_at,
        }


def _cells(
    scope: Assignment | QuizScope, population: str, version: int | None, group: UUID | None, period: Period
) -> QuerySet[StatisticsCell]:
    found = StatisticsCell.objects.filter(population=population, group=group, day__isnull=False)
    if isinstance(scope, Assignment):
        found = found.filter(assignment=scope, quiz=scope.quiz_id)
    else:
        found = found.filter(institution=scope.institution, quiz=scope.quiz, assignment__isnull=group is None)
    limits = {"day__gte": period[0], "day__lte": period[1], "quiz_version__number": version}
    given = {name: value for name, value in limits.items() if value is not None}
    return found.filter(**given).select_related("quiz_version").order_by("day", "folded_at")
