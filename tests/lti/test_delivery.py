"""One score on its way: tokens, faults, refusals, and the column it goes to."""

import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.utils import timezone
from pylti1p3.assignments_grades import AssignmentsGradesService
from pylti1p3.grade import Grade
from pylti1p3.registration import Registration as PyLtiRegistration
from pylti1p3.service_connector import ServiceConnector

from lti.gradebook import ags, sending, states
from lti.models import Registration, Score, ScoreState
from lti.platform import keys, tokens
from lti.wire import client
from roster import sealed
from tests.lti.desk import NOW, SCOPES, SCORES, THROTTLED, Desk
from tests.lti.platform import Answer, impatient
from tests.patience import PATIENCE


def test_score_arrives_as_the_standard_has_it(desk: Desk) -> None:
    desk.queue(7.5)
    event = desk.drain()

    (seen,) = desk.platform.asked(SCORES)
    assert seen.json == {
        "userId": "ada",
        "scoreGiven": 7.5,
        "scoreMaximum": 10,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": "2026-11-23T12:00:00.123Z",
        "submission": {"startedAt": "2026-11-23T11:55:00.123Z", "submittedAt": "2026-11-23T11:59:59.123Z"},
    }
    assert b"\n" not in seen.body
    assert b": " not in seen.body
    assert seen.query == {"type_id": ["1"]}
    assert seen.headers["content-type"] == "application/vnd.ims.lis.v1.score+json"
    assert (event.state, event.tries, event.last_status) == (ScoreState.SYNCED, 1, 200)
    assert event.delivered_at == NOW


def test_assertion_is_backdated_and_signed_with_a_published_key(desk: Desk) -> None:
    Registration.objects.update(token_audience="https://audience.example")
    desk.queue()
    desk.drain()

    (seen,) = desk.platform.asked("/token")
    form = dict(pair.split("=") for pair in seen.body.decode().split("&"))
    jwk = jwt.PyJWK(keys.key_set(now=NOW)["keys"][0])
    claims = jwt.decode(form["client_assertion"], jwk, algorithms=["RS256"], audience="https://audience.example")
    assert claims["iss"] == claims["sub"] == "tool-client"
    assert claims["iat"] <= time.time() - 5
    assert time.time() < claims["exp"] <= time.time() + 300
    assert len(claims["jti"]) > 20


def test_token_is_used_again_and_never_by_another_registration(desk: Desk) -> None:
    for given in (1, 2):
        desk.queue(given)
        desk.drain(after=2)
    assert len(desk.platform.asked("/token")) == 1

    other = Registration.objects.get()
    other.pk = "01900000-0000-7000-8000-000000000000"
    with client.session() as session:
        mine = tokens.get(desk.registration, ("s",), key=keys.signing_key(), session=session)
        theirs = tokens.get(other, ("s",), key=keys.signing_key(), session=session)
        more = tokens.get(desk.registration, ("s", "t"), key=keys.signing_key(), session=session)
    assert len({mine, theirs, more}) == 3


@pytest.mark.parametrize("lives", [0, "0", None, "soon", -5])
def test_token_without_a_life_is_not_kept(desk: Desk, lives: Any) -> None:
    desk.platform.token_lives = lives
    for given in (1, 2):
        desk.queue(given)
        assert desk.drain(after=2).state == ScoreState.SYNCED
    assert len(desk.platform.asked("/token")) >= 2


def test_401_brings_a_fresh_token_once(desk: Desk) -> None:
    desk.queue()
    desk.platform.switch(SCORES, Answer(401), Answer(200))
    assert desk.drain().state == ScoreState.SYNCED
    assert len(desk.platform.asked("/token")) == 2

    desk.queue(3)
    desk.platform.switch(SCORES, Answer(401))
    event = desk.drain(after=2)
    assert event.state == ScoreState.REFUSED
    assert "registration" in event.hint
    assert len(desk.sent()) == 4


@pytest.mark.parametrize(
    "answer",
    [Answer(404, b"<html>no</html>"), Answer(400, b'{"error":"invalid_client"}'), Answer(200, b"[]"), Answer(500)],
    ids=["moodle cannot read our keys", "refused", "odd", "fault"],
)
def test_without_a_token_scores_wait(desk: Desk, answer: Answer) -> None:
    desk.queue()
    desk.platform.switch("/token", answer)

    event = desk.drain()

    assert event.state == ScoreState.DUE
    assert event.hint
    assert event.last_status == answer.status
    del desk.platform.switched["/token"]
    assert desk.drain(after=3700).state == ScoreState.SYNCED


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 302])
def test_faults_are_tried_again(desk: Desk, status: int) -> None:
    desk.queue()
    desk.platform.switch(SCORES, Answer(status), Answer(200))

    event = desk.drain()
    assert (event.state, event.tries, event.last_status) == (ScoreState.DUE, 1, status)
    assert event.next_try_at > desk.now

    event = desk.drain(after=60)
    assert (event.state, event.tries) == (ScoreState.SYNCED, 2)
    first, second = desk.sent()
    assert first == second


def test_dropped_connection_is_tried_again(desk: Desk) -> None:
    desk.queue()
    desk.platform.switch(SCORES, Answer(drop=True), Answer(200))

    event = desk.drain()
    assert (event.state, event.last_status) == (ScoreState.DUE, None)
    assert desk.drain(after=60).state == ScoreState.SYNCED


def test_waits_grow_to_an_hour_and_end_after_three_days(desk: Desk) -> None:
    desk.queue()
    Score.objects.update(created_at=NOW)
    desk.platform.switch(SCORES, Answer(500))
    waits = []
    for _ in range(200):
        event = desk.drain()
        if event.state != ScoreState.DUE:
            break
        waits.append((event.next_try_at - desk.now).total_seconds())
        desk.now = event.next_try_at

    assert 1.5 < waits[0] < 2.5
    assert waits[5] > waits[0] * 10
    assert max(waits) <= 3600 * 1.2
    assert event.state == ScoreState.REFUSED
    assert "three days" in event.hint
    assert 70 < len(waits) < 110


def test_three_days_are_counted_from_the_first_try(desk: Desk) -> None:
    """Not from a time when nothing could be sent, as while the registration was off."""
    desk.queue()
    Score.objects.update(created_at=NOW - timedelta(days=30))
    desk.platform.switch(SCORES, Answer(503), Answer(200))

    assert desk.drain().state == ScoreState.DUE
    assert desk.drain(after=60).state == ScoreState.SYNCED


@pytest.mark.parametrize(
    ("answer", "seconds"),
    [
        (Answer(429, headers={"Retry-After": "120"}), 120),
        (Answer(503, headers={"Retry-After": "90"}), 90),
        (Answer(429, headers={"Retry-After": "999999"}), 3600),
        (Answer(429, headers={"Retry-After": "nonsense"}), 2),
        (Answer(429, headers={"Retry-After": "Fri, 31 Dec 1999 23:59:59 GMT"}), 1),
        (THROTTLED, 2),
    ],
    ids=str,
)
def test_platform_that_asks_us_to_wait_is_left_alone(desk: Desk, answer: Answer, seconds: int) -> None:
    desk.family("canvas")
    desk.queue()
    desk.platform.switch(SCORES, answer)
    desk.drain()
    bob = desk.person("bob")
    desk.platform.switch(SCORES, Answer(200))

    desk.queue(person=bob)
    desk.drain(after=seconds - 1)
    assert len(desk.sent()) == 1

    desk.drain(after=2)
    assert len(desk.sent()) >= 2


def test_patient_drain_waits_out_a_short_pause(desk: Desk) -> None:
    desk.queue()
    desk.platform.switch(SCORES, Answer(429, headers={"Retry-After": "1"}), Answer(200))
    Score.objects.update(next_try_at=timezone.now(), created_at=timezone.now())
    states.FIRST_RETRY, before = 0.3, states.FIRST_RETRY
    try:
        assert sending.drain(desk.registration.pk, patience=3.0) is None
    finally:
        states.FIRST_RETRY = before
    assert Score.objects.get().state == ScoreState.SYNCED
    assert Registration.objects.get().drain_until is None


@pytest.mark.parametrize("answer", [Answer(drop=True), Answer(hangs=True)], ids=["drops", "hangs"])
def test_platform_that_does_not_answer_keeps_nobody_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, answer: Answer
) -> None:
    """The thread is for others meanwhile; a message brings it back. One that hangs is left alone at once."""
    impatient(monkeypatch, SCORES)
    monkeypatch.setattr(sending, "HANGING", 0.1 if answer.hangs else PATIENCE)
    slept: list[float] = []
    monkeypatch.setattr(sending.time, "sleep", slept.append)
    desk.platform.switch(SCORES, answer)
    desk.queue()

    seconds = sending.drain(desk.registration.pk, clock=desk.clock, patience=5.0)

    assert slept == []
    assert Score.objects.get().state == ScoreState.DUE
    if answer.hangs:
        assert seconds is None
        paused = Registration.objects.get().paused_until
        assert paused
        assert 50 < (paused - desk.now).total_seconds() <= 60
    else:
        assert seconds is not None
        assert 1.0 < seconds < 2.5


def test_new_score_does_not_wait_for_another_ones_next_try(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.queue()
    desk.platform.switch(SCORES, Answer(503), Answer(200))
    bob = desk.person("bob")

    def rest(seconds: float) -> None:
        if Score.objects.count() == 1:
            desk.queue(person=bob)
        desk.now += timedelta(seconds=seconds)

    monkeypatch.setattr(sending.time, "sleep", rest)

    assert sending.drain(desk.registration.pk, clock=desk.clock, patience=9.0) is None
    assert [body["userId"] for body in desk.sent()] == ["ada", "bob", "ada"]


def test_what_was_taken_and_not_sent_is_given_back(desk: Desk) -> None:
    desk.queue()
    for number in range(8):
        desk.queue(person=desk.person(f"p{number}"))
    desk.platform.switch(SCORES, Answer(429, headers={"Retry-After": "120"}))
    desk.drain()

    states = list(Score.objects.values_list("state", flat=True).distinct())
    assert states == [ScoreState.DUE]
    assert len(desk.sent()) <= 4
    assert sorted(Score.objects.values_list("tries", flat=True)) == [0] * (9 - len(desk.sent())) + [1] * len(
        desk.sent()
    )


@pytest.mark.parametrize("body", [b"", b"Grade item 4 doesn't exist", b"Not Found: Grade item 4 doesn't exist"])
def test_words_that_reason_and_body_share_are_kept_once(desk: Desk, body: bytes) -> None:
    desk.queue()
    desk.platform.switch(SCORES, Answer(400, body, reason="Grade item 4 doesn't exist"))
    assert desk.drain().last_answer.count("Grade item 4 doesn't exist") == 1


@pytest.mark.parametrize("status", [400, 403, 404, 405, 410, 412, 413, 415, 422])
def test_refusal_is_kept_with_the_words_of_the_lms(desk: Desk, status: int) -> None:
    desk.queue()
    desk.platform.switch(SCORES, Answer(status, b"no such person", reason="Incorrect score received"))

    event = desk.drain()

    assert event.state == (ScoreState.LOST if status in (404, 410, 412) else ScoreState.REFUSED)
    assert event.last_answer == "Incorrect score received: no such person"
    assert event.hint
    desk.drain(after=86_400)
    assert len(desk.sent()) == 1


@pytest.mark.parametrize("family", ["moodle", "generic", ""])
def test_empty_list_is_a_failure_even_with_200(desk: Desk, family: str) -> None:
    desk.family(family)
    desk.queue()
    desk.platform.switch(SCORES, Answer(200, b"[]"))

    assert desk.drain().state == ScoreState.REFUSED


def test_one_failure_does_not_hold_up_the_others(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    everyone = [desk.ada, *[desk.person(f"p{number}") for number in range(9)]]
    for person in everyone:
        desk.queue(person=person)
    read = ags.post_score

    def stumble(call: Any, *, line_item: str, body: dict[str, Any]) -> Any:
        if body["userId"] == "p3":
            raise RuntimeError("a fault of our own")
        return read(call, line_item=line_item, body=body)

    monkeypatch.setattr(ags, "post_score", stumble)
    desk.drain()

    states = [event.state for event in Score.objects.order_by("id")]
    assert states.count(ScoreState.SYNCED) == 9
    assert states.count(ScoreState.DUE) == 1


def test_platform_of_no_known_family_is_met_by_the_standard(desk: Desk) -> None:
    """A row of a newer version of this service, say, must not stop what goes to the platform."""
    desk.family("blackboard")
    desk.queue()

    assert desk.drain().state == ScoreState.SYNCED


def test_at_most_four_requests_are_under_way(desk: Desk) -> None:
    desk.queue()
    for number in range(11):
        desk.queue(person=desk.person(f"p{number}"))
    desk.platform.switch(SCORES, Answer(200, after=desk.platform.met))
    desk.drain()

    assert len(desk.sent()) == 12
    assert 1 < desk.platform.most_in_flight <= 4


@pytest.mark.parametrize(
    ("line_item", "expected"),
    [
        ("https://m/services.php/2/lineitems/3/lineitem?type_id=1", "https://m/services.php/2/lineitems/3/lineitem/scores?type_id=1"),
        ("https://c/api/lti/courses/1/line_items/2", "https://c/api/lti/courses/1/line_items/2/scores"),
        ("https://c/items/2/?a=b&c=%20d", "https://c/items/2/scores?a=b&c=%20d"),
        ("https://c/items/2#x", "https://c/items/2/scores"),
    ],
)  # fmt: skip
def test_score_address_keeps_the_query(line_item: str, expected: str) -> None:
    assert ags.ags_url(line_item, "scores") == expected


def test_pylti1p3_and_we_send_the_same_score_to_the_same_address(desk: Desk) -> None:
    desk.queue(7)
    desk.drain()
    key = keys.signing_key()
    pem = keys.private_key(key.private_key)
    other = PyLtiRegistration()
    other.set_client_id(desk.registration.client_id).set_auth_token_url(desk.registration.token_url)
    other.set_tool_private_key(sealed.unseal(key.private_key)).set_tool_public_key(
        pem.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )
    endpoint = {"scope": SCOPES, "lineitem": desk.column.url, "lineitems": desk.link.line_items_url}
    with client.session() as session:
        service = AssignmentsGradesService(ServiceConnector(other, session), endpoint)
        grade = Grade().set_score_given(7).set_score_maximum(10).set_user_id("ada")
        grade.set_activity_progress("Completed").set_grading_progress("FullyGraded")
        service.put_grade(grade.set_timestamp("2026-11-23T12:00:00.123Z"))

    ours, theirs = desk.platform.asked(SCORES)
    assert (ours.path, ours.query) == (theirs.path, theirs.query)
    assert ours.headers["content-type"] == theirs.headers["content-type"]
    assert {name: value for name, value in ours.json.items() if name != "submission"} == theirs.json
    kids = [jwt.get_unverified_header(_assertion(seen.body))["kid"] for seen in desk.platform.asked("/token")]
    assert kids[0] == kids[1] == key.kid


def _assertion(body: bytes) -> str:
    return dict(pair.split("=") for pair in body.decode().split("&"))["client_assertion"]
