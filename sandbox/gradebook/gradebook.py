"""The gradebook: what a score does to a grade, and what teachers do to it. Every step leaves a history entry."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from sandbox.models import Course, Enrolment, Grade, HistoryEntry, LineItem, Mode, Person, Role

BODY_KEPT = 20_000
COMMENT_KEPT = 20_000


@dataclass
class Outcome:
    """What became of a score that arrived: HTTP status, reason, and words for the history."""

    status: int
    verdict: str
    accepted: bool = False
    reason: str = ""
    person: Person | None = None
    grade: Grade | None = None


def gradable(course: Course, user_id: str, *, suspended: bool, test: bool = False) -> Person | None:
    """The person a score may be stored for: a student of the course; `suspended` and `test` users where allowed."""
    if not (user_id.isascii() and user_id.isdigit() and len(user_id) < 18):
        return None
    states = [Enrolment.Status.ACTIVE, *([Enrolment.Status.SUSPENDED] if suspended else [])]
    found = Enrolment.objects.select_related("person").filter(
        course=course, person_id=int(user_id), role=Role.LEARNER, status__in=states
    )
    enrolment = (found if test else found.filter(person__is_test=False)).first()
    return enrolment.person if enrolment else None


def grade_of(line_item: LineItem, person: Person) -> Grade:
    """The grade row, not yet saved if there is none."""
    found = Grade.objects.filter(line_item=line_item, person=person).first()
    return found or Grade(line_item=line_item, person=person)


def clamp(value: float, line_item: LineItem) -> float:
    return min(max(value, 0.0), line_item.score_maximum)


def keep_score(line_item: LineItem, outcome: Outcome, body: str, sent: dict[str, Any], *, now: datetime) -> None:
    """Write down a score that came over the wire, taken or refused."""

    def text(name: str) -> str:
        return str(sent.get(name) or "")[:100]

    HistoryEntry.objects.create(
        line_item=line_item,
        course_id=line_item.course_id,
        person=outcome.person,
        user_id=str(sent.get("userId", ""))[:255],
        source=line_item.tool.name,
        at=now,
        accepted=outcome.accepted,
        status=outcome.status,
        verdict=outcome.verdict[:1100],
        body=body[:BODY_KEPT],
        score_given=_number(sent.get("scoreGiven")),
        score_maximum=_number(sent.get("scoreMaximum")),
        final=outcome.grade.final if outcome.grade else None,
        comment=str(sent.get("comment") or "")[:COMMENT_KEPT],
        activity_progress=text("activityProgress"),
        grading_progress=text("gradingProgress"),
        timestamp=text("timestamp"),
    )


def _number(value: object) -> float | None:
    """A number as sent, or as a string of one; infinities and digits beyond a float read as none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if abs(found) < 1e300 else None


def _note(course: Course, line_item: LineItem | None, person: Person, by: str, verdict: str, **more: Any) -> None:
    HistoryEntry.objects.create(
        course=course, line_item=line_item, person=person, source=by, accepted=True, verdict=verdict, **more
    )


@transaction.atomic
def override(
    line_item: LineItem, person: Person, *, by: str, final: float | None, comment: str, now: datetime
) -> Grade:
    """A teacher sets the grade by hand. It moves the timestamp, and scores of the tool no longer change the grade.

    Not so in Canvas mode: the timestamp stays, and the next score overwrites the grade.
    """
    grade = grade_of(line_item, person)
    if line_item.course.mode == Mode.CANVAS:
        _override_submission(grade, final, comment)
    else:
        grade.final = None if final is None else clamp(final, line_item)
        grade.overridden, grade.timestamp, grade.comment = True, now, comment
    grade.save()
    _note(line_item.course, line_item, person, by, "Set by hand", at=now, final=grade.final, comment=comment)
    return grade


def _override_submission(grade: Grade, final: float | None, comment: str) -> None:
    """A hand on a submission reaches a result that is there, its time left alone, and counts as a review."""
    grade.final, grade.overridden = final, True
    if comment:
        grade.comments = [*grade.comments, comment]
    if grade.timestamp is not None:
        grade.raw = final
        grade.raw_maximum = grade.line_item.score_maximum if grade.raw_maximum is None else grade.raw_maximum
        if grade.needs_review:
            grade.grading_progress = "FullyGraded"


@transaction.atomic
def release(line_item: LineItem, person: Person, *, by: str, now: datetime) -> Grade:
    """Take a teacher's override back: the tool's last score counts again. Canvas has no such way back."""
    grade = grade_of(line_item, person)
    if line_item.course.mode == Mode.CANVAS:
        return grade
    grade.final = None if grade.raw is None else clamp(grade.raw, line_item)
    grade.overridden = False
    grade.save()
    _note(line_item.course, line_item, person, by, "Hand-set grade taken back", at=now, final=grade.final)
    return grade


@transaction.atomic
def lock(line_item: LineItem, person: Person, *, locked: bool, by: str, now: datetime) -> Grade:
    grade = grade_of(line_item, person)
    grade.locked = locked
    grade.save()
    _note(line_item.course, line_item, person, by, "Locked" if locked else "Unlocked", at=now, final=grade.final)
    return grade


@transaction.atomic
def enrol(course: Course, person: Person, *, role: str, status: str, by: str, now: datetime) -> Enrolment:
    """Enrol, suspend or remove. Moodle forgets the grades of those removed, and enrolling again brings none back."""
    enrolment, _ = Enrolment.objects.update_or_create(
        course=course, person=person, defaults={"role": role, "status": status}
    )
    if status == Enrolment.Status.REMOVED and course.mode == Mode.MOODLE:
        for grade in Grade.objects.filter(line_item__course=course, person=person).select_related("line_item"):
            _note(course, grade.line_item, person, by, "Grade deleted with the enrolment", at=now)
            grade.delete()
    return enrolment


def rescale(line_item: LineItem, maximum: float) -> None:
    """Give the column another maximum and move its grades with it."""
    if not line_item.score_maximum or line_item.score_maximum == maximum:
        return
    ratio = maximum / line_item.score_maximum
    for grade in line_item.grades.all():
        grade.raw = None if grade.raw is None else round(grade.raw * ratio, 5)
        grade.final = None if grade.final is None else round(grade.final * ratio, 5)
        grade.save(update_fields=["raw", "final"])
