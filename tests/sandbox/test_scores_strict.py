"""Scores by the letter of AGS 2.0."""

from typing import Any

import pytest

from tests.sandbox.rig import AGS, LINEITEM, SCORE, Rig, a_score, moment, tail


def test_a_final_score_reaches_the_gradebook(strict: Rig) -> None:
    answer = strict.score(strict.alice, 6, comment="Well done")
    assert (answer.status_code, answer.content) == (204, b"")
    grade = strict.grade(strict.alice)
    assert (grade["final"], grade["comment"], grade["grading_progress"]) == (6, "Well done", "FullyGraded")


def test_a_score_is_brought_to_the_columns_maximum(strict: Rig) -> None:
    person = strict.student()
    strict.score(person, 1, scoreMaximum=2)
    assert strict.grade(person)["final"] == 4


def test_points_beyond_the_maximum_are_kept(strict: Rig) -> None:
    """AGS 2.0 section 3.4.1: scoreGiven may exceed scoreMaximum."""
    person = strict.student()
    strict.score(person, 9)
    assert strict.grade(person)["final"] == 9


def test_an_older_score_is_refused_and_an_equal_time_is_not(strict: Rig) -> None:
    person, at = strict.student(), moment()
    strict.score(person, 4, at=at)
    assert strict.score(person, 1, at=moment(-60)).status_code == 409
    assert strict.grade(person)["final"] == 4
    assert strict.score(person, 5, at=at).status_code == 204
    assert strict.grade(person)["final"] == 5


def test_a_score_later_by_a_millisecond_counts(strict: Rig) -> None:
    person = strict.student()
    strict.score(person, 4, at="2026-11-23T10:00:00.001Z")
    assert strict.score(person, 1, at="2026-11-23T10:00:00.000Z").status_code == 409
    assert strict.score(person, 5, at="2026-11-23T11:00:00.002+01:00").status_code == 204


def test_times_are_compared_across_zones(strict: Rig) -> None:
    person = strict.student()
    strict.score(person, 4, at="2026-11-23T10:00:00Z")
    assert strict.score(person, 5, at="2026-11-23T10:30:00+01:00").status_code == 409


def test_only_a_final_score_changes_the_grade(strict: Rig) -> None:
    person = strict.student()
    strict.score(person, 4)
    strict.score(person, 7, gradingProgress="PendingManual")
    grade = strict.grade(person)
    assert (grade["final"], grade["grading_progress"]) == (4, "PendingManual")


def test_a_score_without_points_clears_the_grade(strict: Rig) -> None:
    person = strict.student()
    strict.score(person, 4)
    assert strict.score(person, None, scoreMaximum=None, at=moment(1)).status_code == 204
    assert strict.grade(person)["final"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"userId": None},
        {"userId": 7},
        {"userId": "nobody"},
        {"userId": "999999"},
        {"userId": "9" * 30},
        {"timestamp": None},
        {"timestamp": "2026-11-23T10:00:00"},
        {"timestamp": "2026-13-23T10:00:00Z"},
        {"timestamp": 1795460367},
        {"activityProgress": None},
        {"activityProgress": "Done"},
        {"gradingProgress": None},
        {"gradingProgress": "Done"},
        {"scoreGiven": "5"},
        {"scoreGiven": -1},
        {"scoreGiven": True},
        {"scoreGiven": float("nan")},
        {"scoreGiven": 1e400},
        {"scoreMaximum": None},
        {"scoreMaximum": 0},
        {"comment": 7},
        {"submittedAt": "2026-11-23T10:00:00Z"},
        {"submission": {"submittedAt": "yesterday"}},
        {"submission": {"startedAt": "2026-11-23T10:00:00Z", "submittedAt": "2026-11-23T09:00:00Z"}},
    ],
    ids=str,
)
def test_a_score_that_breaks_a_rule_is_refused_and_remembered(strict: Rig, changes: dict[str, Any]) -> None:
    person = strict.student()
    body = a_score(person) | changes
    body = {name: value for name, value in body.items() if value is not None}
    answer = strict.call("POST", tail(strict.line_item, "scores"), media=SCORE, body=body)
    assert (answer.status_code, bool(answer.json()["error"])) == (400, True)
    assert strict.lms.grade(strict.activity["line_item"], person, strict.course) is None
    last = strict.lms.history(strict.course)[-1]
    assert (last["accepted"], last["status"]) == (False, 400)


@pytest.mark.parametrize("body", ["", "hello", "[]", "[1]", '"x"', "{", "null"])
def test_a_body_that_is_no_object_is_refused(strict: Rig, body: str) -> None:
    answer = strict.call("POST", tail(strict.line_item, "scores"), media=SCORE, body=body)
    assert answer.status_code == 400


def test_extensions_by_full_url_are_welcome(strict: Rig) -> None:
    extension = {"https://canvas.instructure.com/lti/submission": {"new_submission": True}}
    assert strict.score(strict.student(), **extension).status_code == 204


def test_the_media_type_is_checked(strict: Rig) -> None:
    body = a_score(strict.alice)
    for media, status in (("application/json", 415), (LINEITEM, 415), (f"{SCORE}; charset=utf-8", 204)):
        answer = strict.call(
            "POST", tail(strict.line_item, "scores"), media=media, body=body | {"timestamp": moment(1)}
        )
        assert answer.status_code == status


def test_the_bearer_token_and_its_scope_are_checked(strict: Rig) -> None:
    where, body = tail(strict.line_item, "scores"), a_score(strict.alice, at=moment(5))
    readonly = strict.token(scope=f"{AGS}result.readonly").json()["access_token"]
    for bearer, status in (("", 401), ("wrong", 401), (readonly, 403), (strict.bearer, 204)):
        answer = strict.call("POST", where, media=SCORE, body=body, bearer=bearer)
        assert answer.status_code == status
        assert (status == 204) or "Bearer" in answer.headers["WWW-Authenticate"]


def test_another_tool_cannot_reach_the_column(strict: Rig) -> None:
    stranger = Rig(strict.url, strict.tool, "strict")
    body = a_score(strict.alice, at=moment(9))
    answer = strict.call("POST", tail(strict.line_item, "scores"), media=SCORE, body=body, bearer=stranger.bearer)
    assert answer.status_code == 404


def test_scores_for_those_who_are_no_students_are_refused(strict: Rig) -> None:
    view = strict.student("view", is_test=True)
    suspended, removed = strict.student(), strict.student()
    strict.lms.enrol(strict.course, suspended, status="suspended")
    strict.lms.unenrol(strict.course, removed)
    for person in (strict.tess, view, suspended, removed):
        assert strict.score(person).status_code == 400


def test_a_teachers_grade_stands_until_it_is_taken_back(strict: Rig) -> None:
    person, column = strict.student(), strict.activity["line_item"]
    strict.score(person, 4)
    strict.lms.set_grade(column, person, final=7, comment="I read it myself")
    assert strict.score(person, 2, at=moment(5)).status_code == 204
    assert (strict.grade(person)["final"], strict.grade(person)["raw"]) == (7, 2)
    strict.lms.set_grade(column, person, "release")
    assert strict.grade(person)["final"] == 2


def test_a_locked_grade_refuses_scores(strict: Rig) -> None:
    person = strict.student()
    strict.score(person, 4)
    strict.lms.set_grade(strict.activity["line_item"], person, "lock")
    assert strict.score(person, 2, at=moment(5)).status_code == 403
    assert strict.grade(person)["final"] == 4


def test_every_post_is_in_the_history_in_order(strict: Rig) -> None:
    person = strict.student()
    for given, at in ((4, moment()), (1, moment(-60)), (6, moment(5))):
        strict.score(person, given, at=at)
    found = [(row["score_given"], row["status"], row["final"]) for row in strict.lms.history(strict.course, person)]
    assert found == [(4, 204, 4), (1, 409, None), (6, 204, 6)]


def test_get_is_not_offered_on_scores(strict: Rig) -> None:
    answer = strict.call("GET", tail(strict.line_item, "scores"))
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
