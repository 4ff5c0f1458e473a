"""Appending the marks of a regrade, or taking it back: some attempts a transaction, from where the last one ended.

Killed anywhere it goes on from `Regrade.reached`, which is written with the marks. An attempt that is being marked
meanwhile is waited for. Marking itself keeps to a regrade that rules (`sheets.responses` reads it behind the attempt's
lock), so that none is missed.

All attempts of a batch are locked first, then policy, grades and scores, as everywhere.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.db import transaction

from assessment import marking, rules
from assessment.models import Attempt, AttemptState, Mark, Regrade, RegradeState, Response
from assessment.regrading import scope
from assessment.regrading.decisions import WORKING
from content.models import ItemVersion

BATCH = 200


@dataclass
class Work:
    """An attempt with what is known of it. `target`: the response to the question."""

    attempt: Attempt
    responses: Sequence[Response]
    counting: dict[UUID, Mark]
    target: Response
    earlier: Mark | None = None  # the one that the regrade put its own in the place of

    @property
    def mark(self) -> Mark | None:
        return self.counting.get(self.target.pk)

    def is_of(self, regrade: Regrade) -> bool:
        """Whether the regrade gave the mark that counts."""
        return self.mark is not None and self.mark.evidence.get("regrade") == str(regrade.pk)

    def replaced(self, regrade: Regrade) -> str:
        """The id of the mark that counted before the regrade; empty where there was none."""
        return str(self.mark.evidence.get("replaces", "")) if self.mark and self.is_of(regrade) else ""


def run(*, regrade_id: UUID | str, now: datetime, batch: int = BATCH) -> list[UUID]:
    """Go on with a regrade until all is marked; the assignments whose statistics changed.

    Two workers at one regrade do no harm: the second one leaves it to the first.
    """
    touched: set[UUID] = set()
    while (done := run_batch(regrade_id, now, batch)) is not None:
        touched |= done
    return sorted(touched)


@transaction.atomic
def run_batch(regrade_id: UUID | str, now: datetime, size: int = BATCH) -> set[UUID] | None:
    """The assignments of the next attempts; None where there is nothing to do, or another process does it."""
    rows = Regrade.objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    regrade = rows.select_related("key").filter(pk=regrade_id, state__in=WORKING).first()
    if regrade is None:
        return None
    found = _next(regrade, size)
    if not found:
        _finish(regrade, now)
        return None
    _handle(regrade, found, now)
    regrade.reached = found[-1].pk
    regrade.save(update_fields=["reached", "counts"])
    return {attempt.assignment_id for attempt in found if attempt.assignment_id}


def _next(regrade: Regrade, size: int) -> list[Attempt]:
    found = scope.attempts(regrade).order_by("pk").select_for_update(of=("self",), no_key=True)
    return list((found.filter(pk__gt=regrade.reached) if regrade.reached else found)[:size])


def _finish(regrade: Regrade, now: datetime) -> None:
    regrade.state = RegradeState.DONE if regrade.state == RegradeState.RUNNING else RegradeState.UNDONE
    regrade.done_at = now
    regrade.save(update_fields=["state", "done_at"])


def _handle(regrade: Regrade, found: Sequence[Attempt], now: datetime) -> None:
    marked = [attempt for attempt in found if attempt.state in (AttemptState.NEEDS_REVIEW, AttemptState.MARKED)]
    works = _read(regrade, marked)
    change = _apply if regrade.state == RegradeState.RUNNING else _take_back
    before = {work.attempt.pk: work.mark for work in works}
    marks = {work.attempt.pk: mark for work in works if (mark := change(regrade, work, now)) is not None}
    Mark.objects.bulk_create([mark for mark in marks.values() if mark])
    _settle([work for work in works if work.attempt.pk in marks], {pk: mark or None for pk, mark in marks.items()}, now)
    counts: Counter[str] = Counter(regrade.counts)
    for work in works:
        if not work.attempt.preview and work.attempt.voided_at is None:
            counts[_how(work, before[work.attempt.pk], marks.get(work.attempt.pk), regrade)] += 1
    counts["handled"] += len(found)
    regrade.counts = dict(counts)


def _read(regrade: Regrade, attempts: Sequence[Attempt]) -> list[Work]:
    """A few queries for any number of attempts."""
    rows = Response.objects.filter(attempt__in=attempts).order_by("position")
    found = list(rows.annotate(regrade_id=rules.regrade_of()) if regrade.state == RegradeState.UNDOING else rows)
    versions = ItemVersion.objects.in_bulk({response.item_version_id for response in found})
    responses: dict[UUID, list[Response]] = defaultdict(list)
    for response in found:
        response.item_version = versions[response.item_version_id]
        responses[response.attempt_id].append(response)
    latest = Mark.objects.filter(response__attempt__in=attempts, response__waiting=False)
    marks = {mark.response_id: mark for mark in latest.order_by("created_at", "pk")}
    works = [_work(regrade, attempt, responses[attempt.pk], marks) for attempt in attempts]
    if regrade.state == RegradeState.UNDOING:
        earlier = Mark.objects.in_bulk([UUID(pk) for work in works if (pk := work.replaced(regrade))])
        for work in works:
            work.earlier = earlier.get(UUID(pk)) if (pk := work.replaced(regrade)) else None
    return works


def _work(regrade: Regrade, attempt: Attempt, responses: Sequence[Response], marks: dict[UUID, Mark]) -> Work:
    target = next(one for one in responses if one.item_version_id == regrade.item_version_id)
    counting = {one.pk: marks[one.pk] for one in responses if one.pk in marks}
    return Work(attempt, responses, counting, target)


Change = Mark | Literal[False] | None  # the new mark; False: none counts any more; None: all stays


def _apply(regrade: Regrade, work: Work, now: datetime) -> Change:
    if work.is_of(regrade):
        return None  # it was marked since the regrade rules
    outcome = scope.outcome(work.target, work.mark, regrade)
    if outcome is None:
        return None
    work.attempt.round += 1
    mark = marking.by_rule(work.target, outcome, round=work.attempt.round, now=_after(work.mark, now))
    mark.evidence |= {"replaces": str(work.mark.pk)} if work.mark else {}
    return mark


def _take_back(regrade: Regrade, work: Work, now: datetime) -> Change:
    """The mark that counted before, once more; the rules as they are without the regrade where there was none."""
    if not work.is_of(regrade) or work.mark is None:
        return None
    work.attempt.round += 1
    when, undone, earlier = _after(work.mark, now), {"undone": str(regrade.pk)}, work.earlier
    if earlier is not None:
        return Mark(
            response=work.target,
            points=earlier.points,
            by=earlier.by,
            tier=earlier.tier,
            person_id=earlier.person_id,
            note=earlier.note,
            round=work.attempt.round,
            evidence={**earlier.evidence, **undone, "restores": str(earlier.pk)},
            created_at=when,
        )
    other = work.target.regrade_id  # type: ignore[attr-defined]
    outcome = rules.outcome(work.target, rules.named({other})[other] if other else None)
    if outcome.credit is None:
        return False
    mark = marking.by_rule(work.target, outcome, round=work.attempt.round, now=when)
    mark.evidence |= undone
    return mark


def _after(earlier: Mark | None, now: datetime) -> datetime:
    """Strictly after the mark that it replaces."""
    return max(now, earlier.created_at + timedelta(microseconds=1)) if earlier else now


def _settle(works: Sequence[Work], marks: dict[UUID, Mark | None], now: datetime) -> None:
    """Waiting answers, totals, statistics, grades and scores follow the new marks."""
    turned = [work.target for work in works if work.target.waiting == (marks[work.attempt.pk] is not None)]
    for response in turned:
        response.waiting = not response.waiting
    for waiting in (True, False):
        pks = [response.pk for response in turned if response.waiting == waiting]
        Response.objects.filter(pk__in=pks).update(waiting=waiting)
    for work in works:
        mark = marks[work.attempt.pk]
        others = {pk: one for pk, one in work.counting.items() if pk != work.target.pk}
        work.counting = others | ({work.target.pk: mark} if mark else {})
    marking.conclude_all([(work.attempt, work.responses, work.counting.values()) for work in works], now)


def _how(work: Work, before: Mark | None, change: Change, regrade: Regrade) -> str:
    if change is None:
        return "kept" if scope.is_kept(before, regrade) else "same" if work.is_of(regrade) else "undecided"
    old, new = (_share(before), _share(change or None))
    return "up" if new > old else "down" if new < old else "same"


def _share(mark: Mark | None) -> Decimal:
    return mark.points if mark else Decimal(0)
