"""Gradebooks with people at them: what was typed, overridden or cleared meanwhile, on Canvas and on Moodle."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from lti.gradebook import by_hand, column_changes, column_scores, scores, second_chances
from lti.models import LineItem, Live, Registration, ScoreState
from tests.lti.desk import SCORES, Desk
from tests.lti.platform import Answer, Seen
from tests.lti.test_decisions import NO, before_the_answer, look, newest, shows
from tests.lti.test_rosters import member, page, roster_of

SUBMISSION = "https://canvas.instructure.com/lti/submission"
LOST = Answer(drop=True, takes=True)


class CanvasGrade:
    """Ada's submission, which people see, beside her result, which tools read (scores_controller.rb, result.rb).

    `prioritize_non_tool_grade` leaves the submission alone; the result is written all the same. There is no result
    before a tool sent a score, whatever people typed.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk, self.score, self.comments = desk, None, []
        self._keep, desk.platform._keep = desk.platform._keep, self.keep

    def keep(self, body: dict[str, Any]) -> None:
        if not (body[SUBMISSION].get("prioritize_non_tool_grade") and self.score is not None):
            self.score, self.stale = body["scoreGiven"], False
        self.comments += [body["comment"]] if "comment" in body else []
        self._keep(body)

    def typed(self, score: float | None) -> None:
        self.score = score
        self.desk.platform.results = [
            {"userId": "ada", "resultMaximum": 10} | ({} if score is None else {"resultScore": score})
        ]


class MoodleGrade:
    """Whole seconds; an override hides and moves the time, and what it hid shows again when it is taken back."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.raw, self.at, self.overridden = desk, None, None, False
        self._answer, desk.platform.answer = desk.platform.answer, self.answer  # type: ignore[method-assign]
        desk.platform._keep = lambda body: None  # type: ignore[method-assign]

    def answer(self, seen: Seen) -> Answer:
        if seen.path == SCORES and SCORES not in self.desk.platform.switched:
            at = datetime.fromisoformat(seen.json["timestamp"]).replace(microsecond=0)
            if self.at and self.at >= at:
                self.desk.platform.seen.append(seen)
                return Answer(409, b"[]")
            self.raw = seen.json["scoreGiven"] * 10 / seen.json["scoreMaximum"]
            if not self.overridden:
                self.at = at
                self.show(self.raw)
        return self._answer(seen)

    def show(self, score: float | None) -> None:
        shows(self.desk, score)

    def override(self, score: float) -> None:
        self.overridden, self.at = True, self.desk.now.replace(microsecond=0)
        self.show(score)

    def release(self) -> None:
        self.overridden = False
        self.show(self.raw)


def test_grade_typed_while_a_canvas_answer_was_lost_is_found(desk: Desk) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.queue(7)
    desk.platform.switch(SCORES, LOST, Answer(200))
    desk.drain()
    grade.typed(9)
    desk.drain(after=60)
    look(desk, after=5 * 3_600)

    assert (newest(desk).state, newest(desk).live_given) == (ScoreState.HELD, 9)


def test_grade_typed_while_a_canvas_answer_was_lost_is_not_replaced_by_the_next_attempt(desk: Desk) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.queue(7)
    desk.platform.switch(SCORES, LOST, Answer(200))
    desk.drain()
    grade.typed(9)
    desk.drain(after=60)
    look(desk, after=5 * 3_600)
    desk.queue(8, submitted_at=desk.now)
    desk.drain(after=1)

    assert grade.score == 9, "nobody said that it should be replaced"


@pytest.mark.parametrize("waits", ["faults", "unpublished", "off"])
def test_word_does_not_count_against_a_grade_typed_after_it(desk: Desk, waits: str) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.queue(3)
    desk.drain()
    grade.typed(9)
    look(desk)
    assert newest(desk).state == ScoreState.HELD
    by_hand.resend(score=newest(desk), now=desk.now)
    if waits == "off":
        Registration.objects.update(active=False)
    answer = Answer(422, b"This assignment is still unpublished") if waits == "unpublished" else Answer(503)
    desk.platform.switch(SCORES, answer, Answer(200))
    desk.drain(after=2)
    grade.typed(6)  # by hand then, since nothing happened
    Registration.objects.update(active=True)
    if waits == "off":
        desk.platform.switched.clear()
    desk.drain(after=7_200)

    assert (grade.score, newest(desk).state, newest(desk).live_given) == (6, ScoreState.HELD, 6)


@pytest.mark.parametrize("state", ["tries again", "refused"])
def test_word_to_send_what_did_not_arrive_replaces_no_grade_that_is_typed_meanwhile(desk: Desk, state: str) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.queue(3)
    desk.drain()
    desk.queue(5, submitted_at=desk.now)
    answer = Answer(503) if state == "tries again" else Answer(422, b"The course is concluded")
    desk.platform.switch(SCORES, answer, Answer(503), Answer(200))
    desk.drain(after=60)
    by_hand.resend(score=newest(desk), now=desk.now)
    desk.drain(after=10)
    grade.typed(6)  # Canvas shows 3 still, so the teacher does it by hand
    desk.drain(after=7_200)

    assert (grade.score, newest(desk).state, newest(desk).live_given) == (6, ScoreState.HELD, 6)


def test_word_about_a_score_that_arrived_replaces_no_grade_that_nobody_had_seen(desk: Desk) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.queue(3)
    desk.drain()
    by_hand.resend(score=newest(desk), now=desk.now)
    grade.typed(6)
    desk.drain(after=60)
    assert (grade.score, newest(desk).state, newest(desk).live_given) == (6, ScoreState.HELD, 6)

    by_hand.resend(score=newest(desk), now=desk.now)
    desk.drain(after=2)
    assert (grade.score, newest(desk).state) == (3, ScoreState.SYNCED), "now it was seen"


@pytest.mark.parametrize("family", ["canvas", "moodle"])
def test_refused_score_of_someone_whose_absence_no_list_noticed_goes_out_when_they_are_listed(
    desk: Desk, family: str
) -> None:
    desk.family(family)
    roster = roster_of(desk)
    roster.read(page(member("ada"), member("bob")))
    desk.now = roster.now + timedelta(hours=1)
    desk.queue(7)
    desk.platform.switch(SCORES, NO if family == "canvas" else Answer(400, b"[]"), Answer(200))
    assert desk.drain().state == ScoreState.REFUSED  # "The score goes out if they come back."

    roster.read(page(member("ada"), member("bob")), after=timedelta(hours=6))  # they are back, an hour before

    desk.now = roster.now
    assert desk.drain(after=1).state == ScoreState.SYNCED


def test_refusal_that_stays_is_not_asked_about_by_every_list(desk: Desk) -> None:
    desk.family("canvas")
    roster = roster_of(desk)
    roster.read(page(member("ada"), member("bob")))
    desk.now = roster.now
    desk.queue(7)
    desk.platform.switch(SCORES, NO)
    desk.drain(after=1)
    for _ in range(4):
        roster.read(page(member("ada"), member("bob")), after=timedelta(hours=6))
        desk.now = roster.now
        desk.drain(after=1)

    assert len(desk.sent()) <= 2


def test_score_that_waited_beside_an_override_goes_out_once_that_is_taken_back(desk: Desk) -> None:
    desk.family("moodle")
    grade = MoodleGrade(desk)
    desk.queue(7)
    desk.drain()
    desk.now += timedelta(minutes=5)
    grade.override(9)
    look(desk)
    desk.queue(8, submitted_at=desk.now)
    desk.drain(after=10)
    desk.now += timedelta(minutes=5)
    grade.override(9.5)  # after the new score came
    desk.now += timedelta(minutes=5)
    grade.release()
    for _ in range(3):
        look(desk, after=5 * 3_600)
        desk.drain(after=10)

    assert len(desk.sent()) == 2, "one of the same time is refused each time"
    assert newest(desk).state == ScoreState.SYNCED
    assert grade.raw == 8


@pytest.mark.parametrize("when", ["under way", "interrupted"])
def test_comment_of_a_score_that_is_under_way_does_not_go_along_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.queue(7, comment="2 of 10 points still to be marked.", final=False)
    if when == "under way":
        before_the_answer(monkeypatch, lambda: by_hand.resend(score=newest(desk), now=desk.now))
        desk.drain()
    else:
        before_the_answer(monkeypatch, _dies)
        with pytest.raises(KeyboardInterrupt):
            desk.drain()
        by_hand.resend(score=newest(desk), now=desk.now)
        desk.now += timedelta(minutes=4)
        scores.sweep(now=desk.now)
    desk.drain(after=60)

    assert newest(desk).state == ScoreState.SYNCED
    assert len(grade.comments) == 1


def _dies() -> None:
    raise KeyboardInterrupt


def test_score_that_was_cleared_though_no_answer_ever_confirmed_it_stays_cleared(desk: Desk) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.queue(7)
    desk.platform.switch(SCORES, LOST, Answer(200))
    desk.drain()
    desk.queue(8, submitted_at=desk.now)
    grade.typed(None)
    desk.drain(after=60)

    assert (grade.score, newest(desk).state) == (None, ScoreState.HELD)


def test_score_that_perhaps_arrived_before_the_points_changed_is_sent_again(desk: Desk) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.queue(7)
    desk.platform.switch(SCORES, LOST, Answer(200))
    desk.drain()  # 7 of 10 is shown as such
    column = LineItem.objects.get()
    assert column_changes.change(resource_link=desk.link, label="", points=Decimal(20), now=desk.now) is None
    column_changes.push(column.pk, clock=lambda: desk.now)  # Canvas leaves the number: 7 of 20
    grade.stale = True
    desk.drain(after=60)

    assert newest(desk).state == ScoreState.SYNCED
    assert not grade.stale, "Canvas scales only what is sent again"


def test_zero_that_a_teacher_of_canvas_cleared_is_missed_and_not_sent_again(desk: Desk) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.queue(0)
    desk.drain()
    grade.typed(None)
    look(desk)
    assert (newest(desk).state, newest(desk).live) == (ScoreState.HELD, Live.EMPTY)

    desk.queue(3, submitted_at=desk.now)
    desk.drain(after=2)
    assert grade.score is None


def test_word_that_was_carried_out_is_no_word_about_what_comes_later(desk: Desk) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.queue(3)
    desk.drain()
    grade.typed(None)
    look(desk)
    by_hand.resend(score=newest(desk), now=desk.now)
    assert desk.drain(after=2).state == ScoreState.SYNCED
    by_hand.resend(score=newest(desk), now=desk.now)
    grade.typed(None)  # as before, but nobody was asked about it
    desk.drain(after=2)

    assert (grade.score, newest(desk).state) == (None, ScoreState.HELD)


@pytest.mark.parametrize("fate", [Answer(503), Answer(drop=True), NO], ids=str)
def test_first_score_replaces_the_zero_of_a_missing_submission_also_when_it_is_repeated(
    desk: Desk, fate: Answer
) -> None:
    """Canvas's policy for missing submissions types it; no tool can see it."""
    desk.family("canvas")
    grade = CanvasGrade(desk)
    grade.score = 0
    desk.queue(7)
    desk.platform.switch(SCORES, fate, Answer(200))
    desk.drain()
    second_chances.retry_refused(course_id=desk.course.pk, people=[desk.ada.pk], now=desk.now)
    desk.drain(after=60)

    assert (grade.score, newest(desk).state) == (7, ScoreState.SYNCED)


@pytest.mark.parametrize("tick", [0, 20])
def test_score_that_found_its_column_moved_is_known_as_sent_there(desk: Desk, tick: int) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    desk.tick = timedelta(milliseconds=tick)
    desk.queue(5, comment="five")
    desk.drain()
    there = f"{desk.platform.url}/lineitems/5/lineitem"
    desk.platform.line_items = [{"id": there, "resourceLinkId": "link-1"}]
    desk.platform.switch(SCORES, Answer(404))
    desk.queue(7, submitted_at=desk.now, comment="seven")
    assert desk.drain(after=2).state == ScoreState.SYNCED
    grade.typed(9)
    desk.queue(3, submitted_at=desk.now)
    desk.drain(after=2)

    assert (grade.score, newest(desk).state) == (9, ScoreState.HELD)


def test_score_of_somebody_who_is_back_replaces_no_earlier_score_of_ours_that_was_typed(desk: Desk) -> None:
    desk.family("canvas")
    grade = CanvasGrade(desk)
    for given, comment in ((5, "five"), (7, "seven")):
        desk.queue(given, submitted_at=desk.now, comment=comment)
        desk.drain(after=2)
    grade.typed(5)
    back = [desk.ada.pk]
    second_chances.retry_refused(course_id=desk.course.pk, people=back, gone=back, now=desk.now)
    desk.drain(after=2)

    assert (grade.score, newest(desk).state, grade.comments) == (5, ScoreState.HELD, ["five", "seven"])


@pytest.mark.parametrize("lost", [True, False])
def test_refusal_is_checked_once_against_a_list_whatever_came_before_it(desk: Desk, lost: bool) -> None:
    desk.family("canvas")
    desk.queue(7)
    desk.platform.switch(SCORES, *([Answer(drop=True)] if lost else []), NO, Answer(200))
    desk.drain()
    assert desk.drain(after=60).state == ScoreState.REFUSED
    for _ in range(2):
        desk.now += timedelta(hours=6)
        second_chances.retry_refused(course_id=desk.course.pk, people=[], listed=[desk.ada.pk], now=desk.now)
        desk.drain(after=1)
    assert newest(desk).state == ScoreState.SYNCED


@pytest.mark.parametrize("state", [ScoreState.REFUSED, ScoreState.SYNCED])
def test_list_wakes_no_score_of_a_column_that_was_deleted_here(desk: Desk, state: ScoreState) -> None:
    desk.queue(7)
    desk.platform.switch(SCORES, NO if state == ScoreState.REFUSED else Answer(200))
    assert desk.drain().state == state
    LineItem.objects.update(wanted=False)
    who = [desk.ada.pk]
    second_chances.retry_refused(course_id=desk.course.pk, people=who, listed=who, gone=who, now=desk.now)
    assert newest(desk).state == state


def test_grade_that_a_teacher_removed_on_our_advice_gives_way_to_ours(desk: Desk) -> None:
    """Some platforms then list the person without a score."""
    desk.queue(3)
    desk.drain()
    shows(desk, 7)
    look(desk)
    keep, desk.platform._keep = desk.platform._keep, lambda body: None  # type: ignore[method-assign]
    by_hand.resend(score=newest(desk), now=desk.now)
    assert "Remove that grade there" in desk.drain(after=2).hint
    desk.platform.results = [{"userId": "ada", "resultMaximum": 10}]
    desk.platform._keep = keep  # type: ignore[method-assign]
    by_hand.resend(score=newest(desk), now=desk.now)
    assert desk.drain(after=2).state == ScoreState.SYNCED


@pytest.mark.parametrize("family", ["canvas", "moodle", ""])
def test_grade_that_went_with_its_person_is_restored_at_a_second_try_too(desk: Desk, family: str) -> None:
    desk.family(family)
    desk.queue(7)
    desk.drain()
    shows(desk, None)
    desk.platform.switch(SCORES, Answer(422, b"The course is concluded"), Answer(200))
    back = [desk.ada.pk]
    second_chances.retry_refused(course_id=desk.course.pk, people=back, gone=back, now=desk.now)
    assert desk.drain(after=1).state == ScoreState.REFUSED
    desk.now += timedelta(hours=1)
    second_chances.retry_column(column_id=desk.column.pk, refused_before=desk.now, now=desk.now)
    assert desk.drain(after=1).state == ScoreState.SYNCED


def test_score_that_found_its_column_moved_while_a_launch_named_a_third_is_sent_there_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.family("canvas")
    desk.queue(5)
    desk.drain()
    there, third = (f"{desk.platform.url}/lineitems/{number}/lineitem" for number in (5, 9))
    desk.platform.line_items = [{"id": there, "resourceLinkId": "link-1"}]
    desk.platform.switch(SCORES, Answer(404))
    desk.queue(7, submitted_at=desk.now)
    desk.tick = timedelta(milliseconds=5)

    def launched() -> None:
        now = desk.clock()
        LineItem.objects.update(url=third, replaced_at=now, news_at=now, score_maximum=None, made=False)
        column_scores.restart(column=LineItem.objects.get(), now=now)
        shows(desk, None)  # in the third

    before_the_answer(monkeypatch, launched)
    desk.drain(after=2)
    desk.drain(after=60)

    assert [len(desk.platform.asked(f"/lineitems/{number}/lineitem/scores")) for number in (5, 9)] == [1, 1]
