"""1EdTech certification for tools: https://www.imsglobal.org/spec/lti/v1p3/cert/ sections 6.1.1 to 6.1.3."""

from typing import Any

import pytest

from lti.models import Launch
from roster.models import Role
from tests.lti.conftest import Browser
from tests.lti.platform import CLAIM, MEMBERSHIP

INSTITUTION = "http://purl.imsglobal.org/vocab/lis/v2/institution/person"
UNKNOWN = "http://purl.imsglobal.org/vocab/lis/v2/uknownrole/unknown#Unknown"

BAD = {
    "no_kid": {"kid": None},
    "incorrect_kid": {"kid": "imstester_66067"},
    "wrong_version": {"version": "11.3"},
    "no_version": {"version": None},
    "invalid_message": {"whole": {"name": "badltilaunch"}},
    "missing_claims": {"aud": None, "iss": None, "sub": None, "deployment_id": None, "roles": None},
    "timestamps_incorrect": {"iat": 11111, "exp": 22222},
    "message_type_missing": {"message_type": None},
    "role_missing": {"roles": None},
    "deployment_id_missing": {"deployment_id": None},
    "resource_link_missing": {"resource_link": None},
    "resource_link_without_id": {"resource_link": {"title": "Without id"}},
    "resource_link_null": {"null": "resource_link"},
    "resource_link_id_null": {"resource_link": {"id": None}},
    "resource_link_id_empty": {"resource_link": {"id": ""}},
    "resource_link_id_number": {"resource_link": {"id": 7}},
    "user_missing": {"sub": None},
    "user_missing_but_one_name": {"sub": None, "name": None, "given_name": None, "family_name": None},
    "audience_list_without_us": {"aud": ["another"]},
    "audience_list_and_foreign_party": {"aud": ["tool-client", "another"], "azp": "another"},
    "audience_list_and_no_party": {"aud": ["tool-client", "another"]},
}


@pytest.mark.parametrize("name", BAD)
def test_bad_payload_gives_a_readable_error_and_no_session(browser: Browser, name: str) -> None:
    changes: dict[str, Any] = dict(BAD[name])
    kid, whole, null = changes.pop("kid", "k1"), changes.pop("whole", None), changes.pop("null", None)
    begun = browser.started()
    claims = whole or browser.platform.claims(begun.nonce, **changes)
    if null:
        claims[CLAIM + null] = None

    response = browser.post(browser.platform.token(claims, kid=kid), begun.state)

    assert 400 <= response.status_code < 500
    assert b"What to do:" in response.content
    assert b"Reference" in response.content
    assert not Launch.objects.exists()


PII = ("name", "given_name", "family_name")
CASES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    # name: (changes for a teacher, changes for a student)
    "full": ({}, {}),
    "multiple_roles": (
        {"roles": [MEMBERSHIP + "#Instructor", INSTITUTION + "#Faculty"]},
        {"roles": [MEMBERSHIP + "#Learner", INSTITUTION + "#Student", INSTITUTION + "#Mentor"]},
    ),
    "short_role": ({"roles": ["Instructor"]}, {"roles": ["Learner"]}),
    "unknown_role": (
        {"roles": [MEMBERSHIP + "#Instructor", UNKNOWN]},
        {"roles": [MEMBERSHIP + "#Learner", UNKNOWN]},
    ),
    "only_email": (dict.fromkeys(PII), dict.fromkeys(PII)),
    "only_names": ({"email": None}, {"email": None}),
    "no_pii": (dict.fromkeys((*PII, "email")), dict.fromkeys((*PII, "email"))),
    "email_no_context": ({"context": None}, {"context": None}),
    "audience_list_of_one": ({"aud": ["tool-client"]}, {"aud": ["tool-client"]}),
    "audience_list_and_authorised_party": (
        {"aud": ["tool-client", "another"], "azp": "tool-client"},
        {"aud": ["another", "tool-client"], "azp": "tool-client"},
    ),
}


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize(("who", "role"), [(0, Role.INSTRUCTOR), (1, Role.LEARNER)], ids=["teacher", "student"])
def test_valid_launch_opens(browser: Browser, name: str, who: int, role: Role) -> None:
    default = {"roles": [MEMBERSHIP + ("#Learner" if who else "#Instructor")]}

    response = browser.launch(**{**default, **CASES[name][who]})

    assert response.status_code == 303, response.content
    assert response["Location"].startswith("/s/")
    assert Launch.objects.get().role == role


@pytest.mark.parametrize("roles", [[""], [], [UNKNOWN], [None, 7, {}]], ids=["blank", "none", "unknown", "not text"])
def test_launch_without_a_known_role_opens_with_least_rights(browser: Browser, roles: list[Any]) -> None:
    response = browser.launch(roles=roles)

    assert response.status_code == 303
    assert Launch.objects.get().role == Role.OTHER


def test_student_with_only_a_resource_link_opens(browser: Browser) -> None:
    response = browser.launch(
        **dict.fromkeys((*PII, "email", "context", "tool_platform", "launch_presentation", "custom")),
        resource_link={"id": "only"},
    )

    assert response.status_code == 303
    assert Launch.objects.get().course is None
