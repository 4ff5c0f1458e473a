"""Line items, results and the roster, in both manners."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from tests.sandbox.rig import AGS, CONTAINER, LINEITEM, LTI, MEMBERS, RESULTS, Rig, tail

MODES = ["strict", "moodle"]
MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"


@pytest.fixture
def rig(request: pytest.FixtureRequest, sandbox_url: str, tool: Any) -> Rig:
    """A rig of its own: these tests count columns and people."""
    return Rig(sandbox_url, tool, request.param)


def both(test: Any) -> Any:
    return pytest.mark.parametrize("rig", MODES, indirect=True)(test)


def only(mode: str) -> Any:
    return pytest.mark.parametrize("rig", [mode], indirect=True)


def container(rig: Rig, **query: Any) -> str:
    url: str = rig.id_token(rig.alice)["https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"]["lineitems"]
    return tail(url, "", **query).replace("lineitems/", "lineitems")


def create(rig: Rig, **column: Any) -> requests.Response:
    body = {"label": "Essay", "scoreMaximum": 20, **column}
    return rig.call("POST", container(rig), media=LINEITEM, body=body)


def listed(rig: Rig, **query: Any) -> list[str]:
    answer = rig.call("GET", container(rig, **query), accept=CONTAINER)
    assert answer.headers["Content-Type"].startswith(CONTAINER)
    return [item["label"] for item in answer.json()]


@both
def test_columns_are_found_by_link_resource_and_tag(rig: Rig) -> None:
    create(rig, label="Essay", resourceId="essay-0", tag="essay")
    assert listed(rig) == ["Rivers lesson", "Essay"]
    assert listed(rig, resource_id="quiz-0") == ["Rivers lesson"]
    assert listed(rig, resource_link_id=rig.activity["id"]) == ["Rivers lesson"]
    assert listed(rig, tag="essay") == ["Essay"]
    assert listed(rig, tag="nope") == []
    assert listed(rig, resource_link_id="x") == []


@both
def test_a_column_lives_from_post_to_delete(rig: Rig) -> None:
    made = create(rig, resourceId="essay-0")
    assert (made.status_code, made.json()["scoreMaximum"]) == (201, 20)
    url = made.json()["id"]
    assert rig.call("GET", url, accept=LINEITEM).json()["label"] == "Essay"
    changed = rig.call("PUT", url, media=LINEITEM, body={"label": "Essay 2", "scoreMaximum": 10})
    assert (changed.status_code, changed.json()["label"]) == (200, "Essay 2")
    assert rig.call("DELETE", url).status_code == 204
    assert rig.call("GET", url, accept=LINEITEM).status_code == 404


@both
def test_a_new_maximum_moves_the_grades_with_it(rig: Rig) -> None:
    rig.score(rig.alice, 4)
    rig.call("PUT", rig.line_item, media=LINEITEM, body={"label": "Rivers lesson", "scoreMaximum": 16})
    assert rig.grade(rig.alice)["final"] == 8


@both
@pytest.mark.parametrize("body", [{"label": "x"}, {"scoreMaximum": 1}, {"label": "", "scoreMaximum": 1}, {}])
def test_a_column_needs_label_and_maximum(rig: Rig, body: dict[str, Any]) -> None:
    answer = rig.call("POST", container(rig), media=LINEITEM, body=body)
    assert answer.status_code == 400
    assert (answer.reason == "No label or Score Maximum") == (rig.mode == "moodle")


@both
def test_a_second_column_of_the_link_hides_the_claim(rig: Rig) -> None:
    """AGS 2.0 section 3.1: `lineitem` only when there is exactly one."""
    claim = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
    assert rig.id_token(rig.alice)[claim]["lineitem"] == rig.line_item
    create(rig, resourceLinkId=str(rig.activity["id"]))
    assert "lineitem" not in rig.id_token(rig.alice)[claim]


@both
def test_a_readonly_token_cannot_write_columns(rig: Rig) -> None:
    rig.bearer = rig.token(scope=f"{AGS}lineitem.readonly").json()["access_token"]
    assert listed(rig) == ["Rivers lesson"]
    assert create(rig).status_code == (403 if rig.mode == "strict" else 401)


@both
def test_a_column_of_a_foreign_link_is_refused(rig: Rig) -> None:
    other = Rig(rig.url, rig.tool, rig.mode)
    answer = create(rig, resourceLinkId=str(other.activity["id"]))
    assert answer.status_code == (404 if rig.mode == "strict" else 403)


@only("strict")
def test_strict_protects_the_column_of_an_activity(rig: Rig) -> None:
    assert rig.call("DELETE", rig.line_item).status_code == 403


@only("moodle")
def test_moodle_lets_a_tool_destroy_the_column_and_its_grades(rig: Rig) -> None:
    rig.score(rig.alice, 4)
    assert rig.call("DELETE", rig.line_item).status_code == 204
    assert rig.lms.gradebook(rig.course) == []


@only("strict")
def test_strict_pages_columns_by_a_link_header(rig: Rig) -> None:
    for number in range(3):
        create(rig, label=f"Column {number}")
    first = rig.call("GET", container(rig, limit=3), accept=CONTAINER)
    second = rig.call("GET", first.links["next"]["url"], accept=CONTAINER)
    assert ([len(first.json()), len(second.json())], second.links) == ([3, 1], {})


@only("moodle")
def test_moodle_links_pages_with_curly_quotes(rig: Rig) -> None:
    create(rig)
    answer = rig.call("GET", container(rig, limit=1), accept=CONTAINER)
    link = answer.headers["Link"].encode("latin-1").decode()
    assert "&amp;limit=1&amp;from=1>; rel=“next”" in link
    assert len(answer.json()) == 1


@only("moodle")
def test_moodle_wants_one_exact_accept_type(rig: Rig) -> None:
    anything = rig.call("GET", container(rig), accept="*/*")
    assert (anything.status_code, anything.reason) == (400, "No context or unsupported content type")
    json = rig.call("GET", container(rig), accept="application/json")
    assert json.reason == f"No handler found for /{rig.course}/lineitems application/json"
    two = rig.call("GET", container(rig), accept=f"{CONTAINER}, application/json")
    assert two.status_code == 400


@only("strict")
def test_strict_refuses_media_types_it_does_not_speak(rig: Rig) -> None:
    assert rig.call("GET", container(rig), accept="text/html").status_code == 406
    wrong = rig.call("POST", container(rig), media="application/json", body={"label": "x", "scoreMaximum": 1})
    assert wrong.status_code == 415


@both
def test_results_tell_what_the_gradebook_shows(rig: Rig) -> None:
    rig.score(rig.alice, 6, comment="Good")
    answer = rig.results(user_id=rig.alice)
    assert answer.headers["Content-Type"] == f"{RESULTS}; charset=utf-8"
    (found,) = answer.json()
    wanted = {
        "userId": str(rig.alice),
        "resultScore": 6,
        "resultMaximum": 8,
        "scoreOf": rig.line_item,
        "comment": "Good",
    }
    assert wanted.items() <= found.items()
    assert ("timestamp" in found) == (rig.mode == "moodle")


@both
def test_results_of_those_without_a_grade_are_empty(rig: Rig) -> None:
    assert rig.results(user_id=rig.bob).json() == []
    assert rig.results(user_id="nobody").json() == []


@only("moodle")
def test_moodle_drops_the_score_of_a_zero(rig: Rig) -> None:
    rig.score(rig.alice, 0)
    (found,) = rig.results().json()
    assert "resultScore" not in found


@only("moodle")
def test_moodle_breaks_on_a_limit_for_results(rig: Rig) -> None:
    answer = rig.results(limit=2)
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")


@only("strict")
def test_strict_pages_results(rig: Rig) -> None:
    for person in (rig.alice, rig.bob, rig.student()):
        rig.score(person, 1)
    first = rig.results(limit=2)
    second = rig.call("GET", first.links["next"]["url"], accept=RESULTS)
    assert [len(first.json()), len(second.json())] == [2, 1]


def roster(rig: Rig, **query: Any) -> requests.Response:
    claim = rig.id_token(rig.alice)["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"]
    parts = urlsplit(claim["context_memberships_url"])
    assert not parse_qs(parts.query)
    return rig.call("GET", requests.Request("GET", parts.geturl(), params=query).prepare().url or "", accept=MEMBERS)


def members(answer: requests.Response) -> dict[str, dict[str, Any]]:
    return {member["user_id"]: member for member in answer.json()["members"]}


@both
def test_the_roster_names_people_and_roles(rig: Rig) -> None:
    found = members(roster(rig))
    prefix = f"{MEMBERSHIP}#" if rig.mode == "strict" else ""
    assert found[str(rig.alice)]["roles"][0] == f"{prefix}Learner"
    assert found[str(rig.tess)]["roles"][0] == f"{prefix}Instructor"
    assert found[str(rig.alice)]["name"] == "Alice Student"


@only("moodle")
def test_moodle_lists_an_assistant_as_a_learner_and_launches_them_as_a_teacher(rig: Rig) -> None:
    theo = rig.lms.add_person(f"theo-{rig.course}", course=rig.course, role="assistant")
    assert members(roster(rig))[str(theo)]["roles"] == ["Learner"]
    assert rig.id_token(theo)[LTI + "roles"] == [MEMBERSHIP + "#Instructor"]


@only("strict")
def test_an_assistant_is_named_by_a_sub_role_too(rig: Rig) -> None:
    theo = rig.lms.add_person(f"theo-{rig.course}", course=rig.course, role="assistant")
    listed = rig.id_token(theo)[LTI + "roles"]
    assert listed[:2] == [MEMBERSHIP + "#Instructor", MEMBERSHIP + "/Instructor#TeachingAssistant"]


@both
def test_the_roster_is_filtered_by_role(rig: Rig) -> None:
    for role in ("Instructor", f"{MEMBERSHIP}#Instructor"):
        assert list(members(roster(rig, role=role))) == [str(rig.tess)]
    assert members(roster(rig, role="Nobody")) == {}


@both
def test_the_roster_is_paged(rig: Rig) -> None:
    first = roster(rig, limit=2)
    second = rig.call("GET", first.links["next"]["url"], accept=MEMBERS)
    assert [len(members(first)), len(members(second))] == [2, 1]
    assert "next" not in second.links


@only("strict")
def test_strict_never_sends_more_than_its_page(rig: Rig) -> None:
    rig.lms.add_people([{"username": f"p{rig.course}-{number}"} for number in range(60)], course=rig.course)
    seen, answer = set(members(roster(rig, limit=500))), roster(rig)
    assert len(seen) == 50
    while "next" in answer.links:
        answer = rig.call("GET", answer.links["next"]["url"], accept=MEMBERS)
        seen |= set(members(answer))
    assert len(seen) == 63


@both
def test_who_shows_in_the_roster(rig: Rig) -> None:
    suspended, removed, view = rig.student(), rig.student(), rig.student(is_test=True)
    rig.lms.enrol(rig.course, suspended, status="suspended")
    rig.lms.unenrol(rig.course, removed)
    found = members(roster(rig))
    assert {str(removed), str(view)} & set(found) == set()
    assert (str(suspended) in found) == (rig.mode == "strict")
    assert rig.mode == "moodle" or found[str(suspended)]["status"] == "Inactive"


@both
def test_the_roster_answers_for_a_link(rig: Rig) -> None:
    (message,) = members(roster(rig, rlid=rig.activity["id"]))[str(rig.alice)]["message"]
    assert message[LTI + "message_type"] == "LtiResourceLinkRequest"


def test_a_course_that_shares_no_names_lets_none_out(sandbox_url: str, tool: Any) -> None:
    rig = Rig(sandbox_url, tool, "strict")
    rig.course = rig.lms.create_course("Private", share_name=False, share_email=False)
    rig.lms.enrol(rig.course, rig.alice)
    rig.activity = rig.link("Private lesson")
    claims = rig.id_token(rig.alice)
    assert {"name", "given_name", "family_name", "email"} & (
        set(claims) | set(members(roster(rig))[str(rig.alice)])
    ) == set()
    assert claims["sub"] == str(rig.alice)
