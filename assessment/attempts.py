"""Sittings: open one, hand it in, and read back what may be shown of it."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Count, DateTimeField, DurationField, ExpressionWrapper, F, Max, Value, When, Window
from django.db.models.functions import Least
from django.utils.translation import get_language

from assessment import announcing, mailing, marking
from assessment.models import Assignment, Attempt, AttemptState, Response
from assessment.placement import terms
from assessment.placement.terms import Terms
from assessment.sheets import ItemResult as ItemResult
from assessment.sheets import Question as Question
from assessment.sheets import questions as questions
from assessment.sheets import results as results
from content import places, variants
from content.models import Quiz, QuizVersion, QuizVersionItem
from events import outbox
from roster import enqueue
from roster.models import Person
from roster.rows import Change, Insert, Prepared

SEED_BITS = 62
Written = tuple[QuizVersionItem, dict[str, Any], dict[str, Any]]  # a question, what was drawn for it, the answer


class NoAttemptLeft(Exception):
    """The person has made all the attempts that the assignment allows."""


class OutsideWindow(Exception):
    """The check opens later, or is closed by now."""


class TooSoon(Exception):
    """The assignment asks for a pause between two attempts. `until` is when the next may begin."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


class WrongCode(Exception):
    """The assignment asks for an access code, and this is not it."""


class AnotherQuiz(Exception):
    """A teacher chose another quiz for the assignment in this very moment."""


class NotPublished(Exception):
    """The quiz of the assignment has no published version."""


def start(
    *,
    assignment: Assignment,
    person: Person,
    preview: bool,
    now: datetime,
    lms_dates: Mapping[str, str] | None = None,
    code: str = "",
) -> Attempt:
    """Open an attempt on the current version of the quiz, or return the one that is open already.

    Raises NoAttemptLeft, OutsideWindow, TooSoon, WrongCode, NotPublished. Previews are held to none of these.
    `lms_dates` are those that the launch names (see `windows.lms_dates`); an attempt that is open gets them too.
    """
    held = terms.of(assignment, person.pk, lms_dates or {})
    while True:
        newest = NEWEST[preview].one(assignment=assignment.pk, person=person.pk)
        if newest is not None and newest.state == AttemptState.IN_PROGRESS:
            return newest if lms_dates is None else _with_dates(newest, held, dict(lms_dates))
        if not preview:
            _require_allowed(assignment, held, newest, now, code)
        try:
            return _open(
                assignment, person, preview, newest.number + 1 if newest else 1, now, held, dict(lms_dates or {})
            )
        except AnotherQuiz:
            assignment.refresh_from_db(fields=["quiz"])
        except IntegrityError:
            # Only another tab that opened this very attempt is expected here; then it is found above.
            made = Attempt.objects.filter(assignment=assignment, person=person, preview=preview)
            if not made.filter(number=newest.number + 1 if newest else 1).exists():
                raise


def _require_allowed(assignment: Assignment, held: Terms, newest: Any, now: datetime, code: str) -> None:
    made = newest.number - newest.voided if newest is not None else 0
    if held.max_attempts is not None and made >= held.max_attempts:
        raise NoAttemptLeft
    if held.window.is_early(now) or held.window.is_over(now):
        raise OutsideWindow
    if assignment.cool_down and newest is not None and newest.submitted_at:
        until = newest.submitted_at + timedelta(minutes=assignment.cool_down)
        if now < until:
            raise TooSoon(until)
    if assignment.access_code and not secrets.compare_digest(_code(code), _code(assignment.access_code)):
        raise WrongCode


def _code(typed: str) -> bytes:
    """As people type it: case and spaces tell nothing apart."""
    return "".join(typed.split()).casefold().encode()


def _with_dates(attempt: Attempt, held: Terms, dates: dict[str, str]) -> Attempt:
    """The open attempt, by the dates that the LMS names now."""
    if terms.set_times(attempt, held) or attempt.lms_dates != dates:
        Attempt.objects.filter(pk=attempt.pk, state=AttemptState.IN_PROGRESS).update(
            lms_dates=dates, due_at=attempt.due_at, deadline_at=attempt.deadline_at
        )
    return attempt


# An attempt that came from paper may have a higher number than the open one.
OPEN_FIRST = Case(When(state=AttemptState.IN_PROGRESS, then=0), default=1)


def _newest(preview: bool) -> Prepared[Attempt]:
    return Prepared(
        lambda assignment, person: (
            Attempt.objects.filter(assignment=assignment, person=person, preview=preview)
            .annotate(voided=Window(Count("voided_at")))
            .order_by(OPEN_FIRST, "-number")[:1]
        ),
        assignment=UUID,
        person=UUID,
    )


NEWEST = {preview: _newest(preview) for preview in (False, True)}


def submit(*, attempt: Attempt, now: datetime) -> Attempt:
    """Freeze the responses and hand the attempt to marking.

    Submitting again returns the attempt as it stands. Past its deadline it counts as submitted then. The update waits
    for a save that is under way; a save that comes after it finds the attempt closed.
    """
    with outbox.together(attempt.institution_id):
        if not HAND_IN(attempt=attempt.pk, now=now):
            return Attempt.objects.select_related("assignment", "quiz_version").get(pk=attempt.pk)
        enqueue.on_commit("assessment.tasks.mark_attempt", str(attempt.pk))
        if mailing.is_configured() and not attempt.preview:
            enqueue.on_commit(
                "assessment.tasks.mail_receipt", str(attempt.pk), get_language() or settings.LANGUAGE_CODE
            )
        attempt.state, attempt.submitted_at = AttemptState.SUBMITTED, min(now, attempt.deadline_at or now)
        announcing.submitted(attempt, now)
    return attempt


HAND_IN = Change(
    lambda attempt, now: (
        Attempt.objects.filter(pk=attempt, state=AttemptState.IN_PROGRESS, assignment__isnull=False),
        {"state": AttemptState.SUBMITTED, "submitted_at": Least(F("deadline_at"), Value(now, DateTimeField()))},
    ),
    attempt=UUID,
    now=datetime,
)


def submit_overdue(*, now: datetime, most: int = 500) -> int:
    """Submit the attempts whose time is over, the page of which may be long gone; how many."""
    grace = ExpressionWrapper(F("grace") * timedelta(seconds=1), DurationField())
    over = (
        Attempt.objects.annotate(ends=F("deadline_at") + grace)
        .filter(ends__lt=now)
        .filter(state=AttemptState.IN_PROGRESS, deadline_at__lt=now)
    )
    found = list(over.order_by("deadline_at")[:most])
    for attempt in found:
        submit(attempt=attempt, now=now)
    return len(found)


def hand_in_on_paper(
    *, assignment: Assignment, person: Person, written: Sequence[Written], key: str, now: datetime
) -> Attempt | None:
    """Store what was written on paper as a submitted attempt, and hand it to marking. `key` names the sheet for good:
    None where it is here already.

    No window holds, since the teacher decides. Raises NoAttemptLeft, and AnotherQuiz where the assignment has another
    quiz by now.
    """
    while not Attempt.objects.filter(paper_key=key).exists():
        made = Attempt.objects.filter(assignment=assignment, person=person, preview=False)
        number = (made.aggregate(last=Max("number"))["last"] or 0) + 1
        if assignment.max_attempts is not None and number > assignment.max_attempts:
            raise NoAttemptLeft
        try:
            return _submitted(assignment, person, number, written, key, now)
        except IntegrityError:
            # Only another attempt of this moment is expected here: with this very key, or with the next number.
            if not made.filter(number=number).exists() and not Attempt.objects.filter(paper_key=key).exists():
                raise
    return None


@transaction.atomic
def _submitted(
    assignment: Assignment, person: Person, number: int, written: Sequence[Written], key: str, now: datetime
) -> Attempt:
    attempt = Attempt(
        institution_id=assignment.institution_id,
        assignment=assignment,
        person=person,
        number=number,
        paper_key=key,
        state=AttemptState.SUBMITTED,
        submitted_at=now,
        **_sheet([place for place, _shown, _answer in written], now) | {"seed": 0},
    )
    _store(attempt, _responses(attempt, written, now))
    announcing.submitted(attempt, now)
    enqueue.on_commit("assessment.tasks.mark_attempt", str(attempt.pk))
    return attempt


def start_practice(*, quiz_version: QuizVersion, now: datetime, seed: int | None = None) -> tuple[Attempt, str]:
    """Open a public check that belongs to nobody. Its key is the only way back to it and is not kept.

    `seed` is that of the page on which the first answer was given.
    """
    key = secrets.token_urlsafe(32)
    printed = places.of(quiz_version.pk)
    if not printed:
        raise NotPublished
    attempt = Attempt(key_hash=_hash(key), **_sheet(printed, now))
    attempt.seed = attempt.seed if seed is None else seed
    return _store(attempt, _drawn(attempt, printed, now)), key


def practice(key: str) -> Attempt:
    """The practice attempt of a key. Raises Attempt.DoesNotExist."""
    return Attempt.objects.select_related("quiz_version__quiz").get(key_hash=_hash(key), assignment__isnull=True)


@transaction.atomic
def finish_practice(*, attempt: Attempt, now: datetime) -> Attempt:
    """Mark what was answered and close the attempt; skipped and open questions count neither way.

    `points_max` becomes the points that were at stake. Finishing twice changes nothing.
    """
    locked = marking.locked(attempt.pk)
    if locked.assignment_id is None and locked.state == AttemptState.IN_PROGRESS:
        responses = list(locked.responses.select_related("item_version").prefetch_related("marks"))
        marks = [mark for response in responses for mark in response.marks.all()]
        unchecked = [response for response in responses if response.answer and response.checked_at is None]
        marks += marking.mark_practice(unchecked, now=now)
        at_stake = {mark.response_id for mark in marks}
        locked.items_marked = len(marks)
        locked.points = sum((mark.points for mark in marks), Decimal(0))
        counted = [response.item_version.points for response in responses if response.pk in at_stake]
        locked.points_max = sum(counted, Decimal(0))
        locked.state, locked.submitted_at, locked.marked_at = AttemptState.MARKED, now, now
        locked.save()
    return Attempt.objects.select_related("quiz_version").get(pk=locked.pk)


def _open(
    assignment: Assignment,
    person: Person,
    preview: bool,
    number: int,
    now: datetime,
    held: Terms,
    dates: dict[str, str],
) -> Attempt:
    printed = questions_of(assignment)
    attempt, asked = draft(assignment, person, number, printed, now=now, held=held, preview=preview, lms_dates=dates)
    return _store(attempt, asked)


def questions_of(assignment: Assignment) -> Sequence[QuizVersionItem]:
    """The questions that an attempt which begins now would have. Raises NotPublished."""
    quiz = QUIZ.all(pk=assignment.quiz_id)[0]
    if quiz.current_id is None:
        raise NotPublished
    return places.of(quiz.current_id)


def draft(
    assignment: Assignment,
    person: Person,
    number: int,
    printed: Sequence[QuizVersionItem],
    *,
    now: datetime,
    held: Terms,
    **more: Any,
) -> tuple[Attempt, list[Response]]:
    """An attempt on these questions with an empty response for each, so that a save is a plain update; not stored."""
    attempt = Attempt(
        institution_id=assignment.institution_id,
        assignment=assignment,
        person=person,
        number=number,
        grace=assignment.grace,
        **_sheet(printed, now) | more,
    )
    terms.set_times(attempt, held)
    return attempt, _drawn(attempt, printed, now)


@transaction.atomic
def store_all(*, assignment: Assignment, drafts: Sequence[tuple[Attempt, Sequence[Response]]]) -> None:
    """Write many drafts in a few statements; that the people may begin them was asked before. Raises AnotherQuiz."""
    _hold_quiz(assignment)
    Attempt.objects.bulk_create(attempt for attempt, _ in drafts)
    Response.objects.bulk_create(response for _, responses in drafts for response in responses)


QUIZ = Prepared(lambda pk: Quiz.objects.only("current").filter(pk=pk), pk=UUID)


def _sheet(printed: Sequence[QuizVersionItem], now: datetime) -> dict[str, Any]:
    version = printed[0].quiz_version
    return {
        "quiz_version": version,
        "points_max": version.points,
        "started_at": now,
        "seed": secrets.randbits(SEED_BITS),
    }


def _drawn(attempt: Attempt, printed: Sequence[QuizVersionItem], now: datetime) -> list[Response]:
    drawn = variants.draw(attempt.quiz_version, printed, attempt.seed)
    return _responses(attempt, [(place, shown, {}) for place, shown in drawn], now)


def _responses(attempt: Attempt, sheet: Sequence[Written], now: datetime) -> list[Response]:
    attempt.items_total = len(sheet)
    return [
        Response(
            attempt=attempt,
            item_version=place.item_version,
            saved_at=now,
            position=position,
            shown=shown,
            answer=answer,
            seq=1 if answer else 0,
        )
        for position, (place, shown, answer) in enumerate(sheet, start=1)
    ]


@transaction.atomic
def _store(attempt: Attempt, responses: Sequence[Response]) -> Attempt:
    if attempt.assignment is not None:
        _hold_quiz(attempt.assignment)
    WRITE(attempt)
    Response.objects.bulk_create(responses)
    return attempt


WRITE = Insert(Attempt)


def _hold_quiz(assignment: Assignment) -> None:
    """Until the transaction ends nobody can choose another quiz. Learners do not wait for each other here."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT 1 FROM assessment_assignment WHERE id = %s AND quiz_id = %s FOR KEY SHARE",
            [assignment.pk, assignment.quiz_id],
        )
        if cursor.fetchone() is None:
            raise AnotherQuiz


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
