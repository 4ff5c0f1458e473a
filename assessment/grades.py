"""What counts for a person on an assignment, and the word of it to the LMS."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import partial
from typing import Any, cast
from uuid import UUID

from django.db import connection, transaction
from django.utils import translation
from django.utils.formats import number_format
from django.utils.translation import gettext

from assessment import announcing
from assessment.models import Assignment, Attempt, AttemptState, Counts, Grade, GradeState, WhileWaiting
from assessment.placement import times
from lti.gradebook import scores
from lti.launch import language
from roster.models import Person
from roster.rows import Insert, Prepared, Save

MILLI = Decimal("0.001")
AT_ONCE = 200  # people whose grades are worked out in one transaction
COUNTED_STATES = (AttemptState.NEEDS_REVIEW, AttemptState.MARKED)
STANDING = (  # what of an attempt bears on a grade and its score
    *("assignment", "person", "number", "state", "started_at", "submitted_at", "due_at"),
    *("points", "points_waiting", "points_max"),
)


@dataclass(frozen=True)
class Standing:
    """What counts by the policy of the assignment, and whether what was handed in may still change that.

    `attempt` is the one that counts; of an average the latest, for which `points_max` is said.
    """

    attempt: Attempt
    policy: Assignment
    state: GradeState
    points: Decimal


def recompute(*, assignment: Assignment, person: Person, now: datetime) -> Grade | None:
    """Bring the grade in line with the attempts; a change is queued for the LMS in the same transaction.

    None while no attempt is marked. Safe when several attempts of one person are marked at the same moment: the
    grade row is locked before the attempts are read for good. The policy stays as it is read until all is written.
    """
    with transaction.atomic(savepoint=False):
        _hold_policy(assignment.pk)
        standing = _standing(assignment.pk, person)
        if standing is None:
            return None
        grade = Grade(assignment=assignment, person=person, **_values(standing))
        made = WRITE.if_new(grade)
        if not made:
            grade = LOCKED.all(assignment=assignment.pk, person=person.pk)[0]
            standing = _standing(assignment.pk, person) or standing
        if made or _changed(grade, standing):
            _announce(grade, standing.policy, now)
            send(grade, assignment=standing.policy, person=person, now=now)
        return grade


WRITE = Insert(Grade)
LOCKED = Prepared(
    lambda assignment, person: Grade.objects.select_for_update(no_key=True).filter(
        assignment=assignment, person=person
    ),
    assignment=UUID,
    person=UUID,
)


def recompute_all(*, assignment_id: UUID | str, now: datetime) -> None:
    """Work out every grade of an assignment again, as after a change of its policy, and send the LMS what differs.

    Some people a transaction, since each holds a lock of their own. Grades stay due where the process ends before the
    last of them, or where the policy changed on the way.
    """
    times.renew(assignment=Assignment.objects.get(pk=assignment_id))
    people = list(
        Person.objects.filter(grades__assignment__pk=assignment_id).order_by("pk").values_list("pk", flat=True)
    )
    parts = [people[start : start + AT_ONCE] for start in range(0, len(people), AT_ONCE)]
    policies = {_recompute_some(assignment_id, part, now) for part in parts}
    with transaction.atomic():
        assignment = Assignment.objects.select_for_update(no_key=True).get(pk=assignment_id)
        if policies <= {_bearing(assignment)}:
            Assignment.objects.filter(pk=assignment_id).update(grades_due=False)


@transaction.atomic
def _recompute_some(assignment_id: UUID | str, people: Sequence[UUID], now: datetime) -> tuple[Any, ...]:
    """The policy that these people's grades keep to."""
    assignment = Assignment.objects.select_for_update(no_key=True).get(pk=assignment_id)
    for person in Person.objects.filter(pk__in=people).order_by("pk"):
        grade = recompute(assignment=assignment, person=person, now=now)
        if grade is not None:
            send(grade, assignment=assignment, person=person, now=now)
    return _bearing(assignment)


def _bearing(assignment: Assignment) -> tuple[Any, ...]:
    """What of the policy bears on grades."""
    return (
        assignment.counts,
        assignment.while_waiting,
        assignment.pass_percent,
        assignment.late_percent,
        assignment.withholds,
        assignment.waits_for_key,
    )


@transaction.atomic
def recompute_people(*, assignment_id: UUID, people: Collection[UUID], now: datetime) -> None:
    """Bring the grades of some people in line with their attempts, whose rows are locked; few queries, and one for each
    grade that is new.
    """
    _hold_policy(assignment_id)
    rows = Attempt.objects.filter(assignment=assignment_id, person__in=people, preview=False, voided_at__isnull=True)
    made: dict[UUID, list[Attempt]] = defaultdict(list)
    for attempt in rows.exclude(state=AttemptState.IN_PROGRESS).order_by("number").only(*STANDING):
        made[cast(UUID, attempt.person_id)].append(attempt)
    assignment = Assignment.objects.select_related("resource_link__context").get(pk=assignment_id)
    for attempt in (attempt for handed_in in made.values() for attempt in handed_in):
        attempt.assignment = assignment
    new = _add_missing(assignment, made)
    found = Grade.objects.select_for_update(of=("self",), no_key=True).filter(
        assignment=assignment_id, person__in=people
    )
    written, changed = [], [*new]
    for grade in found.exclude(pk__in=[grade.pk for grade in new]).select_related("person").order_by("person_id"):
        standing = standing_of(made[grade.person_id])
        before = _said(grade), grade.attempt_id
        if standing is not None and before != _put(grade, standing):
            written.append(grade)
            changed += [grade] if before[0] != _said(grade) else []
    _send_all(changed, assignment, now)
    SAVE.all([*written, *(grade for grade in new if grade.unsent_at)])
    for grade in changed:
        _announce(grade, assignment, now)


SAVE = Save(Grade, "attempt", "points", "points_max", "state", "unsent_at")


def _announce(grade: Grade, assignment: Assignment, now: datetime) -> None:
    """Other systems hear of a held grade once it is released (`policy.release`)."""
    if not assignment.withholds:
        announcing.grade_changed(grade, now)


def _add_missing(assignment: Assignment, made: Mapping[UUID, Sequence[Attempt]]) -> list[Grade]:
    """The grades of people who have attempts that count and no grade; not what another transaction makes meanwhile."""
    known = Grade.objects.filter(assignment=assignment, person__in=made).values_list("person_id", flat=True)
    people = Person.objects.in_bulk(made.keys() - set(known))
    standings = {pk: standing for pk in sorted(people) if (standing := standing_of(made[pk]))}
    new = [Grade(assignment=assignment, person=people[pk], **_values(one)) for pk, one in standings.items()]
    return [grade for grade in new if WRITE.if_new(grade)]


def _send_all(changed: Sequence[Grade], assignment: Assignment, now: datetime) -> None:
    """`send` of many grades, which are still to be stored."""
    due = [grade for grade in changed if not _is_held(grade, assignment)]
    wanted = [scores.Wanted(**_wanted(grade, assignment, grade.person, now)) for grade in due]
    sent = scores.queue_all(resource_link=assignment.resource_link, wanted=wanted, now=now) if wanted else set()
    for grade in due:
        grade.unsent_at = None if grade.person_id in sent else now


@transaction.atomic
def resume(*, grade_id: UUID, now: datetime) -> None:
    """Try again to queue a grade for which the LMS had offered no column."""
    # Nothing is joined: a row whose attempt changes while this waits would not be found.
    grade = Grade.objects.select_for_update(no_key=True).get(pk=grade_id)
    if grade.unsent_at is not None:
        send(grade, assignment=grade.assignment, person=grade.person, now=now)


def send(grade: Grade, *, assignment: Assignment, person: Person, now: datetime) -> None:
    """Queue the score for the LMS unless the policy holds it back; remember where there is no column for it yet.

    The grade row must be locked. A score that the LMS has already is not repeated.
    """
    if _is_held(grade, assignment):
        return
    wanted = _wanted(grade, assignment, person, now)
    wanted["after_comment"] = wanted["after_comment"]()
    event = scores.queue(resource_link=assignment.resource_link, now=now, **wanted)
    unsent_at = now if event is None else None
    if unsent_at != grade.unsent_at:
        grade.unsent_at = unsent_at
        grade.save(update_fields=["unsent_at"])


def _is_held(grade: Grade, assignment: Assignment) -> bool:
    """Whether the policy keeps it from the LMS."""
    unfinished = grade.state != GradeState.FINAL and assignment.while_waiting == WhileWaiting.NOTHING
    return assignment.withholds or assignment.waits_for_key or unfinished


def _wanted(grade: Grade, assignment: Assignment, person: Person, now: datetime) -> dict[str, Any]:
    """What the LMS should have."""
    final = grade.state == GradeState.FINAL
    return {
        "person": person,
        "given": _points_for_lms(grade, assignment),
        "maximum": grade.points_max,
        "final": final,
        "started_at": grade.attempt.started_at,
        "submitted_at": grade.attempt.submitted_at or now,
        "work": str(grade.attempt_id),
        "comment": "" if final else _comment(grade.attempt, person),
        "after_comment": partial(_all_marked, person) if final else str,
    }


def _points_for_lms(grade: Grade, assignment: Assignment) -> Decimal:
    """The points for the LMS. Where its column is pass or fail every score above zero is a pass there (Canvas)."""
    if assignment.pass_percent is None:
        return grade.points
    return grade.points_max if grade.points * 100 >= grade.points_max * assignment.pass_percent else Decimal(0)


def _comment(attempt: Attempt, person: Person) -> str:
    """How far the marking is, in the learner's language; a final score needs no words."""
    if not attempt.points_waiting:
        return ""
    with translation.override(language.of_person(person)):
        waiting, most = (number_format(points.normalize()) for points in (attempt.points_waiting, attempt.points_max))
        return gettext("%(waiting)s of %(most)s points still to be marked by a person.") % {
            "waiting": waiting,
            "most": most,
        }


def _all_marked(person: Person) -> str:
    """Canvas adds comments and forgets none."""
    with translation.override(language.of_person(person)):
        return gettext("All answers are marked now.")


def _hold_policy(assignment_id: UUID) -> None:
    """A change of the policy waits for us, and then finds every grade that was made by the old one."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM assessment_assignment WHERE id = %s FOR SHARE", [assignment_id])


def _standing(assignment_id: UUID, person: Person) -> Standing | None:
    """Which attempt counts. Attempts still to be marked do not, but the first one is waited for."""
    return standing_of(HANDED_IN.all(assignment=assignment_id, person=person.pk))


def standing_of(made: Sequence[Attempt]) -> Standing | None:
    """What counts of a person's attempts that were handed in, in order and with their assignment."""
    marked = [attempt for attempt in made if attempt.state in COUNTED_STATES]
    policy = marked[0].assignment if marked else None
    if policy is None or (policy.counts == Counts.FIRST and made[0].state not in COUNTED_STATES):
        return None
    if policy.counts == Counts.AVERAGE:
        return _average(marked, policy)
    if policy.counts == Counts.HIGHEST:
        shares = [_share(attempt, policy) for attempt in marked]
        share = max(shares)
        counting = marked[shares.index(share)]  # of equal ones the earliest
        open_still = any(one.points_waiting and _possible_share(one, policy) > share for one in marked)
    else:
        counting = marked[0] if policy.counts == Counts.FIRST else marked[-1]
        share, open_still = _share(counting, policy), counting.points_waiting > 0
    state = GradeState.PROVISIONAL if open_still else GradeState.FINAL
    return Standing(counting, policy, state, _points(share, counting))


def _average(marked: Sequence[Attempt], policy: Assignment) -> Standing:
    mean = sum((_share(attempt, policy) for attempt in marked), Fraction(0)) / len(marked)
    state = GradeState.PROVISIONAL if any(attempt.points_waiting for attempt in marked) else GradeState.FINAL
    return Standing(marked[-1], policy, state, _points(mean, marked[-1]))


def _points(share: Fraction, attempt: Attempt) -> Decimal:
    """A share of the attempt's points, to a thousandth."""
    exact = share * Fraction(attempt.points_max)
    return (Decimal(exact.numerator) / Decimal(exact.denominator)).quantize(MILLI, ROUND_HALF_UP)


HANDED_IN = Prepared(
    lambda assignment, person: (
        Attempt.objects.filter(assignment=assignment, person=person, preview=False, voided_at__isnull=True)
        .exclude(state=AttemptState.IN_PROGRESS)
        .select_related("assignment__resource_link__context")
        .order_by("number")
    ),
    assignment=UUID,
    person=UUID,
)


def _share(attempt: Attempt, policy: Assignment) -> Fraction:
    """Its share of the points, since versions of a quiz may differ in those; less where it is late."""
    share = Fraction(attempt.points) / Fraction(attempt.points_max)
    return share * late_credit(attempt, policy) if attempt.is_late else share


def _possible_share(attempt: Attempt, policy: Assignment) -> Fraction:
    most = Fraction(attempt.points + attempt.points_waiting) / Fraction(attempt.points_max)
    return most * late_credit(attempt, policy)


def late_credit(attempt: Attempt, policy: Assignment) -> Fraction:
    """The share of its points that the attempt keeps: all of them unless it is late."""
    return Fraction(policy.late_percent, 100) if attempt.is_late else Fraction(1)


def _values(standing: Standing) -> dict[str, Any]:
    return {
        "institution_id": standing.policy.institution_id,
        "attempt": standing.attempt,
        "points": standing.points,
        "points_max": standing.attempt.points_max,
        "state": standing.state,
    }


def _changed(grade: Grade, standing: Standing) -> bool:
    """Write what differs; True where the LMS has to hear of it."""
    before = _said(grade), grade.attempt_id
    if before == _put(grade, standing):
        return False
    grade.save()
    return before[0] != _said(grade)


def _put(grade: Grade, standing: Standing) -> tuple[tuple[Decimal, Decimal, str], UUID]:
    """Set what counts; what the grade says then, and of which attempt."""
    for name, value in _values(standing).items():
        setattr(grade, name, value)
    return _said(grade), standing.attempt.pk


def _said(grade: Grade) -> tuple[Decimal, Decimal, str]:
    return grade.points, grade.points_max, grade.state
