"""Messages besides a plain launch, and launches that a test makes odd."""

from typing import Any

import pytest

from tests.sandbox.rig import LINEITEM, LTI, Rig

AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"


@pytest.fixture(params=["strict", "moodle"])
def reviewing(request: pytest.FixtureRequest) -> Rig:
    """Canvas has no Submission Review."""
    found: Rig = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["strict", "moodle", "canvas"])
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = request.getfixturevalue(request.param)
    return found


def sent(rig: Rig, **more: Any) -> dict[str, str]:
    """What the tool's launch URL is posted."""
    rig.lms.launch(rig.alice, rig.activity["id"], **more)
    return rig.tool.posts[-1]


def test_a_review_names_whose_work_it_is(reviewing: Rig) -> None:
    claims = reviewing.id_token(reviewing.tess, for_person=reviewing.alice)
    assert claims[LTI + "message_type"] == "LtiSubmissionReviewRequest"
    assert claims[LTI + "resource_link"]["id"] == str(reviewing.activity["id"])
    assert claims[AGS_CLAIM]["lineitem"] == reviewing.line_item
    whose = claims[LTI + "for_user"]
    assert whose["user_id"] == str(reviewing.alice)
    assert ("name" in whose, "roles" in whose) == (reviewing.mode != "moodle", reviewing.mode != "moodle")


def test_a_review_goes_where_the_column_says(reviewing: Rig) -> None:
    link = reviewing.link("Reviewed", maximum=8, custom={"lesson": "one"})
    address = f"{reviewing.tool.url}/lti/launch?review=1"
    body = {
        "label": "Reviewed",
        "scoreMaximum": 8,
        "submissionReview": {"url": address, "custom": {"review": "yes", "who": "$User.id"}},
    }
    answer = reviewing.call("PUT", link["url"], media=LINEITEM, body=body)
    assert answer.status_code == 200
    claims = reviewing.id_token(reviewing.tess, link["id"], for_person=reviewing.alice)
    assert claims[LTI + "target_link_uri"] == address
    custom = {"lesson": "one", "review": "yes", "who": str(reviewing.tess)}
    assert custom.items() <= claims[LTI + "custom"].items()
    assert "review" not in reviewing.id_token(reviewing.alice, link["id"])[LTI + "custom"]


def test_a_review_of_one_of_two_columns_names_that_one_but_not_in_moodle(reviewing: Rig) -> None:
    link = reviewing.link("Two columns", maximum=8)
    body = {"label": "Second", "scoreMaximum": 4, "resourceLinkId": str(link["id"])}
    lineitems = reviewing.id_token(reviewing.tess, link["id"])[AGS_CLAIM]["lineitems"]
    second = reviewing.call("POST", lineitems, media=LINEITEM, body=body).json()["id"]
    found = reviewing.id_token(reviewing.tess, link["id"], for_person=reviewing.alice, line_item=link["line_item"])[
        AGS_CLAIM
    ]
    assert found.get("lineitem") == (None if reviewing.mode == "moodle" else link["url"])
    assert second != link["url"]


def test_canvas_opens_the_address_of_the_submission_instead(canvas: Rig) -> None:
    address = f"{canvas.tool.url}/lti/launch?attempt=7"
    submission = {"new_submission": True, "submission_type": "basic_lti_launch", "submission_data": address}
    canvas.score(canvas.alice, 4, **{"https://canvas.instructure.com/lti/submission": submission})
    claims = canvas.id_token(canvas.tess, for_person=canvas.alice)
    assert claims[LTI + "message_type"] == "LtiResourceLinkRequest"
    assert claims[LTI + "target_link_uri"] == address
    assert LTI + "for_user" not in claims


def test_claims_are_said_otherwise_or_left_out_on_demand(rig: Rig) -> None:
    claims = rig.id_token(
        rig.alice, claims={LTI + "version": "9", "extra": [1], "email": None}, without=[LTI + "roles", "sub"]
    )
    assert (claims[LTI + "version"], claims["extra"], claims["email"]) == ("9", [1], None)
    assert not {LTI + "roles", "sub"} & set(claims)


def test_an_answer_that_is_no_launch_is_sent_on_demand(rig: Rig) -> None:
    found = sent(rig, error="launch_no_longer_valid", error_description="Start again")
    assert (found["error"], found["error_description"]) == ("launch_no_longer_valid", "Start again")
    assert found["state"]
    assert "id_token" not in found


def test_a_course_can_be_odd_for_everyone_until_it_is_reset(rig: Rig) -> None:
    rig.lms.override(rig.course, claims={"extra": 1}, without=["name"])
    odd = rig.id_token(rig.alice)
    rig.lms.override(rig.course, error="login_required")
    refused = sent(rig)
    rig.lms.override(rig.course)
    assert (odd["extra"], "name" in odd) == (1, False)
    assert refused["error"] == "login_required"
    assert "name" in rig.id_token(rig.alice)


@pytest.mark.parametrize("wrong", [{"claims": []}, {"without": {}}, {"error": 1}])
def test_overrides_of_a_wrong_kind_are_refused(rig: Rig, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="claims is an object"):
        rig.lms.start_launch(rig.alice, rig.activity["id"], **wrong)
