"""The sandbox against exchanges recorded from a real Moodle 4.5: same requests, same shape of answers."""

import json
import re
from typing import Any

import pytest

from tests.sandbox.rig import LTI, ROOT, Rig

RECORDED = ROOT.parent / "shared" / "reference" / "moodle"
pytestmark = pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings of a real Moodle are not on this machine")
# The recorder's own doings between two exchanges (hiding, deleting, another column) are not in the recordings.
LEFT_OUT = {"score to the course total item", "score to own standalone item 4", "score to unknown item"}


def recorded(name: str) -> Any:
    return json.loads((RECORDED / name).read_text()) if RECORDED.is_dir() else []


def replayed(rig: Rig, people: dict[str, int], exchange: dict[str, Any]) -> tuple[Any, Any]:
    """Send the recorded request with our ids; return the recorded answer and ours, ids taken out."""
    asked, body = exchange["request"], exchange["request"]["body"]
    if isinstance(body, dict) and str(body.get("userId", "")).isdigit() and str(body["userId"]) in people:
        body = {**body, "userId": type(body["userId"])(people[str(body["userId"])])}
    path = asked["url"].partition("/lineitems/8/lineitem")[2]
    base, _, query = rig.line_item.partition("?")
    url = base + path.replace("type_id=1", query)
    headers = asked["headers"]
    bearer = {"bad token": "wrong", "no token": ""}.get(exchange["name"], "own")
    text = json.dumps(body) if isinstance(body, dict) else body
    answer = rig.call(asked["method"], url, media=headers.get("Content-Type", ""), body=text, bearer=bearer)
    was = exchange["response"]
    return (
        (was["status"], plain(was["reason"]), was["headers"]["Content-Type"], shape(was["body"])),
        (answer.status_code, plain(answer.reason), answer.headers["Content-Type"], shape(answer.text)),
    )


def plain(reason: str) -> str:
    """A reason phrase without ids: who and which column differ from one Moodle to the next."""
    return re.sub(r"/?\d+|type_id=\d+", "#", reason)[:120].rstrip()


def shape(body: Any) -> Any:
    """What kind of body it is; of an object, its keys."""
    if isinstance(body, str):
        try:
            body = json.loads(body)
        except ValueError:
            return "html" if "<html" in body else body
    return sorted(body) if isinstance(body, dict) else body


def cast(rig: Rig) -> dict[str, int]:
    """Recorded user ids and ours. 2 is an administrator outside the course, 3 the teacher, 9999 nobody."""
    admin = rig.lms.add_person(f"admin-{rig.client_id}", is_admin=True)
    return {"2": admin, "3": rig.tess, **{str(number): rig.student() for number in range(4, 21)}}


def completed(body: Any, people: dict[str, int]) -> Any:
    """A body recorded as text, with our user ids; the recorder cut long ones after 200 characters."""
    if not isinstance(body, str):
        return body
    end = "x" * 100_000 + '"}' if len(body) == 200 else ""
    return re.sub(r'"userId": "(\d+)"', lambda found: f'"userId": "{people.get(found[1], 999999)}"', body) + end


@pytest.mark.parametrize("name", ["13-ags-scores.json", "15-ags-scores-oddities.json"])
def test_recorded_scores_get_the_recorded_answers(sandbox_url: str, tool: Any, name: str) -> None:
    rig = Rig(sandbox_url, tool, "moodle")
    people, seen = cast(rig), 0
    for exchange in recorded(name):
        if exchange["name"] == "token" or exchange["name"] in LEFT_OUT:
            continue
        exchange["request"]["body"] = completed(exchange["request"]["body"], people)
        was, ours = replayed(rig, people, exchange)
        assert ours == was, exchange["name"]
        if "grade_row_after" in exchange:
            check_grade(rig, people, exchange)
        seen += 1
    assert seen > 8


def check_grade(rig: Rig, people: dict[str, int], exchange: dict[str, Any]) -> None:
    """Hold our grade against the recorded database row: raw|maximum|final|..."""
    row, body = exchange["grade_row_after"].split("|"), exchange["request"]["body"]
    if len(row) < 3 or not isinstance(body, dict) or str(body.get("userId")) not in people:
        return
    grade = rig.lms.grade(rig.activity["line_item"], people[str(body["userId"])], rig.course) or {}
    found = tuple("" if grade.get(name) is None else f"{grade[name]:.5f}" for name in ("raw", "final"))
    assert found == (row[0], row[2]), exchange["name"]


@pytest.mark.parametrize("name", ["05-idtoken-resource-link-student.json", "05-idtoken-resource-link-instructor.json"])
def test_a_launch_carries_the_recorded_claims(moodle: Rig, name: str) -> None:
    was = recorded(name)["claims"]
    claims = moodle.id_token(moodle.tess if "instructor" in name else moodle.alice)
    assert set(claims) == set(was)
    for claim in ("roles", "version", "message_type"):
        assert claims[LTI + claim] == was[LTI + claim]
    for claim in ("context", "resource_link", "tool_platform", "launch_presentation", "lis", "ext"):
        assert set(claims[LTI + claim]) == set(was[LTI + claim]), claim
    assert claims["exp"] - claims["iat"] == was["exp"] - was["iat"]


def test_a_review_carries_the_recorded_claims(moodle: Rig) -> None:
    was = recorded("08-idtoken-submission-review.json")["claims"]
    claims = moodle.id_token(moodle.alice, for_person=moodle.alice)
    assert set(claims) == set(was)
    for claim in ("for_user", "resource_link", "launch_presentation"):
        assert set(claims[LTI + claim]) == set(was[LTI + claim]), claim
    assert claims[LTI + "message_type"] == was[LTI + "message_type"]


def test_columns_and_results_have_the_recorded_keys(moodle: Rig) -> None:
    moodle.score(moodle.alice, 4)
    (result,) = moodle.results(user_id=moodle.alice).json()
    assert set(result) == set(recorded("14-ags-results.json")[1]["response"]["body"][0])
    column = next(row for row in recorded("11-ags-lineitems-get.json") if row["name"] == "GET lineitem")
    ours = moodle.call("GET", moodle.line_item, accept="application/vnd.ims.lis.v2.lineitem+json")
    assert list(ours.json()) == list(column["response"]["body"])
