"""What other systems of the institution hear of attempts and grades, where it has an endpoint (see `events`)."""

from datetime import datetime

from assessment.models import Attempt, AttemptState, Grade
from events import outbox
from events.models import Type


def submitted(attempt: Attempt, now: datetime) -> None:
    if not attempt.preview:
        _of_attempt(Type.ATTEMPT_SUBMITTED, attempt, now)


def marked(attempt: Attempt, now: datetime) -> None:
    """Nothing waits for a person any more. Again where a mark changes later."""
    if attempt.state == AttemptState.MARKED and not attempt.preview:
        _of_attempt(Type.ATTEMPT_MARKED, attempt, now, points=attempt.points, points_max=attempt.points_max)


def grade_changed(grade: Grade, now: datetime) -> None:
    _of_grade(Type.GRADE_CHANGED, grade, now)


def grade_released(grade: Grade, now: datetime) -> None:
    """The learner and the LMS may see a grade that was held until now."""
    _of_grade(Type.GRADE_RELEASED, grade, now)


def _of_attempt(type: Type, attempt: Attempt, now: datetime, **more: object) -> None:
    outbox.record(
        type,
        institution_id=attempt.institution_id,
        person_id=attempt.person_id,
        now=now,
        attempt=attempt.pk,
        assignment=attempt.assignment_id,
        number=attempt.number,
        submitted_at=attempt.submitted_at,
        **more,
    )


def _of_grade(type: Type, grade: Grade, now: datetime) -> None:
    outbox.record(
        type,
        institution_id=grade.institution_id,
        person_id=grade.person_id,
        now=now,
        grade=grade.pk,
        assignment=grade.assignment_id,
        attempt=grade.attempt_id,
        points=grade.points,
        points_max=grade.points_max,
        state=grade.state,
    )
