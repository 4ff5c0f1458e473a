"""Versions of one fact, and several workers that send them."""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.db import connection, transaction

from lti import tasks
from lti.gradebook import by_hand, lookups, scores, sending
from lti.models import (
    Delivery,
    Deployment,
    LineItem,
    Registration,
    Score,
    ScoreState,
)
from lti.platform.leases import Lease
from roster.models import Person
from tests.lti.desk import NOW, SCORES, Desk
from tests.lti.platform import Answer


def test_newer_score_replaces_one_that_was_not_sent(desk: Desk) -> None:
    first, second = desk.queue(3), desk.queue(5)
    assert first
    assert second
    desk.drain()

    assert Score.objects.count() == 1
    assert second.timestamp == first.timestamp + timedelta(seconds=1)
    assert [body["scoreGiven"] for body in desk.sent()] == [5]


def test_clock_that_goes_back_does_not_turn_scores_round(desk: Desk) -> None:
    first = desk.queue(3)
    second = desk.queue(5, now=NOW - timedelta(hours=1))

    assert first
    assert second
    assert second.timestamp == first.timestamp + timedelta(seconds=1)


def test_same_score_is_not_sent_twice(desk: Desk) -> None:
    first = desk.queue(7)
    desk.drain()

    assert desk.queue(7) == first
    assert desk.queue(7.0004) == first
    assert desk.queue(7, submitted_at=NOW + timedelta(hours=1)) == first
    desk.drain(after=10)
    assert len(desk.sent()) == 1


def test_refused_score_gets_a_new_chance_with_a_new_attempt_only(desk: Desk) -> None:
    first = desk.queue(7)
    desk.platform.switch(SCORES, Answer(400), Answer(200))
    desk.drain()

    assert first
    same, next_attempt = desk.queue(7), desk.queue(7, submitted_at=NOW + timedelta(hours=1))
    assert same
    assert next_attempt
    assert (same.state, next_attempt.state) == (ScoreState.REFUSED, ScoreState.DUE)
    assert desk.drain(after=10).state == ScoreState.SYNCED


def test_final_score_follows_a_provisional_equal_one(desk: Desk) -> None:
    first, second = desk.queue(7, final=False), desk.queue(7)

    assert first
    assert second
    assert first.timestamp < second.timestamp


def test_resend_sends_the_newest_score_where_the_gradebook_does_not_show_it(desk: Desk) -> None:
    first = desk.queue(3)
    desk.drain()
    desk.queue(5)
    desk.drain(after=5)
    assert first

    again = by_hand.resend(score=first, now=desk.now)
    assert (again.score_given, again.state) == (5, ScoreState.DUE)
    assert desk.drain(after=1).state == ScoreState.SYNCED
    assert [body["scoreGiven"] for body in desk.sent()] == [3, 5], "it is there already"

    desk.platform.results.clear()
    assert by_hand.resend(score=desk.drain(), now=desk.now)
    assert desk.drain(after=1).state == ScoreState.HELD, "somebody deleted it: a person decides"
    by_hand.resend(score=first, now=desk.now)
    assert desk.drain(after=1).state == ScoreState.SYNCED
    assert [body["scoreGiven"] for body in desk.sent()] == [3, 5, 5]
    stamps = [body["timestamp"][:19] for body in desk.sent()]
    assert len(set(stamps)) == 3


@pytest.mark.parametrize(
    ("answer", "comments"),
    [
        (Answer(200), ["Partial."]),
        (Answer(422, b"no such user"), ["Partial.", "Partial."]),
        (Answer(503), ["Partial.", "Partial."]),  # the gradebook shows that it did not arrive
    ],
)
def test_comment_goes_again_where_the_lms_cannot_have_it(
    desk: Desk, answer: Answer, comments: list[str | None]
) -> None:
    first = desk.queue(7, final=False, comment="Partial.")
    desk.platform.switch(SCORES, answer, Answer(200))
    desk.drain()
    assert first

    by_hand.resend(score=first, now=desk.now)

    assert desk.drain(after=2).state == ScoreState.SYNCED
    assert [body.get("comment") for body in desk.sent()] == comments


def test_latest_by_person_takes_one_query(desk: Desk, django_assert_num_queries: Any) -> None:
    bob = desk.person("bob")
    desk.queue(3)
    desk.queue(5)
    desk.queue(4, person=bob)

    with django_assert_num_queries(1):
        found = lookups.latest_by_person(resource_link=desk.link)

    assert {person: event.score_given for person, event in found.items()} == {desk.ada.pk: 5, bob.pk: 4}


def test_nothing_is_queued_where_the_lms_offers_no_column(desk: Desk) -> None:
    stranger = Person.objects.create(institution=desk.school)
    assert desk.queue(person=stranger) is None
    assert desk.queue(maximum=Decimal(0)) is None
    LineItem.objects.update(url="")
    desk.link.line_items_url = ""
    assert desk.queue() is None
    desk.link.scopes = []
    assert desk.queue() is None
    LineItem.objects.all().delete()
    assert desk.queue() is None
    assert not Score.objects.exists()


def test_inactive_registration_or_deployment_sends_nothing(desk: Desk) -> None:
    desk.queue()
    Deployment.objects.update(active=False)
    desk.drain()
    Deployment.objects.update(active=True)
    Registration.objects.update(active=False)
    desk.drain()

    assert desk.sent() == []
    assert scores.sweep(now=desk.now) == []


def test_interrupted_sending_is_taken_up_after_three_minutes(desk: Desk) -> None:
    desk.queue()
    Score.objects.update(state=ScoreState.SENDING, claimed_at=NOW, tries=1)

    assert scores.sweep(now=NOW + timedelta(minutes=2)) == []
    assert scores.sweep(now=NOW + timedelta(minutes=4)) == [desk.registration.pk]
    assert desk.drain(after=300).state == ScoreState.SYNCED


def test_interrupted_sending_gives_way_to_a_newer_score(desk: Desk) -> None:
    first = desk.queue(3)
    Score.objects.update(state=ScoreState.SENDING, claimed_at=NOW)
    desk.queue(5)
    assert first
    desk.drain()
    assert desk.sent() == []  # one at a time for a person

    scores.sweep(now=NOW + timedelta(minutes=4))

    assert desk.drain(after=300).score_given == 5
    assert [body["scoreGiven"] for body in desk.sent()] == [5]


def test_someone_elses_lease_is_respected_until_it_runs_out(desk: Desk) -> None:
    desk.queue()
    Registration.objects.update(drain_until=NOW + timedelta(seconds=30))

    assert desk.drain().state == ScoreState.DUE
    assert desk.drain(after=31).state == ScoreState.SYNCED
    assert Registration.objects.get().drain_until is None


@pytest.mark.django_db(transaction=True)
def test_lease_is_kept_while_slow_answers_fill_all_places(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.drain, "apply_async", lambda *args, **kwargs: None)
    monkeypatch.setattr(sending, "RENEW_EVERY", 0.05)
    for number in range(sending.SCORES_IN_FLIGHT):
        desk.queue(person=desk.person(f"p{number}"))
    tried = threading.Event()
    desk.platform.switch(SCORES, Answer(200, after=tried))
    moment, tries = NOW, []

    def later() -> datetime:
        """Half a minute goes by whenever somebody looks at the clock."""
        nonlocal moment
        moment += timedelta(seconds=20)
        return moment

    def take_over() -> None:
        while not desk.platform.asked(SCORES):
            time.sleep(0.01)
        for _ in range(6):
            time.sleep(0.1)
            tries.append(Lease(desk.registration.pk, lambda: moment).take())
        tried.set()

    _at_once(lambda: sending.drain(desk.registration.pk, clock=later), take_over)

    assert tries == [False] * 6


def test_sweep_names_registrations_with_due_scores_only(desk: Desk) -> None:
    assert scores.sweep(now=NOW) == []
    desk.queue()
    assert scores.sweep(now=NOW) == [desk.registration.pk]
    Registration.objects.update(paused_until=NOW + timedelta(minutes=1))
    assert scores.sweep(now=NOW) == []


def _at_once(*calls: Callable[[], Any]) -> list[Any]:
    results: list[Any] = []
    barrier = threading.Barrier(len(calls))

    def run(call: Callable[[], Any]) -> None:
        barrier.wait()
        try:
            results.append(call())
        except Exception as error:
            results.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@pytest.mark.django_db(transaction=True)
def test_scores_queued_at_once_stay_in_order(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.drain, "apply_async", lambda *args, **kwargs: None)
    results = _at_once(*[lambda n=n: desk.queue(n) for n in range(6)])

    assert all(isinstance(result, Score) for result in results), results
    stamps = sorted(result.timestamp for result in results)
    assert min(later - earlier for earlier, later in pairwise(stamps)) >= timedelta(seconds=1)
    assert Score.objects.get().timestamp == stamps[-1]


@pytest.mark.django_db(transaction=True)
def test_two_drains_at_once_send_each_score_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.drain, "apply_async", lambda *args, **kwargs: None)
    for number in range(8):
        desk.queue(person=desk.person(f"p{number}"))
    desk.platform.switch(SCORES, Answer(200, delay=0.03))

    _at_once(*[lambda: sending.drain(desk.registration.pk, clock=lambda: NOW) for _ in range(3)])

    assert len(desk.sent()) == 8
    assert desk.platform.most_in_flight <= 4
    assert set(Score.objects.values_list("state", flat=True)) == {ScoreState.SYNCED}


@pytest.mark.django_db(transaction=True)
def test_score_queued_while_one_is_under_way_follows_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks.drain, "apply_async", lambda *args, **kwargs: None)
    desk.queue(3)
    queued = threading.Event()
    desk.platform.switch(SCORES, Answer(200, after=queued))

    def queue_later() -> None:
        while not desk.platform.asked(SCORES):
            time.sleep(0.01)
        desk.queue(9)
        queued.set()

    _at_once(lambda: sending.drain(desk.registration.pk, clock=lambda: NOW), queue_later)

    assert [body["scoreGiven"] for body in desk.sent()] == [3, 9]
    assert Score.objects.get().state == ScoreState.SYNCED
    assert Delivery.objects.filter(arrived=True).count() == 2


@pytest.mark.django_db(transaction=True)
def test_score_of_a_transaction_that_fails_is_never_sent(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    queued: list[str] = []
    monkeypatch.setattr(tasks.drain, "apply_async", lambda args, **kwargs: queued.append(args[0]))
    with transaction.atomic():
        desk.queue()
        transaction.set_rollback(True)
    assert queued == []
    assert not Score.objects.exists()

    desk.queue()
    assert queued == [str(desk.registration.pk)]


def test_score_alone_leaves_in_few_statements(desk: Desk, django_assert_max_num_queries: Any) -> None:
    desk.queue(person=desk.person("bob"))
    sending.drain(desk.registration.pk, clock=desk.clock)  # the platform's token is there now

    desk.queue()
    with django_assert_max_num_queries(14 + 4):  # and two savepoints with their release
        sending.drain(desk.registration.pk, clock=desk.clock, patience=1.0)

    assert set(Score.objects.values_list("state", flat=True)) == {ScoreState.SYNCED}


def test_nothing_to_send_costs_one_statement(desk: Desk, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        assert sending.drain(desk.registration.pk, clock=desk.clock, patience=1.0) is None
