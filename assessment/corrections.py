"""What a teacher may do to a learner's attempt: end it, set it aside, take that back, open it again. Each is logged."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from assessment import attempts, grades, marking
from assessment.models import Attempt, AttemptState, Grade, Mark, Response
from assessment.statistics import deltas
from lti.gradebook import column_scores, lookups
from roster import enqueue
from roster.models import Person


class CannotReopen(Exception):
    """The attempt is not submitted, was set aside, or another one of the learner is open."""


@transaction.atomic
def void(*, attempt: Attempt, by: Person, reason: str, now: datetime) -> Attempt:
    """Make the attempt count for nothing: neither for grade, statistics nor the attempts allowed. It can be restored.

    Where no other attempt counts the grade goes, with a score that was not sent; one in the gradebook stays there.
    """
    locked = marking.locked(attempt.pk)
    if locked.voided_at is None and not locked.preview and locked.assignment_id is not None:
        locked.voided_at, locked.voided_by, locked.void_reason = now, by, reason.strip()[:500]
        _log(locked, "voided", by, reason, now)
        locked.save()
        if _follow(locked, now):
            locked.log[-1]["left_in_lms"] = True
            locked.save(update_fields=["log"])
    return locked


@transaction.atomic
def end(*, attempt: Attempt, by: Person, reason: str, now: datetime) -> Attempt:
    """Submit an attempt that is under way, with the answers that it has."""
    locked = marking.locked(attempt.pk)
    if locked.state == AttemptState.IN_PROGRESS and locked.assignment_id is not None:
        _log(locked, "ended", by, reason, now)
        locked.save(update_fields=["log"])
        return attempts.submit(attempt=locked, now=now)
    return locked


@transaction.atomic
def restore(*, attempt: Attempt, by: Person, now: datetime) -> Attempt:
    """Let a voided attempt count again."""
    locked = marking.locked(attempt.pk)
    if locked.voided_at is not None:
        locked.voided_at, locked.voided_by, locked.void_reason = None, None, ""
        _log(locked, "restored", by, "", now)
        locked.save()
        _follow(locked, now)
    return locked


@transaction.atomic
def reopen(*, attempt: Attempt, by: Person, reason: str, until: datetime, now: datetime) -> Attempt:
    """Let the learner go on with a submitted attempt. Its marks go; it is marked again once it is submitted again.

    The grade stays as it is until then. Raises CannotReopen.
    """
    locked = marking.locked(attempt.pk)
    others = Attempt.objects.filter(assignment=locked.assignment_id, person=locked.person_id, preview=locked.preview)
    taken = others.filter(state=AttemptState.IN_PROGRESS).exists()
    if locked.state == AttemptState.IN_PROGRESS or locked.voided_at or locked.assignment_id is None or taken:
        raise CannotReopen
    _log(locked, "reopened", by, reason, now)
    Mark.objects.filter(response__attempt=locked).delete()
    Response.objects.filter(attempt=locked).update(waiting=False, checked_at=None)
    locked.state, locked.submitted_at, locked.marked_at = AttemptState.IN_PROGRESS, None, None
    locked.reopened_until = locked.deadline_at = until
    locked.reached = 1
    locked.points = locked.points_waiting = Decimal(0)
    locked.items_marked, locked.counted, locked.mark_tries, locked.mark_after = 0, None, 0, None
    locked.save()
    if not locked.preview:
        deltas.note_attempt(locked, now)
    return locked


def _follow(attempt: Attempt, now: datetime) -> bool:
    """Grade, gradebook and statistics follow; True where the LMS keeps a score that no longer counts."""
    assert attempt.assignment is not None
    assert attempt.person is not None
    deltas.note_attempt(attempt, now)
    enqueue.on_commit("assessment.tasks.fold_statistics", str(attempt.assignment_id))
    if grades.recompute(assignment=attempt.assignment, person=attempt.person, now=now) is not None:
        return False
    link = attempt.assignment.resource_link_id
    score = lookups.latest(resource_link=link, person=attempt.person.pk)
    delivered = score is not None and score.deliveries.filter(arrived=True).exists()
    Grade.objects.filter(assignment=attempt.assignment, person=attempt.person).delete()
    column_scores.withdraw(resource_link=link, person=attempt.person.pk)
    return delivered


def _log(attempt: Attempt, what: str, by: Person, reason: str, now: datetime) -> None:
    entry = {"what": what, "by": by.display_name, "why": reason.strip()[:500], "at": now.isoformat()}
    attempt.log = [*attempt.log, entry | {"points": f"{attempt.points.normalize():f}"}]
