"""How a teacher lets a check be taken: how often, how long, which attempt counts, what is shown, when scores go out."""

from datetime import datetime
from typing import Any

from django.db import transaction

from assessment import announcing
from assessment.models import Assignment, Grade
from assessment.placement import placing, times
from roster import enqueue

BEARS_ON_TIMES = (*placing.DATES, "time_limit")
BEARS_ON_GRADES = ("counts", "while_waiting", "late_percent", "scores_held", "hold_flagged", *BEARS_ON_TIMES)


def change(*, assignment: Assignment, **values: Any) -> Assignment:
    """Store what is given of the policy (`placing.POLICY`) and the dates; the rest stays.

    Attempts that run get their new times at once. Where it bears on grades they are worked out again in the background.
    Attempts already made stay, also where there are now more of them than `max_attempts`.
    """
    if unknown := values.keys() - {*placing.POLICY, *placing.DATES}:
        raise TypeError(f"not of the policy: {', '.join(sorted(unknown))}")
    stored, changed = _store(assignment, values)
    if not changed.isdisjoint(BEARS_ON_TIMES):
        times.renew(assignment=stored)
    return stored


@transaction.atomic
def _store(assignment: Assignment, values: dict[str, Any]) -> tuple[Assignment, set[str]]:
    stored = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    changed = {name for name, value in values.items() if getattr(stored, name) != value}
    for name in changed:
        setattr(stored, name, values[name])
    if not changed.isdisjoint(BEARS_ON_GRADES):
        stored.grades_due = True
        enqueue.on_commit("assessment.tasks.recompute_grades", str(stored.pk))
    stored.save()
    return stored, changed


@transaction.atomic
def release(*, assignment: Assignment, now: datetime) -> None:
    """Show held scores to learners and send them to the LMS; those that come later too."""
    held = Assignment.objects.filter(pk=assignment.pk, scores_held=True, released_at__isnull=True)
    if held.update(released_at=now, grades_due=True):
        enqueue.on_commit("assessment.tasks.recompute_grades", str(assignment.pk))
        for grade in Grade.objects.filter(assignment=assignment).select_related("attempt"):
            announcing.grade_released(grade, now)


@transaction.atomic
def hold_again(*, assignment: Assignment) -> None:
    """Hold the scores that come from now on. What the LMS has it keeps."""
    Assignment.objects.filter(pk=assignment.pk).update(released_at=None)


@transaction.atomic
def set_pass_mark(*, assignment: Assignment, percent: int | None) -> None:
    """From which share of the points a column of pass or fail gets a pass; None: points are sent as they are."""
    stored = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    if stored.pass_percent != percent:
        stored.pass_percent, stored.grades_due = percent, True
        stored.save(update_fields=["pass_percent", "grades_due"])
        enqueue.on_commit("assessment.tasks.recompute_grades", str(stored.pk))
