"""What counts for a person on an assignment, and the word of it to the LMS."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from assessment.models import Assignment, Attempt, AttemptState, Counts, Grade, GradeState, WhileWaiting
from lti import scores
from roster.models import Person

COUNTED_STATES = (AttemptState.NEEDS_REVIEW, AttemptState.MARKED)


@dataclass(frozen=True)
class Standing:
    """The attempt that counts, and whether another value may still come out of the attempts made so far."""

    attempt: Attempt
    state: GradeState


def recompute(*, assignment: Assignment, person: Person, now: datetime) -> Grade | None:
    """Bring the grade in line with the attempts; a change is queued for the LMS in the same transaction.

    None while no attempt is marked. Safe when several attempts of one person are marked at the same moment: the
    grade row is locked before the attempts are read for good.
    """
    with transaction.atomic():
        standing = _standing(assignment, person)
        if standing is None:
            return None
        grade, made = Grade.objects.select_for_update(no_key=True).get_or_create(
            assignment=assignment, person=person, defaults=_values(standing, assignment, now)
        )
        if made or _changed(grade, _standing(assignment, person) or standing, assignment, now):
            send(grade, assignment=assignment, person=person, now=now)
        return grade


def recompute_all(*, assignment_id: UUID, now: datetime) -> None:
    """Work out every grade of an assignment anew, as after a change of its policy."""
    with transaction.atomic():
        assignment = Assignment.objects.select_for_update(no_key=True, of=("self",)).get(pk=assignment_id)
        Assignment.objects.filter(pk=assignment_id).update(grades_due=False)
        for person in Person.objects.filter(grades__assignment=assignment).order_by("pk"):
            grade = recompute(assignment=assignment, person=person, now=now)
            if grade is not None:
                send(grade, assignment=assignment, person=person, now=now)


@transaction.atomic
def resume(*, grade_id: UUID, now: datetime) -> None:
    """Try again to queue a grade for which the LMS had offered no column."""
    rows = Grade.objects.select_for_update(of=("self",), no_key=True)
    grade = rows.select_related("assignment__resource_link", "person", "attempt").get(pk=grade_id)
    if grade.unsent_at is not None:
        send(grade, assignment=grade.assignment, person=grade.person, now=now)


def send(grade: Grade, *, assignment: Assignment, person: Person, now: datetime) -> None:
    """Queue the score for the LMS unless the policy holds it back; remember where there is no column for it yet."""
    final = grade.state == GradeState.FINAL
    if not final and assignment.while_waiting == WhileWaiting.NOTHING:
        return
    attempt = grade.attempt
    event = scores.queue(
        resource_link=assignment.resource_link,
        person=person,
        given=grade.points,
        maximum=grade.points_max,
        final=final,
        started_at=attempt.started_at,
        submitted_at=attempt.submitted_at,
        now=now,
    )
    unsent_at = now if event is None else None
    if unsent_at != grade.unsent_at:
        grade.unsent_at = unsent_at
        grade.save(update_fields=["unsent_at"])


def _standing(assignment: Assignment, person: Person) -> Standing | None:
    """Which attempt counts. Attempts still to be marked do not, but the first one is waited for."""
    made = list(
        Attempt.objects.filter(assignment=assignment, person=person, preview=False)
        .exclude(state=AttemptState.IN_PROGRESS)
        .order_by("number")
    )
    marked = [attempt for attempt in made if attempt.state in COUNTED_STATES]
    if not marked or (assignment.counts == Counts.FIRST and made[0].state not in COUNTED_STATES):
        return None
    if assignment.counts == Counts.HIGHEST:
        counting = max(marked, key=_share)  # of equal ones the earliest
        open_still = any(_possible_share(attempt) > _share(counting) for attempt in marked)
    else:
        counting = marked[0] if assignment.counts == Counts.FIRST else marked[-1]
        open_still = counting.points_waiting > 0
    return Standing(counting, GradeState.PROVISIONAL if open_still else GradeState.FINAL)


def _share(attempt: Attempt) -> Decimal:
    """Versions of a quiz may differ in points, so attempts are compared by their share."""
    return attempt.points / attempt.points_max


def _possible_share(attempt: Attempt) -> Decimal:
    return (attempt.points + attempt.points_waiting) / attempt.points_max


def _values(standing: Standing, assignment: Assignment, now: datetime) -> dict[str, object]:
    return {
        "institution_id": assignment.institution_id,
        "attempt": standing.attempt,
        "points": standing.attempt.points,
        "points_max": standing.attempt.points_max,
        "state": standing.state,
        "updated_at": now,
    }


def _changed(grade: Grade, standing: Standing, assignment: Assignment, now: datetime) -> bool:
    """Write what differs; True where the LMS has to hear of it."""
    before = (grade.points, grade.points_max, grade.state)
    if (*before, grade.attempt_id) == (
        standing.attempt.points,
        standing.attempt.points_max,
        standing.state,
        standing.attempt.pk,
    ):
        return False
    for name, value in _values(standing, assignment, now).items():
        setattr(grade, name, value)
    grade.save()
    return before != (grade.points, grade.points_max, grade.state)
