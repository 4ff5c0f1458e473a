"""Whole courses: copied, and activities taken out of them."""

import pytest

from tests.patience import PATIENCE
from tests.sandbox.rig import LINEITEM, LTI, Rig, form, moment
from tests.sandbox.test_pages import signed_in
from tests.sandbox.test_recordings import RECORDED, recorded

AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"


@pytest.fixture(params=["strict", "moodle", "canvas"])
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = request.getfixturevalue(request.param)
    return found


def test_a_copy_has_new_ids_the_same_content_and_tells_where_it_came_from(rig: Rig) -> None:
    custom = {"lesson": "7", "from": "$Context.id.history", "was": "$ResourceLink.id.history"}
    link = rig.link("Copied", maximum=8, custom=custom, tag="grade", resource_id="quiz-7")
    first = rig.lms.copy_course(rig.course)
    second = rig.lms.copy_course(first["id"])
    there = second["activities"][str(first["activities"][str(link["id"])])]
    claims = rig.id_token(rig.tess, there)
    custom = claims[LTI + "custom"]
    assert claims[LTI + "context"]["id"] == str(second["id"])
    assert claims[LTI + "resource_link"]["id"] == str(there)
    assert (custom["lesson"], custom["from"]) == ("7", f"{first['id']},{rig.course}")
    links = f"{first['activities'][str(link['id'])]},{link['id']}"
    assert custom["was"] == (links if rig.mode == "strict" else "$ResourceLink.id.history")
    column = rig.call("GET", claims[AGS_CLAIM]["lineitem"], accept=LINEITEM).json()
    assert (column["scoreMaximum"], column["tag"], column["resourceId"]) == (8, "grade", "quiz-7")
    assert column["id"] != link["url"]
    assert rig.id_token(rig.alice, link["id"])[LTI + "custom"]["from"] == ""


def test_a_copy_brings_teachers_but_neither_students_nor_grades(rig: Rig) -> None:
    rig.score(rig.alice, 4, at=moment(1))
    copy = rig.lms.copy_course(rig.course)
    assert rig.lms.gradebook(copy["id"]) == []
    rig.lms.launch(rig.alice, next(iter(copy["activities"].values())))
    assert rig.tool.posts[-1]["error"] == "access_denied"


def test_a_teacher_copies_a_course_by_a_click_and_a_student_does_not(strict: Rig) -> None:
    codes = []
    for who in (strict.alice, strict.tess):
        session = signed_in(strict, who)
        token = form(session.get(f"{strict.url}/courses", timeout=PATIENCE).text)[1]
        place = f"{strict.url}/courses/{strict.course}/copy"
        answer = session.post(place, data={**token, "title": "Next <b>year</b>"}, timeout=PATIENCE)
        codes.append(answer.status_code)
    assert codes == [404, 200]
    assert "Next &lt;b&gt;year" in answer.text


def test_a_deleted_activity_is_gone_but_moodle_takes_scores_until_its_housekeeping(rig: Rig) -> None:
    link = rig.link("Deleted", maximum=8)
    other = rig.activity, rig.line_item
    rig.activity, rig.line_item = link, link["url"]
    try:
        assert rig.score(rig.alice, 4, at=moment(1)).ok
        rig.lms.delete_activity(link["id"])
        with pytest.raises(ValueError, match="DoesNotExist"):
            rig.lms.start_launch(rig.alice, link["id"])
        page = signed_in(rig, rig.alice).get(f"{rig.url}/activities/{link['id']}", timeout=PATIENCE)
        assert page.status_code == 404
        pending = rig.score(rig.alice, 5, at=moment(3)).status_code
        assert pending == (200 if rig.mode == "moodle" else 404)
        rig.lms.run_cron()
        gone = rig.score(rig.alice, 6, at=moment(5))
        assert gone.status_code == 404
    finally:
        rig.activity, rig.line_item = other


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings of a real Moodle are not on this machine")
def test_columns_of_a_deleted_activity_answer_as_recorded(moodle: Rig) -> None:
    was = {row["name"]: row["response"] for row in recorded("17-activity-deleted.json")}
    link = moodle.link("Deleted", maximum=8)
    moodle.lms.delete_activity(link["id"])
    pending = moodle.call("GET", link["url"], accept=LINEITEM)
    assert pending.status_code == was["GET lineitem while pending"]["status"]
    assert set(pending.json()) | {"submissionReview"} == set(was["GET lineitem while pending"]["body"])
    moodle.lms.run_cron()
    gone = moodle.call("GET", link["url"], accept=LINEITEM)
    expected = was["GET lineitem gone"]
    assert (gone.status_code, gone.reason) == (404, expected["reason"].replace("9", str(link["line_item"])))
    assert set(gone.json()) == set(expected["body"])


def test_a_teacher_deletes_an_activity_by_a_click_and_a_student_does_not(strict: Rig) -> None:
    link, codes = strict.link("Clicked away"), []
    for who in (strict.alice, strict.tess):
        session = signed_in(strict, who)
        token = form(session.get(f"{strict.url}/courses", timeout=PATIENCE).text)[1]
        codes.append(
            session.post(f"{strict.url}/activities/{link['id']}/delete", data=token, timeout=PATIENCE).status_code
        )
    assert codes == [404, 200]
    assert "Clicked away" not in session.get(f"{strict.url}/courses/{strict.course}", timeout=PATIENCE).text
