"""A platform that asks to be left alone is, in whatever answer it says so and whoever asked."""

import json
from datetime import timedelta

import pytest

from lti import reconcile
from lti.models import Context, LineItem, Registration, ScoreState
from tests.lti.desk import RESULTS, SCORES, THROTTLED, Desk
from tests.lti.platform import Answer
from tests.lti.test_decisions import look
from tests.lti.test_rosters import member, page, roster_of

LATER = Answer(429, headers={"Retry-After": "600"})


def paused_for(desk: Desk) -> float:
    until = Registration.objects.get().paused_until
    return (until - desk.now).total_seconds() if until else 0.0


@pytest.mark.parametrize(("answer", "seconds"), [(LATER, 600), (THROTTLED, 2)], ids=["retry-after", "rate limit"])
def test_pause_asked_for_when_a_grade_is_read_holds_for_the_scores(desk: Desk, answer: Answer, seconds: int) -> None:
    desk.family("canvas")
    people = [desk.ada, *(desk.person(f"p{number}") for number in range(19))]
    for person in people:
        desk.queue(person=person)
    desk.drain()
    desk.platform.switch(RESULTS, answer)
    for person in people:
        desk.queue(8, person=person, submitted_at=desk.now)
    asked = len(desk.platform.seen)
    desk.drain()

    assert len(desk.platform.seen) - asked <= 4, "what was under way at that moment"
    assert 1 <= paused_for(desk) <= seconds * 4
    desk.drain(after=seconds / 2)
    assert len(desk.platform.seen) - asked <= 4
    assert len(desk.sent()) == 20


def test_pause_asked_for_when_a_column_is_looked_for_holds(desk: Desk) -> None:
    LineItem.objects.update(url="")
    for number in range(13):
        desk.queue(person=desk.person(f"p{number}"))
    desk.queue()
    desk.platform.switch("/lineitems", LATER)
    event = desk.drain()

    assert event.state == ScoreState.DUE
    assert len(desk.platform.asked("/lineitems")) <= 4
    assert paused_for(desk) == 600


def test_moodle_column_whose_maximum_is_asked_for_too_fast_waits(desk: Desk) -> None:
    desk.family("moodle")
    desk.platform.switch(SCORES.removesuffix("/scores"), LATER)
    desk.queue()
    assert desk.drain().state == ScoreState.DUE
    assert (desk.sent(), paused_for(desk)) == ([], 600)


def test_pause_asked_for_when_grades_are_read_back_holds_and_the_column_keeps_its_turn(desk: Desk) -> None:
    desk.queue()
    desk.drain()
    desk.platform.switch(RESULTS, LATER)
    look(desk)

    assert paused_for(desk) == 600
    assert LineItem.objects.get().reconciled_at is None
    asked = len(desk.platform.asked(RESULTS))
    assert reconcile.reconcile(now=desk.now, clock=lambda: desk.now) == 0
    assert len(desk.platform.asked(RESULTS)) == asked
    desk.platform.switch(RESULTS, Answer(body=json.dumps(desk.platform.results).encode()))
    desk.now += timedelta(seconds=601)
    assert reconcile.reconcile(now=desk.now, clock=lambda: desk.now) == 1


def test_pause_asked_for_when_a_list_is_read_holds_for_the_scores(desk: Desk) -> None:
    roster = roster_of(desk)
    roster.read(page(member("ada")))
    Context.objects.update(roster_next_at=roster.now)
    roster.read(LATER, after=timedelta(hours=7))
    desk.now = roster.now

    assert 500 < paused_for(desk) <= 600
    desk.queue()
    desk.drain()
    assert desk.sent() == []
