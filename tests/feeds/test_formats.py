"""Caliper and xAPI: the shape of the specification, the facts of the attempt, and no more than is allowed."""

import json
from datetime import timedelta
from operator import itemgetter
from typing import Any

import jsonschema
import pytest

from assessment.models import Assignment, Attempt
from content import item_types
from events import outbox
from events.models import DeliveryState, Endpoint, EventDelivery, Type
from feeds import endpoints, sending
from roster.models import Person
from tests import cast, every_kind
from tests.cast import NOW, Cast, confirm, make_cast, quiz_of
from tests.feeds import shapes
from tests.feeds.conftest import Receiver, Request, listen

pytestmark = pytest.mark.django_db
KINDS = list(every_kind.ANSWERS)
INTERACTIONS = {  # the interaction type of each kind, and the first answer in every_kind.ANSWERS as xAPI writes it
    "choice": ("choice", "b"),
    "true_false": ("true-false", "true"),
    "multiple_response": ("choice", "a[,]c"),
    "short_text": ("fill-in", "paris"),
    "numeric": ("numeric", "12.5"),
    "matching": ("matching", "a[.]a[,]b[.]b"),
    "ordering": ("sequencing", "a[,]b[,]c[,]d"),
    "cloze": ("other", None),
    "hotspot": ("other", None),
}


@pytest.fixture
def quiz(db: None) -> Cast:
    """A quiz with a question of every kind that a rule marks, in alice's course."""
    items = [{"kind": kind, "points": "1", "body": every_kind.body(kind)} for kind in KINDS]
    return make_cast(quiz=quiz_of(*items, slug="all").quiz, pass_percent=50)


def take(quiz: Cast, answers: list[Any], person: Person | None = None) -> Attempt:
    return cast.take(quiz.assignment, person or quiz.alice.person, answers)


def all_right() -> list[Any]:
    return [every_kind.ANSWERS[kind][0][0] for kind in KINDS]


def drain(endpoint: Endpoint) -> None:
    sending.drain(endpoint.pk, clock=lambda: NOW + timedelta(days=1))


def statements(requests: list[Request]) -> list[Any]:
    found = [statement for request in requests for statement in request.json]
    jsonschema.validate(found, shapes.STATEMENTS)
    return found


def events(requests: list[Request]) -> list[Any]:
    for request in requests:
        jsonschema.validate(request.json, shapes.ENVELOPE)
    return [event for request in requests for event in request.json["data"]]


def test_every_kind_of_question_is_in_the_table() -> None:
    assert set(INTERACTIONS) == set(KINDS)
    assert {item_types.interaction(kind) for kind in item_types.KINDS} <= {
        "true-false", "choice", "fill-in", "long-fill-in", "matching", "sequencing", "numeric", "other",
    }  # fmt: skip


# --- xAPI


def test_an_attempt_in_xapi_says_what_was_answered_and_earned(quiz: Cast, receiver: Receiver) -> None:
    endpoint = listen(quiz, receiver, "xapi", scheme="bearer", credential="token")
    attempt = take(quiz, all_right())
    drain(endpoint)

    (request,) = receiver.seen  # both events in one request
    assert request.headers["x-experience-api-version"] == "1.0.3"
    assert request.headers["authorization"] == "Bearer token"
    completed, *answered, passed = statements(receiver.seen)
    assert [completed["verb"]["display"]["en"], passed["verb"]["display"]["en"]] == ["completed", "passed"]
    assert completed["result"] == {"completion": True, "duration": "PT300S"}
    assert passed["result"]["score"] == {"scaled": 1.0, "raw": 9.0, "min": 0, "max": 9.0}
    assert {json.dumps(one["actor"]) for one in (completed, *answered, passed)} == {
        json.dumps(
            {"objectType": "Agent", "account": {"homePage": "http://127.0.0.1:8000", "name": str(attempt.person_id)}}
        )
    }
    assert {one["context"]["registration"] for one in (completed, *answered, passed)} == {str(attempt.pk)}
    for kind, one in zip(KINDS, answered, strict=True):
        interaction, said = INTERACTIONS[kind]
        assert one["object"]["definition"]["interactionType"] == interaction
        assert one["result"]["response"] == said or (said is None and one["result"]["response"])
        assert one["result"]["success"] is True
        assert one["result"]["score"]["raw"] == 1.0


def test_the_parts_of_a_question_carry_its_ids_and_texts(quiz: Cast, receiver: Receiver) -> None:
    endpoint = listen(quiz, receiver, "xapi", types=["attempt.marked"])
    take(quiz, all_right())
    drain(endpoint)
    asked = dict(zip(KINDS, (one["object"]["definition"] for one in statements(receiver.seen)), strict=False))
    assert asked["choice"]["description"] == {"en": "Which river flows through Cologne?"}
    assert asked["choice"]["choices"][1] == {"id": "b", "description": {"en": "The Rhine"}}
    assert len(asked["ordering"]["choices"]) == 4
    assert [part["id"] for part in asked["matching"]["source"]] == ["a", "b"]
    assert len(asked["matching"]["target"]) == 3


def test_right_answers_travel_only_where_the_endpoint_is_allowed_them(quiz: Cast, receiver: Receiver) -> None:
    without = listen(quiz, receiver, "xapi", types=["attempt.marked"])
    allowed = listen(quiz, receiver, "xapi", types=["attempt.marked"], with_key=True)
    take(quiz, all_right())
    drain(without)
    assert b"correctResponsesPattern" not in receiver.seen[0].body
    drain(allowed)
    patterns = {
        kind: one["object"]["definition"].get("correctResponsesPattern")
        for kind, one in zip(KINDS, statements(receiver.seen[1:]), strict=False)
    }
    for kind in ("choice", "true_false", "multiple_response", "matching", "ordering"):
        assert patterns[kind] == [INTERACTIONS[kind][1]]


def test_names_travel_only_where_the_endpoint_is_allowed_them(quiz: Cast, receiver: Receiver) -> None:
    feeds = [listen(quiz, receiver, format, with_names=named) for format in ("xapi", "caliper") for named in (0, 1)]
    take(quiz, all_right())
    for endpoint in feeds:
        drain(endpoint)
    assert [b"Alice" in request.body for request in receiver.seen] == [False, True, False, True]
    assert not any(b"mbox" in request.body or b"@example" in request.body for request in receiver.seen)


def test_a_failed_attempt_a_wrong_and_a_blank_answer_say_so(quiz: Cast, receiver: Receiver) -> None:
    endpoint = listen(quiz, receiver, "xapi", types=["attempt.marked"])
    take(quiz, [{"option": "a"}, *[""] * (len(KINDS) - 1)])
    drain(endpoint)
    wrong, blank, *_, failed = statements(receiver.seen)
    assert (wrong["result"]["response"], wrong["result"]["success"]) == ("a", False)
    assert (blank["result"]["response"], blank["result"]["success"]) == ("", False)
    assert (failed["verb"]["display"]["en"], failed["result"]["success"]) == ("failed", False)


def test_without_a_pass_mark_an_attempt_is_scored(quiz: Cast, receiver: Receiver) -> None:
    endpoint = listen(quiz, receiver, "xapi", types=["attempt.marked"])
    Assignment.objects.update(pass_percent=None)
    take(quiz, all_right())
    drain(endpoint)
    assert statements(receiver.seen)[-1]["verb"]["id"] == "http://adlnet.gov/expapi/verbs/scored"


def test_a_repeat_has_the_same_statement_ids(quiz: Cast, receiver: Receiver) -> None:
    endpoint = listen(quiz, receiver, "xapi", xapi_version="2.0.0")
    receiver.answers = [(503, "", {}), (200, "[]", {})]
    take(quiz, all_right())
    sending.drain(endpoint.pk, clock=lambda: NOW + timedelta(hours=1))
    drain(endpoint)
    first, second = (sorted(statements([seen]), key=itemgetter("id")) for seen in receiver.seen)  # in any order
    assert first == second
    assert len({one["id"] for one in first}) == len(first)
    assert receiver.seen[0].headers["x-experience-api-version"] == "2.0.0"


def test_an_open_answer_is_told_once_a_person_marked_it(receiver: Receiver) -> None:
    here = make_cast()
    endpoint = listen(here, receiver, "xapi", types=["attempt.marked"])
    attempt = cast.hand_in(here.alice, **cast.all_right())
    drain(endpoint)
    assert receiver.seen == []
    confirm(attempt, "q8", "0.5", here.tess.person)
    drain(endpoint)
    answered = statements(receiver.seen)[7]
    assert answered["object"]["definition"]["interactionType"] == "long-fill-in"
    assert answered["result"]["response"] == "I would check the source."
    assert answered["result"]["score"]["scaled"] == 0.5


# --- Caliper


def test_an_attempt_in_caliper_starts_answers_skips_and_submits_and_is_graded(quiz: Cast, receiver: Receiver) -> None:
    endpoint = listen(quiz, receiver, "caliper", scheme="bearer", credential="token")
    take(quiz, [*all_right()[:-1], ""])
    drain(endpoint)

    (request,) = receiver.seen
    assert request.headers["authorization"] == "Bearer token"
    assert request.json["sensor"] == "http://127.0.0.1:8000"
    assert request.json["sendTime"] == "2026-11-24T09:00:00.000Z"
    sent = events(receiver.seen)
    assert [event["action"] for event in sent] == [
        "Started", *["Completed"] * (len(KINDS) - 1), "Skipped", "Submitted", "Graded",
    ]  # fmt: skip
    started, submitted, graded = sent[0], sent[-2], sent[-1]
    assert started["eventTime"] == "2026-11-23T09:00:00.000Z"
    assert submitted["eventTime"] == "2026-11-23T09:05:00.000Z"
    assert (graded["generated"]["scoreGiven"], graded["generated"]["maxScore"]) == (8.0, 9.0)
    assert graded["object"]["id"] == submitted["generated"]["id"]
    given = {kind: event["generated"] for kind, event in zip(KINDS[:-1], sent[1:], strict=False)}
    assert (given["choice"]["type"], given["choice"]["value"]) == ("MultipleChoiceResponse", "b")
    assert given["multiple_response"]["values"] == ["a", "c"]
    assert (given["true_false"]["type"], given["true_false"]["value"]) == ("TrueFalseResponse", "true")
    assert (given["short_text"]["type"], given["short_text"]["values"]) == ("FillinBlankResponse", ["paris"])
    assert len({event["id"] for event in sent}) == len(sent)


# --- both


@pytest.mark.parametrize("format", ["caliper", "xapi"])
def test_a_test_has_the_shape_of_its_format(quiz: Cast, receiver: Receiver, format: str) -> None:
    sending.test(listen(quiz, receiver, format), now=NOW)
    assert len({"caliper": events, "xapi": statements}[format](receiver.seen)) == 1


@pytest.mark.parametrize("format", ["caliper", "xapi"])
def test_what_was_erased_is_told_to_nobody(quiz: Cast, receiver: Receiver, format: str) -> None:
    endpoint = listen(quiz, receiver, format, types=["attempt.marked"])
    take(quiz, all_right())
    Attempt.objects.all().delete()
    drain(endpoint)
    assert receiver.seen == []
    assert EventDelivery.objects.get().state == DeliveryState.NOTHING


@pytest.mark.parametrize("format", ["caliper", "xapi"])
def test_an_attempt_of_another_institution_is_never_described(quiz: Cast, receiver: Receiver, format: str) -> None:
    """Even if an event named one."""
    endpoint = listen(quiz, receiver, format, types=["attempt.marked"])
    far = cast.hand_in(quiz.dora)
    school = quiz.alice.institution_id
    outbox.record(Type.ATTEMPT_MARKED, institution_id=school, person_id=None, now=NOW, attempt=far.pk)
    drain(endpoint)
    assert receiver.seen == []


def test_one_statement_that_an_lrs_refuses_holds_up_no_other_attempt(quiz: Cast, receiver: Receiver) -> None:
    endpoint = listen(quiz, receiver, "xapi", types=["attempt.marked"])
    people = [cast.make_person(quiz.assignment.resource_link, f"Learner {number}") for number in range(5)]
    bad = [take(quiz, all_right(), person) for person in people][3]
    receiver.refuses = lambda request: str(bad.pk).encode() in request.body
    drain(endpoint)
    sent = EventDelivery.objects.exclude(event__data__attempt=str(bad.pk))
    assert set(sent.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    refused = EventDelivery.objects.get(event__data__attempt=str(bad.pk))
    assert (refused.state, refused.status) == (DeliveryState.DUE, 400)


def test_a_class_goes_out_in_few_requests(quiz: Cast, receiver: Receiver) -> None:
    endpoint = listen(quiz, receiver, "caliper")
    for number in range(30):
        take(quiz, all_right(), cast.make_person(quiz.assignment.resource_link, f"Learner {number}"))
    drain(endpoint)
    assert len(receiver.seen) == 2  # 60 events, 50 a request
    assert len(events(receiver.seen)) == 30 * (len(KINDS) + 3)


def test_a_paused_feed_describes_attempts_as_they_are_when_it_resumes(quiz: Cast, receiver: Receiver) -> None:
    endpoint = listen(quiz, receiver, "xapi", types=["attempt.marked"])
    endpoints.pause(endpoint, reason="By hand.")
    take(quiz, all_right())
    drain(endpoint)
    assert receiver.seen == []
    endpoints.resume(endpoint, now=NOW)
    drain(endpoint)
    assert len(statements(receiver.seen)) == len(KINDS) + 1
