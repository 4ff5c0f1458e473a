"""Deep Linking 2.0, the message: https://www.imsglobal.org/spec/lti-dl/v2p0"""

import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from django.test import Client

from lti.launch import deep_linking
from lti.launch.deep_linking_settings import origin
from lti.models import Context, Launch
from lti.platform import keys
from roster.models import Role
from tests.lti.conftest import Browser
from tests.lti.platform import CLAIM, MEMBERSHIP

DL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
NOW = datetime(2026, 11, 23, 9, 0, 0, 400_000, tzinfo=UTC)


def asked(browser: Browser, *, roles: list[str] | None = None, drop: str = "", **changes: Any) -> Any:
    """A whole deep linking launch; `changes` of the settings claim, `drop` leaves one out."""
    settings = {
        "deep_link_return_url": f"{browser.platform.url}/return?course=2&sesskey=x",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["frame", "iframe", "window"],
        "accept_multiple": True,
        **changes,
    }
    settings.pop(drop, None)
    begun = browser.started()
    claims = browser.platform.claims(
        begun.nonce,
        message_type="LtiDeepLinkingRequest",
        resource_link=None,
        roles=roles or [MEMBERSHIP + "#Instructor"],
    )
    claims[DL + "deep_linking_settings"] = settings
    return browser.post(browser.platform.token(claims), begun.state)


def test_request_opens_a_launch_in_its_course_without_a_link(browser: Browser) -> None:
    response = asked(browser, data="opaque", accept_multiple=False, accept_lineitem=False)

    launch = Launch.objects.get()
    assert response.status_code == 303
    assert (launch.message_type, launch.resource_link, launch.role) == ("LtiDeepLinkingRequest", None, Role.INSTRUCTOR)
    assert launch.context == Context.objects.get(context_id="course-1")
    assert launch.settings["return_url"] == f"{browser.platform.url}/return?course=2&sesskey=x"
    assert (launch.settings["accept_multiple"], launch.settings["accept_line_item"]) == (False, False)


def test_absent_accept_lineitem_leaves_columns_open_and_absent_accept_multiple_means_one(browser: Browser) -> None:
    asked(browser, drop="accept_multiple")

    settings = Launch.objects.get().settings
    assert (settings["accept_multiple"], settings["accept_line_item"]) == (False, True)


@pytest.mark.parametrize(
    "roles",
    [
        [MEMBERSHIP + "#Learner"],
        [MEMBERSHIP + "#Learner", INSTITUTION + "#Administrator"],
        [MEMBERSHIP + "#Mentor"],
        [],
        ["ContentDeveloper/Learner"],
        [MEMBERSHIP + "#Learner", INSTITUTION + "#Instructor"],
        [INSTITUTION + "#Staff"],
    ],
)
def test_request_of_anyone_who_may_not_change_the_course_is_refused(browser: Browser, roles: list[str]) -> None:
    begun = browser.started()
    claims = browser.platform.claims(begun.nonce, message_type="LtiDeepLinkingRequest", resource_link=None, roles=roles)
    claims[CLAIM + "roles"] = roles
    claims[DL + "deep_linking_settings"] = {
        "deep_link_return_url": f"{browser.platform.url}/return",
        "accept_types": ["ltiResourceLink"],
        "accept_presentation_document_targets": ["iframe"],
    }

    response = browser.post(browser.platform.token(claims), begun.state)

    assert response.status_code == 403
    assert b"Only teachers can add activities" in response.content
    assert not Launch.objects.exists()


@pytest.mark.parametrize(
    "role",
    [
        "Instructor",
        MEMBERSHIP + "#Administrator",
        MEMBERSHIP + "#ContentDeveloper",
        MEMBERSHIP.removesuffix("#") + "/ContentDeveloper#ContentExpert",
        "ContentDeveloper",
        INSTITUTION + "#Administrator",
        INSTITUTION + "#Instructor",  # all that the reference platform of 1EdTech says
        INSTITUTION + "#Faculty",
    ],
)
def test_request_of_teachers_designers_and_administrators_opens(browser: Browser, role: str) -> None:
    assert asked(browser, roles=[role]).status_code == 303


BAD: dict[str, dict[str, Any]] = {
    "no return url": {"drop": "deep_link_return_url"},
    "script as return url": {"deep_link_return_url": "javascript:alert(1)"},
    "return url that breaks out of a policy": {"deep_link_return_url": "https://lms.example;script-src/x"},
    "return url with a blank": {"deep_link_return_url": "https://lms.example/ script-src *"},
    "return url of a wrong type": {"deep_link_return_url": ["https://lms.example"]},
    "no types": {"drop": "accept_types"},
    "types of a wrong type": {"accept_types": "ltiResourceLink"},
    "no document targets": {"drop": "accept_presentation_document_targets"},
    "endless data": {"data": "x" * 70_000},
}


@pytest.mark.parametrize("name", BAD)
def test_bad_settings_give_a_readable_error_and_no_session(browser: Browser, name: str) -> None:
    response = asked(browser, **BAD[name])

    assert response.status_code == 400
    assert b"Reference" in response.content
    assert not Launch.objects.exists()


def test_settings_claim_of_a_wrong_type_is_refused(browser: Browser) -> None:
    begun = browser.started()
    claims = browser.platform.claims(begun.nonce, message_type="LtiDeepLinkingRequest", roles=["Instructor"])
    claims[DL + "deep_linking_settings"] = "all of them"

    assert browser.post(browser.platform.token(claims), begun.state).status_code == 400


@pytest.mark.parametrize("data", ["csrf:1", "<\"&'>", "nul\x00 and \ud800", {"a": [1, None]}, "", 0, "x" * 60_000])
def test_data_comes_back_unchanged(browser: Browser, data: Any) -> None:
    asked(browser, data=data)

    token = deep_linking.response(launch=Launch.objects.get(), items=[], now=NOW)
    assert opened(token)[DL + "data"] == data


def opened(token: str) -> dict[str, Any]:
    """The claims as a platform reads them: with a key of our published set."""
    key_set = {entry["kid"]: entry for entry in keys.key_set(now=NOW)["keys"]}
    key = jwt.PyJWK(key_set[jwt.get_unverified_header(token)["kid"]])
    unchecked = {f"verify_{name}": False for name in ("exp", "iat", "aud", "sub", "jti")}
    found: dict[str, Any] = jwt.decode(token, key, algorithms=["RS256"], options=unchecked)
    return found


def test_response_carries_what_section_3_4_2_requires(browser: Browser, client: Client) -> None:
    asked(browser)
    item = {"type": "ltiResourceLink", "title": "</script><b>"}

    found = opened(deep_linking.response(launch=Launch.objects.get(), items=[item], now=NOW, msg="Done", log="one"))

    nonce = found.pop("nonce")
    assert len(nonce) > 20
    assert found == {
        "iss": browser.platform.client_id,
        "aud": browser.platform.url,
        "iat": int(NOW.timestamp()) - 30,
        "exp": int(NOW.timestamp()) + 300,
        CLAIM + "message_type": "LtiDeepLinkingResponse",
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": "dep-1",
        DL + "content_items": [item],
        DL + "msg": "Done",
        DL + "log": "one",
    }
    again = opened(deep_linking.response(launch=Launch.objects.get(), items=[item], now=NOW))
    assert again["nonce"] != nonce
    assert json.dumps(found)


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://lms.example/back?x=1", "https://lms.example"),
        ("https://user:word@LMS.Example:8443/", "https://lms.example:8443"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://bücher.example/", "https://xn--bcher-kva.example"),
        ("https://a'b/", ""),
        ("https://a;b/", ""),
        ("https://a,b/", ""),
        ("https://*/", ""),
    ],
)
def test_origin_is_what_a_policy_may_name(url: str, named: str) -> None:
    assert origin(url) == named
