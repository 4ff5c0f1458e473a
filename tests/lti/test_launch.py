"""What a launch may claim, what it changes, and what it never does."""

import base64
import hashlib
import hmac
import json
import threading
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.db import connection
from django.test import Client
from django.utils import timezone
from lti1p3platform.registration import Registration as OtherRegistration

from lti import launch
from lti.models import Context, Deployment, Launch, LineItem, PlatformUser, Registration, ResourceLink
from roster.models import Course, Enrollment, Institution, Person, Role
from tests.lti.conftest import Browser, register
from tests.lti.platform import AGS, CLAIM, MEMBERSHIP, Platform, rsa_key, running

VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2/"


def test_launch_brings_up_who_and_where(browser: Browser, school: Institution) -> None:
    response = browser.launch()

    opened = Launch.objects.get()
    assert response.status_code == 303
    key = response["Location"].removeprefix("/s/").rstrip("/")
    assert opened.key_hash == hashlib.sha256(key.encode()).hexdigest()
    assert opened.institution == school
    assert opened.person.display_name == "Ada Lovelace"
    assert opened.course is not None
    assert opened.course.title == "Course one"
    assert opened.resource_link is not None
    assert opened.resource_link.title == "The check"
    assert opened.custom == {"quiz": "one"}
    assert opened.return_url == f"{browser.platform.url}/course"
    assert (opened.locale, opened.document_target) == ("en", "iframe")
    assert LineItem.objects.get().url == f"{browser.platform.url}/lineitems/1/lineitem?type_id=1"
    assert Enrollment.objects.get().role == Role.LEARNER
    assert "no-store" in response["Cache-Control"]


def test_second_launch_writes_only_the_launch(browser: Browser, django_assert_num_queries: Any) -> None:
    browser.launch()
    begun = browser.started()
    token = browser.platform.token(browser.platform.claims(begun.nonce))

    with django_assert_num_queries(8) as counted:  # of these two are a savepoint, since tests run in a transaction
        assert browser.post(token, begun.state).status_code == 303

    writes = [query["sql"] for query in counted if query["sql"].startswith(("INSERT", "UPDATE", "DELETE"))]
    assert len(writes) == 1
    assert writes[0].startswith('INSERT INTO "lti_launch"')
    assert Person.objects.count() == Course.objects.count() == PlatformUser.objects.count() == 1


def test_launch_brings_changes_up_to_date(browser: Browser) -> None:
    browser.launch()

    browser.launch(
        name="Ada King",
        roles=[MEMBERSHIP + "#Instructor"],
        context={"id": "course-1", "title": "Renamed"},
        resource_link={"id": "link-1", "title": "New title"},
    )

    assert Person.objects.get().name == "Ada King"
    assert Course.objects.get().title == "Renamed"
    assert ResourceLink.objects.get().title == "New title"
    assert Enrollment.objects.get().role == Role.INSTRUCTOR


def test_what_a_platform_stops_sharing_stays(browser: Browser) -> None:
    browser.launch()
    browser.launch(name=None, given_name=None, family_name=None, email=None)

    assert Person.objects.get().email == "ada@example.test"


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


def _unsigned(claims: dict[str, Any]) -> str:
    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none', 'kid': 'k1'})}.{part(claims)}."


def _signed_with_the_public_key(claims: dict[str, Any]) -> str:
    def part(value: bytes) -> str:
        return base64.urlsafe_b64encode(value).rstrip(b"=").decode()

    pem = (
        rsa_key(0)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    header = json.dumps({"alg": "HS256", "kid": "k1"}).encode()
    signed = f"{part(header)}.{part(json.dumps(claims).encode())}"
    return f"{signed}.{part(hmac.digest(pem, signed.encode(), 'sha256'))}"


@pytest.mark.parametrize("forge", [_unsigned, _signed_with_the_public_key])
def test_only_rs256_is_believed(browser: Browser, forge: Any) -> None:
    begun = browser.started()

    assert browser.post(forge(browser.platform.claims(begun.nonce)), begun.state).status_code == 400
    assert not Launch.objects.exists()


def test_signature_of_another_key_is_refused(browser: Browser) -> None:
    begun = browser.started()
    token = browser.platform.token(browser.platform.claims(begun.nonce), key=rsa_key(1))

    assert browser.post(token, begun.state).status_code == 400


@pytest.mark.parametrize("token", ["", "a", "a.b.c", "é.é.é", "." * 50, "e30.e30.e30", "\x00"])
def test_nonsense_instead_of_a_token_is_refused(browser: Browser, token: str) -> None:
    begun = browser.started()

    assert browser.post(token, begun.state).status_code == 400


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


def test_foreign_target_is_never_followed(browser: Browser) -> None:
    response = browser.launch(target_link_uri="https://evil.example/?quiz=one")

    assert response.status_code == 303
    assert response["Location"].startswith("/s/")


@pytest.mark.parametrize("target", [None, "", 7, "javascript:alert(1)", "//x", "http://[", "http://a b/"])
def test_target_must_be_an_address(browser: Browser, target: Any) -> None:
    assert browser.launch(target_link_uri=target).status_code == 400


def test_other_message_is_explained(browser: Browser) -> None:
    response = browser.launch(message_type="LtiSubmissionReviewRequest")

    assert response.status_code == 400
    assert b"Open the activity itself" in response.content
    assert f'href="{browser.platform.url}/course"'.encode() in response.content


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


def _endpoint(browser: Browser, **changes: Any) -> dict[str, Any]:
    """Keyword for `claims`: the AGS claim with changes."""
    return {AGS + "claim/endpoint": {**browser.platform.endpoint(), **changes}}


def _launch_with(browser: Browser, extra: dict[str, Any], **changes: Any) -> None:
    begun = browser.started()
    claims = {**browser.platform.claims(begun.nonce, **changes), **extra}
    assert browser.post(browser.platform.token(claims), begun.state).status_code == 303


def test_column_without_address_is_kept_for_later(browser: Browser) -> None:
    _launch_with(browser, _endpoint(browser, lineitem=None))
    assert LineItem.objects.get().url == ""

    _launch_with(browser, _endpoint(browser))
    assert LineItem.objects.get().url.endswith("/lineitem?type_id=1")

    _launch_with(browser, _endpoint(browser, lineitem=None))
    assert LineItem.objects.get().url.endswith("/lineitem?type_id=1")


def test_changed_column_is_followed(browser: Browser) -> None:
    _launch_with(browser, _endpoint(browser))
    _launch_with(browser, _endpoint(browser, lineitem=f"{browser.platform.url}/lineitems/2/lineitem"))

    assert LineItem.objects.get().url.endswith("/lineitems/2/lineitem")


def test_no_column_without_the_score_scope(browser: Browser) -> None:
    _launch_with(browser, _endpoint(browser, scope=[AGS + "scope/result.readonly"]))

    assert not LineItem.objects.exists()


def test_two_links_may_share_a_column(browser: Browser) -> None:
    browser.launch()
    browser.launch(resource_link={"id": "link-2"})

    assert LineItem.objects.count() == 2


def test_two_platforms_with_the_same_ids_stay_apart(browser: Browser, client: Client) -> None:
    browser.launch()
    with running() as other:
        school = Institution.objects.create(name="Other", slug="other")
        Deployment.objects.create(registration=register(other), deployment_id="dep-1", institution=school, active=True)
        Browser(client, other).launch()

    assert Person.objects.count() == Context.objects.count() == ResourceLink.objects.count() == 2
    first, second = Launch.objects.order_by("created_at")
    assert (first.institution, first.person, first.course) != (second.institution, second.person, second.course)


def test_prune_keeps_what_may_be_replayed(browser: Browser) -> None:
    browser.launch()
    now = timezone.now()

    assert launch.prune(now=now) == 0
    Launch.objects.update(expires_at=now - launch.NONCE_KEPT * 2)
    assert launch.prune(now=now) == 1


@pytest.mark.django_db(transaction=True)
def test_two_launches_at_once_with_one_nonce_open_one(browser: Browser) -> None:
    begun = browser.started()
    token = browser.platform.token(browser.platform.claims(begun.nonce))

    statuses = _at_once(browser, [(token, begun.state)] * 4)

    assert sorted(statuses) == [303, 400, 400, 400]
    assert Launch.objects.count() == Person.objects.count() == Course.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_class_that_launches_at_once_shares_its_course(browser: Browser) -> None:
    begun = [browser.started() for _ in range(6)]
    tokens = [
        browser.platform.token(browser.platform.claims(each.nonce, sub=f"s{n % 3}")) for n, each in enumerate(begun)
    ]

    statuses = _at_once(browser, [(token, each.state) for token, each in zip(tokens, begun, strict=True)])

    assert statuses == [303] * 6
    assert Course.objects.count() == Context.objects.count() == ResourceLink.objects.count() == 1
    assert Person.objects.count() == PlatformUser.objects.count() == Enrollment.objects.count() == 3
    assert len(browser.platform.asked("/jwks")) == 1


def _at_once(browser: Browser, launches: list[tuple[str, str]]) -> list[int]:
    statuses: list[int] = []
    barrier = threading.Barrier(len(launches))

    def run(token: str, state: str) -> None:
        client = Client()
        client.cookies = browser.client.cookies.copy()
        barrier.wait()
        try:
            statuses.append(client.post("/lti/launch", {"id_token": token, "state": state}).status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in launches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return statuses


def test_platform_of_another_make_agrees(browser: Browser, platform: Platform) -> None:
    """lti1p3platform, which shares no code with the tool, builds and signs the message."""
    begun = browser.started()
    pem = (
        rsa_key(0)
        .private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        .decode()
    )
    signer = OtherRegistration().set_platform_private_key(pem)
    token = signer.platform_encode_and_sign(platform.claims(begun.nonce), 60)
    kid = jwt.get_unverified_header(token)["kid"]
    platform.keys = {kid: rsa_key(0)}

    assert browser.post(token, begun.state).status_code == 303
