"""Dynamic registration: our configuration, a tool's words judged, and the administrator's pages."""

import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from playwright.sync_api import Browser, expect

from tests.patience import PATIENCE
from tests.sandbox.rig import ALL_SCOPES, LTI, Rig, Tool
from tests.sandbox.test_pages import enter, signed_in
from tests.sandbox.test_recordings import RECORDED, recorded

PLATFORM = "https://purl.imsglobal.org/spec/lti-platform-configuration"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
MODES = ["strict", "moodle", "canvas"]


def words(tool: Tool, **changes: Any) -> dict[str, Any]:
    """What a tool says about itself; a change to None leaves a member out, `about_x` changes the tool configuration."""
    launch = f"{tool.url}/lti/launch"
    about = {
        "domain": tool.url.partition("://")[2],
        "target_link_uri": launch,
        "description": "Sample lesson and quiz",
        "custom_parameters": {"toolwide": "tw1", "UserName": "$User.username"},
        "claims": ["iss", "sub", "name", "given_name", "family_name", "email"],
        "messages": [
            {"type": "LtiDeepLinkingRequest", "target_link_uri": launch, "label": "Pick a lesson"},
            {"type": "LtiResourceLinkRequest"},
        ],
        "https://canvas.instructure.com/lti/privacy_level": "public",
    }
    said = {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{tool.url}/lti/login",
        "redirect_uris": [launch],
        "client_name": "Sample tool",
        "jwks_uri": f"{tool.url}/lti/jwks",
        "logo_uri": f"{tool.url}/logo.png",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(ALL_SCOPES),
    }
    inside = {name.removeprefix("about_"): value for name, value in changes.items() if name.startswith("about_")}
    outside = {name: value for name, value in changes.items() if not name.startswith("about_")}
    about = {name: value for name, value in {**about, **inside}.items() if value is not None}
    return {name: value for name, value in {**said, TOOL: about, **outside}.items() if value is not None}


def fetched(invitation: dict[str, Any], token: str | None = None) -> requests.Response:
    bearer = {"Authorization": f"Bearer {invitation['registration_token'] if token is None else token}"}
    return requests.get(invitation["openid_configuration"], headers=bearer, timeout=PATIENCE)


def register(rig: Rig, said: Any, invitation: dict[str, Any] | None = None, token: str = "") -> requests.Response:
    invitation = invitation or rig.lms.invite(rig.mode)
    endpoint = fetched(rig.lms.invite(rig.mode)).json()["registration_endpoint"]
    bearer = {"Authorization": f"Bearer {token or invitation['registration_token']}"}
    return requests.post(endpoint, json=said, headers=bearer, timeout=PATIENCE)


@pytest.fixture(params=MODES)
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = request.getfixturevalue(request.param)
    return found


def test_the_configuration_says_what_this_platform_is(rig: Rig) -> None:
    found = fetched(rig.lms.invite(rig.mode)).json()
    canvas = rig.mode == "canvas"
    assert (found["issuer"] == rig.url) != canvas
    for name in ("token_endpoint", "jwks_uri", "authorization_endpoint", "registration_endpoint"):
        assert found[name].startswith(f"{rig.url}/"), name
    family = {"strict": "sandbox"}.get(rig.mode, rig.mode)
    assert found[PLATFORM]["product_family_code"] == family
    placements = found[PLATFORM]["messages_supported"][1].get("placements", [])
    assert ("assignment_selection" in placements) == canvas


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings of a real Moodle are not on this machine")
def test_the_configuration_has_the_recorded_members(moodle: Rig) -> None:
    was, found = recorded("01-openid-configuration.json"), fetched(moodle.lms.invite("moodle")).json()
    assert set(found) == set(was)
    assert set(found[PLATFORM]) == set(was[PLATFORM])
    for name in ("subject_types_supported", "response_types_supported", "claims_supported"):
        assert found[name] == was[name]
    assert found[PLATFORM]["messages_supported"] == was[PLATFORM]["messages_supported"]
    assert set(found["scopes_supported"]) <= set(was["scopes_supported"])


def test_canvas_shows_its_configuration_to_the_invited_only(canvas: Rig, strict: Rig) -> None:
    invitation = canvas.lms.invite("canvas", account="North School")
    named = fetched(invitation).json()[PLATFORM]
    assert named["https://canvas.instructure.com/lti/account_name"] == "North School"
    assert requests.get(invitation["openid_configuration"], timeout=PATIENCE).status_code == 401
    assert fetched(invitation, "nonsense").status_code == 401
    assert fetched(strict.lms.invite("strict"), "").status_code == 200


def test_a_tool_registers_waits_and_is_used_after_activation(rig: Rig) -> None:
    invitation = rig.lms.invite(rig.mode)
    answer = register(rig, words(rig.tool), invitation).json()
    noted = rig.lms.invitation(invitation["id"])
    assert noted["tool"]["active"] is False
    inside, beside = answer[TOOL].get("deployment_id"), answer.get("deployment_id")
    assert (inside, beside)[rig.mode == "canvas"] == noted["tool"]["deployment_id"]
    assert (inside, beside)[rig.mode != "canvas"] is None
    link = rig.lms.add_activity(rig.course, "Registered", client_id=answer["client_id"])
    rig.lms.launch(rig.alice, link["id"])
    assert rig.tool.posts[-1]["error"] == "unauthorized_client"
    rig.lms.activate(invitation["id"])
    claims = rig.id_token(rig.alice, link["id"])
    assert claims["aud"] == answer["client_id"]
    assert claims[LTI + "custom"]["toolwide"] == "tw1"
    assert claims["email"] == "alice@sandbox.example"


def test_an_invitation_works_once_and_for_an_hour(rig: Rig) -> None:
    invitation, old = rig.lms.invite(rig.mode), rig.lms.invite(rig.mode)
    assert register(rig, words(rig.tool), invitation).status_code == 200
    again = register(rig, words(rig.tool), invitation)
    assert again.status_code == 401
    if rig.mode == "moodle":
        assert again.text == "token_already_used"
    rig.lms.turn_clock(3601)
    late = register(rig, words(rig.tool), old)
    rig.lms.turn_clock(0)
    assert late.status_code == 401


def test_a_made_up_token_opens_nothing(rig: Rig) -> None:
    other = {"strict": "canvas", "moodle": "strict", "canvas": "moodle"}[rig.mode]
    foreign = rig.lms.invite(other)["registration_token"]
    expected = 404 if rig.mode == "moodle" else 401
    assert register(rig, words(rig.tool), token="made.up.token").status_code == expected
    assert register(rig, words(rig.tool), token=foreign).status_code == 401


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"client_name": None}, "missing required attribute client_name"),
    ({"token_endpoint_auth_method": None}, "missing required attribute token_endpoint_auth_method"),
    ({"token_endpoint_auth_method": "none"}, "must be private_key_jwt"),
    ({"response_types": ["code"]}, "must include id_token"),
    ({"redirect_uris": []}, "redirect_uris"),
    ({"redirect_uris": ["javascript:x"]}, "invalid address"),
    ({"about_domain": None}, "missing_domain"),
    ({"about_domain": "127.0.0.1"}, "domain_targetlinkuri_mismatch"),
    ({TOOL: None}, "missing required attribute"),
]


@pytest.mark.parametrize(("changes", "why"), WRONG, ids=[json.dumps(changes) for changes, _ in WRONG])
def test_a_wrong_registration_is_refused_and_may_be_mended(rig: Rig, changes: dict[str, Any], why: str) -> None:
    invitation = rig.lms.invite(rig.mode)
    answer = register(rig, words(rig.tool, **changes), invitation)
    assert answer.status_code == (422 if rig.mode == "canvas" else 400)
    assert why in answer.text
    assert answer.headers["Content-Type"].startswith("text/html" if rig.mode == "moodle" else "application/json")
    assert register(rig, words(rig.tool), invitation).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"grant_types": ["implicit"]},
        {"application_type": "native"},
        {"scope": None},
        {"about_target_link_uri": None},
        {"about_messages": None},
        {"about_messages": [{"type": "Nonsense"}]},
        {"about_claims": None},
    ],
    ids=json.dumps,
)
def test_moodle_overlooks_what_the_others_refuse(rig: Rig, changes: dict[str, Any]) -> None:
    answer = register(rig, words(rig.tool, **changes))
    assert answer.ok == (rig.mode == "moodle")


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings of a real Moodle are not on this machine")
@pytest.mark.parametrize(
    ("case", "changes"),
    [
        ("full", {}),
        ("only score scope", {"scope": ALL_SCOPES[3]}),
        ("no scope", {"scope": ""}),
        ("domain without port", {"about_domain": "127.0.0.1"}),
        ("no domain", {"about_domain": None}),
        ("no target_link_uri", {"about_target_link_uri": None}),
        ("no client_name", {"client_name": None}),
        ("token_endpoint_auth_method missing", {"token_endpoint_auth_method": None}),
    ],
)
def test_recorded_registrations_get_the_recorded_answers(moodle: Rig, case: str, changes: dict[str, Any]) -> None:
    was = next(row for row in recorded("18-registration-errors.json") if row["case"] == case)
    answer = register(moodle, words(moodle.tool, **changes))
    assert (answer.status_code, answer.headers["Content-Type"]) == (was["status"], was["content_type"])
    if isinstance(was["body"], str):
        assert answer.text == was["body"]
        return
    ours, domain = answer.json(), moodle.tool.url.partition("://")[2]
    assert set(ours) == set(was["body"])
    assert set(ours[TOOL]) == set(was["body"][TOOL])
    assert ours["scope"] == was["body"]["scope"]
    recorded_target = was["body"][TOOL]["target_link_uri"].replace("127.0.0.1:8099", domain)
    assert ours[TOOL]["target_link_uri"] == recorded_target
    assert set(ours[TOOL]["claims"]) == set(was["body"][TOOL]["claims"])


def test_the_administrator_of_canvas_cuts_scopes_and_may_name_no_deployment(canvas: Rig) -> None:
    invitation = canvas.lms.invite("canvas", scopes=ALL_SCOPES[:2], names_deployment=False)
    answer = register(canvas, words(canvas.tool), invitation).json()
    assert "deployment_id" not in answer
    assert answer["scope"].split() == ALL_SCOPES[:2]
    canvas.lms.activate(invitation["id"], scopes=ALL_SCOPES[:1])
    assert canvas.lms.invitation(invitation["id"])["tool"]["scopes"] == ALL_SCOPES[:1]


@pytest.mark.parametrize(
    ("level", "shared"),
    [("public", {"name", "given_name", "family_name", "email"}), ("email_only", {"email"}), ("anonymous", set())],
)
def test_canvas_shares_about_people_what_the_privacy_level_allows(canvas: Rig, level: str, shared: set[str]) -> None:
    invitation = canvas.lms.invite("canvas")
    said = words(canvas.tool, **{"about_https://canvas.instructure.com/lti/privacy_level": level})
    answer = register(canvas, said, invitation).json()
    canvas.lms.activate(invitation["id"])
    link = canvas.lms.add_activity(canvas.course, "Private", client_id=answer["client_id"])
    claims = canvas.id_token(canvas.alice, link["id"])
    assert {"name", "given_name", "family_name", "email"} & set(claims) == shared


def test_tools_of_one_name_are_distinguished_by_their_client_id(strict: Rig) -> None:
    ids = []
    for _ in range(2):
        invitation = strict.lms.invite("strict")
        ids.append(register(strict, words(strict.tool, client_name="Twin"), invitation).json()["client_id"])
        strict.lms.activate(invitation["id"])
    shown = signed_in(strict, strict.tess).get(f"{strict.url}/courses/{strict.course}", timeout=PATIENCE).text
    assert [shown.count(f"Add content from <bdi>Twin {client_id}</bdi>") for client_id in ids] == [1, 1]


def test_only_the_administrator_sees_the_tools(strict: Rig) -> None:
    admin = strict.lms.add_person(f"admin-{strict.client_id}", is_admin=True)
    codes = [
        signed_in(strict, who).get(f"{strict.url}/tools", timeout=PATIENCE).status_code for who in (strict.tess, admin)
    ]
    assert codes == [404, 200]


def test_an_administrator_connects_a_tool_in_the_browser(chromium: Browser, sandbox_url: str, tool: Tool) -> None:
    """The tool's page stands in a frame; it registers, says that it is done, and waits for a click."""
    context = chromium.new_context(viewport={"width": 360, "height": 760})
    page = context.new_page()
    enter(page, sandbox_url, "Adam")
    page.get_by_role("link", name="Tools of this LMS").click()
    page.get_by_label("Registration address").fill(f"{tool.url}/lti/launch?invite=abc")
    page.get_by_label("Like Canvas").check()
    page.get_by_role("button", name="Connect").click()
    expect(page.locator("#tool")).to_have_attribute("src", re.compile("://"))
    src = str(page.locator("#tool").get_attribute("src"))
    given = {name: values[0] for name, values in parse_qs(urlsplit(src).query).items()}
    assert given["invite"] == "abc"
    name = "<b>Bold</b> tool"
    bearer = {"Authorization": f"Bearer {given['registration_token']}"}
    endpoint = requests.get(given["openid_configuration"], headers=bearer, timeout=PATIENCE).json()[
        "registration_endpoint"
    ]
    assert requests.post(endpoint, json=words(tool, client_name=name), headers=bearer, timeout=PATIENCE).ok
    expect(page.frame_locator("#tool").locator("body")).not_to_be_empty()  # the tool's page has come
    page.frames[1].evaluate("parent.postMessage({ subject: 'org.imsglobal.lti.close' }, '*')")
    expect(page.get_by_role("heading", name=name)).to_be_visible()
    page.get_by_role("button", name="Activate").click()
    expect(page.get_by_text("It can be used in courses now.")).to_be_visible()
    context.close()


def test_close_from_anyone_but_the_frame_changes_nothing(chromium: Browser, sandbox_url: str, tool: Tool) -> None:
    context = chromium.new_context()
    page = context.new_page()
    enter(page, sandbox_url, "Adam")
    page.goto(f"{sandbox_url}/tools")
    page.get_by_label("Registration address").fill(f"{tool.url}/lti/launch")
    page.get_by_role("button", name="Connect").click()
    expect(page.locator("#tool")).to_have_attribute("src", re.compile("://"))
    page.evaluate("postMessage({ subject: 'org.imsglobal.lti.close' }, '*')")
    page.evaluate("new Promise(resolve => setTimeout(resolve, 50))")
    assert page.url == f"{sandbox_url}/tools/connect"
    context.close()


def test_a_registered_tool_signs_for_services_after_activation(strict: Rig) -> None:
    invitation = strict.lms.invite("strict")
    answer = register(strict, words(strict.tool), invitation).json()
    client_id = answer["client_id"]
    assertion = strict.assertion(iss=client_id, sub=client_id)
    assert strict.token(assertion).json()["error"] == "invalid_client"
    strict.lms.activate(invitation["id"])
    assert strict.token(strict.assertion(iss=client_id, sub=client_id)).json()["expires_in"] == 3600
