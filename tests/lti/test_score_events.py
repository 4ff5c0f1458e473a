"""What an LMS answers to a score becomes an event, where the institution has an endpoint."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import Event, Type
from feeds import endpoints
from lti.models import ScoreState
from tests.lti.desk import SCORES, Desk
from tests.lti.platform import Answer

pytestmark = pytest.mark.django_db


def listen(desk: Desk) -> None:
    endpoints.create(institution=desk.school, name="Warehouse", url="https://a.example/", types=list(Type.values))


def test_a_score_that_arrives_is_told_of(desk: Desk) -> None:
    listen(desk)
    desk.queue(7, work="an-attempt")
    desk.drain()
    event = Event.objects.get()
    assert (event.type, event.institution, event.person) == ("score.delivered", desk.school, desk.ada)
    assert {name: event.data[name] for name in ("points", "points_max", "attempt", "state")} == {
        "points": 7.0,
        "points_max": 10.0,
        "attempt": "an-attempt",
        "state": "synced",
    }


def test_a_score_that_is_refused_is_told_of_with_the_answer(desk: Desk) -> None:
    listen(desk)
    desk.platform.switch(SCORES, Answer(422, b"no such student"))
    desk.queue()
    assert desk.drain().state == ScoreState.REFUSED
    event = Event.objects.get()
    assert event.type == "score.refused"
    assert (event.data["state"], event.data["status"]) == ("refused", 422)


def test_a_score_that_is_tried_again_is_not_told_of_yet(desk: Desk) -> None:
    listen(desk)
    desk.platform.switch(SCORES, Answer(503))
    desk.queue()
    assert desk.drain().state == ScoreState.DUE
    assert not Event.objects.exists()


def test_without_an_endpoint_a_delivery_costs_no_statement_more(desk: Desk) -> None:
    used = []
    for given in (1, 2, 3):
        if given == 3:
            listen(desk)
        desk.queue(given)
        with CaptureQueriesContext(connection) as queries:
            desk.drain(after=10)
        used.append(sum("events_" in query["sql"] for query in queries))
    look, event = 1, 1
    assert used == [0, 0, look + event]
