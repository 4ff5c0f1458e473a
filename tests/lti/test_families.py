"""What platforms do with scores, and how a conflict is distinguished from a success."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from lti.gradebook import by_hand, second_chances
from lti.models import LineItem, Live, Registration, ResourceLink, Score, ScoreState
from tests.lti.desk import NOW, RESULTS, SCOPES, SCORES, Desk
from tests.lti.platform import Answer
from tests.lti.test_decisions import look, newest, shows


@pytest.mark.parametrize(
    ("result", "state"),
    [
        ([{"userId": "ada", "resultScore": 7, "resultMaximum": 10}], ScoreState.SYNCED),
        ([{"userId": "ada", "resultScore": 70.0, "resultMaximum": 100}], ScoreState.SYNCED),
        ([{"userId": "ada", "resultScore": 9, "resultMaximum": 10}], ScoreState.HELD),
        ([{"userId": "ada", "resultMaximum": 10}], ScoreState.HELD),
        ([{"userId": "bob", "resultScore": 7, "resultMaximum": 10}], ScoreState.HELD),
        ([], ScoreState.HELD),
        ([None, "x", {"userId": 7}], ScoreState.HELD),
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


def test_zero_that_moodle_leaves_out_is_ours(desk: Desk) -> None:
    desk.family("moodle")
    desk.queue(0)
    desk.platform.switch(SCORES, Answer(409))
    desk.platform.results = [{"userId": "ada", "resultMaximum": 10}]

    assert desk.drain().state == ScoreState.SYNCED


def test_answer_that_was_lost_ends_as_delivered(desk: Desk) -> None:
    """The score arrived, the answer did not: the second try is refused as not newer, and read back."""
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(drop=True), Answer(409))
    desk.platform.results = [{"userId": "ada", "resultScore": 7, "resultMaximum": 10}]
    desk.drain()

    assert desk.drain(after=60).state == ScoreState.SYNCED


def test_conflict_waits_when_the_result_cannot_be_read_just_now(desk: Desk) -> None:
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(409))
    desk.platform.switch(RESULTS, Answer(503))

    assert desk.drain().state == ScoreState.DUE


def test_resend_after_a_conflict_replaces_on_a_persons_word(desk: Desk) -> None:
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(409), Answer(200))
    event = desk.drain()
    assert event.state == ScoreState.HELD

    by_hand.resend(score=event, now=desk.now)

    assert desk.drain(after=2).state == ScoreState.SYNCED


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

    assert desk.drain().state == ScoreState.SYNCED
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

    assert desk.drain().state == ScoreState.SYNCED
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

    assert event.state == ScoreState.HELD
    assert event.live_given == 2


def test_canvas_regrade_over_a_teachers_change_waits_for_the_teacher(desk: Desk) -> None:
    """Canvas keeps no timestamp of a teacher's edit, so the result is read before a new version goes out."""
    desk.family("canvas")
    desk.queue(7)
    desk.drain()
    desk.platform.results = [{"userId": "ada", "resultScore": 9, "resultMaximum": 10}]
    desk.queue(8)

    event = desk.drain(after=60)

    assert (event.state, event.live, event.live_given) == (ScoreState.HELD, Live.GRADED, 9)
    assert len(desk.sent()) == 1
    by_hand.resend(score=event, now=desk.now)
    assert desk.drain(after=60).state == ScoreState.SYNCED
    assert [body["scoreGiven"] for body in desk.sent()] == [7, 8]


@pytest.mark.parametrize("family", ["canvas", "moodle", "generic"])
def test_regrade_of_what_the_gradebook_still_shows_goes_out(desk: Desk, family: str) -> None:
    desk.family(family)
    desk.queue(7)
    desk.drain()
    desk.queue(8)

    assert desk.drain(after=60).state == ScoreState.SYNCED
    assert len(desk.sent()) == 2


@pytest.mark.parametrize("family", ["canvas", "moodle", "generic"])
@pytest.mark.parametrize(
    ("result", "live"), [([], Live.MISSING), ([{"userId": "ada", "resultMaximum": 10}], Live.EMPTY)]
)
def test_regrade_over_a_cleared_grade_waits_for_the_teacher(
    desk: Desk, family: str, result: list[Any], live: Live
) -> None:
    desk.family(family)
    desk.queue(7)
    desk.drain()
    desk.platform.results = result
    desk.queue(8)

    event = desk.drain(after=60)

    assert (event.state, event.live) == (ScoreState.HELD, live)
    assert len(desk.sent()) == 1


def test_newer_score_after_one_whose_answer_was_lost_is_no_conflict(desk: Desk) -> None:
    """The first may show in the gradebook though we do not know; it is ours all the same."""
    desk.family("canvas")
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(drop=True, takes=True), Answer(200))
    desk.drain()
    desk.queue(8)

    assert desk.drain(after=60).state == ScoreState.SYNCED


def test_new_score_over_a_known_conflict_stands_beside_it(desk: Desk) -> None:
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(409), Answer(200))
    desk.platform.results = [{"userId": "ada", "resultScore": 2, "resultMaximum": 10}]
    first = desk.drain()
    second = desk.queue(8)

    assert second
    assert (second.state, second.live_given, second.live) == (ScoreState.HELD, 2, Live.GRADED)
    by_hand.keep(score=first)
    kept = desk.drain(after=60)
    assert (kept.score_given, kept.state) == (8, ScoreState.KEPT)
    third = desk.queue(9)
    assert third
    assert third.state == ScoreState.HELD
    assert len(desk.sent()) == 1
    by_hand.resend(score=first, now=desk.now)
    assert desk.drain(after=60).state == ScoreState.SYNCED
    assert [body["scoreGiven"] for body in desk.sent()] == [7, 9]


def test_score_on_a_persons_word_is_later_than_what_was_set_in_the_same_second(desk: Desk) -> None:
    desk.family("moodle")
    event = desk.queue(7)
    assert event
    desk.drain()
    desk.now += timedelta(seconds=30)

    Score.objects.update(state=ScoreState.HELD, live=Live.GRADED)
    again = by_hand.resend(score=event, now=desk.now)

    assert again.timestamp == desk.now.replace(microsecond=0) + timedelta(seconds=1)
    assert by_hand.resend(score=event, now=desk.now).timestamp == again.timestamp + timedelta(seconds=1)


def test_moodle_override_that_hides_a_resent_score_is_shown(desk: Desk) -> None:
    """Moodle answers 200, keeps our raw grade and goes on showing the teacher's."""
    desk.family("moodle")
    event = desk.queue(7)
    assert event
    desk.drain()
    by_hand.resend(score=event, now=desk.now)
    desk.platform.switch(RESULTS, Answer(body=b'[{"userId":"ada","resultScore":3,"resultMaximum":10}]'))

    again = desk.drain(after=60)

    assert again.state == ScoreState.HELD
    assert "override" in again.hint


@pytest.mark.parametrize(("readable", "state"), [(True, ScoreState.HELD), (False, ScoreState.SYNCED)])
def test_grade_that_any_lms_keeps_though_it_says_yes_is_shown(desk: Desk, readable: bool, state: ScoreState) -> None:
    desk.queue(3)
    desk.drain()
    shows(desk, 7)
    look(desk)
    desk.platform._keep = lambda body: None  # type: ignore[method-assign]
    by_hand.resend(score=newest(desk), now=desk.now)
    seen = json.dumps(desk.platform.results).encode()
    desk.platform.switch(RESULTS, Answer(body=seen), *([] if readable else [Answer(500)]))
    event = desk.drain(after=2)

    assert event.state == state
    assert len(desk.sent()) == 2
    if readable:
        assert event.live_given == 7
        assert "Remove that grade there" in event.hint


def test_moodle_override_is_shown_though_the_first_look_at_it_failed(desk: Desk) -> None:
    """The score was taken, the result could not be read: the repeat is refused as equal, and the override is why."""
    desk.family("moodle")
    event = desk.queue(7)
    assert event
    desk.drain()
    by_hand.resend(score=event, now=desk.now)
    desk.platform.switch(SCORES, Answer(200), Answer(409, b"[]"))
    override = Answer(body=b'[{"userId":"ada","resultScore":3,"resultMaximum":10}]')
    desk.platform.switch(RESULTS, Answer(500), override)
    assert desk.drain(after=60).state == ScoreState.DUE

    again = desk.drain(after=60)

    assert (again.state, again.live_given) == (ScoreState.HELD, 3)
    assert "override" in again.hint


COMMENT = "3 of 10 points wait for a person's mark."


@pytest.mark.parametrize("family", ["canvas", "moodle", "generic"])
def test_comment_is_sent_with_its_score_and_an_empty_one_left_out(desk: Desk, family: str) -> None:
    desk.family(family)
    desk.queue(7, final=False, comment=COMMENT)
    desk.drain()
    desk.queue(8)
    desk.drain(after=60)

    first, second = desk.sent()
    assert first["comment"] == COMMENT
    assert "comment" not in second


def test_canvas_comment_is_sent_once_when_the_answer_was_lost(desk: Desk) -> None:
    """Canvas adds a comment again on every post: the gradebook is read before a repeat."""
    desk.family("canvas")
    desk.queue(7, comment=COMMENT)
    desk.platform.switch(SCORES, Answer(drop=True, takes=True), Answer(200))
    assert desk.drain().read_first

    event = desk.drain(after=60)
    assert (event.state, event.read_first) == (ScoreState.SYNCED, False)
    assert len([body for body in desk.sent() if "comment" in body]) == 1


@pytest.mark.parametrize("fate", [Answer(drop=True, takes=True), Answer(drop=True), Answer(503)], ids=str)
def test_canvas_is_asked_before_a_score_is_repeated(desk: Desk, fate: Answer) -> None:
    desk.family("canvas")
    desk.queue(7)
    desk.platform.switch(SCORES, fate, Answer(200))
    desk.drain()

    assert desk.drain(after=60).state == ScoreState.SYNCED
    assert len(desk.platform.asked(RESULTS)) == 1
    first, *more = desk.sent()
    assert more == ([] if fate.takes else [first])


def test_canvas_comment_is_sent_again_when_the_score_did_not_arrive(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue(7, comment=COMMENT)
    desk.platform.switch(SCORES, Answer(503), Answer(200))
    desk.drain()

    assert desk.drain(after=60).state == ScoreState.SYNCED
    first, second = desk.sent()
    assert first["comment"] == second["comment"] == COMMENT
    assert all("prioritize_non_tool_grade" not in score[SUBMISSION] for score in (first, second))


def test_comment_is_left_out_of_a_repeat_where_results_may_not_be_read(desk: Desk) -> None:
    desk.family("canvas")
    ResourceLink.objects.update(scopes=[scope for scope in SCOPES if "result" not in scope])
    desk.queue(7, comment=COMMENT)
    desk.platform.switch(SCORES, Answer(503), Answer(200))
    desk.drain()

    assert desk.drain(after=60).state == ScoreState.SYNCED
    assert "comment" not in desk.sent()[1]


def test_submission_is_never_later_than_its_score(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue(submitted_at=NOW + timedelta(minutes=5))
    desk.drain()

    assert desk.sent()[0]["submission"]["submittedAt"] == desk.sent()[0]["timestamp"]


def test_score_refused_for_a_removed_learner_goes_out_when_they_are_back(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue(7)
    desk.platform.switch(SCORES, Answer(422, b"user not found in course"), Answer(200))
    stamp = desk.drain().timestamp
    bob = desk.person("bob")
    desk.now += timedelta(days=30)

    assert second_chances.retry_refused(course_id=desk.course.pk, people=[bob.pk], now=desk.now) == 0
    assert second_chances.retry_refused(course_id=desk.course.pk, people=[desk.ada.pk, bob.pk], now=desk.now) == 1
    event = desk.drain()
    assert (event.state, event.timestamp) == (ScoreState.SYNCED, stamp)


@pytest.mark.parametrize("family", ["canvas", "moodle"])
@pytest.mark.parametrize(
    ("shown", "state", "posts"),
    [(None, ScoreState.SYNCED, 2), (9, ScoreState.HELD, 1), (7, ScoreState.SYNCED, 1)],
)
def test_grade_deleted_with_its_learner_is_restored_and_a_teachers_is_not_replaced(
    desk: Desk, family: str, shown: int | None, state: ScoreState, posts: int
) -> None:
    desk.family(family)
    desk.queue(7)
    desk.drain()
    desk.platform.results = [] if shown is None else [{"userId": "ada", "resultScore": shown, "resultMaximum": 10}]

    back = {"people": [desk.ada.pk], "gone": [desk.ada.pk]}
    assert second_chances.retry_refused(course_id=desk.course.pk, **back, now=desk.now) == 1

    assert desk.drain(after=60).state == state
    assert len(desk.sent()) == posts


@pytest.mark.parametrize("family", ["canvas", "moodle"])
@pytest.mark.parametrize("answer", [Answer(200), Answer(422, b"no such user")])
def test_newest_score_of_someone_who_is_back_is_restored_whatever_was_sent_before(
    desk: Desk, family: str, answer: Answer
) -> None:
    desk.family(family)
    desk.queue(5)
    desk.drain()
    desk.platform.results = [{"userId": "ada", "resultScore": 5, "resultMaximum": 10}]
    desk.queue(7)
    desk.platform.switch(SCORES, answer, Answer(200))
    desk.drain(after=60)
    desk.platform.results = []

    second_chances.retry_refused(course_id=desk.course.pk, people=[desk.ada.pk], gone=[desk.ada.pk], now=desk.now)

    assert desk.drain(after=60).state == ScoreState.SYNCED
    assert [10 * body["scoreGiven"] / body["scoreMaximum"] for body in desk.sent()] == [5, 7, 7]


def test_decision_to_send_ours_holds_for_the_grade_of_that_day_only(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue(7)
    desk.drain()
    shows(desk, 5)
    look(desk)
    by_hand.resend(score=Score.objects.get(), now=desk.now)
    desk.drain(after=60)
    desk.platform.results = [{"userId": "ada", "resultScore": 9, "resultMaximum": 10}]

    second_chances.retry_refused(course_id=desk.course.pk, people=[desk.ada.pk], gone=[desk.ada.pk], now=desk.now)

    event = desk.drain(after=60)
    assert (event.state, event.live_given) == (ScoreState.HELD, 9), "what a person decided was about the 5"
    assert len(desk.sent()) == 2


@pytest.mark.parametrize(("shown", "posts"), [(7, 2), (9, 3)])
def test_canvas_is_asked_whether_a_score_on_a_persons_word_arrived(desk: Desk, shown: int, posts: int) -> None:
    desk.family("canvas")
    desk.queue(7)
    desk.drain()
    seen = {"live_given": 9, "live_maximum": 10, "live_at": desk.now}
    Score.objects.update(state=ScoreState.HELD, live=Live.GRADED, **seen)
    desk.platform.results = [{"userId": "ada", "resultScore": 9, "resultMaximum": 10}]
    by_hand.resend(score=Score.objects.get(), now=desk.now)
    desk.platform.switch(SCORES, Answer(503), Answer(200))
    desk.drain(after=60)
    desk.platform.results = [{"userId": "ada", "resultScore": shown, "resultMaximum": 10}]

    assert desk.drain(after=60).state == ScoreState.SYNCED
    assert len(desk.sent()) == posts


def test_canvas_counts_no_second_attempt_for_a_score_that_is_restored(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue(7)
    desk.drain()
    desk.platform.results = []
    second_chances.retry_refused(course_id=desk.course.pk, people=[desk.ada.pk], gone=[desk.ada.pk], now=desk.now)
    desk.drain(after=60)

    assert [body[SUBMISSION]["new_submission"] for body in desk.sent()] == [True, False]


@pytest.mark.parametrize(("family", "state"), [("canvas", ScoreState.SYNCED), ("generic", ScoreState.HELD)])
def test_canvas_answers_for_a_person_it_merged_by_the_id_they_have_now(desk: Desk, family: str, state: str) -> None:
    desk.family(family)
    desk.queue(3)
    desk.drain()
    desk.platform.results = [{"userId": "merged", "resultScore": 3, "resultMaximum": 10}]
    desk.queue(5)
    assert desk.drain(after=2).state == state


def test_canvas_is_sent_one_maximum_whatever_its_assignment_is_worth(desk: Desk) -> None:
    desk.family("canvas")
    for given in (3, 5):
        desk.queue(given, submitted_at=desk.now)
        desk.drain(after=2)
    assert [score["scoreMaximum"] for score in desk.sent()] == [10, 10]
    assert not desk.platform.asked(SCORES.removesuffix("/scores")), "the column's own maximum is 100"
