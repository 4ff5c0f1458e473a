"""A platform that asks to be left alone is, in whatever answer it says so."""

import json
from datetime import timedelta
from typing import Any

import pytest

from lti.gradebook import by_hand, column_changes, reconcile, sending
from lti.models import Context, LineItem, Registration, ScoreState
from lti.platform import leases, tokens
from tests.lti.desk import RESULTS, SCORES, THROTTLED, Desk
from tests.lti.platform import Answer
from tests.lti.test_decisions import before_the_answer, look, newest, shows
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


def test_pause_that_somebody_else_was_asked_for_holds_for_a_run_of_scores(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr(sending, "RENEW_EVERY", 0.0)
    for number in range(16):
        desk.queue(person=desk.person(f"p{number}"))
    desk.queue()
    before_the_answer(monkeypatch, lambda: leases.pause(desk.registration.pk, until=desk.now + timedelta(minutes=5)))
    desk.drain()
    assert len(desk.sent()) <= 4


@pytest.mark.parametrize("answer", [LATER, Answer(503, headers={"Retry-After": "600"})], ids=str)
@pytest.mark.parametrize("path", [RESULTS, "/token"])
def test_wish_to_be_left_alone_counts_in_every_answer(desk: Desk, path: str, answer: Answer) -> None:
    desk.queue()
    desk.drain()
    tokens._tokens.clear()
    desk.platform.switch(path, answer)
    look(desk)
    assert paused_for(desk) == 600
    assert LineItem.objects.get().reconciled_at is None


def test_token_that_is_asked_for_too_fast_waits_as_long_as_the_platform_says(desk: Desk) -> None:
    desk.platform.switch("/token", LATER)
    desk.queue()
    desk.drain()
    assert paused_for(desk) == 600


def test_look_at_a_score_after_it_was_sent_on_a_persons_word_hears_the_wish(desk: Desk) -> None:
    desk.queue(3)
    desk.drain()
    shows(desk, 7)
    look(desk)
    by_hand.resend(score=newest(desk), now=desk.now)
    desk.platform.switch(RESULTS, Answer(body=json.dumps(desk.platform.results).encode()), LATER)
    assert desk.drain(after=2).state == ScoreState.SYNCED
    assert paused_for(desk) == 600


def test_column_is_not_changed_during_a_pause_and_hears_the_wish_for_one(desk: Desk) -> None:
    address = SCORES.removesuffix("/scores")
    desk.platform.switch(address, LATER)
    assert column_changes.change(resource_link=desk.link, label="New", points=None, now=desk.now) is None
    column_changes.push(desk.column.pk, clock=lambda: desk.now)
    assert paused_for(desk) == 600
    desk.now += timedelta(minutes=5)
    column_changes.push(desk.column.pk, clock=lambda: desk.now)
    assert len(desk.platform.asked(address)) == 1


def test_readings_on_a_teachers_word_stay_three_a_minute_after_a_score_was_sent(desk: Desk) -> None:
    desk.queue()
    desk.drain()
    for _ in range(30):
        desk.now += timedelta(seconds=1)
        reconcile.ask(desk.link.pk, now=desk.now)
        reconcile.reconcile(now=desk.now, clock=lambda: desk.now)
    assert len(desk.platform.asked(RESULTS)) <= 2


def test_reading_that_was_to_follow_is_not_forgotten_in_a_pause(desk: Desk) -> None:
    desk.queue()
    desk.drain()
    LineItem.objects.update(reconciled_at=None)
    reconcile.reconcile(now=desk.now, clock=lambda: desk.now)
    desk.platform.switch(RESULTS, LATER)
    desk.now += timedelta(minutes=3)
    reconcile.reconcile(now=desk.now, clock=lambda: desk.now)
    assert paused_for(desk) == 600
    assert reconcile.due(desk.now + timedelta(seconds=601)).exists()


def test_column_changes_of_a_paused_platform_keep_no_other_waiting(desk: Desk, monkeypatch: Any) -> None:
    monkeypatch.setattr(column_changes, "PER_SWEEP", 1)
    assert column_changes.change(resource_link=desk.link, label="New", points=None, now=desk.now) is None
    leases.pause(desk.registration.pk, until=desk.now + timedelta(hours=1))
    assert column_changes.due(now=desk.now) == []
    assert column_changes.due(now=desk.now + timedelta(hours=1)) == [desk.column.pk]
