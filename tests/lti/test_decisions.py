"""What a person decided about a score stays so, and what may be gone with a person or a column is sent again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from lti.gradebook import by_hand, column_changes, lookups, reconcile, second_chances, sending
from lti.models import LineItem, Live, Registration, Score, ScoreState
from roster.models import Enrollment
from tests.lti.conftest import Browser
from tests.lti.desk import RESULTS, SCORES, Desk
from tests.lti.platform import Answer
from tests.lti.test_rosters import member, page, roster_of

NO = Answer(422, b"User not found in course or is not a student")
OLD = "/lineitems/2/lineitem"


def shows(desk: Desk, score: float | None) -> None:
    desk.platform.results = [] if score is None else [{"userId": "ada", "resultScore": score, "resultMaximum": 10}]


def look(desk: Desk, after: float = 600) -> None:
    desk.now += timedelta(seconds=after)
    LineItem.objects.update(reconciled_at=None)
    reconcile.reconcile(now=desk.now, clock=lambda: desk.now)


def newest(desk: Desk) -> Score:
    event = lookups.latest(resource_link=desk.link, person=desk.ada)
    assert event
    return event


def before_the_answer(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Something happens, once, while a score is under way."""
    settle = sending.Drain._settle

    def settled(drain: sending.Drain, *args: Any, **kwargs: Any) -> None:
        monkeypatch.setattr(sending.Drain, "_settle", settle)
        happens()
        settle(drain, *args, **kwargs)

    monkeypatch.setattr(sending.Drain, "_settle", settled)


# A person's word


@pytest.mark.parametrize("again_by", ["list", "column"])
def test_word_of_weeks_ago_replaces_no_grade_of_today(desk: Desk, again_by: str) -> None:
    desk.family("canvas")
    desk.queue(3)
    desk.platform.switch(SCORES, NO, NO, Answer(200))
    desk.drain()
    by_hand.resend(score=newest(desk), now=desk.now)
    assert desk.drain(after=2).state == ScoreState.REFUSED
    shows(desk, 9)
    desk.now += timedelta(days=21)
    if again_by == "list":
        second_chances.retry_refused(course_id=desk.course.pk, people=[desk.ada.pk], gone=[desk.ada.pk], now=desk.now)
    else:
        second_chances.retry_column(column_id=desk.column.pk, refused_before=desk.now, now=desk.now)

    event = desk.drain()
    assert (event.state, event.live_given) == (ScoreState.HELD, 9)
    assert len(desk.sent()) == 2


@pytest.mark.parametrize("when", ["waits", "under way"])
def test_word_goes_over_to_the_score_that_takes_the_place_of_the_one_it_was_said_of(
    desk: Desk, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.family("canvas")
    desk.queue(3)
    desk.drain()
    shows(desk, 9)
    look(desk)
    by_hand.resend(score=newest(desk), now=desk.now)
    if when == "waits":
        desk.platform.switch(SCORES, Answer(503), Answer(200))
        desk.drain(after=2)
        desk.queue(4)
    else:
        desk.platform.switch(SCORES, Answer(503), Answer(200))
        before_the_answer(monkeypatch, lambda: desk.queue(4))
        desk.drain(after=2)

    event = desk.drain(after=60)
    assert (event.score_given, event.state) == (4, ScoreState.SYNCED)


def test_grade_that_stays_is_not_asked_about_again_for_the_same_points(desk: Desk) -> None:
    desk.queue(3, final=False)
    desk.drain()
    shows(desk, 9)
    look(desk)
    by_hand.keep(score=newest(desk))

    desk.queue(3)
    assert desk.drain(after=2).state == ScoreState.KEPT
    desk.queue(4)
    assert desk.drain(after=2).state == ScoreState.HELD


# Somebody who was away


@pytest.mark.parametrize("family", ["canvas", "moodle"])
@pytest.mark.parametrize("meanwhile", ["new attempt", "read back", "marked again"])
def test_score_that_was_found_missing_is_restored_when_the_list_shows_its_person(
    desk: Desk, family: str, meanwhile: str
) -> None:
    desk.family(family)
    roster = roster_of(desk)
    roster.read(page(member("ada"), member("bob")))
    desk.now = roster.now
    desk.queue(7)
    desk.drain()
    roster.read(page(member("bob")))
    shows(desk, None)
    desk.now = roster.now
    if meanwhile == "marked again":
        desk.queue(9)
        desk.platform.switch(SCORES, NO)
        desk.drain(after=1)
        desk.platform.switched.pop(SCORES)
    else:
        Enrollment.objects.filter(person=desk.ada).update(active=True)  # as by a launch
        if meanwhile == "new attempt":
            desk.queue(9, submitted_at=desk.now)
            desk.drain(after=1)
        else:
            look(desk)
    assert newest(desk).live == Live.MISSING

    roster.now = desk.now
    roster.read(page(member("ada"), member("bob")))

    desk.now = roster.now
    assert desk.drain(after=1).state == ScoreState.SYNCED
    assert float(desk.platform.results[0]["resultScore"]) in (7, 9, 70, 90)


def test_score_that_takes_the_place_of_a_restored_one_looks_first_too(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue(7)
    desk.drain()
    shows(desk, 9)
    second_chances.retry_refused(course_id=desk.course.pk, people=[desk.ada.pk], gone=[desk.ada.pk], now=desk.now)
    desk.queue(5)

    event = desk.drain(after=1)
    assert (event.score_given, event.state, event.live_given) == (5, ScoreState.HELD, 9)


def test_clear_no_is_not_asked_for_again_by_every_look_at_the_gradebook(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue(3)
    desk.platform.switch(SCORES, NO)
    desk.drain()
    second_chances.retry_refused(course_id=desk.course.pk, people=[desk.ada.pk], now=desk.now)
    assert desk.drain(after=1).state == ScoreState.REFUSED
    for _ in range(3):
        look(desk, after=18_000)
        desk.drain(after=1)

    assert len(desk.sent()) == 2


# A column in the place of another


def old_column(desk: Desk, browser: Browser) -> None:
    """Scores go to a column at first whose place another takes with the next launch."""
    LineItem.objects.update(url=f"{desk.platform.url}{OLD}")
    desk.platform.switch(f"{OLD}/scores", Answer(200))


def replaced(desk: Desk, browser: Browser) -> LineItem:
    shows(desk, None)
    browser.launch()
    column = LineItem.objects.get()
    assert column.news_at
    desk.now = column.news_at + timedelta(seconds=5)
    return column


def test_grade_of_the_column_before_is_no_conflict_in_the_new_one(desk: Desk, browser: Browser) -> None:
    old_column(desk, browser)
    desk.queue(3)
    desk.drain()
    replaced(desk, browser)

    look(desk, after=0)

    assert newest(desk).state == ScoreState.DUE
    desk.drain(after=1)
    assert desk.platform.results[0]["resultScore"] == 3


@pytest.mark.parametrize("decided", [False, True])
@pytest.mark.parametrize("comes", ["news", "a score"])
def test_change_in_the_column_before_holds_nothing_back_in_the_new_one(
    desk: Desk, browser: Browser, decided: bool, comes: str
) -> None:
    old_column(desk, browser)
    changed = Answer(200, b'[{"userId":"ada","resultScore":9,"resultMaximum":10}]')
    desk.platform.switch(f"{OLD}/results", changed)
    desk.queue(3)
    desk.drain()
    look(desk)
    if decided:
        by_hand.keep(score=newest(desk))
    replaced(desk, browser)
    if comes == "a score":
        desk.queue(5, submitted_at=desk.now)

    event = desk.drain(after=1)
    if decided and comes == "news":
        assert event.state == ScoreState.KEPT, "a person decided that ours stays out"
    else:
        assert event.state == ScoreState.SYNCED
        assert desk.platform.results[0]["resultScore"] == (5 if comes == "a score" else 3)


def test_score_that_arrives_in_the_column_before_is_sent_to_the_new_one(
    desk: Desk, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    old_column(desk, browser)
    before_the_answer(monkeypatch, lambda: replaced(desk, browser))
    desk.queue(3)
    desk.drain()

    desk.drain(after=1)
    assert len(desk.sent()) == 1


def test_column_that_is_wanted_again_gets_everyones_scores(desk: Desk) -> None:
    LineItem.objects.update(url="")
    desk.queue(7)
    desk.queue(4, person=desk.person("bob"))
    desk.drain()
    desk.now += timedelta(minutes=1)
    column = LineItem.objects.select_related("registration", "resource_link").get()
    column_changes.remove(column=column, now=desk.now)
    desk.platform.results.clear()
    desk.now += timedelta(minutes=1)
    LineItem.objects.update(wanted=True, news_at=desk.now)

    assert second_chances.retry_column(column_id=column.pk, refused_before=desk.now, now=desk.now) == 2
    desk.queue(9, submitted_at=desk.now)
    desk.drain(after=1)
    assert sorted((one["userId"], one["resultScore"]) for one in desk.platform.results) == [("ada", 9), ("bob", 4)]


# Time


def test_time_while_nothing_could_be_sent_does_not_count_as_trying(desk: Desk) -> None:
    desk.queue(3)
    desk.platform.switch(SCORES, Answer(503), Answer(503), Answer(200))
    desk.drain()
    Registration.objects.update(active=False)
    desk.drain(after=4 * 86_400)
    Registration.objects.update(active=True)

    assert desk.drain(after=1).state == ScoreState.DUE
    assert desk.drain(after=60).state == ScoreState.SYNCED


# What may not be read or made


@pytest.mark.parametrize("family", ["generic", "canvas", "moodle"])
def test_gradebook_that_forbids_reading_gets_the_score_all_the_same(desk: Desk, family: str) -> None:
    desk.family(family)
    desk.queue(3)
    desk.drain()
    desk.platform.switch(RESULTS, Answer(403, b"no"))
    desk.queue(5)

    assert desk.drain(after=60).state == ScoreState.SYNCED
    assert len(desk.sent()) == 2


def test_throttle_on_reading_is_waited_for(desk: Desk) -> None:
    desk.family("canvas")
    desk.queue(3)
    desk.drain()
    desk.platform.switch(RESULTS, Answer(403, b"403 Forbidden (Rate Limit Exceeded)"))
    desk.queue(5)

    assert desk.drain(after=60).state == ScoreState.DUE
    assert len(desk.sent()) == 1


def test_newer_grade_that_may_not_be_read_is_a_conflict(desk: Desk) -> None:
    desk.family("moodle")
    desk.queue(3)
    desk.platform.switch(SCORES, Answer(409, b"[]"))
    desk.platform.switch(RESULTS, Answer(403, b"no"))

    assert desk.drain().state == ScoreState.HELD


@pytest.mark.parametrize(
    ("status", "state", "asked"), [(412, ScoreState.REFUSED, 2), (404, ScoreState.REFUSED, 2), (403, ScoreState.DUE, 2)]
)
def test_column_that_the_lms_does_not_let_us_make_is_a_clear_no(
    desk: Desk, status: int, state: ScoreState, asked: int
) -> None:
    """One with the link and one without it, once; what may pass is asked again."""
    LineItem.objects.update(url="")
    made: list[Answer] = []
    answer = desk.platform.answer

    def refusing(seen: object) -> Answer:
        if (getattr(seen, "path", ""), getattr(seen, "method", "")) == ("/lineitems", "POST"):
            made.append(Answer(status, b"no such link"))
            return made[-1]
        return answer(seen)  # type: ignore[arg-type]

    desk.platform.answer = refusing  # type: ignore[method-assign]
    desk.queue(3)
    desk.drain()
    event = desk.drain(after=60)

    assert (event.state, len(made)) == (state, asked)
    assert "no such link" in event.last_answer
    assert event.last_status == status
