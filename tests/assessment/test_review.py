"""A person's mark, and everything that follows from it."""

from decimal import Decimal
from typing import Any

import pytest

from assessment import access, attempts, review
from assessment.models import Attempt, AttemptState, Grade, Mark, Response, StatisticsDelta
from assessment.review import InvalidPoints, NotReviewable
from assessment.statistics import folding, report
from content.models import KeyState
from lti.models import Score
from tests.cast import Cast, all_right, at, begin, hand_in, make_cast, published_quiz
from tests.races import race


@pytest.fixture
def waiting(cast: Cast) -> Response:
    hand_in(cast.alice, **all_right())
    return access.waiting_responses(cast.tess).get()


def confirm(cast: Cast, response: Response, points: Any, note: str = "", second: int = 10) -> Mark:
    return review.confirm(response=response, points=Decimal(points), note=note, by=cast.tess.person, now=at(second))


def test_confirming_the_last_answer_completes_the_attempt(cast: Cast, waiting: Response) -> None:
    mark = confirm(cast, waiting, "0.5", " Good, but which source? ")

    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.items_marked, attempt.points) == (AttemptState.MARKED, 10, Decimal("9.5"))
    assert (attempt.points_waiting, attempt.marked_at) == (0, at(10))
    assert (mark.by, mark.person, mark.note) == ("person", cast.tess.person, "Good, but which source?")
    assert not access.waiting_responses(cast.tess).exists()
    assert not waiting.waiting


@pytest.mark.django_db
def test_attempt_waits_until_every_answer_is_marked() -> None:
    cast = make_cast(quiz=published_quiz(q3={"key_state": KeyState.REVIEWED}))
    hand_in(cast.alice, **all_right())
    first, second = access.waiting_responses(cast.tess)

    confirm(cast, first, 1)
    assert Attempt.objects.get().state == AttemptState.NEEDS_REVIEW
    assert Attempt.objects.get().items_marked == 9
    confirm(cast, second, 1)
    assert Attempt.objects.get().state == AttemptState.MARKED
    assert Grade.objects.get().points == 10


def test_mark_can_be_revised_and_the_old_one_stays_on_record(cast: Cast, waiting: Response) -> None:
    first = confirm(cast, waiting, 1)
    second = confirm(cast, waiting, 0, "On second thoughts.")

    assert Mark.objects.filter(response=waiting).count() == 2
    assert second.created_at > first.created_at  # also within the same moment
    assert second.evidence == {"replaces": str(first.pk)}
    assert Attempt.objects.get().points == Grade.objects.get().points == 9
    assert Score.objects.get().score_given == 9


def test_mark_by_rule_can_be_put_right(cast: Cast, waiting: Response) -> None:
    wrong = access.class_responses(cast.tess).get(item_version__item__identifier="q2")
    confirm(cast, wrong, 0)

    attempt = Attempt.objects.get()
    assert (attempt.points, attempt.state) == (8, AttemptState.NEEDS_REVIEW)
    assert next(one for one in attempts.results(attempt) if one.identifier == "q2").marked_by == "person"


@pytest.mark.parametrize("points", ["-0.001", "1.001", "2", "NaN", "Infinity", "-Infinity", "0.0001", "1e30"])
def test_points_outside_the_item_are_refused(cast: Cast, waiting: Response, points: str) -> None:
    with pytest.raises(InvalidPoints):
        confirm(cast, waiting, points)
    assert not Mark.objects.filter(by="person").exists()
    assert Attempt.objects.get().state == AttemptState.NEEDS_REVIEW


@pytest.mark.parametrize("points", ["0", "1", "1.0000", "0.333", "-0"])
def test_points_within_the_item_are_taken(cast: Cast, waiting: Response, points: str) -> None:
    assert confirm(cast, waiting, points).points == Decimal(points)


def test_statistics_follow(cast: Cast, waiting: Response) -> None:
    folding.fold(assignment_id=cast.assignment.pk, now=at(0))
    confirm(cast, waiting, "0.5")
    assert StatisticsDelta.objects.count() == 1
    folding.fold(assignment_id=cast.assignment.pk, now=at(0))
    assert report.report(scope=cast.assignment, now=at(0), small=True)["score"]["mean"]["value"] == 9.5


@pytest.mark.parametrize("submitted", [False, True])
def test_attempt_that_no_rule_has_seen_cannot_be_reviewed(cast: Cast, submitted: bool) -> None:
    attempt = hand_in(cast.alice, marked=False) if submitted else begin(cast.alice)
    response = attempt.responses.first()
    assert response is not None
    with pytest.raises(NotReviewable):
        confirm(cast, response, 1)


def test_practice_cannot_be_reviewed(cast: Cast) -> None:
    assert cast.quiz.current is not None
    attempt, _ = attempts.start_practice(quiz_version=cast.quiz.current, now=at(0))
    attempts.finish_practice(attempt=attempt, now=at(1))
    response = attempt.responses.first()
    assert response is not None
    with pytest.raises(NotReviewable):
        confirm(cast, response, 1)


def test_preview_can_be_reviewed_and_stays_out_of_everything(cast: Cast) -> None:
    attempt = hand_in(cast.tess, **all_right())
    confirm(cast, attempt.responses.get(waiting=True), 1)

    attempt.refresh_from_db()
    assert (attempt.state, attempt.points) == (AttemptState.MARKED, 10)
    for model in (Grade, Score, StatisticsDelta):
        assert not model.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_reviewers_at_once_leave_totals_that_match_the_marks() -> None:
    cast = make_cast()
    hand_in(cast.alice, **all_right())
    waiting = access.waiting_responses(cast.tess).get()

    results = race(*[lambda points=points: confirm(cast, waiting, points) for points in ("0", "0.5", "1")])

    assert all(isinstance(one, Mark) for one in results), results
    last = Mark.objects.filter(response=waiting).latest("created_at")
    attempt = Attempt.objects.get()
    assert attempt.points == Grade.objects.get().points == 9 + last.points
    assert Score.objects.get().score_given == attempt.points
    assert Mark.objects.filter(response=waiting).values("created_at").distinct().count() == 3
