"""What a launch changes, and that many at once agree."""

import hashlib
import threading
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.db import connection
from django.test import Client
from django.utils import timezone
from lti1p3platform.registration import Registration as OtherRegistration

from lti.launch import launch
from lti.models import Context, Deployment, Launch, LineItem, PlatformUser, ResourceLink
from roster.models import Course, Enrollment, Institution, Person, Role
from tests.lti.conftest import Browser, register
from tests.lti.platform import AGS, MEMBERSHIP, Platform, rsa_key, running

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

    with django_assert_num_queries(6) as counted:  # of these two are a savepoint, since tests run in a transaction
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


def test_new_given_and_family_names_are_shown_in_place_of_the_old_full_name(browser: Browser) -> None:
    browser.launch(name="Ada Lovelace")
    browser.launch(name=None, given_name="Ada", family_name="King")

    assert Person.objects.get().display_name == "Ada King"


def test_full_name_stays_where_the_same_given_and_family_names_come_without_it(browser: Browser) -> None:
    browser.launch(name="Dr Ada Lovelace", given_name="Ada", family_name="Lovelace")
    browser.launch(name=None, given_name="Ada", family_name="Lovelace")

    assert Person.objects.get().display_name == "Dr Ada Lovelace"


def test_what_a_platform_stops_sharing_stays(browser: Browser) -> None:
    browser.launch()
    browser.launch(name=None, given_name=None, family_name=None, email=None)

    assert Person.objects.get().email == "ada@example.test"


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
