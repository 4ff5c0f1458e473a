"""What platforms do with scores, and how a conflict is told from a success."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from lti import scores
from lti.models import (
    LineItem,
    Registration,
    ScoreState,
)
from tests.lti.desk import NOW, RESULTS, SCORES, Desk
from tests.lti.platform import Answer


@pytest.mark.parametrize(
    ("result", "state"),
    [
        ([{"userId": "ada", "resultScore": 7, "resultMaximum": 10}], ScoreState.DELIVERED),
        ([{"userId": "ada", "resultScore": 70.0, "resultMaximum": 100}], ScoreState.DELIVERED),
        ([{"userId": "ada", "resultScore": 9, "resultMaximum": 10}], ScoreState.CONFLICT),
        ([{"userId": "ada", "resultMaximum": 10}], ScoreState.CONFLICT),
        ([{"userId": "bob", "resultScore": 7, "resultMaximum": 10}], ScoreState.CONFLICT),
        ([], ScoreState.CONFLICT),
        ([None, "x", {"userId": 7}], ScoreState.CONFLICT),
    ],
    ids=str,
)
def test_moodle_conflict_is_read_back_not_forced(desk: Desk, result: list[Any], state: ScoreState) -> None:
    desk.family("moodle")
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(409, b"[]", reason="Refusing score with an earlier timestamp"))
    desk.platform.results = result

    event = desk.drain()

    assert event.state == state
    assert event.last_status == 409
    (asked,) = desk.platform.asked(RESULTS)
    assert asked.query == {"type_id": ["1"], "user_id": ["ada"]}
    assert asked.headers["accept"] == "application/vnd.ims.lis.v2.resultcontainer+json"
    desk.drain(after=7200)
    assert len(desk.sent()) == 1


def test_nought_that_moodle_leaves_out_is_ours(desk: Desk) -> None:
    desk.family("moodle")
    desk.queue(0)
    desk.platform.switch(SCORES, Answer(409))
    desk.platform.results = [{"userId": "ada", "resultMaximum": 10}]

    assert desk.drain().state == ScoreState.DELIVERED


def test_answer_that_was_lost_ends_as_delivered(desk: Desk) -> None:
    """The score arrived, the answer did not: the second try is refused as not newer, and read back."""
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(drop=True), Answer(409))
    desk.platform.results = [{"userId": "ada", "resultScore": 7, "resultMaximum": 10}]
    desk.drain()

    assert desk.drain(after=60).state == ScoreState.DELIVERED


def test_conflict_waits_when_the_result_cannot_be_read_just_now(desk: Desk) -> None:
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(409))
    desk.platform.switch(RESULTS, Answer(503))

    assert desk.drain().state == ScoreState.DUE


def test_resend_after_a_conflict_replaces_on_a_persons_word(desk: Desk) -> None:
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(409), Answer(200))
    event = desk.drain()
    assert event.state == ScoreState.CONFLICT

    scores.resend(event=event, now=desk.now)

    assert desk.drain(after=2).state == ScoreState.DELIVERED


def test_moodle_gets_scores_in_the_columns_own_maximum(desk: Desk) -> None:
    desk.family("moodle")
    desk.queue(2, maximum=Decimal(3))
    desk.drain()
    desk.queue(1, maximum=Decimal(3))
    desk.drain(after=5)

    assert [(body["scoreGiven"], body["scoreMaximum"]) for body in desk.sent()] == [(66.66667, 100), (33.33333, 100)]
    (asked,) = desk.platform.asked("/lineitems/1/lineitem", "GET")
    assert asked.headers["accept"] == "application/vnd.ims.lis.v2.lineitem+json"
    assert LineItem.objects.get().score_maximum == 100


@pytest.mark.parametrize(
    "answer", [Answer(500), Answer(200, b"[]"), Answer(200, b'{"scoreMaximum": 0}'), Answer(drop=True)]
)
def test_moodle_column_that_cannot_be_read_does_not_stop_the_score(desk: Desk, answer: Answer) -> None:
    desk.family("moodle")
    desk.platform.switch("/lineitems/1/lineitem", answer)
    desk.queue(7)

    assert desk.drain().state == ScoreState.DELIVERED
    assert desk.sent()[0]["scoreMaximum"] == 10


@pytest.mark.parametrize("family", ["moodle", "generic", ""])
def test_provisional_scores_never_wipe_a_grade(desk: Desk, family: str) -> None:
    desk.family(family)
    desk.queue(7, final=False)
    desk.drain()

    assert desk.sent()[0]["gradingProgress"] == "FullyGraded"
    assert desk.sent()[0]["activityProgress"] == "Completed"


SUBMISSION = "https://canvas.instructure.com/lti/submission"


def test_canvas_sees_one_submission_per_attempt(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue(7, final=False)
    desk.drain()
    desk.queue(8)
    desk.drain(after=60)
    desk.queue(9, submitted_at=NOW + timedelta(seconds=90))
    desk.drain(after=60)

    bodies = desk.sent()
    assert [body["gradingProgress"] for body in bodies] == ["PendingManual", "FullyGraded", "FullyGraded"]
    assert [body[SUBMISSION]["new_submission"] for body in bodies] == [True, False, True]
    assert bodies[0]["submission"]["submittedAt"] == bodies[1]["submission"]["submittedAt"]
    assert all("scoreGiven" in body for body in bodies)


def test_canvas_used_up_attempts_are_sent_as_a_grade_only(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue()
    refusal = Answer(422, b'{"errors":{"message":"The maximum number of allowed attempts has been reached"}}')
    desk.platform.switch(SCORES, refusal, Answer(200))

    assert desk.drain().state == ScoreState.DELIVERED
    assert [body[SUBMISSION]["new_submission"] for body in desk.sent()] == [True, False]


def test_canvas_unpublished_assignment_is_held_and_explained(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue()
    desk.platform.switch(SCORES, Answer(422, b"assignment is still unpublished"), Answer(200))

    event = desk.drain()

    assert event.state == ScoreState.DUE
    assert "Publish" in event.hint
    assert event.next_try_at >= desk.now + timedelta(minutes=59)
    assert Registration.objects.get().paused_until is None


def test_canvas_older_timestamp_is_read_back(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(400, b"timestamp before last updated timestamp of 2026"))
    desk.platform.results = [{"userId": "ada", "resultScore": 2, "resultMaximum": 10}]

    event = desk.drain()

    assert event.state == ScoreState.CONFLICT
    assert "2 of 10" in event.hint
