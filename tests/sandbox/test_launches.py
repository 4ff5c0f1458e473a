"""Launches: login initiation, authorization, and what an id_token says."""

import json
from typing import Any
from urllib.parse import urlencode

import jwt
import pytest
import requests

from tests.patience import PATIENCE
from tests.sandbox.rig import LTI, Rig, authorization, form, verified

AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership#"


@pytest.fixture(params=["strict", "moodle"])
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = request.getfixturevalue(request.param)
    return found


def authorize(
    rig: Rig, *, start: dict[str, Any] | None = None, cookie: bool = True, **changes: str
) -> requests.Response:
    """Begin a launch for alice and ask for authorization with these changes."""
    start = start or rig.lms.start_launch(rig.alice, rig.activity["id"])
    cookies = {start["cookie"]["name"]: start["cookie"]["value"]} if cookie else {}
    asked = authorization(start["params"], rig.tool, **changes)
    return requests.get(f"{rig.url}/lti/authorize?{urlencode(asked)}", cookies=cookies, timeout=PATIENCE)


def fields(answer: requests.Response) -> dict[str, str]:
    assert answer.status_code == 200, answer.text
    return form(answer.text)[1]


def test_a_launch_reaches_the_tool_with_a_signed_token(rig: Rig) -> None:
    claims = rig.id_token(rig.alice)
    assert (claims["iss"], claims["aud"], claims["sub"]) == (rig.url, rig.client_id, str(rig.alice))
    assert claims[LTI + "message_type"] == "LtiResourceLinkRequest"
    assert claims[LTI + "version"] == "1.3.0"
    assert claims[LTI + "deployment_id"] == "1"
    assert claims[LTI + "resource_link"]["id"] == str(rig.activity["id"])
    assert claims[LTI + "context"]["id"] == str(rig.course)
    assert claims[LTI + "target_link_uri"].startswith(rig.tool.url)
    assert claims[LTI + "launch_presentation"]["return_url"].startswith(rig.url)
    assert claims[AGS_CLAIM]["lineitem"] == rig.line_item
    assert (claims["name"], claims["given_name"]) == ("Alice Student", "Alice")


def test_tokens_live_a_minute_in_moodle_and_five_in_strict(rig: Rig) -> None:
    claims = rig.id_token(rig.alice)
    assert claims["exp"] - claims["iat"] == (60 if rig.mode == "moodle" else 300)
    assert claims[LTI + "tool_platform"]["product_family_code"] == ("moodle" if rig.mode == "moodle" else "sandbox")


def test_roles_say_who_comes(strict: Rig) -> None:
    view = strict.student("view", is_test=True)
    admin = strict.lms.add_person(f"admin-{strict.course}", is_admin=True)
    assert strict.id_token(strict.alice)[LTI + "roles"][0] == MEMBERSHIP + "Learner"
    assert strict.id_token(strict.tess)[LTI + "roles"][0] == MEMBERSHIP + "Instructor"
    assert strict.id_token(admin)[LTI + "roles"][0] == MEMBERSHIP + "Administrator"
    assert "http://purl.imsglobal.org/vocab/lti/system/person#TestUser" in strict.id_token(view)[LTI + "roles"]


def test_moodle_sends_the_context_role_only(moodle: Rig) -> None:
    assert moodle.id_token(moodle.alice)[LTI + "roles"] == [MEMBERSHIP + "Learner"]


def test_custom_parameters_are_filled_in(rig: Rig) -> None:
    link = rig.link("Custom", custom={"Quiz": "one", "who": "$User.id", "due": "$Unknown.variable"})
    custom = rig.id_token(rig.alice, link["id"])[LTI + "custom"]
    assert {"Quiz": "one", "who": str(rig.alice), "due": "$Unknown.variable"}.items() <= custom.items()
    assert ("quiz" in custom) == (rig.mode == "moodle")


def test_a_link_without_a_column_has_no_lineitem_claim(rig: Rig) -> None:
    claim = rig.id_token(rig.alice, rig.link("Ungraded", maximum=None)["id"])[AGS_CLAIM]
    assert ("lineitem" in claim, "lineitems" in claim) == (False, True)


def test_authorization_takes_a_post_too(rig: Rig) -> None:
    start = rig.lms.start_launch(rig.alice, rig.activity["id"])
    asked = authorization(start["params"], rig.tool, state="s1")
    found = fields(requests.post(f"{rig.url}/lti/authorize", data=asked, timeout=PATIENCE))
    assert (found["state"], verified(rig.url, found["id_token"])["nonce"]) == ("s1", asked["nonce"])


def test_no_cookie_is_needed_because_frames_may_send_none(rig: Rig) -> None:
    assert "id_token" in fields(authorize(rig, cookie=False))


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"scope": "email"}, "invalid_scope"),
        ({"response_type": "code"}, "unsupported_response_type"),
        ({"response_mode": "query"}, "invalid_request"),
        ({"prompt": "login"}, "invalid_request"),
        ({"prompt": ""}, "invalid_request"),
        ({"nonce": ""}, "invalid_request"),
        ({"lti_message_hint": ""}, "invalid_request"),
        ({"lti_message_hint": "made up"}, "invalid_request"),
        ({"lti_message_hint": "{}"}, "invalid_request"),
        ({"lti_message_hint": "[1]"}, "invalid_request"),
        ({"login_hint": "1"}, "login_required"),
        ({"login_hint": "x"}, "login_required"),
    ],
    ids=str,
)
def test_a_wrong_request_is_reported_to_the_tool(rig: Rig, changes: dict[str, str], error: str) -> None:
    answer = authorize(rig, **changes, state="s1")
    action, found = form(answer.text)
    assert (action, found["error"], found["state"]) == (f"{rig.tool.url}/lti/launch", error, "s1")
    assert "id_token" not in found


def test_a_request_without_state_is_refused(rig: Rig) -> None:
    found = fields(authorize(rig, state=""))
    assert (found["error"], "state" in found) == ("invalid_request", False)


@pytest.mark.parametrize("changes", [{"redirect_uri": "http://evil.example/"}, {"client_id": "nobody"}], ids=str)
def test_nothing_is_posted_to_an_unregistered_place(rig: Rig, changes: dict[str, str]) -> None:
    answer = authorize(rig, **changes)
    assert (answer.status_code, "<form id" in answer.text) == (400, False)


def test_a_redirect_uri_must_match_to_the_letter(rig: Rig) -> None:
    assert authorize(rig, redirect_uri=f"{rig.tool.url}/lti/launch?x=1").status_code == 400
    assert authorize(rig, redirect_uri=f"{rig.tool.url}/lti/launch/").status_code == 400


def test_the_hint_works_once_in_moodle(rig: Rig) -> None:
    start = rig.lms.start_launch(rig.alice, rig.activity["id"])
    first, second = fields(authorize(rig, start=start)), fields(authorize(rig, start=start))
    assert "id_token" in first
    assert ("id_token" in second) == (rig.mode == "strict")


def test_a_hint_grows_old(rig: Rig) -> None:
    start = rig.lms.start_launch(rig.alice, rig.activity["id"])
    rig.lms.turn_clock(601)
    try:
        assert fields(authorize(rig, start=start))["error"] == "invalid_request"
    finally:
        rig.lms.turn_clock(0)


def test_another_person_signed_in_ends_the_launch(rig: Rig) -> None:
    start = rig.lms.start_launch(rig.alice, rig.activity["id"])
    other = rig.lms.start_launch(rig.bob, rig.activity["id"])
    mixed = {**start, "cookie": other["cookie"]}
    assert fields(authorize(rig, start=mixed))["error"] == "login_required"


def test_signing_out_ends_the_launch(rig: Rig) -> None:
    browser = requests.Session()
    start = rig.lms.start_launch(rig.alice, rig.activity["id"])
    browser.cookies.set(start["cookie"]["name"], start["cookie"]["value"], domain="localhost.local")
    page = browser.get(f"{rig.url}/courses", timeout=PATIENCE)
    answer = browser.post(f"{rig.url}/sign-out", data=form(page.text)[1], timeout=PATIENCE)
    assert "Who are you today?" in answer.text
    assert fields(authorize(rig, start=start, cookie=False))["error"] == "login_required"


def test_someone_unenrolled_cannot_launch(rig: Rig) -> None:
    person = rig.student()
    rig.lms.unenrol(rig.course, person)
    start = rig.lms.start_launch(person, rig.activity["id"])
    assert fields(authorize(rig, start=start))["error"] == "access_denied"


def test_storage_is_offered_to_frames_of_strict_courses_only(strict: Rig, moodle: Rig) -> None:
    assert strict.lms.start_launch(strict.alice, strict.activity["id"])["params"]["lti_storage_target"] == "_parent"
    window = strict.lms.start_launch(strict.alice, strict.activity["id"], target="window")
    assert "lti_storage_target" not in window["params"]
    assert "lti_storage_target" not in moodle.lms.start_launch(moodle.alice, moodle.activity["id"])["params"]


@pytest.mark.parametrize(
    ("storage", "target"),
    [("none", ""), ("frame", "post_message_forwarding"), ("silent", "_parent"), ("error", "_parent")],
)
def test_how_a_course_lends_storage_can_be_switched(strict: Rig, storage: str, target: str) -> None:
    course = strict.lms.create_course("Storage", storage=storage)
    strict.lms.enrol(course, strict.alice)
    activity = strict.lms.add_activity(course, "Stored", client_id=strict.client_id)

    assert strict.lms.start_launch(strict.alice, activity["id"])["params"].get("lti_storage_target", "") == target


def test_the_storage_frame_may_stand_in_course_pages_only(strict: Rig) -> None:
    answer = requests.get(f"{strict.url}/courses/{strict.course}/storage/1", timeout=PATIENCE)

    assert f"frame-ancestors 'self' {strict.url}" in answer.headers["Content-Security-Policy"]
    assert f'data-origin="{strict.tool.url}"' in answer.text


def test_moodle_names_the_launch_in_json(moodle: Rig) -> None:
    hint = json.loads(moodle.lms.start_launch(moodle.alice, moodle.activity["id"])["params"]["lti_message_hint"])
    assert (set(hint), hint["cmid"]) == ({"cmid", "launchid"}, moodle.activity["id"])


def test_keys_rotate_and_the_old_one_stays_for_a_while(strict: Rig) -> None:
    keys = lambda: [jwk["kid"] for jwk in requests.get(f"{strict.url}/lti/jwks", timeout=PATIENCE).json()["keys"]]  # noqa: E731
    before = keys()
    newest = strict.lms.rotate_keys()
    strict.id_token(strict.alice)
    assert jwt.get_unverified_header(strict.tool.posts[-1]["id_token"])["kid"] == newest
    assert keys() == [newest, before[0]]
    assert keys() != before
    alone = strict.lms.rotate_keys(keep_old=False)
    assert keys() == [alone]
    strict.lms.rotate_keys()


def test_published_keys_hold_nothing_private(strict: Rig) -> None:
    for jwk in requests.get(f"{strict.url}/lti/jwks", timeout=PATIENCE).json()["keys"]:
        assert set(jwk) == {"kty", "n", "e", "kid", "alg", "use"}
