"""Appending the marks of a regrade, or taking it back: some attempts a transaction, from where the last one ended.

Killed anywhere it goes on from `Regrade.reached`, which is written with the marks. An attempt that is being marked
meanwhile is waited for. Marking itself keeps to a regrade that rules (`sheets.responses` reads it behind the attempt's
lock), so that none is missed.

All attempts of a batch are locked first, then policy, grades and scores, as everywhere. Only the answers to the
question are read: the other questions of an attempt keep what they earned.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from django.db import transaction

from assessment import announcing, marking, rules
from assessment.models import Attempt, AttemptState, Mark, Regrade, RegradeState, Response
from assessment.regrading import scope, totals
from assessment.regrading.decisions import WORKING
from assessment.statistics import deltas
from roster.rows import Save

BATCH = 200
MARKED = (AttemptState.NEEDS_REVIEW, AttemptState.MARKED)
TOTALS = ("items_marked", "points", "points_waiting", "points_max", "state")  # what grades come of
SAVE = Save(Attempt, *TOTALS, "marked_at", "round", "counted")
Change = Mark | Literal[False] | None  # the new mark; False: none counts any more; None: all stays


@dataclass
class Work:
    """An attempt with its answer to the question, and the marks of that answer while they count, the latest last."""

    attempt: Attempt
    target: Response
    marks: list[Mark] = field(default_factory=list)
    change: Change = None
    other: Regrade | None = None  # rules the answer once the regrade is undone

    @property
    def mark(self) -> Mark | None:
        return self.marks[-1] if self.marks else None

    def is_of(self, regrade: Regrade) -> bool:
        """Whether the regrade gave the mark that counts."""
        return self.mark is not None and self.mark.evidence.get("regrade") == str(regrade.pk)

    @property
    def earlier(self) -> Mark | None:
        """The mark that the one which counts, given by a regrade, has replaced."""
        replaced = self.mark.evidence.get("replaces") if self.mark else None
        return next((mark for mark in self.marks if str(mark.pk) == replaced), None)


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
    regrade = rows.select_related("key", "item_version").filter(pk=regrade_id, state__in=WORKING).first()
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
    found = found.defer("log", "lms_dates")
    return list((found.filter(pk__gt=regrade.reached) if regrade.reached else found)[:size])


def _finish(regrade: Regrade, now: datetime) -> None:
    regrade.state = RegradeState.DONE if regrade.state == RegradeState.RUNNING else RegradeState.UNDONE
    regrade.done_at = now
    regrade.save(update_fields=["state", "done_at"])


def _handle(regrade: Regrade, found: Sequence[Attempt], now: datetime) -> None:
    works = _read(regrade, [attempt for attempt in found if attempt.state in MARKED])
    decide = _apply if regrade.state == RegradeState.RUNNING else _take_back
    counts: Counter[str] = Counter(regrade.counts)
    for work in works:
        work.change = decide(regrade, work, now)
        if not work.attempt.preview and work.attempt.voided_at is None:
            counts[_how(work, regrade)] += 1
    _store([work for work in works if work.change is not None], now)
    counts["handled"] += len(found)
    regrade.counts = dict(counts)


def _read(regrade: Regrade, attempts: Sequence[Attempt]) -> list[Work]:
    """A few queries for any number of attempts."""
    known = {attempt.pk: attempt for attempt in attempts}
    targets = Response.objects.filter(attempt__in=known, item_version=regrade.item_version_id)
    works = {target.pk: Work(known[target.attempt_id], target) for target in targets}
    for work in works.values():
        work.target.item_version = regrade.item_version
    marks = Mark.objects.filter(response__in=[pk for pk, work in works.items() if not work.target.waiting])
    for mark in marks.order_by("created_at", "pk"):
        works[mark.response_id].marks.append(mark)
    if regrade.state == RegradeState.UNDOING:
        _find_others({pk: work for pk, work in works.items() if work.is_of(regrade) and work.earlier is None})
    return list(works.values())


def _find_others(works: Mapping[UUID, Work]) -> None:
    """What rules the answers that had no mark before the regrade."""
    rows = Response.objects.filter(pk__in=works).annotate(regrade_id=rules.regrade_of())
    found = dict(rows.values_list("pk", "regrade_id")) if works else {}
    regrades = rules.named({pk for pk in found.values() if pk})
    for pk, work in works.items():
        work.other = regrades.get(found[pk])


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
    if not work.is_of(regrade):
        return None
    work.attempt.round += 1
    undone, when = {"undone": str(regrade.pk)}, _after(work.mark, now)
    if work.earlier is not None:
        return _restored(work.earlier, undone, round=work.attempt.round, now=when)
    outcome = rules.outcome(work.target, work.other)
    if outcome.credit is None:
        return False
    mark = marking.by_rule(work.target, outcome, round=work.attempt.round, now=when)
    mark.evidence |= undone
    return mark


def _restored(earlier: Mark, evidence: dict[str, str], *, round: int, now: datetime) -> Mark:
    return Mark(
        response_id=earlier.response_id,
        points=earlier.points,
        by=earlier.by,
        tier=earlier.tier,
        person_id=earlier.person_id,
        note=earlier.note,
        round=round,
        evidence={**earlier.evidence, **evidence, "restores": str(earlier.pk)},
        created_at=now,
    )


def _after(earlier: Mark | None, now: datetime) -> datetime:
    """Strictly after the mark that it replaces."""
    return max(now, earlier.created_at + timedelta(microseconds=1)) if earlier else now


def _how(work: Work, regrade: Regrade) -> str:
    if work.change is None:
        return "kept" if scope.is_kept(work.mark, regrade) else "same" if work.is_of(regrade) else "undecided"
    return totals.direction(work.mark, work.change or None)


def _store(works: Sequence[Work], now: datetime) -> None:
    """The new marks; then waiting answers, totals, statistics, grades and scores."""
    Mark.objects.bulk_create([work.change for work in works if work.change])
    _turn(works)
    before = {work.attempt.pk: _totals(work.attempt) for work in works}
    for work in works:
        totals.replace(work.attempt, work.target.item_version, work.mark, work.change or None)
        work.attempt.marked_at = now if work.attempt.state == AttemptState.MARKED else None
        work.marks = [*work.marks, work.change] if work.change else []
    _count(works, now)
    SAVE.all(work.attempt for work in works)
    for work in works:
        announcing.marked(work.attempt, now)
    marking.grade_all((work.attempt for work in works if _totals(work.attempt) != before[work.attempt.pk]), now)


def _totals(attempt: Attempt) -> tuple[object, ...]:
    return tuple(getattr(attempt, name) for name in TOTALS)


def _turn(works: Iterable[Work]) -> None:
    """An answer that is marked now waits no more; one whose only mark goes waits again."""
    turned = [work.target for work in works if work.target.waiting == bool(work.change)]
    for waiting in (True, False):
        pks = [target.pk for target in turned if target.waiting != waiting]
        if pks:
            Response.objects.filter(pk__in=pks).update(waiting=waiting)


def _count(works: Iterable[Work], now: datetime) -> None:
    """What the attempts contribute to the statistics. One that was set aside has it right when it comes back."""
    changed = []
    for work in works:
        attempt = work.attempt
        if attempt.counted:
            held = attempt.counted
            attempt.counted = deltas.with_other_marks(attempt, work.target, work.marks)
            changed += [attempt] if attempt.counted != held and deltas.counts(attempt) else []
    deltas.note_all(changed, now)
    deltas.record_all((work.attempt for work in works if not work.attempt.counted), now)
