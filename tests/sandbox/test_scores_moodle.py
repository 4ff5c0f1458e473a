"""Scores as a real Moodle 4.5 takes them: a test for each row of what was recorded."""

from typing import Any

import pytest
import requests

from tests.sandbox.rig import LINEITEM, SCORE, Rig, a_score, moment, tail


def send(rig: Rig, text: str) -> requests.Response:
    return rig.call("POST", tail(rig.line_item, "scores"), media=SCORE, body=text)


def test_success_is_200_with_an_empty_body(moodle: Rig) -> None:
    answer = moodle.score(moodle.alice, 4, comment='Two <b>bold</b> & "quotes"\nline 2')
    assert (answer.status_code, answer.content, answer.headers["Content-Type"]) == (200, b"", f"{SCORE}; charset=utf-8")
    assert moodle.grade(moodle.alice)["comment"] == 'Two <b>bold</b> & "quotes"\nline 2'


def test_a_comment_left_out_clears_the_one_before(moodle: Rig) -> None:
    person = moodle.student()
    moodle.score(person, 4, comment="first", at=moment(-5))
    moodle.score(person, 5)
    assert moodle.grade(person)["comment"] == ""


def test_the_same_second_is_refused_and_the_next_taken(moodle: Rig) -> None:
    person = moodle.student()
    moodle.score(person, 4, at="2026-11-23T18:57:55.100Z")
    answer = moodle.score(person, 6, at="2026-11-23T18:57:55.900Z")
    item = moodle.activity["line_item"]
    words = f"Refusing score with an earlier timestamp for item {item} and user {person}"
    assert (answer.status_code, answer.reason, answer.text) == (409, words, "[]")
    assert moodle.score(person, 6, at="2026-11-23T18:57:56.001Z").status_code == 200
    assert moodle.score(person, 7, at="2026-11-23T18:51:05Z").status_code == 409
    assert moodle.grade(person)["final"] == 6


def test_a_future_score_is_taken_and_blocks_the_present(moodle: Rig) -> None:
    person = moodle.student()
    assert moodle.score(person, 7, at=moment(3600)).status_code == 200
    assert moodle.score(person, 3).status_code == 409


@pytest.mark.parametrize(
    ("changes", "raw", "final"),
    [
        ({"scoreGiven": 9}, 9, 8),
        ({"scoreGiven": -1}, -1, 0),
        ({"scoreGiven": 2.6666666666666665}, 2.66667, 2.66667),
        ({"scoreGiven": 0.30000000000000004, "scoreMaximum": 1}, 2.4, 2.4),
        ({"scoreGiven": 0.6666666666666666, "scoreMaximum": 1}, 5.33336, 5.33336),
        ({"scoreGiven": "5"}, 5, 5),
        ({"scoreGiven": 4, "scoreMaximum": 0}, 4, 4),
        ({"scoreGiven": 0}, 0, 0),
        ({"activityProgress": "Whatever"}, 4, 4),
        ({"timestamp": "2026-11-23T10:00:00"}, 4, 4),
        ({"timestamp": "2026-11-23T18:59:27.104074+00:00"}, 4, 4),
    ],
    ids=str,
)
def test_points_are_rounded_scaled_and_clamped(moodle: Rig, changes: dict[str, Any], raw: float, final: float) -> None:
    person = moodle.student()
    body = a_score(person) | changes
    assert moodle.call("POST", tail(moodle.line_item, "scores"), media=SCORE, body=body).status_code == 200
    grade = moodle.grade(person)
    assert (grade["raw"], grade["final"]) == (raw, final)


def test_a_number_will_do_for_a_user_id(moodle: Rig) -> None:
    person = moodle.student()
    body = a_score(person) | {"userId": person}
    assert moodle.call("POST", tail(moodle.line_item, "scores"), media=SCORE, body=body).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"gradingProgress": "PendingManual"},
        {"gradingProgress": "Pending"},
        {"gradingProgress": "Done"},
        {"scoreGiven": None},
        {"scoreGiven": None, "scoreMaximum": None, "activityProgress": "Started", "gradingProgress": "NotReady"},
    ],
    ids=str,
)
def test_anything_but_fully_graded_with_points_wipes_the_grade(moodle: Rig, changes: dict[str, Any]) -> None:
    person = moodle.student()
    moodle.score(person, 6, at=moment(-10))
    body = {name: value for name, value in (a_score(person) | changes).items() if value is not None}
    assert moodle.call("POST", tail(moodle.line_item, "scores"), media=SCORE, body=body).status_code == 200
    assert moodle.grade(person)["final"] is None
    assert moodle.score(person, 2, at=moment(-100)).status_code == 200, "a wiped grade takes an older score"


@pytest.mark.parametrize(
    "changes",
    [
        {"activityProgress": None},
        {"gradingProgress": None},
        {"timestamp": None},
        {"userId": None},
        {"scoreMaximum": None},
        {"scoreGiven": "5,5"},
        {"timestamp": 1795460367},
        {"userId": "999999"},
    ],
    ids=str,
)
def test_an_incorrect_score_is_named_in_the_reason_phrase(moodle: Rig, changes: dict[str, Any]) -> None:
    body = {name: value for name, value in (a_score(moodle.student()) | changes).items() if value is not None}
    answer = moodle.call("POST", tail(moodle.line_item, "scores"), media=SCORE, body=body)
    assert (answer.status_code, answer.text) == (400, "[]")
    assert answer.reason.startswith('Incorrect score received{"')
    assert answer.headers["Content-Type"] == f"{SCORE}; charset=utf-8"


def test_a_bad_score_with_line_breaks_looks_like_success(moodle: Rig) -> None:
    bad = '{\n "userId": "999999",\n "scoreGiven": 4}'
    answer = send(moodle, bad)
    assert (answer.status_code, answer.reason, answer.text) == (200, "OK", "[]")
    assert moodle.lms.history(moodle.course)[-1]["accepted"] is False


@pytest.mark.parametrize(
    ("text", "reason"), [("hello", "Incorrect score receivedhello"), ("", "Incorrect score received")]
)
def test_what_is_no_json_is_an_incorrect_score(moodle: Rig, text: str, reason: str) -> None:
    answer = send(moodle, text)
    assert (answer.status_code, answer.reason, answer.text) == (400, reason, "[]")


def test_a_long_reason_phrase_is_cut(moodle: Rig) -> None:
    answer = send(moodle, '{"userId": "999999", "comment": "' + "x" * 100_000 + '"}')
    assert (answer.status_code, len(answer.reason)) == (400, 1011)


def test_a_reason_phrase_in_another_script_arrives(moodle: Rig) -> None:
    answer = send(moodle, '{"userId": "999999", "comment": "دانا"}')
    assert (answer.status_code, answer.text) == (400, "[]")


def test_a_user_id_that_is_no_number_breaks_the_server(moodle: Rig) -> None:
    answer = moodle.score("abc")
    assert (answer.status_code, answer.headers["Content-Type"]) == (502, "text/html")
    assert "502 Bad Gateway" in answer.text


def test_teachers_and_the_student_view_cannot_be_scored(moodle: Rig) -> None:
    for person in (moodle.tess, moodle.student("view", is_test=True)):
        assert moodle.score(person).status_code == 400


def test_suspended_people_can_be_scored_and_removed_ones_cannot(moodle: Rig) -> None:
    person = moodle.student()
    moodle.score(person, 4, at=moment(-60))
    moodle.lms.enrol(moodle.course, person, status="suspended")
    assert moodle.score(person, 2, at=moment(-30)).status_code == 200
    moodle.lms.unenrol(moodle.course, person)
    assert moodle.score(person, 3).status_code == 400


def test_unenrolment_deletes_the_grade_for_good(moodle: Rig) -> None:
    person = moodle.student()
    moodle.score(person, 4)
    moodle.lms.unenrol(moodle.course, person)
    moodle.lms.enrol(moodle.course, person)
    assert moodle.lms.grade(moodle.activity["line_item"], person, moodle.course) is None
    assert moodle.score(person, 3, at=moment(-600)).status_code == 200, "with the grade its time is forgotten too"


def test_an_override_stands_silently_and_moves_the_time(moodle: Rig) -> None:
    person = moodle.student()
    moodle.score(person, 4, at=moment(-60))
    moodle.lms.set_grade(moodle.activity["line_item"], person, final=7)
    assert moodle.score(person, 3, at=moment(-30)).status_code == 409
    assert moodle.score(person, 2, at=moment(2)).status_code == 200
    assert (moodle.grade(person)["raw"], moodle.grade(person)["final"]) == (2, 7)
    assert moodle.results(user_id=person).json()[0]["resultScore"] == 7


def test_a_locked_grade_breaks_the_server(moodle: Rig) -> None:
    person = moodle.student()
    moodle.score(person, 4, at=moment(-60))
    moodle.lms.set_grade(moodle.activity["line_item"], person, "lock")
    answer = moodle.score(person, 2)
    assert (answer.status_code, answer.text, moodle.grade(person)["final"]) == (500, "[]", 4)


@pytest.mark.parametrize("media", ["application/json", LINEITEM, ""])
def test_a_wrong_media_type_finds_no_handler(moodle: Rig, media: str) -> None:
    answer = moodle.call("POST", tail(moodle.line_item, "scores"), media=media, body=a_score(moodle.alice))
    path = f"/{moodle.course}/lineitems/{moodle.activity['line_item']}/lineitem/scores"
    assert (answer.status_code, answer.reason) == (400, f"No handler found for {path}  {media}".rstrip())
    assert answer.json()["request"]["contentType"] == media


def test_parameters_of_the_media_type_are_cut(moodle: Rig) -> None:
    body = a_score(moodle.student())
    answer = moodle.call("POST", tail(moodle.line_item, "scores"), media=f"{SCORE}; charset=utf-8", body=body)
    assert answer.status_code == 200


def test_the_score_path_goes_before_the_query(moodle: Rig) -> None:
    naive = moodle.call("POST", moodle.line_item + "/scores", media=SCORE, body=a_score(moodle.alice))
    assert (naive.status_code, naive.reason.startswith("No handler found")) == (400, True)
    bare = tail(moodle.line_item, "scores").partition("?")[0]
    assert moodle.call("POST", bare, media=SCORE, body=a_score(moodle.student())).status_code == 200


@pytest.mark.parametrize("bearer", ["", "wrong"])
def test_without_a_good_token_there_is_401(moodle: Rig, bearer: str) -> None:
    where = tail(moodle.line_item, "scores")
    answer = moodle.call("POST", where, media=SCORE, body=a_score(moodle.alice), bearer=bearer)
    assert (answer.status_code, answer.json()["reason"]) == (401, "Unauthorized")


def test_an_unknown_column_and_a_wrong_method(moodle: Rig) -> None:
    gone = tail(moodle.line_item, "scores").replace(f"lineitems/{moodle.activity['line_item']}/", "lineitems/99999/")
    answer = moodle.call("POST", gone, media=SCORE, body=a_score(moodle.alice))
    assert (answer.status_code, answer.reason) == (404, "Not Found: Grade item 99999 doesn't exist")
    assert moodle.call("GET", tail(moodle.line_item, "scores")).status_code == 405
