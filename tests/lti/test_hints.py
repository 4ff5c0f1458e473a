"""Every answer of Canvas and Moodle to a score: what becomes of it, and what a teacher reads."""

import pytest

from lti.models import ScoreState
from tests.lti.desk import SCORES, Desk
from tests.lti.platform import Answer

CANVAS_ANSWERS = [
    (Answer(400, b'{"errors":"missing required parameters"}'), ScoreState.REFUSED, "people who run this service"),
    (Answer(400, b"timestamp is not a date"), ScoreState.REFUSED, "people who run this service"),
    (Answer(400, b"submittedAt is in the future"), ScoreState.DUE, "clocks"),
    (Answer(400, b"before last updated timestamp of 2026-11-23"), ScoreState.HELD, "should replace"),
    (Answer(422, b"Assignment is still unpublished"), ScoreState.DUE, "Publish"),
    (Answer(422, b"User not found in course or is not a student"), ScoreState.REFUSED, "not a student"),
    (Answer(422, b"scoreMaximum must be greater than 0"), ScoreState.REFUSED, "people who run this service"),
    (Answer(422, b"scoreGiven cannot be negative"), ScoreState.REFUSED, "people who run this service"),
    (Answer(422, b"maximum number of allowed attempts has been reached"), ScoreState.REFUSED, "attempts are used up"),
    (Answer(422, b"This course has concluded"), ScoreState.REFUSED, "course is over"),
    (Answer(422, b"cannot be zero if line item's maximum is not zero"), ScoreState.REFUSED, "people who run"),
    (Answer(422, b"The grade cannot be changed: its grading period is closed"), ScoreState.REFUSED, "grading period"),
    (Answer(422, b"something else"), ScoreState.REFUSED, "still a student"),
    (Answer(412, b"tool lacks the line item"), ScoreState.LOST, "column was not found"),
    (Answer(404, b"context gone"), ScoreState.LOST, "column was not found"),
    (Answer(401, b"invalid token"), ScoreState.REFUSED, "let this tool into the course"),
    (Answer(504, b"file service"), ScoreState.DUE, "keep trying"),
    (Answer(403, b"403 Forbidden (Rate Limit Exceeded)"), ScoreState.DUE, "slow down"),
    (Answer(429, b"Too many requests"), ScoreState.DUE, "slow down"),
    (Answer(403, b"User-Agent required"), ScoreState.REFUSED, "people who run this service"),
]
MOODLE_ANSWERS = [
    (Answer(400, b"[]", reason="No handler found for /2/lineitems"), ScoreState.REFUSED, "people who run this service"),
    (Answer(400, b"[]", reason="Incorrect score received"), ScoreState.REFUSED, "not enrolled"),
    (Answer(200, b"[]"), ScoreState.REFUSED, "did not accept"),
    (Answer(409, b"[]"), ScoreState.HELD, "should replace"),
    (Answer(500, b"[]"), ScoreState.DUE, "locked"),
    (Answer(502), ScoreState.DUE, "keep trying"),
    (Answer(403, b"[]"), ScoreState.REFUSED, "grade service"),
    (Answer(404, b"[]"), ScoreState.LOST, "activity deleted"),
]


@pytest.mark.parametrize(
    ("family", "answer", "state", "hint"),
    [("canvas", *row) for row in CANVAS_ANSWERS] + [("moodle", *row) for row in MOODLE_ANSWERS],
)
def test_answer_becomes_a_hint_that_a_teacher_understands(
    desk: Desk, family: str, answer: Answer, state: ScoreState, hint: str
) -> None:
    desk.family(family)
    desk.queue()
    desk.platform.switch(SCORES, answer)

    event = desk.drain()

    assert event.state == state
    assert hint in event.hint
    assert event.last_status == answer.status
