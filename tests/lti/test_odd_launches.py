"""Launches that are valid though something that most have is null, empty or left out, and messages beside them."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from content.models import Lesson
from lti.models import Context, Launch, LineItem, ResourceLink
from roster.models import Enrollment, Role
from tests.cast import published_quiz
from tests.lti.conftest import Browser
from tests.lti.platform import AGS, CLAIM, MEMBERSHIP, Answer
from tests.lti.test_deep_linking import DL
from tests.lti.test_guests import NOBODY

TEACHER = [MEMBERSHIP + "#Instructor"]
REVIEW, PICKING, PRIVACY = "LtiSubmissionReviewRequest", "LtiDeepLinkingRequest", "DataPrivacyLaunchRequest"
SETTINGS = {
    "deep_link_return_url": "https://lms.example/return",
    "accept_types": ["ltiResourceLink"],
    "accept_presentation_document_targets": ["iframe"],
}


def launched(browser: Browser, edit: Callable[[dict[str, Any]], object], **changes: Any) -> Any:
    """A whole launch whose claims are edited in place, so that one may be null."""
    begun = browser.started()
    claims = browser.platform.claims(begun.nonce, **changes)
    edit(claims)
    return browser.post(browser.platform.token(claims), begun.state)


def picked(browser: Browser, *, roles: Any = TEACHER, uri: Any = None, **settings: Any) -> Any:
    def edit(claims: dict[str, Any]) -> None:
        claims[DL + "deep_linking_settings"] = SETTINGS | settings

    return launched(browser, edit, message_type=PICKING, resource_link=None, roles=roles, target_link_uri=uri)


@pytest.mark.parametrize(
    "left_over",
    [
        {"lis": {"person_sourcedid": "$Person.sourcedId", "course_offering_sourcedid": "$CourseSection.sourcedId"}},
        {"name": "$Person.name.full"},
        {"lis": {"person_sourcedid": ""}},
    ],
    ids=str,
)
def test_variables_that_name_nobody_leave_an_anonymous_launch_anonymous(browser: Browser, left_over: Any) -> None:
    nobody = {**NOBODY, "roles": ["http://purl.imsglobal.org/vocab/lis/v2/system/person#None"], **left_over}
    assert launched(browser, lambda claims: claims.update(left_over), **nobody).status_code == 303
    assert Launch.objects.get().is_guest


@pytest.mark.parametrize("personal", [{"name": "Ada"}, {"address": {"formatted": "Here 1"}}], ids=str)
def test_launch_that_describes_a_person_must_have_a_sub(browser: Browser, personal: dict[str, Any]) -> None:
    assert launched(browser, lambda claims: claims.update(personal), **NOBODY).status_code == 400


@pytest.mark.parametrize(
    ("claim", "value"),
    [
        ("nbf", None),
        (CLAIM + "context", {"id": "", "label": "", "title": ""}),
        (CLAIM + "context", {"id": None, "type": []}),
        (CLAIM + "context", None),
        (CLAIM + "custom", None),
        (CLAIM + "launch_presentation", None),
        (CLAIM + "tool_platform", None),
        (AGS + "claim/endpoint", None),
        ("azp", None),
    ],
)
def test_null_and_empty_members_are_as_absent(browser: Browser, claim: str, value: Any) -> None:
    assert launched(browser, lambda claims: claims.update({claim: value})).status_code == 303
    assert Context.objects.exists() is (claim != CLAIM + "context")


def test_null_members_of_a_key_are_as_absent(browser: Browser) -> None:
    keys = [{**key, "use": None, "alg": None} for key in browser.platform.jwks()["keys"]]
    browser.platform.switch("/jwks", Answer(body=json.dumps({"keys": keys}).encode()))
    assert browser.launch().status_code == 303


def test_empty_error_beside_a_token_is_none(browser: Browser) -> None:
    begun = browser.started()
    form = {"id_token": browser.platform.token(browser.platform.claims(begun.nonce)), "state": begun.state}
    assert browser.client.post("/lti/launch", {**form, "error": "", "error_description": ""}).status_code == 303


def test_addresses_with_a_slash_at_the_end_are_the_same(browser: Browser) -> None:
    given = {"iss": browser.platform.url, "login_hint": "h", "target_link_uri": "http://testserver/lti/launch"}
    answer = browser.client.get("/lti/login/", given)
    assert answer.status_code == 302
    assert "%2Flti%2Flaunch&" in answer["Location"] + "&", "the redirect address is the one that is registered"
    begun = browser.started()
    form = {"id_token": browser.platform.token(browser.platform.claims(begun.nonce)), "state": begun.state}
    assert browser.client.post("/lti/launch/", form).status_code == 303


def test_launch_that_comes_to_the_front_page_reads_where_to_go_in_a_frame_too(browser: Browser) -> None:
    answer = browser.client.post("/", {"id_token": "x.y.z", "state": "s"})
    assert answer.status_code == 400
    assert "the redirect URI is" in answer.content.decode()
    assert "X-Frame-Options" not in answer
    assert "frame-ancestors" not in answer.get("Content-Security-Policy", "")


# Deep Linking 2.0: what it has as optional


def test_picker_opens_without_an_address_as_in_the_example_of_the_standard(browser: Browser) -> None:
    """Appendix A of Deep Linking 2.0 has no `target_link_uri`."""
    assert picked(browser).status_code == 303
    assert picked(browser, uri="javascript:1").status_code == 400


def test_picker_opens_where_nothing_is_presented(browser: Browser) -> None:
    """An empty list is what `none` was (section 4.6.2)."""
    response = picked(browser, accept_presentation_document_targets=[])
    assert response.status_code == 303
    assert Launch.objects.get().settings["document_targets"] == []


def test_picker_without_roles_says_that_it_is_for_teachers(browser: Browser) -> None:
    page = picked(browser, roles=None)
    assert page.status_code == 403
    assert "teacher" in page.content.decode()


# Messages that are not about the activity


@pytest.mark.parametrize("as_role", ["Learner", "Instructor"])
@pytest.mark.parametrize(
    "said",
    [
        {"message_type": PRIVACY, "roles": ["http://purl.imsglobal.org/vocab/lis/v2/system/person#User"]},
        {"message_type": PRIVACY, "roles": ["http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"]},
    ],
    ids=str,
)
def test_message_that_says_nothing_of_the_course_role_leaves_it_and_the_open_pages(
    browser: Browser, as_role: str, said: dict[str, Any]
) -> None:
    published_quiz("one")
    front = browser.launch(roles=[f"{MEMBERSHIP}#{as_role}"])["Location"]
    before = Enrollment.objects.get().role

    assert browser.launch(resource_link=None, **said).status_code == 303

    assert Enrollment.objects.get().role == before
    assert browser.client.get(front).status_code == 200


def test_launch_of_the_activity_without_a_course_role_still_lowers(browser: Browser) -> None:
    published_quiz("one")
    browser.launch(roles=TEACHER)
    browser.launch(roles=["http://purl.imsglobal.org/vocab/lis/v2/system/person#User"])
    assert Enrollment.objects.get().role == Role.OTHER


# Submission Review names the column that was clicked


def reviewed(browser: Browser, endpoint: dict[str, Any]) -> Any:
    def edit(claims: dict[str, Any]) -> None:
        claims[AGS + "claim/endpoint"] = endpoint

    return launched(browser, edit, message_type=REVIEW, for_user={"user_id": "user-1"}, sub="tess", roles=TEACHER)


def test_review_of_another_column_of_the_link_leaves_ours(browser: Browser) -> None:
    browser.launch()
    clicked = f"{browser.platform.url}/lineitems/77/lineitem?type_id=1"

    assert reviewed(browser, browser.platform.endpoint(lineitem=clicked)).status_code == 303

    column = LineItem.objects.get()
    assert column.url.endswith("/lineitems/1/lineitem?type_id=1")
    assert column.replaced_at is None


def test_review_that_names_a_column_and_no_rights_takes_none_away(browser: Browser) -> None:
    browser.launch()
    before = ResourceLink.objects.values().get()
    reviewed(browser, {"lineitem": f"{browser.platform.url}/lineitems/1/lineitem?type_id=1"})
    assert ResourceLink.objects.values().get() == before


def test_review_of_an_activity_that_nobody_had_opened_tells_of_its_column(browser: Browser) -> None:
    reviewed(browser, browser.platform.endpoint())
    assert LineItem.objects.get().url.endswith("/lineitems/1/lineitem?type_id=1")


def test_review_on_a_link_to_a_lesson_opens_the_lesson(browser: Browser) -> None:
    lesson = published_quiz("one").lesson or Lesson.objects.get()
    front = browser.launch(
        message_type=REVIEW, for_user={"user_id": "user-1"}, custom={"lesson": lesson.slug, "opens": "lesson"}
    )["Location"]
    page = browser.client.get(front).content.decode()
    assert "has not chosen" not in page
    assert lesson.current
    assert lesson.current.title in page
