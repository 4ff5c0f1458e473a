"""Keeping the times of attempts in step with the policy, the dates and the accommodations."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from assessment.models import Accommodation, Assignment, Attempt, AttemptState
from assessment.placement import terms, windows

TIMES = ("due_at", "deadline_at")


@transaction.atomic
def renew(*, assignment: Assignment, people: Iterable[UUID] | None = None) -> list[Attempt]:
    """Work out the times of the attempts again, of these people or of everyone; those that changed.

    Call it after the transaction of the change, which may hold a lock that marking takes after that of an attempt.
    Working out the grades does it again, so that a process which ends in between leaves nothing behind. An attempt that
    was submitted keeps its deadline; it may become late, or no longer be, which its grade then follows.
    """
    made = Attempt.objects.filter(assignment=assignment, preview=False)
    if people is not None:
        made = made.filter(person__in=people)
    locked = _locked(made)
    given = terms.given_to(assignment, {attempt.person_id for attempt in locked if attempt.person_id})
    changed = [one for one in locked if one.person_id and _renewed(assignment, one, given[one.person_id])]
    Attempt.objects.bulk_update(changed, TIMES, batch_size=500)
    return changed


def _locked(made: QuerySet[Attempt]) -> list[Attempt]:
    return list(made.order_by("pk").select_for_update(no_key=True))


def _renewed(assignment: Assignment, attempt: Attempt, given: list[Accommodation]) -> bool:
    before, window = attempt.deadline_at, windows.with_dates(assignment, attempt.lms_dates)
    changed = terms.set_times(attempt, terms.combined(assignment, window, given))
    if attempt.state != AttemptState.IN_PROGRESS and attempt.deadline_at != before:
        attempt.deadline_at = before
    return changed
