"""Taking a check by way of a trusted front end: what our pages do for a launch, it does for a learner whom it names."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from assessment import access, attempts, showing
from assessment.attempts import ItemResult
from assessment.models import Assignment, Attempt, AttemptState, Grade
from assessment.placement import terms
from roster.models import Person


class NotSubmitted(Exception):
    """The attempt is still open: there is no result yet."""


@dataclass(frozen=True)
class Result:
    """What the learner's result page shows; `grade` is what counts.

    Without items and grade while the attempt is being marked or its score is held.
    """

    attempt: Attempt
    items: Sequence[ItemResult]
    grade: Grade | None


def begin(*, assignment: Assignment, person: Person, now: datetime, code: str = "") -> Attempt:
    """Open an attempt, or return the open one. Raises what `attempts.start` does.

    The dates are those entered here: an LMS gives its own only with a launch.
    """
    return attempts.start(assignment=assignment, person=person, preview=False, now=now, code=code)


def result(*, attempt: Attempt, now: datetime) -> Result:
    """The result as far as the feedback policy allows. Raises NotSubmitted."""
    if attempt.state == AttemptState.IN_PROGRESS:
        raise NotSubmitted
    if attempt.state == AttemptState.SUBMITTED:
        return Result(attempt, [], None)
    if showing.withholds_score(attempt):
        return Result(attempt, [], None)
    grade = Grade.objects.filter(assignment=attempt.assignment_id, person=attempt.person_id).first()
    return Result(attempt, attempts.results(attempt, ahead=_is_ahead(attempt, now)), grade)


def _is_ahead(attempt: Attempt, now: datetime) -> bool:
    """Whether the learner is at another attempt, or may still begin one."""
    assignment = attempt.assignment
    assert assignment is not None
    made = access.attempts_of(assignment.institution).filter(assignment=assignment, person=attempt.person_id)
    assert attempt.person_id is not None
    rows = list(made)
    held = terms.of(assignment, attempt.person_id, attempt.lms_dates)
    is_open = any(row.state == AttemptState.IN_PROGRESS for row in rows)
    return is_open or (held.left(rows) != 0 and not held.window.is_over(now))
