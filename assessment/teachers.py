"""What teachers try as learners stays out of everything.

Moodle's "Switch role to Student" launches a teacher as a learner, and then refuses the score. When the LMS calls such a
person a teacher again, their attempts become previews. A learner who was promoted keeps what the LMS took from them.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from assessment.models import Assignment, Attempt, AttemptState, Grade
from assessment.statistics import deltas
from lti.gradebook import column_scores, lookups
from lti.models import Launch, ScoreState
from roster.models import Enrollment, Role


def set_aside(*, assignment: Assignment, now: datetime) -> None:
    """Make previews of what the course's teachers did here as learners by a switched role."""
    teachers = Enrollment.objects.filter(course=assignment.course_id, role=Role.INSTRUCTOR, active=True)
    counting = Attempt.objects.filter(assignment=assignment, preview=False, person__in=teachers.values("person"))
    for person in set(counting.order_by().values_list("person_id", flat=True)):
        _set_aside(assignment, person, now)


@transaction.atomic
def _set_aside(assignment: Assignment, person: UUID, now: datetime) -> None:
    own = Attempt.objects.filter(assignment=assignment, person=person)
    made = list(own.filter(preview=False).order_by("number").select_for_update(no_key=True))
    if not made or not _was_switched(assignment, person, made[0]):
        return
    if any(attempt.state == AttemptState.IN_PROGRESS for attempt in made):
        own.filter(preview=True, state=AttemptState.IN_PROGRESS).delete()  # one can be open
    last = own.filter(preview=True).order_by("-number").values_list("number", flat=True).first() or 0
    for attempt in made:
        _make_preview(attempt, last + attempt.number, now)
    Grade.objects.filter(assignment=assignment, person=person).delete()
    column_scores.withdraw(resource_link=assignment.resource_link_id, person=person)


def _was_switched(assignment: Assignment, person: UUID, first: Attempt) -> bool:
    """Whether the LMS took no score, and refused one or had called the person a teacher before the first attempt."""
    score = lookups.latest(resource_link=assignment.resource_link_id, person=person)
    if score is not None and score.deliveries.filter(arrived=True).exists():
        return False
    if score is not None and score.state == ScoreState.REFUSED:
        return True
    taught = Launch.objects.filter(course=assignment.course_id, person=person, role=Role.INSTRUCTOR)
    return taught.filter(created_at__lt=first.started_at).exists()


def _make_preview(attempt: Attempt, number: int, now: datetime) -> None:
    if attempt.counted:
        deltas.note_attempt(attempt, now)
    attempt.preview, attempt.number, attempt.counted = True, number, None
    attempt.save(update_fields=["preview", "number", "counted"])
