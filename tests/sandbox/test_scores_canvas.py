"""Scores as Canvas takes them: the order of its checks, its words, and what it does to grades."""

from typing import Any

import pytest
import requests

from tests.sandbox.rig import AGS, SCORE, Rig, a_score, moment, tail

SUBMISSION = "https://canvas.instructure.com/lti/submission"
STATUS = {"activityProgress": "InProgress", "gradingProgress": "Pending"}


def reason(answer: requests.Response) -> str:
    """What the refusal says."""
    return str(answer.json()["errors"]["message"])


def extended(**extension: Any) -> dict[str, Any]:
    return {SUBMISSION: extension}


def handed_in(at: str) -> dict[str, Any]:
    return {"submission": {"submittedAt": at}}


def column(rig: Rig, **column: Any) -> dict[str, Any]:
    """A new assignment of eight points."""
    return rig.link("Assignment", maximum=8, **column)


def post(rig: Rig, link: dict[str, Any], person: int | str, given: float | None = 4, **changes: Any) -> Any:
    return rig.call("POST", tail(link["url"], "scores"), media=SCORE, body=a_score(person, given, **changes))


def grade(rig: Rig, link: dict[str, Any], person: int) -> dict[str, Any]:
    found = rig.lms.grade(link["line_item"], person, rig.course)
    assert found is not None
    return found


def results(rig: Rig, person: int) -> Any:
    return rig.results(user_id=person).json()


# Taken


def test_a_score_is_taken_and_its_result_named(canvas: Rig) -> None:
    person = canvas.student()
    answer = canvas.score(person, 6, comment="Well done")
    assert answer.status_code == 200
    found = canvas.grade(person)
    assert (found["final"], found["attempt"], found["comments"]) == (6, 1, ["Well done"])
    result = canvas.call("GET", answer.json()["resultUrl"]).json()
    assert (result["resultScore"], result["resultMaximum"], result["userId"]) == (6, 8, str(person))
    assert (result["scoreOf"], result["comment"]) == (canvas.line_item, "Well done")


def test_a_score_is_scaled_by_the_line_items_maximum(canvas: Rig) -> None:
    person = canvas.student()
    canvas.score(person, 30, scoreMaximum=20)
    assert canvas.grade(person)["final"] == 12
    assert results(canvas, person)[0] | {"resultScore": 30, "resultMaximum": 20} == results(canvas, person)[0]


@pytest.mark.parametrize(("given", "points"), [(0, 0), (0.01, 8), (8, 8)])
def test_any_point_is_a_pass_where_it_is_pass_or_fail(canvas: Rig, given: float, points: float) -> None:
    link, person = column(canvas, grading_type="pass_fail"), canvas.student()
    assert post(canvas, link, person, given).status_code == 200
    assert grade(canvas, link, person)["final"] == points


def test_the_student_view_is_graded_as_a_student(canvas: Rig) -> None:
    view = canvas.student("view", is_test=True)
    assert canvas.score(view, 3).status_code == 200


# Refused, in the order of the checks


@pytest.mark.parametrize("name", ["activityProgress", "gradingProgress", "timestamp"])
@pytest.mark.parametrize("value", [None, "", " "])
def test_a_required_parameter_that_is_missing_or_empty_is_400(canvas: Rig, name: str, value: str | None) -> None:
    body = a_score(canvas.student()) | {name: value}
    body = {key: given for key, given in body.items() if given is not None}
    answer = canvas.call("POST", tail(canvas.line_item, "scores"), media=SCORE, body=body)
    assert (answer.status_code, name in reason(answer)) == (400, True)


@pytest.mark.parametrize("value", [None, "", "nobody", "999999", "9" * 30, True, [1]], ids=str)
def test_a_user_who_is_not_found_is_422_before_anything_else_is_asked(canvas: Rig, value: Any) -> None:
    body = {"userId": value, "gradingProgress": "FullyGraded"}
    answer = canvas.call("POST", tail(canvas.line_item, "scores"), media=SCORE, body=body)
    assert (answer.status_code, reason(answer)) == (422, "User not found in course or is not a student")


def test_only_active_students_are_scored(canvas: Rig) -> None:
    suspended, removed = canvas.student(), canvas.student()
    canvas.lms.enrol(canvas.course, suspended, status="suspended")
    canvas.lms.unenrol(canvas.course, removed)
    for person in (canvas.tess, suspended, removed):
        answer = canvas.score(person)
        assert (answer.status_code, reason(answer)) == (422, "User not found in course or is not a student")


def test_an_unpublished_assignment_is_422(canvas: Rig) -> None:
    link, person = column(canvas, published=False), canvas.student()
    answer = post(canvas, link, person, timestamp="not a time")
    assert (answer.status_code, reason(answer)) == (422, "This assignment is still unpublished")
    canvas.lms.change_column(link["line_item"], published=True)
    assert post(canvas, link, person).status_code == 200


def test_an_older_score_is_400_and_an_equal_time_is_taken(canvas: Rig) -> None:
    person, at = canvas.student(), moment()
    canvas.score(person, 4, at=at)
    answer = canvas.score(person, 1, at=moment(-60))
    assert (answer.status_code, f"before last updated timestamp of {at}" in reason(answer)) == (400, True)
    assert canvas.score(person, 5, at=at).status_code == 200
    assert canvas.grade(person)["final"] == 5


def test_a_millisecond_later_counts_and_zones_are_compared(canvas: Rig) -> None:
    person = canvas.student()
    canvas.score(person, 4, at="2026-11-23T10:00:00.001Z")
    assert canvas.score(person, 1, at="2026-11-23T10:00:00.000Z").status_code == 400
    assert canvas.score(person, 1, at="2026-11-23T10:30:00+01:00").status_code == 400
    assert canvas.score(person, 5, at="2026-11-23T11:00:00.002+01:00").status_code == 200


@pytest.mark.parametrize("value", ["yesterday", "2026-13-23T10:00:00Z", 1795460367, {"a": 1}], ids=str)
def test_a_timestamp_that_is_no_time_is_400(canvas: Rig, value: Any) -> None:
    answer = canvas.score(canvas.alice, timestamp=value)
    assert (answer.status_code, "not a valid timestamp" in reason(answer)) == (400, True)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"scoreMaximum": None}, "ScoreMaximum not supplied when ScoreGiven present."),
        ({"scoreMaximum": -1}, "ScoreMaximum must be greater than or equal to 0"),
        ({"scoreMaximum": 0}, "cannot be zero if line item's maximum is not zero"),
        ({"scoreMaximum": "many"}, "cannot be zero if line item's maximum is not zero"),
        ({"scoreGiven": -0.5}, "ScoreGiven must be greater than or equal to 0"),
    ],
    ids=str,
)
def test_wrong_points_are_422(canvas: Rig, changes: dict[str, Any], text: str) -> None:
    answer = canvas.score(canvas.student(), **changes)
    assert (answer.status_code, reason(answer)) == (422, text)


def test_a_maximum_of_zero_is_taken_where_the_line_item_has_none(canvas: Rig) -> None:
    link, person = canvas.link("Practice", maximum=0), canvas.student()
    assert post(canvas, link, person, 3, scoreMaximum=0).status_code == 200
    assert grade(canvas, link, person)["final"] == 3


@pytest.mark.parametrize("at", ["yesterday", None, 7], ids=["no time", "ahead", "no text"])
def test_a_submission_time_that_is_no_time_or_over_a_minute_ahead_is_400(canvas: Rig, at: Any) -> None:
    at = at or moment(90)
    for where in (handed_in(at), extended(submitted_at=at)):
        answer = canvas.score(canvas.student(), **where)
        assert (answer.status_code, "Provided submitted_at timestamp" in reason(answer)) == (400, True)


def test_a_submission_time_half_a_minute_ahead_is_taken(canvas: Rig) -> None:
    assert canvas.score(canvas.student(), **handed_in(moment(30))).status_code == 200


def test_attempts_used_up_are_422_unless_nothing_new_is_handed_in(canvas: Rig) -> None:
    link, person, first = column(canvas, allowed_attempts=1), canvas.student(), moment(-60)
    assert post(canvas, link, person, 4, **handed_in(first)).status_code == 200
    answer = post(canvas, link, person, 5, **handed_in(moment()))
    assert (answer.status_code, "maximum number of allowed attempts" in reason(answer)) == (422, True)
    assert post(canvas, link, person, 5, **STATUS).status_code == 422, "asked even where no submission would come"
    assert post(canvas, link, person, 6, **handed_in(first)).status_code == 200
    assert post(canvas, link, person, 7, **extended(new_submission=False)).status_code == 200
    assert post(canvas, link, person, 8, **extended(submission_type="none")).status_code == 200
    assert (grade(canvas, link, person)["final"], grade(canvas, link, person)["attempt"]) == (8, 1)


@pytest.mark.parametrize(
    "changes",
    [
        {"activityProgress": "Done"},
        {"gradingProgress": "Done"},
        {"scoreGiven": "five"},
        {"scoreMaximum": "many", "gradingProgress": "Pending"},
        {"scoreMaximum": None, "gradingProgress": "Pending"},
    ],
    ids=str,
)
def test_values_that_the_record_does_not_take_are_400_and_change_nothing(canvas: Rig, changes: dict[str, Any]) -> None:
    person = canvas.student()
    canvas.score(person, 4)
    assert canvas.score(person, **({"at": moment(1)} | changes)).status_code == 400
    assert canvas.grade(person)["final"] == 4


def test_the_first_check_that_fails_answers(canvas: Rig) -> None:
    """Link, user, required parameters, published, timestamp, maximum, given, submittedAt, attempts."""
    link, person = column(canvas, published=False, allowed_attempts=0), canvas.student()
    body = a_score(999999, -1, "never", scoreMaximum=-1, resourceLinkId="0", **handed_in("never"))
    body.pop("activityProgress")
    steps: list[tuple[str, Any, int]] = [
        ("resourceLinkId", str(link["id"]), 412),
        ("userId", str(person), 422),
        ("activityProgress", "Completed", 400),
        ("published", True, 422),
        ("timestamp", moment(), 400),
        ("scoreMaximum", 8, 422),
        ("scoreGiven", 4, 422),
        ("submission", {"submittedAt": moment()}, 400),
        ("allowed", None, 422),
    ]
    seen = []
    for name, better, status in steps:
        answer = canvas.call("POST", tail(link["url"], "scores"), media=SCORE, body=body)
        assert (name, answer.status_code) == (name, status)
        seen.append(reason(answer))
        if name in ("published", "allowed"):
            canvas.lms.change_column(link["line_item"], published=True)
        else:
            body[name] = better
    assert len(set(seen)) == len(steps), "each step was refused for a reason of its own"
    assert "maximum number of allowed attempts" in seen[-1]


def test_a_concluded_course_is_422(canvas: Rig) -> None:
    rig = Rig(canvas.url, canvas.tool, "canvas")
    rig.lms.change_course(rig.course, concluded=True)
    answer = rig.score(rig.alice)
    assert (answer.status_code, "This course has concluded" in reason(answer)) == (422, True)


def test_a_closed_grading_period_is_422(canvas: Rig) -> None:
    person = canvas.student()
    canvas.score(person, 4)
    canvas.lms.set_grade(canvas.activity["line_item"], person, "lock")
    answer = canvas.score(person, 2)
    assert (answer.status_code, "grading period is closed" in reason(answer)) == (422, True)
    assert canvas.grade(person)["final"] == 4


def test_the_wrong_link_and_a_foreign_line_item_are_412(canvas: Rig) -> None:
    answer = canvas.score(canvas.alice, resourceLinkId="another")
    assert (answer.status_code, "not associated with the line item" in reason(answer)) == (412, True)
    stranger = Rig(canvas.url, canvas.tool, "canvas")
    stranger.lms.add_activity(canvas.course, "Theirs", client_id=stranger.client_id)
    where = tail(canvas.line_item, "scores")
    answer = canvas.call("POST", where, media=SCORE, body=a_score(canvas.alice), bearer=stranger.bearer)
    assert (answer.status_code, reason(answer)) == (412, "Tool does not have permission to view line_item")


def test_a_bad_token_a_missing_scope_and_a_tool_that_is_not_in_the_course_are_401(canvas: Rig) -> None:
    stranger = Rig(canvas.url, canvas.tool, "canvas")
    readonly = canvas.token(scope=f"{AGS}result.readonly").json()["access_token"]
    where = tail(canvas.line_item, "scores")
    for bearer in ("", "wrong", readonly, stranger.bearer):
        answer = canvas.call("POST", where, media=SCORE, body=a_score(canvas.alice), bearer=bearer)
        assert answer.status_code == 401


def test_what_is_gone_is_404(canvas: Rig) -> None:
    body, stem = a_score(canvas.alice), f"{canvas.url}/api/lti/courses"
    for gone in (f"{stem}/{canvas.course}/line_items/999999/scores", f"{stem}/999999/line_items/1/scores"):
        assert canvas.call("POST", gone, media=SCORE, body=body).status_code == 404


@pytest.mark.parametrize(
    ("media", "body", "status"), [(SCORE, "{", 400), (SCORE, "[]", 422), ("text/plain", "{}", 422)]
)
def test_a_body_that_cannot_be_read_names_no_user(canvas: Rig, media: str, body: str, status: int) -> None:
    answer = canvas.call("POST", tail(canvas.line_item, "scores"), media=media, body=body)
    assert answer.status_code == status
    last = canvas.lms.history(canvas.course)[-1]
    assert (last["accepted"], last["status"]) == (False, status)


# Effects that surprise


@pytest.mark.parametrize(
    "changes",
    [{"gradingProgress": "Pending"}, {"gradingProgress": "NotReady"}, {"gradingProgress": "Failed"}, {"given": None}],
    ids=str,
)
def test_a_post_without_a_score_that_counts_wipes_the_grade(canvas: Rig, changes: dict[str, Any]) -> None:
    person = canvas.student()
    canvas.score(person, 6)
    assert canvas.score(person, **({"at": moment(1)} | changes)).status_code == 200
    assert canvas.grade(person)["final"] is None


def test_it_wipes_even_a_grade_set_by_hand(canvas: Rig) -> None:
    person = canvas.student()
    canvas.lms.set_grade(canvas.activity["line_item"], person, final=7)
    canvas.score(person, None, **STATUS)
    assert canvas.grade(person)["final"] is None


def test_preserve_score_saves_the_grade_and_blocks_a_score_too(canvas: Rig) -> None:
    person = canvas.student()
    canvas.score(person, 6)
    canvas.score(person, None, at=moment(1), **STATUS, **extended(preserve_score=True))
    assert canvas.grade(person)["final"] == 6
    canvas.score(person, 8, at=moment(2), **extended(preserve_score=True))
    assert canvas.grade(person)["final"] == 6
    assert results(canvas, person)[0]["resultScore"] == 8, "the result is another thing than the grade"


def test_prioritize_non_tool_grade_gives_way_to_any_grade_even_our_own(canvas: Rig) -> None:
    person, way = canvas.student(), extended(prioritize_non_tool_grade=True)
    canvas.score(person, 3, **way)
    assert canvas.grade(person)["final"] == 3
    canvas.score(person, 5, at=moment(1), **way)
    assert canvas.grade(person)["final"] == 3
    assert results(canvas, person)[0]["resultScore"] == 5, "the result is written all the same"
    canvas.score(person, 5, at=moment(2))
    assert canvas.grade(person)["final"] == 5


def test_a_submission_comes_only_with_submitted_or_completed_work(canvas: Rig) -> None:
    person = canvas.student()
    for number, (progress, attempt) in enumerate(
        [("Initialized", 0), ("Started", 0), ("InProgress", 0), ("Submitted", 1), ("Completed", 2)]
    ):
        canvas.score(person, 4, at=moment(number), activityProgress=progress)
        assert canvas.grade(person)["attempt"] == attempt


def test_new_submission_is_true_unless_named_and_the_same_time_raises_no_attempt(canvas: Rig) -> None:
    person, first, second = canvas.student(), moment(-60), moment(-30)
    steps: list[tuple[dict[str, Any], int]] = [
        (handed_in(first), 1),
        (handed_in(first), 1),
        (handed_in(first[:-1] + "+00:00"), 1),
        (handed_in(second), 2),
        (extended(new_submission=False), 2),
        (extended(new_submission="false"), 2),
        (extended(new_submission=True), 3),
        ({}, 4),
    ]
    for number, (changes, attempt) in enumerate(steps):
        canvas.score(person, 4, at=moment(number), **changes)
        assert (number, canvas.grade(person)["attempt"]) == (number, attempt)


def test_a_comment_is_added_at_every_post(canvas: Rig) -> None:
    person, at = canvas.student(), moment()
    for _ in range(2):
        canvas.score(person, 4, at=at, comment="Well done")
    canvas.score(person, 4, at=at)
    assert canvas.grade(person)["comments"] == ["Well done", "Well done"]


def test_only_the_first_line_item_of_a_link_writes_the_grade(canvas: Rig) -> None:
    link, person = column(canvas), canvas.student()
    body = {"label": "Bonus", "scoreMaximum": 4, "resourceLinkId": str(link["id"])}
    made = canvas.call("POST", f"{canvas.url}/api/lti/courses/{canvas.course}/line_items", media=SCORE, body=body)
    second = {"url": made.json()["id"], "line_item": int(made.json()["id"].rsplit("/", 1)[1])}
    assert post(canvas, second, person, 3, scoreMaximum=4, comment="Bonus").status_code == 200
    assert canvas.lms.grade(link["line_item"], person, canvas.course) is None
    found = grade(canvas, second, person)
    assert (found["final"], found["raw"], found["comments"]) == (None, 3, [])
    assert canvas.call("GET", tail(second["url"], "results")).json()[0]["resultScore"] == 3


def test_a_teachers_grade_is_not_protected_by_time_and_reads_back_in_our_maximum(canvas: Rig) -> None:
    person, at = canvas.student(), moment()
    canvas.score(person, 10, at=at, scoreMaximum=20)
    canvas.lms.set_grade(canvas.activity["line_item"], person, final=6, comment="I read it myself")
    assert results(canvas, person)[0]["resultScore"] == 15
    assert canvas.score(person, 10, at=at, scoreMaximum=20).status_code == 200
    assert canvas.grade(person)["final"] == 4


def test_work_that_a_person_must_look_at_is_shown_as_such_until_somebody_does(canvas: Rig) -> None:
    person = canvas.student()
    canvas.score(person, 4, gradingProgress="PendingManual")
    assert (canvas.grade(person)["final"], canvas.grade(person)["grading_progress"]) == (4, "PendingManual")
    canvas.lms.set_grade(canvas.activity["line_item"], person, final=5)
    assert canvas.grade(person)["grading_progress"] == "FullyGraded"


def test_what_was_handed_in_may_be_an_address(canvas: Rig) -> None:
    person, address = canvas.student(), f"{canvas.tool.url}/lti/launch?attempt=1"
    canvas.score(person, 4, **extended(submission_type="basic_lti_launch", submission_data=address))
    found = canvas.grade(person)
    assert (found["submission_type"], found["submission_url"]) == ("basic_lti_launch", address)


def test_an_upload_without_files_is_422(canvas: Rig) -> None:
    answer = canvas.score(canvas.alice, at=moment(100), **extended(submission_type="online_upload"))
    assert (answer.status_code, "Content items" in reason(answer)) == (422, True)


def test_every_post_is_in_the_history_in_order(canvas: Rig) -> None:
    person = canvas.student()
    for given, at in ((4, moment()), (1, moment(-60)), (6, moment(5))):
        canvas.score(person, given, at=at)
    found = [(row["score_given"], row["status"], row["final"]) for row in canvas.lms.history(canvas.course, person)]
    assert found == [(4, 200, 4), (1, 400, None), (6, 200, 6)]
