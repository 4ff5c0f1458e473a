"""Rules of taking a check: the clock, one question at a time, feedback on each question, receipts. Time is given."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from assessment import access, attempts, clock, corrections, marking, receipts, responses, sheets, steps, tasks
from assessment.models import Attempt, AttemptState, Mark, Shown
from assessment.placement import accommodations, policy
from assessment.placement.placing import SHOWN
from assessment.responses import AnswerChecked, AttemptClosed, InvalidAnswer, QuestionPassed
from lti.models import Launch
from tests.cast import NOW, Cast, all_right, answer, at, hand_in, make_cast

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
FIRST_SECOND = at(1)
BY_QUESTION = dict.fromkeys(SHOWN, Shown.EACH_QUESTION)
ONE_WAY = {"one_at_a_time": True, "going_back": False}


def begin(viewer: Launch, **more: Any) -> Attempt:
    assignment = access.assignment(viewer)
    assert assignment is not None
    return attempts.start(assignment=assignment, person=viewer.person, preview=False, now=NOW, **more)


def stored(attempt: Attempt) -> Attempt:
    return Attempt.objects.select_related("assignment", "person").get(pk=attempt.pk)


def item(attempt: Attempt, position: int) -> Any:
    return attempt.responses.get(position=position).item_version_id


def save(attempt: Attempt, position: int, raw: Any = "a", seq: int = 1, now: datetime = FIRST_SECOND) -> Any:
    return responses.save(attempt=attempt, item_version_id=item(attempt, position), raw=raw, seq=seq, now=now)


def check(attempt: Attempt, position: int) -> None:
    responses.check(attempt=attempt, item_version_id=item(attempt, position), now=at(2))


# The clock.


def test_clock_counts_down_to_the_deadline_and_never_below_nothing() -> None:
    attempt = begin(make_cast(time_limit=30).alice)
    assert clock.of(attempt, NOW + 29 * MINUTE).remaining == 60.0
    assert clock.of(attempt, NOW + 31 * MINUTE).remaining == 0.0
    assert clock.is_over(attempt, NOW + 30 * MINUTE)
    assert not clock.is_over(attempt, NOW + 29 * MINUTE)


def test_clock_of_an_attempt_without_limit_never_ends() -> None:
    attempt = begin(make_cast().alice)
    said = clock.of(attempt, NOW).as_json()
    assert said == {"state": "in_progress", "remaining": None, "deadline": None, "offer": 0, "taken": 0}
    assert not clock.is_over(attempt, at(10**9))


def test_more_time_shows_on_the_clock_of_a_running_attempt() -> None:
    cast = make_cast(time_limit=30)
    attempt = begin(cast.alice)
    assignment = access.assignment(cast.alice)
    assert assignment is not None
    accommodations.give(assignment=assignment, person=cast.alice.person, extra_minutes=10)
    assert clock.of(stored(attempt), NOW).remaining == 40 * 60.0
    accommodations.give(assignment=assignment, person=cast.alice.person, no_time_limit=True)
    assert clock.of(stored(attempt), NOW).remaining is None


# More time that the learner takes.


def extensible(**policy: Any) -> Cast:
    return make_cast(**{"time_limit": 30, "grace": 10, "extensions": 2, "extension_minutes": 5} | policy)


def extend(attempt: Attempt, minutes: float, taken: int = 0) -> bool:
    return clock.extend(attempt=stored(attempt), taken=taken, now=at(60 * minutes))


def test_learner_takes_more_time_as_often_as_the_policy_says_and_asking_twice_gives_it_once() -> None:
    attempt = begin(extensible().alice)
    assert extend(attempt, 29)
    assert not extend(attempt, 29)
    assert clock.of(stored(attempt), at(29 * 60)).remaining == 6 * 60
    assert extend(attempt, 34, taken=1)
    assert clock.offered(stored(attempt)) == 0
    assert not extend(attempt, 39, taken=2)
    assert stored(attempt).deadline_at == at(40 * 60)
    assert [one["minutes"] for one in stored(attempt).extensions] == [5, 5]


def test_more_time_is_given_until_the_grace_is_over_and_the_answers_then_count() -> None:
    attempt = begin(extensible().alice)
    assert extend(attempt, 30.1)
    save(stored(attempt), 1, now=at(34 * 60))
    assert not extend(attempt, 35.5, taken=1)
    with pytest.raises(AttemptClosed):
        save(stored(attempt), 2, now=at(35 * 60 + 11))


def test_who_takes_more_time_is_not_late_by_it_nor_cut_off_by_the_closing_date() -> None:
    attempt = begin(extensible(due_at=at(28 * 60), closes_at=at(30 * 60)).alice)
    assert extend(attempt, 29)
    assert (stored(attempt).due_at, stored(attempt).deadline_at) == (at(33 * 60), at(35 * 60))


def test_time_that_was_taken_stays_when_a_teacher_gives_more_or_ends_the_offer() -> None:
    cast = extensible()
    attempt = begin(cast.alice)
    assert extend(attempt, 29)
    assignment = access.assignment(cast.alice)
    assert assignment is not None
    accommodations.give(assignment=assignment, person=cast.alice.person, extra_minutes=10)
    assert stored(attempt).deadline_at == at(45 * 60)
    policy.change(assignment=assignment, extensions=0)
    assert not extend(attempt, 44, taken=1)
    assert stored(attempt).deadline_at == at(45 * 60)


@pytest.mark.parametrize("policy", [{"extensions": 0}, {"time_limit": None, "closes_at": at(1800)}])
def test_without_the_policy_or_a_limit_no_time_is_on_offer(policy: dict[str, Any]) -> None:
    attempt = begin(extensible(**policy).alice)
    assert clock.offered(attempt) == 0
    assert not extend(attempt, 29)


def test_reopened_or_submitted_attempt_is_not_extended_by_its_learner() -> None:
    cast = extensible()
    attempt = begin(cast.alice)
    attempts.submit(attempt=attempt, now=at(5))
    assert not extend(attempt, 1)
    marking.mark_attempt(attempt.pk, at(6))
    corrections.reopen(attempt=attempt, by=cast.tess.person, reason="", until=at(9_000), now=at(7))
    assert not extend(attempt, 1)


# One question at a time.


def test_a_question_that_was_passed_takes_no_answer_where_there_is_no_way_back() -> None:
    attempt = begin(make_cast(**ONE_WAY).alice)
    save(attempt, 1)
    assert steps.go_on(attempt=attempt, here=1, to=2) == 2
    with pytest.raises(QuestionPassed):
        save(attempt, 1, "b", seq=2)
    save(attempt, 2)
    kept = attempt.responses.order_by("position").values_list("answer", flat=True)[:2]
    assert list(kept) == [{"option": "a"}, {"option": "a"}]


def test_a_question_that_was_passed_takes_answers_where_going_back_is_allowed() -> None:
    attempt = begin(make_cast(one_at_a_time=True).alice)
    assert steps.go_on(attempt=attempt, here=1, to=5) == 5
    save(attempt, 1)
    assert steps.position(attempt=stored(attempt), asked=1) == 1
    assert steps.position(attempt=stored(attempt), asked=None) == 5


def test_going_on_twice_from_the_same_question_passes_it_once() -> None:
    attempt = begin(make_cast(**ONE_WAY).alice)
    assert steps.go_on(attempt=attempt, here=1, to=2) == 2
    assert steps.go_on(attempt=attempt, here=1, to=2) == 2
    assert steps.go_on(attempt=attempt, here=5, to=6) == 2
    assert steps.go_on(attempt=attempt, here=2, to=9) == 3


@pytest.mark.parametrize("asked", [1, 3, 99, None])
def test_without_a_way_back_only_the_question_reached_is_shown(asked: int | None) -> None:
    attempt = begin(make_cast(**ONE_WAY).alice)
    steps.go_on(attempt=attempt, here=1, to=2)
    assert steps.position(attempt=stored(attempt), asked=asked) == 2


def test_the_last_question_is_never_passed() -> None:
    attempt = begin(make_cast(**ONE_WAY).alice)
    for here in range(1, 12):
        steps.go_on(attempt=attempt, here=here, to=here + 1)
    assert stored(attempt).reached == 10
    save(stored(attempt), 10)


def test_a_reopened_attempt_starts_at_its_first_question_again() -> None:
    cast = make_cast(**ONE_WAY)
    attempt = begin(cast.alice)
    steps.go_on(attempt=attempt, here=1, to=2)
    attempts.submit(attempt=attempt, now=at(5))
    marking.mark_attempt(attempt.pk, at(6))
    corrections.reopen(attempt=attempt, by=cast.tess.person, reason="", until=at(9_000), now=at(7))
    save(stored(attempt), 1)


# Feedback on each question.


def test_checked_answer_is_frozen_and_shown_with_its_feedback() -> None:
    attempt = begin(make_cast(**BY_QUESTION).alice)
    save(attempt, 1, "b")
    check(attempt, 1)
    with pytest.raises(AnswerChecked):
        save(attempt, 1, "a", seq=2)
    first, second = sheets.questions(stored(attempt))[:2]
    assert first.checked
    assert first.feedback is not None
    assert (first.feedback["state"], first.feedback["rationale"]) == ("partly", "Only half of it is so.")
    assert first.feedback["expected"]
    assert (second.checked, second.feedback) == (False, None)


def test_only_what_the_policy_names_is_shown_of_a_checked_answer() -> None:
    attempt = begin(make_cast(show_mark=Shown.EACH_QUESTION).alice)
    save(attempt, 1, "c")
    check(attempt, 1)
    feedback = sheets.questions(stored(attempt))[0].feedback
    assert feedback is not None
    assert (feedback["state"], feedback["rationale"], feedback["expected"]) == ("wrong", "", [])


@pytest.mark.parametrize("fields", [{}, {**BY_QUESTION, "scores_held": True}])
def test_no_answer_is_checked_where_the_policy_gives_nothing_then(fields: dict[str, Any]) -> None:
    attempt = begin(make_cast(**fields).alice)
    save(attempt, 1)
    with pytest.raises(AttemptClosed):
        check(attempt, 1)
    assert not Mark.objects.exists()


def test_checking_needs_an_answer_and_an_open_question() -> None:
    attempt = begin(make_cast(**BY_QUESTION, **ONE_WAY).alice)
    with pytest.raises(InvalidAnswer):
        check(attempt, 1)
    save(attempt, 1)
    steps.go_on(attempt=attempt, here=1, to=2)
    with pytest.raises(QuestionPassed):
        check(attempt, 1)


def test_nothing_is_checked_after_the_time() -> None:
    attempt = begin(make_cast(**BY_QUESTION, time_limit=30, grace=0).alice)
    save(attempt, 1)
    with pytest.raises(AttemptClosed):
        responses.check(attempt=attempt, item_version_id=item(attempt, 1), now=NOW + 31 * MINUTE)


def test_a_checked_answer_is_marked_once_and_counts_in_the_result() -> None:
    attempt = begin(make_cast(**BY_QUESTION).alice)
    save(attempt, 1, "b")
    save(attempt, 2, "a")
    check(attempt, 1)
    check(attempt, 1)
    attempts.submit(attempt=attempt, now=at(5))
    marked = marking.mark_attempt(attempt.pk, at(6))
    assert Mark.objects.filter(response__attempt=attempt).count() == 10
    assert (marked.state, marked.points) == (AttemptState.MARKED, 1.5)


def test_a_checked_open_answer_waits_for_the_teacher() -> None:
    attempt = begin(make_cast(**BY_QUESTION).alice)
    save(attempt, 8, "I would look it up.")
    check(attempt, 8)
    feedback = sheets.questions(stored(attempt))[7].feedback
    assert feedback is not None
    assert feedback["state"] == "waiting"
    attempts.submit(attempt=attempt, now=at(5))
    assert marking.mark_attempt(attempt.pk, at(6)).state == AttemptState.NEEDS_REVIEW


def test_a_change_of_policy_hides_what_was_shown_and_keeps_the_answer_frozen() -> None:
    cast = make_cast(**BY_QUESTION)
    attempt = begin(cast.alice)
    save(attempt, 1)
    check(attempt, 1)
    assignment = access.assignment(cast.alice)
    assert assignment is not None
    policy.change(assignment=assignment, **dict.fromkeys(SHOWN, Shown.NEVER))
    question = sheets.questions(stored(attempt))[0]
    assert question.checked
    assert question.feedback is not None
    assert (question.feedback["state"], question.feedback["expected"]) == ("hidden", [])


# Receipts.


def everyone(cast: Cast) -> Any:
    return access.class_attempts(cast.tess)


def test_receipt_names_its_attempt_however_it_is_typed() -> None:
    cast = make_cast()
    of_alice, of_bob = hand_in(cast.alice, **all_right()), hand_in(cast.bob, q1="b")
    receipt = receipts.code(of_alice)
    assert receipt == receipts.code(stored(of_alice))
    assert receipt != receipts.code(of_bob)
    for typed in (receipt, receipt.lower(), receipt.replace("-", " "), receipt.replace("O", "0").replace("L", "1")):
        proof = receipts.check(typed=typed, attempts=everyone(cast))
        assert proof is not None
        assert (proof.attempt, proof.unchanged) == (of_alice, True)


def test_open_attempt_has_no_receipt() -> None:
    assert receipts.code(begin(make_cast().alice)) == ""


@pytest.mark.parametrize("typed", ["", "ABCD", "ABCD-EFGH-IJKL", "ÄÖÜ", "K7Q2" * 99])
def test_made_up_receipt_proves_nothing(typed: str) -> None:
    cast = make_cast()
    hand_in(cast.alice, **all_right())
    assert receipts.check(typed=typed, attempts=everyone(cast)) is None


def test_receipt_shows_that_the_answers_are_others_now() -> None:
    cast = make_cast()
    attempt = hand_in(cast.alice, q1="a")
    receipt = receipts.code(attempt)
    corrections.reopen(attempt=attempt, by=cast.tess.person, reason="", until=at(9_000), now=at(700))
    opened = stored(attempt)
    before = receipts.check(typed=receipt, attempts=everyone(cast))
    assert before is not None
    assert not before.unchanged
    answer(opened, q2="b")
    attempts.submit(attempt=opened, now=at(800))
    after = receipts.check(typed=receipt, attempts=everyone(cast))
    assert after is not None
    assert (after.attempt, after.unchanged) == (attempt, False)
    assert receipts.check(typed=receipts.code(stored(attempt)), attempts=everyone(cast)).unchanged  # type: ignore[union-attr]


def test_receipt_of_an_earlier_secret_holds_while_that_is_a_fallback(settings: Any) -> None:
    cast = make_cast()
    receipt = receipts.code(hand_in(cast.alice, **all_right()))
    old, settings.SECRET_KEY = settings.SECRET_KEY, "another secret of more than thirty-two characters"
    assert receipts.check(typed=receipt, attempts=everyone(cast)) is None
    settings.SECRET_KEY_FALLBACKS = [old]
    proof = receipts.check(typed=receipt, attempts=everyone(cast))
    assert proof is not None
    assert proof.unchanged


def test_receipt_is_mailed_where_mail_is_set_up_and_the_lms_gave_an_address(
    settings: Any, django_capture_on_commit_callbacks: Any
) -> None:
    cast = make_cast()
    with django_capture_on_commit_callbacks(execute=True):
        hand_in(cast.bob)
    settings.EMAIL_URL = "smtp://mail.example"
    cast.alice.person.email = "alice@school.example"
    cast.alice.person.save()
    queued: list[str] = []
    for viewer in (cast.alice, cast.bob):
        attempt = begin(viewer, code="")
        with django_capture_on_commit_callbacks() as waiting:
            attempts.submit(attempt=attempt, now=at(900))
        queued.append(str(attempt.pk))
        assert len(waiting) == 2  # marking, mail
    for pk in queued:
        tasks.mail_receipt(pk, "en")
    [letter] = mail.outbox
    assert letter.to == ["alice@school.example"]
    assert receipts.code(stored(Attempt.objects.get(pk=queued[0]))) in letter.body


def test_without_mail_nothing_is_queued(settings: Any, django_capture_on_commit_callbacks: Any) -> None:
    settings.EMAIL_URL = ""
    attempt = begin(make_cast().alice)
    with django_capture_on_commit_callbacks() as waiting:
        attempts.submit(attempt=attempt, now=at(5))
    assert len(waiting) == 1
