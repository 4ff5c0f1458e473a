"""Platform Notification Service 1.0: https://www.imsglobal.org/spec/lti-pns/v1p0"""

import json
import time
from datetime import timedelta
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from lti import notices
from lti.models import Context, Deployment, Launch, Notice, Registration
from roster.models import Course
from tests.lti.conftest import Browser
from tests.lti.platform import CLAIM, Answer, Platform, rsa_key

SCOPE = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
COURSE = "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"


def service(platform: Platform, **changes: Any) -> dict[str, Any]:
    return {
        "service_versions": ["1.0"],
        "platform_notification_service_url": f"{platform.url}/notice-handlers/106",
        "scope": [SCOPE],
        "notice_types_supported": ["LtiHelloWorldNotice", "LtiContextCopyNotice"],
        **changes,
    }


def subscribed(deployment: Deployment, after: timedelta = timedelta()) -> Deployment:
    """The deployment once the worker has done what is due."""
    now = timezone.now() + after
    for pk in notices.sweep(now=now):
        notices.subscribe(pk, now=now)
    return Deployment.objects.get(pk=deployment.pk)


def test_handler_is_set_once_where_a_launch_offers_copy_notices(browser: Browser, deployment: Deployment) -> None:
    for _ in range(2):
        browser.launch(platformnotificationservice=service(browser.platform))
        subscribed(deployment)

    (asked,) = browser.platform.asked("/notice-handlers/106", "PUT")
    assert asked.json == {"notice_type": "LtiContextCopyNotice", "handler": "http://testserver/lti/notices"}
    assert asked.headers["content-type"] == "application/json"
    assert asked.headers["authorization"].startswith("Bearer ")
    assert f"scope={SCOPE.replace(':', '%3A').replace('/', '%2F')}" in browser.platform.asked("/token")[0].body.decode()
    assert Deployment.objects.get().notices_due_at is None


@pytest.mark.parametrize(
    "changes",
    [
        {"notice_types_supported": ["LtiHelloWorldNotice"]},
        {"notice_types_supported": None},
        {"scope": []},
        {"platform_notification_service_url": "javascript:1"},
        {"platform_notification_service_url": None},
    ],
)
def test_handler_is_not_set_where_copy_notices_are_not_offered(
    browser: Browser, deployment: Deployment, changes: dict[str, Any]
) -> None:
    browser.launch(platformnotificationservice=service(browser.platform, **changes))

    assert subscribed(deployment).notices_url == ""
    assert not browser.platform.asked("/notice-handlers/106")


def test_refused_handler_is_tried_again_later_and_not_for_ever(browser: Browser, deployment: Deployment) -> None:
    browser.platform.switch("/notice-handlers/106", Answer(500, b"busy"))
    browser.launch(platformnotificationservice=service(browser.platform))

    first = subscribed(deployment)
    assert (first.notices_tries, first.notices_answer) == (1, "500 Internal Server Error busy")
    assert subscribed(deployment, timedelta(seconds=50)).notices_tries == 1
    for day in range(1, 20):
        last = subscribed(deployment, timedelta(days=day, hours=day))
    assert (last.notices_due_at, last.notices_tries) == (None, notices.TRIES)
    assert len(browser.platform.asked("/notice-handlers/106")) == notices.TRIES


def test_lost_message_is_made_good_from_the_row(browser: Browser, deployment: Deployment) -> None:
    browser.platform.switch("/notice-handlers/106", Answer(503), Answer(200))
    browser.launch(platformnotificationservice=service(browser.platform))

    subscribed(deployment)
    done = subscribed(deployment, timedelta(minutes=2))

    assert (done.notices_due_at, done.notices_tries) == (None, 2)


def test_another_address_is_asked_anew(browser: Browser, deployment: Deployment) -> None:
    browser.launch(platformnotificationservice=service(browser.platform))
    subscribed(deployment)
    moved = f"{browser.platform.url}/notice-handlers/107"
    browser.launch(platformnotificationservice=service(browser.platform, platform_notification_service_url=moved))
    subscribed(deployment)

    assert len(browser.platform.asked("/notice-handlers/107", "PUT")) == 1


def notice(platform: Platform, **changes: Any) -> dict[str, Any]:
    """A copy notice as Canvas sends it; `changes` by short claim name, None deletes."""
    now = int(time.time())
    claims: dict[str, Any] = {
        "iss": platform.url,
        "aud": platform.client_id,
        "azp": platform.client_id,
        "iat": now,
        "exp": now + 3600,
        "nonce": "n-1",
        CLAIM + "version": "1.3.0",
        CLAIM + "deployment_id": "dep-1",
        CLAIM + "notice": {"id": "notice-1", "timestamp": "2026-11-23T09:00:00Z", "type": "LtiContextCopyNotice"},
        CLAIM + "context": {"id": "new", "label": "N", "title": "New course", "type": [COURSE]},
        CLAIM + "origin_contexts": ["old"],
    }
    for name, value in changes.items():
        key = name if name in claims else CLAIM + name
        claims[key] = value
        if value is None:
            del claims[key]
    return claims


def send(client: Client, *tokens: str) -> HttpResponse:
    body = json.dumps({"notices": [{"jwt": token} for token in tokens]})
    return client.post("/lti/notices", body, content_type="application/json")


def sent(client: Client, platform: Platform, **changes: Any) -> HttpResponse:
    return send(client, platform.token(notice(platform, **changes)))


def test_copy_notice_makes_the_course_and_its_history(
    client: Client, platform: Platform, deployment: Deployment
) -> None:
    response = sent(client, platform)

    made = Context.objects.get(context_id="new")
    assert (response.status_code, response.json()) == (200, {"taken": 1})
    assert (made.deployment, made.institution, made.title) == (deployment, deployment.institution, "New course")
    assert made.history == ["old"]
    assert made.course.title == "New course"


def test_notice_for_a_known_course_adds_where_its_original_came_from(
    browser: Browser, client: Client, platform: Platform
) -> None:
    browser.launch(context={"id": "old", "title": "Old"}, custom={"quiz": "one", "context_history": "older,oldest"})
    browser.launch(context={"id": "new", "title": "New"}, resource_link={"id": "link-2"})

    sent(client, platform)

    assert Context.objects.get(context_id="new").history == ["old", "older", "oldest"]


def test_repeated_notice_changes_nothing(client: Client, platform: Platform, deployment: Deployment) -> None:
    token = platform.token(notice(platform))
    assert send(client, token, token).json() == {"taken": 2}
    Context.objects.update(history=["by hand"])

    assert send(client, token).status_code == 200
    assert sent(client, platform, nonce="n-2").status_code == 200

    assert Context.objects.get().history == ["by hand"]
    assert Notice.objects.count() == 1


def test_other_notices_are_taken_and_do_nothing(client: Client, platform: Platform, deployment: Deployment) -> None:
    response = sent(client, platform, notice={"id": "hello", "type": "LtiHelloWorldNotice"}, context=None)

    assert response.status_code == 200
    assert not Context.objects.exists()


@pytest.mark.parametrize("state", ["pending", "unknown"])
def test_notice_for_a_deployment_that_is_not_approved_leaves_nothing(
    client: Client, platform: Platform, deployment: Deployment, state: str
) -> None:
    if state == "pending":
        Deployment.objects.update(active=False)
    else:
        Deployment.objects.update(deployment_id="other")

    assert sent(client, platform).status_code == 200
    assert [Context.objects.count(), Course.objects.count(), Notice.objects.count()] == [0, 0, 0]


BAD: dict[str, dict[str, Any]] = {
    "other issuer": {"iss": "https://elsewhere.example"},
    "no issuer": {"iss": None},
    "other audience": {"aud": "somebody"},
    "audience of a wrong type": {"aud": {"a": 1}},
    "other party": {"azp": "somebody"},
    "expired": {"exp": 1_000},
    "no end": {"exp": None},
    "not issued yet": {"iat": int(time.time()) + 86_400},
    "no nonce": {"nonce": None},
    "no deployment": {"deployment_id": None},
    "other version": {"version": "1.1"},
    "no notice": {"notice": None},
    "notice without an id": {"notice": {"type": "LtiContextCopyNotice"}},
    "notice with an endless id": {"notice": {"id": "x" * 300, "type": "LtiContextCopyNotice"}},
    "no context": {"context": None},
    "context that is a text": {"context": "new"},
}


@pytest.mark.parametrize("name", BAD)
def test_notice_that_cannot_be_believed_is_refused_and_leaves_nothing(
    client: Client, platform: Platform, deployment: Deployment, name: str
) -> None:
    response = sent(client, platform, **BAD[name])

    assert response.status_code == 400
    assert [Context.objects.count(), Notice.objects.count()] == [0, 0]


def test_notice_signed_by_another_is_refused(client: Client, platform: Platform, deployment: Deployment) -> None:
    assert send(client, platform.token(notice(platform), key=rsa_key(1))).status_code == 400
    assert not Notice.objects.exists()


def test_notice_for_an_inactive_registration_is_refused(
    client: Client, platform: Platform, deployment: Deployment
) -> None:
    Registration.objects.update(active=False)

    assert sent(client, platform).status_code == 400


def test_launch_token_is_no_notice_and_a_notice_opens_no_launch(browser: Browser, client: Client) -> None:
    platform = browser.platform
    begun = browser.started()

    assert send(client, platform.token(platform.claims("n-1"))).status_code == 400
    assert browser.post(platform.token(notice(platform, nonce=begun.nonce)), begun.state).status_code == 400
    assert not Launch.objects.exists()


def test_strange_origins_are_left_out(client: Client, platform: Platform, deployment: Deployment) -> None:
    sent(client, platform, origin_contexts=["new", 7, None, "", "x" * 300, "old", "old", *map(str, range(200))])

    history = Context.objects.get().history
    assert (history[0], len(history)) == ("old", 48)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"{}",
        b'{"notices": []}',
        b'{"notices": {"jwt": "x"}}',
        b'{"notices": [{"jwt": 7}]}',
        b'{"notices": ["x"]}',
        b'{"notices": [{"jwt": "x"}]}',
        b'{"notices": [{"jwt": "e30.e30.x"}]}',
        b"[" * 100_000,
        b"\xff\xfe",
        json.dumps({"notices": [{"jwt": "e30.e30.x"}] * 101}).encode(),
        json.dumps({"notices": [{"jwt": "x" * 500_000}]}).encode(),
    ],
)
def test_body_that_no_platform_sends_is_answered_400(client: Client, db: None, body: bytes) -> None:
    assert client.post("/lti/notices", body, content_type="application/json").status_code == 400


def test_only_post_is_served(client: Client) -> None:
    assert client.get("/lti/notices").status_code == 405


def test_flood_of_unknown_keys_fetches_the_key_set_once_and_waits_for_nobody(
    client: Client, platform: Platform, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)

    for number in range(20):
        token = platform.token(notice(platform), kid=f"bad-{number}", key=rsa_key(1))
        assert send(client, *[token] * 50).status_code == 400

    assert len(platform.asked("/jwks")) == 1
    assert waits == []
    assert sent(client, platform).status_code == 200


def test_old_notices_are_forgotten(client: Client, platform: Platform, deployment: Deployment) -> None:
    sent(client, platform)
    notices.sweep(now=timezone.now() + timedelta(days=1))
    assert Notice.objects.exists()

    notices.sweep(now=timezone.now() + timedelta(days=3))

    assert not Notice.objects.exists()
