"""What the script of the player sends, and what nobody's script ever should."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from assessment import attempts
from tests.cast import NOW, Cast, all_right
from tests.pages.conftest import Visit, stored

Open = Callable[..., Visit]


def rows(attempt: Any, seq: int = 1, **answers: Any) -> dict[str, Any]:
    items = {one.identifier: str(one.item_version_id) for one in attempts.questions(attempt)}
    return {"responses": [{"item": items[name], "answer": raw, "seq": seq} for name, raw in answers.items()]}


def test_every_answer_gets_its_own_outcome(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    alice.send(attempt, rows(attempt, 5, q1="a"))
    body = rows(attempt, 1, q1="b", q2="b", q3="no such option")
    body["responses"].append({"item": str(uuid4()), "answer": "a", "seq": 1})
    answer = alice.send(attempt, body)
    assert answer.status_code == 200
    assert sorted(one["state"] for one in answer.json()["results"]) == ["invalid", "saved", "stale", "unknown"]
    assert (stored(attempt)["q1"], stored(attempt)["q2"], stored(attempt)["q3"]) == ("a", "b", None)


def test_lost_acknowledgement_is_given_again(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    first, again = (alice.send(attempt, rows(attempt, 1, q1="a")).json()["results"][0] for _ in range(2))
    assert (first["state"], again["state"]) == ("saved", "saved")


def test_closed_attempt_answers_409_with_the_way_to_the_result(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    attempts.submit(attempt=attempt, now=NOW)
    for body in (rows(attempt, 1, q1="a"), {"responses": []}):
        answer = alice.send(attempt, body)
        assert answer.status_code == 409
        assert answer.json()["result"] == f"{alice.base}/attempts/{attempt.pk}/result"
    assert stored(attempt)["q1"] is None


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[]",
        "null",
        "7",
        '"responses"',
        "{}",
        '{"responses": null}',
        '{"responses": {}}',
        '{"responses": "abc"}',
        '{"responses": [null]}',
        '{"responses": [[]]}',
        '{"responses": [{}]}',
        '{"responses": [{"item": 7, "answer": "a", "seq": 1}]}',
        '{"responses": [{"item": "q1", "answer": "a", "seq": 1}]}',
        '{"responses": [{"item": "00000000-0000-0000-0000-000000000000", "seq": 1}]}',
        '{"responses": [{"item": "00000000-0000-0000-0000-000000000000", "answer": "a", "seq": "1"}]}',
        '{"responses": [{"item": "00000000-0000-0000-0000-000000000000", "answer": "a", "seq": 1.5}]}',
        '{"responses": [{"item": "00000000-0000-0000-0000-000000000000", "answer": "a", "seq": true}]}',
        '{"responses": [{"item": "00000000-0000-0000-0000-000000000000", "answer": "a", "seq": 1e400}]}',
        '{"responses": [], "seen": null}',
        '{"responses": [], "seen": []}',
        '{"responses": [], "seen": [["00000000-0000-0000-0000-000000000000", 1]]}',
        '{"responses": [], "seen": {"q1": 1}}',
        '{"responses": [], "seen": {"00000000-0000-0000-0000-000000000000": -1}}',
        '{"responses": [], "seen": {"00000000-0000-0000-0000-000000000000": 1.5}}',
        '{"responses": [], "seen": {"00000000-0000-0000-0000-000000000000": "1"}}',
        '{"responses": [], "seen": {"00000000-0000-0000-0000-000000000000": true}}',
        '{"responses": [], "seen": {"00000000-0000-0000-0000-000000000000": 1e400}}',
        '{"responses": [], "seen": {"00000000-0000-0000-0000-000000000000": NaN}}',
        "[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_odd_bodies_are_refused_with_400(cast: Cast, visit: Open, body: str | bytes) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    answer = alice.send(attempt, body)
    assert answer.status_code == 400
    assert answer.json()["error"] == "malformed"


@pytest.mark.parametrize(
    "raw",
    [
        None,
        7,
        1.5,
        True,
        [],
        {},
        {"option": ["a"]},
        {"option": {"a": 1}},
        {"text": 7},
        "a\x00b",
        "\ud800",
        "x" * 3000,
        float("nan"),
    ],
)
@pytest.mark.parametrize("item", ["q1", "q8"])
def test_odd_answers_are_never_a_fault_of_ours(cast: Cast, visit: Open, item: str, raw: Any) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    answer = alice.send(attempt, json.dumps(rows(attempt, 1, **{item: raw})))
    assert answer.status_code == 200
    assert answer.json()["results"][0]["state"] in ("saved", "invalid")


@pytest.mark.parametrize("seq", [0, -1, 2**31, 2**63])
def test_numbers_out_of_range_are_invalid_not_stored(cast: Cast, visit: Open, seq: int) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    answer = alice.send(attempt, rows(attempt, seq, q1="a"))
    assert (answer.status_code, answer.json()["results"][0]["state"]) in ((200, "invalid"), (200, "stale"))
    assert stored(attempt)["q1"] is None


def test_huge_body_is_refused_with_413(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    assert alice.send(attempt, json.dumps(rows(attempt, 1, q8="x" * 12_000_000))).status_code == 413


def test_too_many_rows_are_refused(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    row = rows(attempt, 1, q1="a")["responses"][0]
    assert alice.send(attempt, {"responses": [row] * 501}).status_code == 400


def test_saving_is_by_post_alone(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    assert alice.get(f"/attempts/{attempt.pk}/responses").status_code == 405
    assert alice.get("/check/").status_code == 405


def test_seconds_in_sight_are_kept_beside_an_answer_that_is_not_valid(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    attempt.started_at -= timedelta(minutes=1)
    attempt.save()
    attempt.responses.update(saved_at=attempt.started_at)
    items = {one.identifier: str(one.item_version_id) for one in attempts.questions(attempt)}
    body = rows(attempt, 1, q1="a", q2="no such option") | {"seen": {items["q1"]: 5, items["q2"]: 6, items["q3"]: 7}}
    answer = alice.send(attempt, body)
    assert sorted(one["state"] for one in answer.json()["results"]) == ["invalid", "saved"]
    assert list(attempt.responses.order_by("position").values_list("seconds", flat=True))[:4] == [5, 6, 7, 0]


def test_form_without_script_counts_no_seconds(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    alice.post(f"/attempts/{attempt.pk}/", alice.form(attempt, q1="a"))
    assert stored(attempt)["q1"] == "a"
    assert not attempt.responses.exclude(seconds=0).exists()


def test_seconds_alone_after_the_end_answer_409(cast: Cast, visit: Open) -> None:
    alice = visit(cast.alice)
    attempt = alice.begin()
    item = str(attempts.questions(attempt)[0].item_version_id)
    attempts.submit(attempt=attempt, now=NOW)
    assert alice.send(attempt, {"responses": [], "seen": {item: 3}}).status_code == 409


def test_handing_in_what_was_saved_before_costs_the_same_for_any_number_of_answers(
    cast: Cast, visit: Open, django_assert_max_num_queries: Any
) -> None:
    """As the script does it: the form carries the numbers under which it saved."""
    alice = visit(cast.alice)
    attempt = alice.begin()
    form = alice.form(attempt, **all_right())
    saved = alice.send(attempt, rows(attempt, 1, **all_right())).json()["results"]
    assert {one["state"] for one in saved} == {"saved"}
    with django_assert_max_num_queries(9):  # launch, attempt, answers; lock, save, read, in a savepoint; submit
        answer = alice.post(f"/attempts/{attempt.pk}/submit", form)
    assert answer["Location"].endswith("/result")
