"""What a launch may claim, what it changes, and what it never does."""

import base64
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from django.utils import timezone

from lti.models import Deployment, Launch, PlatformUser, Registration, ResourceLink
from roster.models import Enrollment, Role
from tests.lti.conftest import Browser, register
from tests.lti.platform import AGS, CLAIM, MEMBERSHIP, rsa_key, running

VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2/"


def test_same_token_opens_once(browser: Browser) -> None:
    begun = browser.started()
    token = browser.platform.token(browser.platform.claims(begun.nonce))
    cookies = browser.client.cookies.copy()
    assert browser.post(token, begun.state).status_code == 303
    browser.client.cookies = cookies

    response = browser.post(token, begun.state)

    assert response.status_code == 400
    assert b"already used" in response.content
    assert Launch.objects.count() == 1


def test_new_token_with_a_used_nonce_opens_nothing(browser: Browser) -> None:
    begun = browser.started()
    cookies = browser.client.cookies.copy()
    browser.post(browser.platform.token(browser.platform.claims(begun.nonce)), begun.state)
    browser.client.cookies = cookies

    response = browser.post(browser.platform.token(browser.platform.claims(begun.nonce, sub="mallory")), begun.state)

    assert response.status_code == 400
    assert not PlatformUser.objects.filter(sub="mallory").exists()


def test_token_of_another_registration_does_not_fit_the_state(browser: Browser) -> None:
    with running() as other:
        register(other, client_id="elsewhere")
        begun = browser.started()

        response = browser.post(other.token(other.claims(begun.nonce, aud="elsewhere")), begun.state)

    assert response.status_code == 400
    assert not Launch.objects.exists()


def test_same_keys_but_another_client_do_not_fit_the_state(browser: Browser) -> None:
    register(browser.platform, client_id="second")
    begun = browser.started()

    response = browser.post(browser.platform.token(browser.platform.claims(begun.nonce, aud="second")), begun.state)

    assert response.status_code == 400


def part(value: bytes | dict[str, Any]) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def signed(header: dict[str, Any], payload: bytes | dict[str, Any]) -> str:
    """A token that the platform signed, whatever stands in it."""
    whole = f"{part({'alg': 'RS256', 'kid': 'k1', **header})}.{part(payload)}"
    return f"{whole}.{part(rsa_key(0).sign(whole.encode(), PKCS1v15(), SHA256()))}"


def _unsigned(claims: dict[str, Any]) -> str:
    return f"{part({'alg': 'none', 'kid': 'k1'})}.{part(claims)}."


def _signed_with_the_public_key(claims: dict[str, Any]) -> str:
    pem = (
        rsa_key(0)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    whole = f"{part({'alg': 'HS256', 'kid': 'k1'})}.{part(claims)}"
    return f"{whole}.{part(hmac.digest(pem, whole.encode(), 'sha256'))}"


@pytest.mark.parametrize("forge", [_unsigned, _signed_with_the_public_key])
def test_only_rs256_is_believed(browser: Browser, forge: Any) -> None:
    begun = browser.started()

    assert browser.post(forge(browser.platform.claims(begun.nonce)), begun.state).status_code == 400
    assert not Launch.objects.exists()


def test_signature_of_another_key_is_refused(browser: Browser) -> None:
    begun = browser.started()
    token = browser.platform.token(browser.platform.claims(begun.nonce), key=rsa_key(1))

    assert browser.post(token, begun.state).status_code == 400


def test_token_that_was_changed_after_signing_is_refused(browser: Browser) -> None:
    begun = browser.started()
    claims = browser.platform.claims(begun.nonce)
    header, _, signature = signed({}, claims).split(".")

    assert browser.post(f"{header}.{part({**claims, 'sub': 'mallory'})}.{signature}", begun.state).status_code == 400
    assert browser.post(signed({}, claims), begun.state).status_code == 303


@pytest.mark.parametrize(
    "header", [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": False, "crit": ["b64"]}, {"b64": False}], ids=str
)
def test_header_that_asks_for_more_than_a_signature_is_refused(browser: Browser, header: dict[str, Any]) -> None:
    begun = browser.started()

    assert browser.post(signed(header, browser.platform.claims(begun.nonce)), begun.state).status_code == 400


@pytest.mark.parametrize("payload", [b"", b"[]", b'"text"', b"{", b"\xff", b"[" * 100_000], ids=lambda raw: raw[:9])
def test_signed_nonsense_is_refused(browser: Browser, payload: bytes) -> None:
    assert browser.post(signed({}, payload), browser.started().state).status_code == 400


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "é.é.é", "." * 50, "e30.e30.e30", "\x00"])
def test_nonsense_instead_of_a_token_is_refused(browser: Browser, token: str) -> None:
    begun = browser.started()

    assert browser.post(token, begun.state).status_code == 400


def test_new_key_under_an_old_ids_name_is_fetched_once_a_minute(browser: Browser) -> None:
    browser.launch()
    browser.platform.keys["k1"] = rsa_key(3)
    assert browser.launch().status_code == 400  # asked within the minute
    Registration.objects.update(jwks_tried_at=timezone.now() - timedelta(minutes=2))
    asked = len(browser.platform.asked("/jwks"))

    assert browser.launch().status_code == 303
    assert browser.launch().status_code == 303
    assert len(browser.platform.asked("/jwks")) == asked + 1


@pytest.mark.parametrize("context", [{}, []])
def test_empty_context_is_no_context(browser: Browser, context: Any) -> None:
    assert browser.launch(context=context).status_code == 303
    assert Launch.objects.get().context is None


def test_long_target_link_uri_is_kept(browser: Browser) -> None:
    target = f"http://testserver/lti/launch?quiz=one&more={'x' * 4_000}"

    assert browser.launch(target_link_uri=target).status_code == 303
    assert Launch.objects.get().target_link_uri == target


ACCEPTED, REFUSED = 303, 400


@pytest.mark.parametrize(
    ("times", "status"),
    [
        ({"exp": -30}, ACCEPTED),
        ({"exp": -120}, REFUSED),
        ({"iat": 30}, ACCEPTED),
        ({"iat": 600, "exp": 1200}, REFUSED),
        ({"nbf": 30}, ACCEPTED),
        ({"nbf": 600}, REFUSED),
        ({"exp": None}, REFUSED),
        ({"iat": None}, REFUSED),
    ],
    ids=str,
)
def test_clocks_may_differ_by_a_minute(browser: Browser, times: dict[str, Any], status: int) -> None:
    now = int(time.time())
    changes = {name: value if value is None else now + value for name, value in times.items()}

    assert browser.launch(**changes).status_code == status


@pytest.mark.parametrize("value", ["soon", True, [1], {"a": 1}, 1e400, -1e400, "1795463596"])
@pytest.mark.parametrize("name", ["exp", "iat", "nbf"])
def test_times_that_are_no_numbers_are_refused(browser: Browser, name: str, value: Any) -> None:
    assert browser.launch(**{name: value}).status_code == 400


@pytest.mark.parametrize("name", ["iat", "nbf"])
def test_time_of_hundreds_of_digits_is_refused(browser: Browser, name: str) -> None:
    """JSON knows whole numbers of any length; a float does not."""
    assert browser.launch(**{name: 10**400}).status_code == 400


@pytest.mark.parametrize(
    ("audience", "status"),
    [
        ({"aud": ["tool-client"]}, ACCEPTED),
        ({"aud": ["other", "tool-client"], "azp": "tool-client"}, ACCEPTED),
        ({"aud": ["other", "tool-client"], "azp": "other"}, REFUSED),
        ({"aud": ["other", "tool-client"]}, REFUSED),
        ({"aud": "tool-client", "azp": "tool-client"}, ACCEPTED),
        ({"aud": "tool-client", "azp": "other"}, REFUSED),
        ({"aud": "tool-client-2"}, REFUSED),
        ({"aud": []}, REFUSED),
        ({"aud": 7}, REFUSED),
        ({"aud": {"tool-client": 1}}, REFUSED),
    ],
    ids=str,
)
def test_audience_and_authorised_party(browser: Browser, audience: dict[str, Any], status: int) -> None:
    assert browser.launch(**audience).status_code == status


@pytest.mark.parametrize("roles", ["Instructor", {"0": "Instructor"}, 7, MEMBERSHIP + "#Instructor"])
def test_roles_must_be_a_list(browser: Browser, roles: Any) -> None:
    assert browser.launch(roles=roles).status_code == 400
    assert not Launch.objects.exists()


@pytest.mark.parametrize(
    ("roles", "role"),
    [
        ([VOCABULARY + "institution/person#Administrator", MEMBERSHIP + "#Learner"], Role.LEARNER),
        ([VOCABULARY + "institution/person#Instructor", "Learner"], Role.LEARNER),
        ([VOCABULARY + "institution/person#Instructor"], Role.OTHER),
        ([VOCABULARY + "institution/person#Administrator"], Role.INSTRUCTOR),
        ([VOCABULARY + "institution/person#Student"], Role.LEARNER),
        ([VOCABULARY + "membership/Instructor#TeachingAssistant"], Role.INSTRUCTOR),
        ([VOCABULARY + "membership/Learner#NonCreditLearner"], Role.LEARNER),
        ([MEMBERSHIP + "#Mentor"], Role.OTHER),
        ([MEMBERSHIP + "#Learner", MEMBERSHIP + "#Instructor"], Role.INSTRUCTOR),
        (["instructor-like"], Role.OTHER),
        ([MEMBERSHIP + "#InstructorX"], Role.OTHER),
        (["https://evil.example/membership#Instructor"], Role.OTHER),
    ],
)
def test_context_role_decides(browser: Browser, roles: list[str], role: Role) -> None:
    browser.launch(roles=roles)

    assert Launch.objects.get().role == role


def test_student_view_is_marked_and_not_enrolled(browser: Browser) -> None:
    browser.launch(roles=[MEMBERSHIP + "#Learner", "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"])

    assert Launch.objects.get().test_user
    assert not Enrollment.objects.exists()


FOREIGN = [
    "https://evil.example/?quiz=one",
    "https://evil.example@other.example/lti/launch",
    "https://testserver@evil.example/lti/launch",
    "https://testserver.evil.example/quiz/one",
]


@pytest.mark.parametrize("target", FOREIGN)
def test_foreign_target_is_never_followed_nor_kept(browser: Browser, target: str) -> None:
    response = browser.launch(target_link_uri=target)

    assert response.status_code == 303
    assert response["Location"].startswith("/s/")
    assert Launch.objects.get().target_link_uri == ""
    assert b"evil" not in browser.client.get(response["Location"]).content


def test_link_that_is_known_opens_whatever_the_target_says(browser: Browser) -> None:
    browser.launch()

    assert browser.launch(target_link_uri=FOREIGN[0], custom=None).status_code == 303


def test_foreign_target_is_refused_where_nothing_else_says_what_to_open(browser: Browser) -> None:
    response = browser.launch(target_link_uri=FOREIGN[0], custom={"due": "$ResourceLink.submission.endDateTime"})

    assert response.status_code == 400
    assert b"leads to another service" in response.content
    assert b"evil" not in response.content
    assert not Launch.objects.exists()


def test_target_of_the_message_decides_not_the_one_of_the_login(browser: Browser) -> None:
    begun = browser.started(target_link_uri="http://testserver/lti/launch?quiz=other")

    browser.post(browser.platform.token(browser.platform.claims(begun.nonce)), begun.state)

    assert Launch.objects.get().target_link_uri == "http://testserver/lti/launch?quiz=one"


def test_unresolved_variables_are_absent_everywhere(browser: Browser) -> None:
    browser.launch(
        name="$Person.name.full",
        given_name="Ada",
        context={"id": "course-1", "title": "$Context.title", "label": "$CourseSection.label"},
        resource_link={"id": "link-1", "title": "$ResourceLink.title"},
        launch_presentation={
            "locale": "$Message.locale",
            "return_url": "$Message.returnUrl",
            "document_target": "$Message.documentTarget",
        },
        custom={"quiz": "one", "due": "$ResourceLink.submission.endDateTime", "odd": "$Canvas.membership.roles<>"},
    )

    opened = Launch.objects.get()
    assert opened.course is not None
    assert opened.resource_link is not None
    assert (opened.person.name, opened.person.given_name) == ("", "Ada")
    assert (opened.course.title, opened.course.label, opened.resource_link.title) == ("", "", "")
    assert (opened.locale, opened.return_url, opened.document_target) == ("", "", "")
    assert opened.custom == {"quiz": "one"}


def test_title_about_money_is_a_title(browser: Browser) -> None:
    browser.launch(resource_link={"id": "link-1", "title": "$5 a day"})

    assert ResourceLink.objects.get().title == "$5 a day"


@pytest.mark.parametrize("target", [None, "", 7, "javascript:alert(1)", "//x", "http://[", "http://a b/"])
def test_target_must_be_an_address(browser: Browser, target: Any) -> None:
    assert browser.launch(target_link_uri=target).status_code == 400


def test_other_message_is_explained(browser: Browser) -> None:
    response = browser.launch(message_type="LtiReportReviewRequest")

    assert response.status_code == 400
    assert b"Open the activity itself" in response.content
    assert f'href="{browser.platform.url}/course?lti_errormsg=This+kind+of+launch'.encode() in response.content


def test_unknown_deployment_waits_for_approval(browser: Browser) -> None:
    response = browser.launch(deployment_id="new")

    assert response.status_code == 403
    assert b"Waiting for approval" in response.content
    waiting = Deployment.objects.get(deployment_id="new")
    assert not waiting.active
    assert waiting.platform_name == "Test LMS"
    assert not Launch.objects.exists()
    assert browser.launch(deployment_id="new").status_code == 403
    assert Deployment.objects.count() == 2


def test_inactive_deployment_opens_nothing(browser: Browser) -> None:
    Deployment.objects.update(active=False)

    assert browser.launch().status_code == 403
    assert not Launch.objects.exists()


def test_unbelieved_token_makes_no_rows(browser: Browser) -> None:
    begun = browser.started()
    claims = browser.platform.claims(begun.nonce, deployment_id="forged")

    browser.post(browser.platform.token(claims, key=rsa_key(1)), begun.state)

    assert not Deployment.objects.filter(deployment_id="forged").exists()


ODD: list[Any] = [
    None,
    7,
    True,
    [],
    ["x"],
    {},
    {"id": 7},
    {"a": {"b": ["c"]}},
    "",
    "\x00",
    "\ud800",
    "x" * 100_000,
    1e300,
]
OPTIONAL = ["name", "email", "custom", "launch_presentation", "tool_platform", "context"]


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
@pytest.mark.parametrize(
    "name", [*OPTIONAL, "resource_link", "roles", "sub", "deployment_id", "message_type", "version"]
)
def test_odd_values_never_break_the_server(browser: Browser, name: str, value: Any) -> None:
    begun = browser.started()
    claims = browser.platform.claims(begun.nonce)
    claims[name if name in claims else CLAIM + name] = value

    assert browser.post(browser.platform.token(claims), begun.state).status_code in (303, 400, 403)


@pytest.mark.parametrize("value", ODD, ids=lambda value: repr(value)[:20])
def test_odd_values_inside_claims_never_break_the_server(browser: Browser, value: Any) -> None:
    begun = browser.started()
    claims = browser.platform.claims(
        begun.nonce,
        resource_link={"id": "link", "title": value},
        context={"id": "c", "title": value, "label": value},
        custom={"a": value, "b\x00": "c"},
        launch_presentation={"return_url": value, "locale": value, "document_target": value},
        tool_platform={"guid": value, "name": value, "product_family_code": value},
    )
    claims[AGS + "claim/endpoint"] = {"scope": value, "lineitem": value, "lineitems": value}
    claims["https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"] = {"context_memberships_url": value}

    assert browser.post(browser.platform.token(claims), begun.state).status_code == 303


def test_return_address_is_never_a_script(browser: Browser) -> None:
    browser.launch(launch_presentation={"return_url": "javascript:alert(1)"})

    assert Launch.objects.get().return_url == ""


@pytest.mark.parametrize(
    ("code", "family"), [("moodle", "moodle"), ("canvas", "canvas"), ("Moodle", "moodle"), ("x", "")]
)
def test_family_comes_from_the_platform(browser: Browser, code: str, family: str) -> None:
    browser.launch(tool_platform={"guid": "g", "product_family_code": code})

    assert Registration.objects.get().family == family


def test_foreign_target_of_a_new_link_is_refused_though_another_course_has_one_of_that_id(browser: Browser) -> None:
    browser.launch(context={"id": "run1"})
    foreign = {"target_link_uri": "https://elsewhere.example/x", "custom": None}
    assert browser.launch(context={"id": "run1"}, **foreign).status_code == 303
    assert browser.launch(context={"id": "run2"}, **foreign).status_code == 400
