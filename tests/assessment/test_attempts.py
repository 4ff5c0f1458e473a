"""Starting, handing in, and what a sheet shows at each moment."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from assessment import access, attempts, marking, review
from assessment.attempts import NoAttemptLeft, NotPublished
from assessment.models import Attempt, AttemptState, Grade, Mark, Response
from assessment.placement import placing
from content import places
from content.models import KeyState
from lti.models import Score
from tests.cast import Cast, all_right, answer, at, begin, hand_in, make_cast, publish, published_quiz
from tests.races import race

SECRETS = ("secret idea", "Because it is so", "Only half", "It is not so", "credit", "rationale", "rubric")


def start(cast: Cast, preview: bool = False) -> Attempt:
    return attempts.start(assignment=cast.assignment, person=cast.alice.person, preview=preview, now=at(0))


def test_attempt_is_pinned_to_the_version_of_its_start(cast: Cast) -> None:
    attempt = start(cast)
    newer = publish(cast.quiz)

    assert start(cast) == attempt
    assert attempt.quiz_version != newer
    attempts.submit(attempt=attempt, now=at(1))
    assert start(cast).quiz_version == newer


def test_attempt_begins_empty_with_every_item(cast: Cast) -> None:
    attempt = start(cast)

    assert (attempt.items_total, attempt.points_max, attempt.number) == (10, 10, 1)
    assert attempt.institution == cast.alice.institution
    assert [question.identifier for question in attempts.questions(attempt)] == [f"q{i}" for i in range(1, 11)]
    assert all(question.answer == {} and question.seq == 0 for question in attempts.questions(attempt))


@pytest.mark.django_db
def test_limit_is_honoured_and_an_open_attempt_goes_on() -> None:
    cast = make_cast(max_attempts=2)
    for number in (1, 2):
        attempt = start(cast)
        assert attempt.number == number
        assert start(cast) == attempt
        attempts.submit(attempt=attempt, now=at(1))
    with pytest.raises(NoAttemptLeft):
        start(cast)
    assert Attempt.objects.count() == 2


@pytest.mark.django_db
def test_previews_are_not_limited_and_use_up_nothing() -> None:
    cast = make_cast(max_attempts=1)
    for _ in range(3):
        attempts.submit(attempt=start(cast, preview=True), now=at(1))
    assert start(cast).number == 1


@pytest.mark.django_db
def test_no_attempt_means_none_at_all() -> None:
    with pytest.raises(NoAttemptLeft):
        start(make_cast(max_attempts=0))


def test_quiz_without_a_published_version_cannot_be_started(cast: Cast) -> None:
    cast.quiz.current = None
    cast.quiz.save()
    with pytest.raises(NotPublished):
        start(cast)


def test_submit_freezes_and_hands_to_marking(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    attempt = start(cast)
    with django_capture_on_commit_callbacks() as queued:
        submitted = attempts.submit(attempt=attempt, now=at(5))

    assert (submitted.state, submitted.submitted_at) == (AttemptState.SUBMITTED, at(5))
    assert len(queued) == 1


def test_second_submit_changes_nothing(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    attempt = hand_in(cast.alice, **all_right())
    before = row_of(attempt)
    with django_capture_on_commit_callbacks() as queued:
        again = attempts.submit(attempt=attempt, now=at(99))

    assert row_of(again) == before
    assert not queued


def row_of(attempt: Attempt) -> dict[str, Any]:
    return Attempt.objects.filter(pk=attempt.pk).values().get()


def test_hot_paths_cost_a_fixed_number_of_queries(cast: Cast, django_assert_num_queries: Any) -> None:
    savepoint = 2
    assert cast.quiz.current_id is not None
    places.of(cast.quiz.current_id)  # once a process
    with django_assert_num_queries(3 + savepoint + 3):
        attempt = start(cast)
    with django_assert_num_queries(2):
        start(cast)
    with django_assert_num_queries(1):
        attempts.questions(attempt)
    with django_assert_num_queries(1):
        attempts.submit(attempt=attempt, now=at(1))


def test_results_cost_two_queries(cast: Cast, django_assert_num_queries: Any) -> None:
    hand_in(cast.alice, **all_right())
    hand_in(cast.alice, **all_right())
    attempt = access.attempts(cast.alice)[0]
    with django_assert_num_queries(2):
        attempts.results(attempt)


# --- what a sheet shows


def test_key_never_travels_while_the_attempt_is_in_progress_or_being_marked(cast: Cast) -> None:
    attempt = begin(cast.alice)
    answer(attempt, **all_right())
    for state in ("in progress", "submitted"):
        attempt = access.attempt(cast.alice, attempt.pk)
        shown = repr(attempts.questions(attempt)) + repr(attempts.results(attempt))
        assert not [word for word in SECRETS if word in shown], state
        assert all(one.state == "waiting" and one.points is None for one in attempts.results(attempt))
        attempts.submit(attempt=attempt, now=at(1))


def test_instructor_sees_no_marks_either_before_there_are_any(cast: Cast) -> None:
    attempt = hand_in(cast.alice, marked=False, **all_right())
    assert {one.state for one in attempts.results(attempt, for_instructor=True)} == {"waiting"}


def test_results_tell_what_each_answer_earned_and_why(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right(q2="b", q3="c", q4=""))
    by_item = {one.identifier: one for one in attempts.results(attempt)}

    assert [one.position for one in by_item.values()] == list(range(1, 11))
    assert {name: by_item[name].state for name in ("q1", "q2", "q3", "q4", "q8")} == {
        "q1": "right",
        "q2": "partly",
        "q3": "wrong",
        "q4": "wrong",
        "q8": "waiting",
    }
    assert by_item["q2"].feedback == {
        "answer_text": "The half right one",
        "rationale": "Only half of it is so.",
        "expected": ["The right one"],
        "state": "partly",
        "section": "summary",
    }
    assert by_item["q2"].points == by_item["q2"].points_max / 2
    assert (by_item["q2"].section, by_item["q2"].marked_by) == ("summary", "rule")
    assert by_item["q8"].answer_text == "I would check the source."
    assert by_item["q8"].points is None


@pytest.mark.django_db
def test_policy_never_shows_the_score_only() -> None:
    cast = make_cast(**dict.fromkeys(placing.SHOWN, "never"))
    attempt = hand_in(cast.alice, **all_right(q2="c"))
    shown = attempts.results(attempt)

    assert {one.state for one in shown} == {"hidden", "waiting"}
    assert all(one.feedback is None and one.points is None and one.section is None for one in shown)
    assert not [word for word in SECRETS if word in repr(shown)]
    assert {one.state for one in attempts.results(attempt, for_instructor=True)} == {"right", "wrong", "waiting"}


@pytest.mark.django_db
def test_key_that_nobody_approved_is_not_shown_as_the_truth() -> None:
    cast = make_cast(quiz=published_quiz(q3={"key_state": KeyState.PROPOSED}))
    attempt = hand_in(cast.alice, **all_right())
    shown = next(one for one in attempts.results(attempt) if one.identifier == "q3")

    assert shown.state == "waiting"
    assert shown.feedback == {
        "answer_text": "The right one",
        "rationale": "",
        "expected": [],
        "state": "waiting",
        "section": "summary",
    }


def test_items_shared_by_two_versions_are_shown_once(cast: Cast) -> None:
    """A version that keeps an item and moves it must not double the question."""
    version = cast.quiz.current
    assert version is not None
    other = publish(cast.quiz)
    place = version.places.get(position=3)
    other.places.create(item_version=place.item_version, position=77)
    cast.quiz.current = version
    cast.quiz.save()

    questions = attempts.questions(start(cast))

    assert [question.position for question in questions] == list(range(1, 11))


def test_note_of_the_reviewer_reaches_the_learner(cast: Cast) -> None:
    attempt = hand_in(cast.alice, **all_right())
    waiting = access.waiting_responses(cast.tess).get()
    review.confirm(
        response=waiting, points=waiting.item_version.points / 2, note="Say where.", by=cast.tess.person, now=at(9)
    )

    shown = next(one for one in attempts.results(access.attempt(cast.alice, attempt.pk)) if one.identifier == "q8")

    assert (shown.note, shown.marked_by, shown.state) == ("Say where.", "person", "partly")


# --- the database holds the promise too, and races


def test_database_allows_one_open_attempt(cast: Cast) -> None:
    attempt = start(cast)
    attempt.pk, attempt.number = None, 2
    with pytest.raises(IntegrityError, match="one_open_attempt"), transaction.atomic():
        attempt.save(force_insert=True)


@pytest.mark.django_db(transaction=True)
def test_concurrent_starts_open_one_attempt() -> None:
    cast = make_cast(max_attempts=1)
    opened = race(*[lambda: start(cast)] * 5)

    assert {one.pk for one in opened} == {Attempt.objects.get().pk}
    assert Response.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_submit_in_two_tabs_is_one_submission_marked_once() -> None:
    cast = make_cast()
    attempt = begin(cast.alice)
    answer(attempt, **all_right())

    submitted = race(*[lambda: attempts.submit(attempt=attempt, now=at(1))] * 3)
    marked = race(*[lambda: marking.mark_attempt(attempt.pk, at(2))] * 3)

    assert {one.pk for one in submitted} == {attempt.pk}
    assert {one.state for one in marked} == {AttemptState.NEEDS_REVIEW}
    assert Mark.objects.count() == 9
    assert Grade.objects.count() == Score.objects.count() == 1
