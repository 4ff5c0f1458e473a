"""How a teacher lets a check be taken: how often, which attempt counts, what is shown, what the LMS gets meanwhile."""

from datetime import datetime

from django.db import transaction

from assessment import tasks
from assessment.models import Assignment
from assessment.placement import placing


@transaction.atomic
def change(
    *,
    assignment: Assignment,
    max_attempts: int | None,
    counts: str,
    feedback: str,
    while_waiting: str,
    **dates: datetime | None,
) -> Assignment:
    """Store the policy. Where it bears on grades they are worked out again in the background.

    `dates` are `opens_at`, `due_at` and `closes_at`; those left out stay. Attempts already made stay, also where there
    are now more of them than `max_attempts`.
    """
    stored = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    bears_on_grades = (counts, while_waiting) != (stored.counts, stored.while_waiting)
    stored.max_attempts, stored.counts = max_attempts, counts
    stored.feedback, stored.while_waiting = feedback, while_waiting
    for name in placing.DATES:
        setattr(stored, name, dates.get(name, getattr(stored, name)))
    stored.grades_due = stored.grades_due or bears_on_grades
    stored.save()
    if bears_on_grades:
        tasks.recompute_grades.delay_on_commit(str(stored.pk))  # type: ignore[attr-defined]
    return stored


@transaction.atomic
def set_pass_mark(*, assignment: Assignment, percent: int | None) -> None:
    """From which share of the points a column of pass or fail gets a pass; None: points are sent as they are."""
    stored = Assignment.objects.select_for_update(no_key=True).get(pk=assignment.pk)
    if stored.pass_percent != percent:
        stored.pass_percent, stored.grades_due = percent, True
        stored.save(update_fields=["pass_percent", "grades_due"])
        tasks.recompute_grades.delay_on_commit(str(stored.pk))  # type: ignore[attr-defined]
