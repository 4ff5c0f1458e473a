"""Messages and services about people: data held, and groups."""

from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, expect

from tests.patience import PATIENCE
from tests.sandbox.rig import ALL_SCOPES, LTI, MEMBERS, Rig, verified
from tests.sandbox.test_pages import enter, signed_in

GROUPS_SCOPE = "https://purl.imsglobal.org/spec/lti-gs/scope/contextgroup.readonly"
GROUPS = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
SETS = "application/vnd.ims.lti-gs.v1.contextgroupsetcontainer+json"
GROUPS_CLAIM = "https://purl.imsglobal.org/spec/lti-gs/claim/groupsservice"


@pytest.fixture(params=["strict", "canvas"])
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = request.getfixturevalue(request.param)
    return found


def followed(rig: Rig, start: dict[str, Any]) -> dict[str, Any]:
    assert "launched" in rig.lms.follow(start).text
    return verified(rig.url, rig.tool.posts[-1]["id_token"])


def test_a_data_privacy_launch_belongs_to_no_course(strict: Rig) -> None:
    admin = strict.lms.add_person(f"privacy-{strict.client_id}", is_admin=True)
    start = strict.lms.start_privacy(admin, strict.course, strict.alice, client_id=strict.client_id)
    claims = followed(strict, start)
    assert claims[LTI + "message_type"] == "DataPrivacyLaunchRequest"
    assert claims[LTI + "for_user"]["user_id"] == str(strict.alice)
    assert not {LTI + "context", LTI + "resource_link"} & set(claims)
    assert any(role.endswith("institution/person#Administrator") for role in claims[LTI + "roles"])


def test_only_administrators_ask_about_others(strict: Rig) -> None:
    admin = strict.lms.add_person(f"asking-{strict.client_id}", is_admin=True)
    tool = strict.lms.register_tool(client_id=strict.client_id)["id"]
    place = f"{strict.url}/courses/{strict.course}/held/{tool}/{strict.alice}"
    codes = [
        signed_in(strict, who).get(place, timeout=PATIENCE).status_code for who in (strict.bob, strict.alice, admin)
    ]
    assert codes == [404, 200, 200]


def test_an_administrator_opens_the_data_held_in_the_browser(chromium: Browser, sandbox_url: str, tool: Any) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 760})
    page = context.new_page()
    enter(page, sandbox_url, "Adam")
    page.goto(f"{sandbox_url}/courses/1/people")
    page.get_by_role("link", name="What Assay holds about Alice Andersen").click()
    expect(page.frame_locator("#tool").get_by_text("launched")).to_be_visible()
    claims = verified(sandbox_url, tool.posts[-1]["id_token"])
    assert claims[LTI + "message_type"] == "DataPrivacyLaunchRequest"
    context.close()


def grouped(rig: Rig) -> tuple[dict[str, Any], str]:
    """The groups claim of a launch, and a token for groups and roster."""
    rig.lms.register_tool(client_id=rig.client_id, scopes=[*ALL_SCOPES, GROUPS_SCOPE])
    bearer = rig.token(scope=f"{ALL_SCOPES[4]} {GROUPS_SCOPE}").json()["access_token"]
    return rig.id_token(rig.alice)[GROUPS_CLAIM], bearer


def test_a_teacher_writes_the_groups_of_a_learner(strict: Rig, moodle: Rig) -> None:
    """Names parted by commas: new groups are made, empty ones go. A Moodle course has none that tools see."""
    carol, dave = strict.student("carol"), strict.student("dave")
    session = signed_in(strict, strict.tess)
    token = {"csrfmiddlewaretoken": session.cookies["sandbox_csrf"]}
    people = f"{strict.url}/courses/{strict.course}/people"
    for person, names in ((carol, "North, South,, "), (dave, "North"), (carol, "West, North")):
        page = session.post(f"{people}/{person}/groups", data={**token, "groups": names}, timeout=PATIENCE).text

    assert 'value="North, West"' in page
    claim, bearer = grouped(strict)
    found = strict.call("GET", claim["context_groups_url"], accept=GROUPS, bearer=bearer).json()["groups"]
    assert {group["name"] for group in found} >= {"North", "West"}
    assert "South" not in {group["name"] for group in found}

    student = signed_in(strict, strict.alice)
    assert 'name="groups"' not in student.get(people, timeout=PATIENCE).text
    token = {"csrfmiddlewaretoken": student.cookies["sandbox_csrf"]}
    assert (
        student.post(f"{people}/{carol}/groups", data={**token, "groups": "North"}, timeout=PATIENCE).status_code == 404
    )
    elsewhere = (
        signed_in(moodle, moodle.tess).get(f"{moodle.url}/courses/{moodle.course}/people", timeout=PATIENCE).text
    )
    assert 'name="groups"' not in elsewhere


def test_groups_sets_and_members_are_listed(strict: Rig) -> None:
    red = strict.lms.set_group(strict.course, "Red", [strict.alice], set="Colours", tag="lab")
    lone = strict.lms.set_group(strict.course, "Lone", [strict.alice, strict.bob])
    claim, bearer = grouped(strict)
    assert (claim["scope"], claim["service_versions"]) == ([GROUPS_SCOPE], ["1.0"])
    found = strict.call("GET", claim["context_groups_url"], accept=GROUPS, bearer=bearer).json()["groups"]
    sets = strict.call("GET", claim["context_group_sets_url"], accept=SETS, bearer=bearer).json()["sets"]
    assert [one["name"] for one in sets] == ["Colours"]
    assert {"id": str(red), "name": "Red", "tag": "lab", "set_id": sets[0]["id"]} in found
    assert {"id": str(lone), "name": "Lone"} in found
    of_bob = tail_query(claim["context_groups_url"], user_id=strict.bob)
    bobs = strict.call("GET", of_bob, accept=GROUPS, bearer=bearer).json()["groups"]
    assert [group["name"] for group in bobs] == ["Lone"]
    roster = strict.id_token(strict.alice)["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"]
    url = tail_query(roster["context_memberships_url"], groups="true")
    members = strict.call("GET", url, accept=MEMBERS, bearer=bearer).json()["members"]
    listed = {member["user_id"]: member["group_enrollments"] for member in members}
    assert listed[str(strict.alice)] == [{"group_id": str(red)}, {"group_id": str(lone)}]
    assert listed[str(strict.tess)] == []
    strict.lms.delete_group(red)
    assert "Red" not in strict.call("GET", claim["context_groups_url"], accept=GROUPS, bearer=bearer).text


def tail_query(url: str, **query: Any) -> str:
    return requests.Request("GET", url, params=query).prepare().url or ""


def test_groups_come_in_pages_and_need_their_scope(strict: Rig) -> None:
    for number in range(3):
        strict.lms.set_group(strict.course, f"Page {number}", [])
    claim, bearer = grouped(strict)
    url, names = tail_query(claim["context_groups_url"], limit=2), []
    while url:
        answer = strict.call("GET", url, accept=GROUPS, bearer=bearer)
        names += [group["name"] for group in answer.json()["groups"]]
        url = answer.links.get("next", {}).get("url", "")
    assert [f"Page {number}" for number in range(3)] == [name for name in names if name.startswith("Page")]
    assert strict.call("GET", claim["context_groups_url"], accept=GROUPS).status_code == 403


def test_neither_moodle_nor_canvas_offers_groups(moodle: Rig, canvas: Rig) -> None:
    for other in (moodle, canvas):
        other.lms.register_tool(client_id=other.client_id, scopes=[*ALL_SCOPES, GROUPS_SCOPE])
        assert GROUPS_CLAIM not in other.id_token(other.alice)
