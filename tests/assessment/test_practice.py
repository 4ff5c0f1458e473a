"""The public check: belongs to nobody, answers at once, stays apart from everything."""

from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from assessment import attempts, responses, sweeping
from assessment.attempts import NotPublished
from assessment.models import Attempt, AttemptState, Grade, Mark, StatisticsDelta
from assessment.responses import AttemptClosed, InvalidAnswer, UnknownItem
from content.models import KeyState, QuizVersion
from lti.models import Score
from tests.cast import all_right, answer, at, begin, make_cast, published_quiz
from tests.races import race

DAY = 24 * 3600


def version(**changes: Any) -> QuizVersion:
    current = published_quiz(**changes).current
    assert current is not None
    return current


@pytest.fixture
def practice(db: None) -> Attempt:
    return attempts.start_practice(quiz_version=version(), now=at(0))[0]


def item(attempt: Attempt, identifier: str) -> UUID:
    return next(one.item_version_id for one in attempts.questions(attempt) if one.identifier == identifier)


def check(attempt: Attempt, identifier: str, raw: str | None = None) -> attempts.Question:
    if raw is not None:
        answer(attempt, **{identifier: raw})
    responses.check(attempt=attempt, item_version_id=item(attempt, identifier), now=at(1))
    return next(one for one in attempts.questions(attempt) if one.identifier == identifier)


def test_key_is_the_only_way_back_and_is_not_kept(db: None) -> None:
    attempt, key = attempts.start_practice(quiz_version=version(), now=at(0))
    _, other = attempts.start_practice(quiz_version=version(), now=at(0))

    assert attempts.practice(key) == attempt
    assert key != other
    assert len(key) >= 43
    assert key not in repr(Attempt.objects.filter(pk=attempt.pk).values().get())
    for wrong in (
        "",
        key + "x",
        attempt.key_hash or "",
        str(attempt.pk),
        "ü\ud800".encode("utf-8", "replace").decode(),
    ):
        with pytest.raises(Attempt.DoesNotExist):
            attempts.practice(wrong)


def test_checked_item_tells_what_it_was_worth_and_why(practice: Attempt) -> None:
    checked = check(practice, "q2", "b")

    assert checked.checked
    assert checked.feedback == {
        "answer_text": "The half right one",
        "rationale": "Only half of it is so.",
        "expected": ["The right one"],
        "state": "partly",
        "section": "summary",
    }


def test_other_items_keep_their_key(practice: Attempt) -> None:
    check(practice, "q2", "b")
    others = [one for one in attempts.questions(practice) if one.identifier != "q2"]

    assert all(one.feedback is None and not one.checked for one in others)
    assert "Because it is so" not in repr(others)


def test_open_question_shows_the_ideas_and_is_not_scored(practice: Attempt) -> None:
    checked = check(practice, "q8", "I would look it up.")

    assert checked.feedback is not None
    assert (checked.feedback["state"], checked.feedback["expected"]) == ("unscored", ["Names the secret idea."])
    assert not Mark.objects.exists()
    assert not practice.responses.filter(waiting=True).exists()


@pytest.mark.django_db
def test_unapproved_key_is_neither_applied_nor_shown() -> None:
    attempt, _ = attempts.start_practice(quiz_version=version(q1={"key_state": KeyState.PROPOSED}), now=at(0))
    feedback = check(attempt, "q1", "a").feedback

    assert feedback is not None
    assert (feedback["state"], feedback["expected"], feedback["rationale"]) == ("unscored", [], "")
    assert not Mark.objects.exists()


def test_checked_answer_is_frozen(practice: Attempt) -> None:
    check(practice, "q1", "c")
    with pytest.raises(AttemptClosed):
        answer(practice, q1="a")
    again = check(practice, "q1")

    assert (again.answer, Mark.objects.count()) == ({"option": "c"}, 1)


def test_question_without_answer_cannot_be_checked(practice: Attempt) -> None:
    with pytest.raises(InvalidAnswer):
        check(practice, "q1")
    assert not attempts.questions(practice)[0].checked
    with pytest.raises(UnknownItem):
        responses.check(attempt=practice, item_version_id=uuid4(), now=at(1))


def test_result_is_of_what_was_answered(practice: Attempt) -> None:
    check(practice, "q1", "a")
    check(practice, "q2", "c")
    answer(practice, q3="b", q8="An open answer.")

    done = attempts.finish_practice(attempt=practice, now=at(9))

    assert (done.state, done.items_marked, done.points, done.points_max) == (
        AttemptState.MARKED,
        3,
        Decimal("1.5"),
        3,
    )
    states = {one.identifier: one.state for one in attempts.results(done)}
    assert [states[name] for name in ("q1", "q2", "q3", "q4", "q8")] == [
        "right",
        "wrong",
        "partly",
        "unscored",
        "unscored",
    ]
    assert all(one.feedback is not None for one in attempts.results(done))


def test_finishing_twice_or_empty_is_no_trouble(practice: Attempt) -> None:
    done = attempts.finish_practice(attempt=practice, now=at(9))
    assert (done.points, done.points_max, done.items_marked) == (0, 0, 0)
    assert attempts.finish_practice(attempt=practice, now=at(99)).submitted_at == at(9)
    with pytest.raises(AttemptClosed):
        check(done, "q1", "a")


def test_practice_stays_apart_from_everything(practice: Attempt) -> None:
    answer(practice, **all_right())
    attempts.finish_practice(attempt=practice, now=at(9))
    sweeping.sweep(now=at(60))
    for model in (Grade, Score, StatisticsDelta):
        assert not model.objects.exists()


def test_submit_leaves_practice_to_its_own_end(practice: Attempt) -> None:
    assert attempts.submit(attempt=practice, now=at(1)).state == AttemptState.IN_PROGRESS


@pytest.mark.django_db
def test_finish_practice_never_touches_an_attempt_of_a_learner() -> None:
    attempt = begin(make_cast().alice)
    attempts.finish_practice(attempt=attempt, now=at(1))
    attempt.refresh_from_db()
    assert attempt.state == AttemptState.IN_PROGRESS


@pytest.mark.django_db
def test_quiz_version_without_items_cannot_be_practised() -> None:
    empty = version()
    empty.places.all().delete()
    with pytest.raises(NotPublished):
        attempts.start_practice(quiz_version=empty, now=at(0))


def test_old_practice_is_forgotten_and_nothing_else(practice: Attempt) -> None:
    learner = begin(make_cast().alice, at(0))

    sweeping.sweep(now=at(30 * DAY))
    assert Attempt.objects.filter(pk=practice.pk).exists()
    sweeping.sweep(now=at(30 * DAY + 1))

    assert list(Attempt.objects.all()) == [learner]


@pytest.mark.django_db(transaction=True)
def test_checking_in_two_tabs_marks_once() -> None:
    attempt, _ = attempts.start_practice(quiz_version=version(), now=at(0))
    answer(attempt, q1="a")
    target = item(attempt, "q1")

    results = race(*[lambda: responses.check(attempt=attempt, item_version_id=target, now=at(1))] * 4)

    assert not [one for one in results if isinstance(one, Exception)], results
    assert Mark.objects.count() == 1


def test_second_try_is_for_open_practice_only(practice: Attempt) -> None:
    check(practice, "q1", "c")
    attempts.finish_practice(attempt=practice, now=at(2))
    with pytest.raises(AttemptClosed):
        responses.try_again(attempt=practice, item_version_id=item(practice, "q1"))
    owned = begin(make_cast().alice)
    with pytest.raises(AttemptClosed):
        responses.try_again(attempt=owned, item_version_id=item(owned, "q1"))
    with pytest.raises(UnknownItem):
        responses.try_again(attempt=owned, item_version_id=uuid4())


def test_second_try_takes_the_mark_of_the_first_away(practice: Attempt) -> None:
    check(practice, "q1", "c")
    responses.try_again(attempt=practice, item_version_id=item(practice, "q1"))
    assert not Mark.objects.filter(response__attempt=practice).exists()
    assert check(practice, "q1", "a").feedback is not None
    assert [mark.points for mark in Mark.objects.filter(response__attempt=practice)] == [Decimal(1)]
