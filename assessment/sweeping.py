"""Finding the work that a lost message, a killed process or a late gradebook column left undone.

Each piece has its own transaction; a fault in one is logged and stops no other.
"""

import logging
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from assessment import grades, key_check, marking, practice
from assessment.models import Assignment, Attempt, AttemptState, Grade, Regrade, RegradeState, StatisticsDelta
from assessment.regrading import batches, decisions
from assessment.statistics import folding
from assessment.suggesting import awarding, suggestions
from lti.gradebook import columns, second_chances

logger = logging.getLogger(__name__)

PER_SWEEP = 500
MARKING_IS_LATE = timedelta(seconds=5)
FIRST_RETRY = timedelta(seconds=15)
LONGEST_RETRY = timedelta(hours=1)
DRY_RUN_IS_KEPT = timedelta(days=1)
PRACTICE_IS_KEPT = timedelta(days=30)


def sweep(*, now: datetime) -> None:
    """Mark, fold, work out and send what is left; forget old practice. At most PER_SWEEP of each."""
    for attempt in _unmarked(now):
        if _claim(attempt, now):
            _try("mark attempt", attempt.pk, lambda pk: marking.mark_attempt(pk, now))
    for attempt_id in suggestions.attempts_without()[:PER_SWEEP]:
        _try("suggest marks for attempt", attempt_id, partial(_suggest, now=now))
    for assignment_id in _assignments_to_fold():
        _try("fold statistics of", assignment_id, lambda pk: folding.fold(assignment_id=pk, now=now))
        _try("check the keys of", assignment_id, lambda pk: key_check.look(assignment_id=pk, now=now))
    for assignment_id in Assignment.objects.filter(grades_due=True).values_list("pk", flat=True)[:PER_SWEEP]:
        _try("work out grades of", assignment_id, lambda pk: grades.recompute_all(assignment_id=pk, now=now))
    for regrade_id in Regrade.objects.filter(state__in=decisions.WORKING).values_list("pk", flat=True)[:PER_SWEEP]:
        _try("go on with regrade", regrade_id, lambda pk: batches.run(regrade_id=pk, now=now))
    Regrade.objects.filter(state=RegradeState.DRY_RUN, created_at__lt=now - DRY_RUN_IS_KEPT).delete()
    for column_id, news_at, missed in columns.with_news()[:PER_SWEEP]:
        _try("send again to column", column_id, partial(_send_refused, news_at=news_at, now=now))
        _send_waiting(column_id, missed, now)
    prune_practice(now=now)


def prune_practice(*, now: datetime) -> None:
    """Forget practice that began a month ago; it belongs to nobody and its key is long gone."""
    old = Attempt.objects.filter(assignment__isnull=True, started_at__lt=now - PRACTICE_IS_KEPT)
    Attempt.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:PER_SWEEP])).delete()
    practice.forget(now=now)


def _unmarked(now: datetime) -> Iterable[Attempt]:
    due = Q(mark_after__isnull=True) | Q(mark_after__lte=now)
    late = Attempt.objects.filter(due, state=AttemptState.SUBMITTED, submitted_at__lte=now - MARKING_IS_LATE)
    return late.order_by("submitted_at")[:PER_SWEEP]


def _claim(attempt: Attempt, now: datetime) -> bool:
    """Take the attempt up, before anything can go wrong with it, and put the next try off.

    So one that fails each time, or kills its process, waits longer and longer and never holds up the others.
    """
    wait = min(FIRST_RETRY * 2 ** min(attempt.mark_tries, 16), LONGEST_RETRY)
    seen = Attempt.objects.filter(pk=attempt.pk, state=AttemptState.SUBMITTED, mark_tries=attempt.mark_tries)
    return bool(seen.update(mark_tries=F("mark_tries") + 1, mark_after=now + wait))


def _suggest(attempt_id: UUID, now: datetime) -> None:
    suggestions.suggest(attempt_id=attempt_id, now=now)
    awarding.award(attempt_id=attempt_id, now=now)


def _assignments_to_fold() -> Iterable[Any]:
    return StatisticsDelta.objects.order_by().values_list("assignment_id", flat=True).distinct()[:PER_SWEEP]


def _send_refused(column_id: UUID, news_at: datetime, now: datetime) -> None:
    second_chances.retry_column(column_id=column_id, refused_before=news_at, now=now)


def _send_waiting(column_id: UUID, missed: datetime, now: datetime) -> None:
    """Queue grades that found no column when they were due, where the LMS offers one now.

    Only columns with news are looked at, and only grades that may have `missed` it: so the work grows
    neither with the grades that no LMS ever took nor with those that still find no place.
    """
    waiting = Grade.objects.filter(unsent_at__lt=missed, assignment__resource_link__line_item=column_id)
    found = list(waiting.order_by("unsent_at").values_list("pk", flat=True)[:PER_SWEEP])
    for grade_id in found:
        Grade.objects.filter(pk=grade_id).update(unsent_at=now)  # the next sweep begins with others
        _try("send grade", grade_id, lambda pk: grades.resume(grade_id=pk, now=now))
    if len(found) < PER_SWEEP:
        columns.no_news(column_id, now=now)


def _try(what: str, pk: Any, work: Callable[[Any], object]) -> None:
    try:
        work(pk)
    except Exception:
        logger.exception("could not %s %s; it will be tried again", what, pk)
