"""Deep linking: what is asked of the tool, how its answer is judged, and what is made of it."""

import json
import time
import uuid
from typing import Any

import jwt
import pytest
import requests
from playwright.sync_api import Browser, expect

from tests.patience import PATIENCE
from tests.sandbox.rig import ALL_SCOPES, LTI, Rig, form, verified
from tests.sandbox.test_pages import enter, signed_in
from tests.sandbox.test_recordings import RECORDED, recorded

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS_CLAIM = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
QUIZ: dict[str, Any] = {
    "type": "ltiResourceLink",
    "title": "Rivers lesson",
    "text": "Read first",
    "custom": {"lesson": "0"},
    "lineItem": {"scoreMaximum": 8.0, "label": "Column", "resourceId": "quiz-0", "tag": "grade"},
}


@pytest.fixture(params=["strict", "moodle", "canvas"])
def rig(request: pytest.FixtureRequest) -> Rig:
    found: Rig = request.getfixturevalue(request.param)
    return found


def asked(rig: Rig, **more: Any) -> tuple[dict[str, Any], str]:
    """The claims of a teacher's deep linking request, and where the answer goes."""
    start = rig.lms.start_deep_linking(rig.tess, rig.course, client_id=rig.client_id, **more)
    assert "launched" in rig.lms.follow(start).text
    return verified(rig.url, rig.tool.posts[-1]["id_token"]), start["return_url"]


def response(rig: Rig, claims: dict[str, Any], items: Any, *, kid: str | None = "own", **changes: Any) -> str:
    """The tool's answer; a change to None leaves a claim out."""
    now = int(time.time())
    said = {
        "iss": rig.client_id,
        "aud": claims["iss"],
        "iat": now - 2,
        "exp": now + 60,
        "nonce": uuid.uuid4().hex,
        LTI + "message_type": "LtiDeepLinkingResponse",
        LTI + "version": "1.3.0",
        LTI + "deployment_id": claims[LTI + "deployment_id"],
        DL + "content_items": items,
        DL + "data": claims[DL + "deep_linking_settings"].get("data"),
    }
    said = {name: value for name, value in {**said, **changes}.items() if value is not None}
    headers = {"kid": rig.tool.kid if kid == "own" else kid} if kid else {}
    return jwt.encode(said, rig.tool.key, algorithm="RS256", headers=headers)


def sent_back(rig: Rig, items: Any, **more: Any) -> dict[str, Any]:
    """Ask, answer with these items, and return the selection that was kept."""
    changes = more.pop("changes", {})
    claims, url = asked(rig, **more)
    rig.lms.answer_deep_linking(url, response(rig, claims, items, **changes))
    return rig.lms.selections(rig.course)[-1]


def placed(rig: Rig, items: Any, **more: Any) -> list[dict[str, Any]]:
    """The launch claims of the activities made of these items."""
    kept = sent_back(rig, items, **more)
    assert kept["why"] == ""
    made = rig.lms.add_selection(kept["id"])
    return [{**rig.id_token(rig.alice, one["id"]), "column": one["line_item"]} for one in made]


def test_a_teacher_is_asked_what_to_choose(rig: Rig) -> None:
    claims, url = asked(rig)
    assert claims[LTI + "message_type"] == "LtiDeepLinkingRequest"
    assert LTI + "resource_link" not in claims
    assert "lineitem" not in claims[AGS_CLAIM]
    settings = claims[DL + "deep_linking_settings"]
    assert (settings["deep_link_return_url"], settings["accept_types"]) == (url, ["ltiResourceLink"])
    assert ("data" in settings, "accept_lineitem" in settings) == (rig.mode == "strict", rig.mode == "strict")
    assert claims[LTI + "target_link_uri"] == f"{rig.tool.url}/lti/launch"


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings of a real Moodle are not on this machine")
def test_the_request_carries_the_recorded_claims(moodle: Rig) -> None:
    moodle.lms.register_tool(client_id=moodle.client_id, custom={"toolwide": "tw1", "UserName": "$User.username"})
    was, claims = recorded("04-idtoken-deep-linking-request.json")["claims"], asked(moodle)[0]
    assert set(claims) == set(was)
    for claim in (LTI + "custom", LTI + "launch_presentation", AGS_CLAIM):
        assert set(claims[claim]) == set(was[claim]), claim
    ours, theirs = claims[DL + "deep_linking_settings"], was[DL + "deep_linking_settings"]
    varying = ("deep_link_return_url", "title")
    assert {**ours, **dict.fromkeys(varying)} == {**theirs, **dict.fromkeys(varying)}


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings of a real Moodle are not on this machine")
def test_the_recorded_answer_makes_the_recorded_link(moodle: Rig) -> None:
    items = recorded("06-deep-linking-response.json")["claims"][DL + "content_items"]
    items[0]["url"] = f"{moodle.tool.url}/lti/launch"
    (claims,) = placed(moodle, items)
    assert {"lesson": "0", "CamelKey": "Mixed", "camelkey": "Mixed"}.items() <= claims[LTI + "custom"].items()
    assert claims[LTI + "resource_link"]["title"] == "Rivers lesson"
    column = moodle.call("GET", claims[AGS_CLAIM]["lineitem"], accept="application/vnd.ims.lis.v2.lineitem+json")
    found = {name: column.json()[name] for name in ("label", "scoreMaximum", "resourceId", "tag")}
    assert found == {"label": "Rivers lesson", "scoreMaximum": 8, "resourceId": "quiz-0", "tag": "grade"}


def test_settings_are_said_otherwise_on_demand(rig: Rig) -> None:
    given = {
        "accept_multiple": False,
        "accept_types": ["link"],
        "data": "d1",
        "accept_presentation_document_targets": None,
    }
    settings = asked(rig, settings=given)[0][DL + "deep_linking_settings"]
    assert (settings["accept_multiple"], settings["accept_types"], settings["data"]) == (False, ["link"], "d1")
    assert "accept_presentation_document_targets" not in settings


@pytest.mark.parametrize(
    ("placement", "several", "created"),
    [("assignment_selection", False, False), ("link_selection", True, False), ("module_index_menu_modal", True, True)],
)
def test_a_place_in_canvas_has_its_own_settings(canvas: Rig, placement: str, several: bool, created: bool) -> None:
    claims, _ = asked(canvas, placement=placement)
    settings = claims[DL + "deep_linking_settings"]
    assert claims["https://www.instructure.com/placement"] == placement
    assert (settings["accept_multiple"], settings["auto_create"]) == (several, created)
    assert not {"placement", "data", "title", "accept_lineitem"} & set(settings)


def test_a_chosen_item_becomes_an_activity_with_its_column(rig: Rig) -> None:
    address = f"{rig.tool.url}/lti/launch?lesson=7"
    (claims,) = placed(rig, [{**QUIZ, "url": address}])
    assert claims[LTI + "target_link_uri"] == address
    assert claims[LTI + "custom"]["lesson"] == "0"
    assert claims[LTI + "resource_link"]["title"] == ("Column" if rig.mode == "canvas" else "Rivers lesson")
    column = rig.call("GET", claims[AGS_CLAIM]["lineitem"], accept="application/vnd.ims.lis.v2.lineitem+json").json()
    assert column["label"] == ("Rivers lesson" if rig.mode == "moodle" else "Column")
    assert (column["scoreMaximum"], column["resourceId"], column["tag"]) == (8, "quiz-0", "grade")


def test_an_item_without_address_or_column_opens_the_tools_own(rig: Rig) -> None:
    (claims,) = placed(rig, [{"type": "ltiResourceLink"}])
    assert claims[LTI + "target_link_uri"].startswith(f"{rig.tool.url}/lti/launch?quiz=")
    assert claims["column"] is None


def test_several_items_become_several_activities_once(rig: Rig) -> None:
    items = [{**QUIZ, "title": f"Part {number}"} for number in range(3)]
    kept = sent_back(rig, items, **({"placement": "course_assignments_menu"} if rig.mode == "canvas" else {}))
    first, again = rig.lms.add_selection(kept["id"], items=[0, 2]), rig.lms.add_selection(kept["id"], items=[1])
    assert len(first) == 2
    assert again == first


def test_a_lineitem_makes_no_column_where_the_place_takes_none(strict: Rig, canvas: Rig, moodle: Rig) -> None:
    assert placed(strict, [QUIZ], settings={"accept_lineitem": False})[0]["column"] is None
    assert placed(canvas, [QUIZ], placement="link_selection")[0]["column"] is None
    moodle.lms.register_tool(client_id=moodle.client_id, scopes=[])
    without = placed(moodle, [QUIZ])[0]["column"]
    moodle.lms.register_tool(client_id=moodle.client_id, scopes=ALL_SCOPES)
    assert without is None


def test_windows_reach_custom_variables_but_not_in_moodle(rig: Rig) -> None:
    opens, due = "2027-01-01T08:00:00Z", "2027-02-01T08:00:00Z"
    custom = {
        "opens": "$ResourceLink.available.startDateTime",
        "starts": "$ResourceLink.submission.startDateTime",
        "due": "$ResourceLink.submission.endDateTime",
    }
    windows = {"available": {"startDateTime": opens}, "submission": {"startDateTime": opens, "endDateTime": due}}
    (claims,) = placed(rig, [{**QUIZ, **windows, "custom": custom}])
    found = {name: claims[LTI + "custom"][name] for name in custom}
    if rig.mode == "moodle":
        assert found == custom
    else:
        starts = "$ResourceLink.submission.startDateTime" if rig.mode == "canvas" else opens
        assert found == {"opens": opens, "starts": starts, "due": due}


def test_a_window_alone_opens_in_a_tab_of_its_own(strict: Rig) -> None:
    kept = sent_back(strict, [{**QUIZ, "window": {"targetName": "quiz"}}])
    (made,) = strict.lms.add_selection(kept["id"])
    page = signed_in(strict, strict.alice).get(f"{strict.url}/activities/{made['id']}", timeout=PATIENCE).text
    assert "opens in a tab of its own" in page
    assert "<iframe" not in page


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"iss": "someone"}, "iss must be"),
    ({"aud": "https://elsewhere.example"}, "aud must be"),
    ({"aud": None}, "aud must be"),
    ({"nonce": None}, "nonce is missing"),
    ({"exp": None}, "iat and exp"),
    ({"exp": int(time.time()) - 3600}, "expired"),
    ({"iat": int(time.time()) + 3600, "exp": int(time.time()) + 7200}, "iat lies in the future"),
    ({LTI + "message_type": "LtiResourceLinkRequest"}, "message_type must be"),
    ({LTI + "version": "1.2"}, "version must be"),
    ({LTI + "deployment_id": "77"}, "deployment_id must be"),
    ({DL + "content_items": {}}, "content_items must be a list"),
    ({DL + "content_items": ["x"]}, "content_items must be a list"),
    ({DL + "msg": 1}, "msg must be text"),
    ({"kid": None}, "names no key"),
    ({"kid": "other"}, "publishes no key"),
]


@pytest.mark.parametrize(("changes", "why"), WRONG, ids=[why for _, why in WRONG])
def test_a_wrong_answer_is_refused_and_nothing_is_made(rig: Rig, changes: dict[str, Any], why: str) -> None:
    kept = sent_back(rig, [QUIZ], changes=changes)
    assert kept["state"] == "refused"
    assert why in kept["why"]
    with pytest.raises(ValueError, match="refused"):
        rig.lms.add_selection(kept["id"])


def test_an_answer_signed_by_another_or_not_at_all_is_refused(rig: Rig) -> None:
    claims, url = asked(rig)
    good = response(rig, claims, [QUIZ])
    none = jwt.encode({"iss": rig.client_id}, None, algorithm="none", headers={"kid": rig.tool.kid})
    for bad in (good[:-8] + "AAAAAAAA", none, "not a JWT", ""):
        assert rig.lms.answer_deep_linking(url, bad).status_code == 400
        assert rig.lms.selections(rig.course)[-1]["state"] == "refused"
    assert rig.lms.answer_deep_linking(url, good).status_code == 200


def test_data_must_come_back_unchanged(rig: Rig) -> None:
    changed = sent_back(rig, [QUIZ], settings={"data": "d1"}, changes={DL + "data": "d2"})
    missing = sent_back(rig, [QUIZ], settings={"data": "d1"}, changes={DL + "data": None})
    assert (changed["why"], missing["why"]) == ("data must come back unchanged",) * 2
    assert sent_back(rig, [QUIZ], settings={"data": "d1"})["state"] == "returned"


def test_a_nonce_works_once_but_for_moodle(rig: Rig) -> None:
    claims, url = asked(rig)
    answer = response(rig, claims, [QUIZ])
    codes = [rig.lms.answer_deep_linking(url, answer).status_code for _ in range(2)]
    assert codes == ([200, 200] if rig.mode == "moodle" else [200, 400])


def test_an_address_that_names_no_choice_under_way_is_refused(rig: Rig) -> None:
    claims, url = asked(rig)
    unused = rig.lms.start_deep_linking(rig.tess, rig.course, client_id=rig.client_id)["return_url"]
    for wrong in (url[:-3], unused):
        answer = rig.lms.answer_deep_linking(wrong, response(rig, claims, [QUIZ]))
        assert (answer.status_code, "belongs to no choice" in answer.text) == (400, True)


BAD_ITEMS: list[tuple[dict[str, Any], str]] = [
    ({"type": "file"}, "not in accept_types"),
    ({"url": "javascript:alert(1)"}, "web address"),
    ({"url": "https://elsewhere.example/"}, "its domain is not the tool's"),
    ({"title": 7}, "title must be text"),
    ({"title": "x" * 300}, "title must be text"),
    ({"custom": {"a": 1}}, "custom must be"),
    ({"lineItem": {}}, "scoreMaximum must be"),
    ({"lineItem": {"scoreMaximum": 0}}, "scoreMaximum must be"),
    ({"lineItem": {"scoreMaximum": "8"}}, "scoreMaximum must be"),
    ({"available": {"startDateTime": "tomorrow"}}, "must be a time"),
    ({"submission": []}, "submission must be an object"),
    ({"iframe": 5}, "iframe must be an object"),
]


@pytest.mark.parametrize(("changes", "why"), BAD_ITEMS, ids=[json.dumps(bad)[:40] for bad, _ in BAD_ITEMS])
def test_strict_takes_all_or_nothing_and_others_leave_bad_items_out(
    rig: Rig, changes: dict[str, Any], why: str
) -> None:
    more = {"placement": "course_assignments_menu"} if rig.mode == "canvas" else {}
    kept = sent_back(rig, [QUIZ, {**QUIZ, **changes}], **more)
    if rig.mode == "strict":
        assert (kept["state"], why in kept["why"]) == ("refused", True)
    else:
        assert [why in item["problem"] for item in kept["items"]] == [False, True]
        assert len(rig.lms.add_selection(kept["id"])) == 1


@pytest.mark.parametrize("maximum", [0.5, 8.5, 101])
def test_moodle_takes_whole_maxima_up_to_a_hundred(moodle: Rig, maximum: float) -> None:
    kept = sent_back(moodle, [{**QUIZ, "lineItem": {"scoreMaximum": maximum}}])
    assert "whole number from 1 to 100" in kept["items"][0]["problem"]


def test_one_item_where_one_is_wanted(strict: Rig, canvas: Rig) -> None:
    assert "one item at most" in sent_back(strict, [QUIZ, QUIZ], settings={"accept_multiple": False})["why"]
    assert len(placed(canvas, [QUIZ, QUIZ])) == 1


def test_only_the_teacher_who_asked_confirms(rig: Rig) -> None:
    kept = sent_back(rig, [QUIZ])
    other = rig.lms.add_person(f"other-{uuid.uuid4().hex[:6]}", course=rig.course, role="instructor")
    page = f"{rig.url}/courses/{rig.course}/selections/{kept['id']}"
    codes = [signed_in(rig, who).get(page, timeout=PATIENCE).status_code for who in (rig.tess, other, rig.alice)]
    assert codes == [200, 404, 404]
    add = f"{rig.url}/courses/{rig.course}/add/1"
    assert signed_in(rig, rig.alice).get(add, timeout=PATIENCE).status_code == 404


def confirm(rig: Rig, kept: dict[str, Any], **fields: str) -> requests.Response:
    session = signed_in(rig, rig.tess)
    page = f"{rig.url}/courses/{rig.course}/selections/{kept['id']}"
    token = form(session.get(page, timeout=PATIENCE).text)[1]["csrfmiddlewaretoken"]
    return session.post(
        page, data={"csrfmiddlewaretoken": token, "action": "add", "item": "0", **fields}, timeout=PATIENCE
    )


def test_the_form_names_the_activity_and_its_maximum(rig: Rig) -> None:
    answer = confirm(rig, sent_back(rig, [QUIZ]), title="My name", maximum="20")
    assert "My name" in answer.text
    claims = rig.id_token(rig.alice, int(answer.url.rsplit("/", 1)[1]))
    column = rig.call("GET", claims[AGS_CLAIM]["lineitem"], accept="application/vnd.ims.lis.v2.lineitem+json").json()
    assert (claims[LTI + "resource_link"]["title"], column["scoreMaximum"]) == ("My name", 20)


@pytest.mark.parametrize("maximum", ["nan", "-1", "0", "1e400", "much", "101", "2.5"])
def test_the_form_refuses_a_wrong_maximum_and_can_be_sent_again(moodle: Rig, maximum: str) -> None:
    kept = sent_back(moodle, [QUIZ])
    answer = confirm(moodle, kept, maximum=maximum)
    assert (answer.status_code, "maximum grade must be" in answer.text) == (400, True)
    assert confirm(moodle, kept, maximum="5").status_code == 200
    assert moodle.lms.selections(moodle.course)[-1]["state"] == "added"


def test_cancelling_makes_nothing(strict: Rig) -> None:
    kept = sent_back(strict, [QUIZ])
    assert confirm(strict, kept, action="cancel").url == f"{strict.url}/courses/{strict.course}"
    found = strict.lms.selections(strict.course)[-1]
    assert (found["state"], found["activities"]) == ("cancelled", [])


def test_what_the_tool_says_is_shown_and_is_never_markup(strict: Rig) -> None:
    evil = "<script>alert(1)</script>"
    item = {**QUIZ, "title": evil, "text": evil, "lineItem": {"scoreMaximum": 1, "label": evil}}
    kept = sent_back(strict, [item], changes={DL + "msg": f"Fine {evil}", DL + "errormsg": f"Bad {evil}"})
    session = signed_in(strict, strict.tess)
    page = session.get(f"{strict.url}/courses/{strict.course}/selections/{kept['id']}", timeout=PATIENCE).text
    (made,) = strict.lms.add_selection(kept["id"])
    pages = [
        page,
        *(
            session.get(f"{strict.url}/{path}", timeout=PATIENCE).text
            for path in (f"courses/{strict.course}", f"activities/{made['id']}", f"courses/{strict.course}/grades")
        ),
    ]
    assert ("Fine &lt;script&gt;" in page, "Bad &lt;script&gt;" in page) == (True, True)
    assert not any("<script>alert" in text for text in pages)


def test_a_tool_that_gives_up_brings_the_teacher_back_with_its_message(rig: Rig) -> None:
    kept = sent_back(rig, [], changes={DL + "errormsg": "No quizzes yet", DL + "log": "empty"})
    assert kept["said"] == {"errormsg": "No quizzes yet", "log": "empty"}
    page = (
        signed_in(rig, rig.tess).get(f"{rig.url}/courses/{rig.course}/selections/{kept['id']}", timeout=PATIENCE).text
    )
    assert ("Nothing was chosen" in page, "No quizzes yet" in page) == (True, True)


@pytest.mark.parametrize("tab", [False, True], ids=["frame", "new tab"])
def test_a_teacher_adds_content_in_the_browser(chromium: Browser, sandbox_url: str, tool: Any, tab: bool) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 760})
    page = context.new_page()
    enter(page, sandbox_url, "Tess")
    page.get_by_role("link", name="AI for Creators").first.click()
    page.get_by_role("link", name="Add content from Assay").click()
    inside: Any = page.frame_locator("#tool")
    expect(inside.get_by_text("launched")).to_be_visible()
    if tab:
        with context.expect_page() as opened:
            page.get_by_role("link", name="Open in new tab").click()
        page = inside = opened.value
        expect(page.get_by_text("launched")).to_be_visible()
    claims = verified(sandbox_url, tool.posts[-1]["id_token"])
    answer = answer_of(tool, claims, [{**QUIZ, "title": f"Chosen {tab}"}])
    url = claims[DL + "deep_linking_settings"]["deep_link_return_url"]
    script = """([url, answer]) => {
        const form = Object.assign(document.createElement("form"), { method: "post", action: url });
        form.append(Object.assign(document.createElement("input"), { name: "JWT", value: answer }));
        document.body.append(form);
        form.submit();
    }"""
    (page if tab else page.frames[1]).evaluate(script, [url, answer])
    expect(page.get_by_label("Name")).to_have_value(f"Chosen {tab}")
    page.get_by_label("Maximum grade").fill("9")
    page.get_by_role("button", name="Add to course").click()
    expect(page.get_by_role("heading", name=f"Chosen {tab}")).to_be_visible()
    context.close()


def answer_of(tool: Any, claims: dict[str, Any], items: Any) -> str:
    """The answer of the demo's tool, which has no rig."""
    rig = Rig.__new__(Rig)
    rig.tool, rig.client_id = tool, claims["aud"]
    return response(rig, claims, items)
