"""Endpoints in the admin: of one's own institution, tried by a button, with a log."""

import re
from typing import Any

import pytest
import standardwebhooks
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from events.models import DeliveryState, Endpoint, EndpointState, Event, EventDelivery
from feeds import sending
from roster import sealed
from roster.models import Institution, User
from tests.cast import Cast, all_right, hand_in, make_institution
from tests.feeds.conftest import Receiver, listen

pytestmark = pytest.mark.django_db
RIGHTS = ("view_endpoint", "add_endpoint", "change_endpoint", "delete_endpoint", "view_eventdelivery")


def staff(institution: Institution | None, *rights: str) -> Client:
    user = User.objects.create_user(f"staff-{User.objects.count()}", is_staff=True, institution=institution)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights or RIGHTS))
    client = Client()
    client.force_login(user)
    return client


def make(client: Client, institution: Institution, url: str, **more: Any) -> str:
    form = {
        "institution": institution.pk,
        "name": "Warehouse",
        "format": "webhook",
        "url": url,
        "types": ["attempt.submitted", "grade.changed"],
        "scheme": "none",
        "xapi_version": "1.0.3",
        **more,
    }
    return client.post(reverse("admin:events_endpoint_add"), form).content.decode()


def press(client: Client, button: str, endpoint: Endpoint) -> Any:
    return client.post(reverse(f"admin:events_endpoint_{button}", args=[endpoint.pk]), follow=True)


def log(client: Client, endpoint: Endpoint) -> str:
    return client.get(reverse("admin:events_endpoint_log", args=[endpoint.pk])).content.decode()


def shown_secret(page: str) -> str:
    found = re.search(r"data-copy>(whsec_[\w+/=]{44})<", page)
    return found[1] if found else ""


def test_staff_make_a_webhook_see_its_secret_once_and_try_it(cast: Cast, receiver: Receiver) -> None:
    client = staff(cast.alice.institution)
    secret = shown_secret(make(client, cast.alice.institution, receiver.url))
    endpoint = Endpoint.objects.get()
    for name in ("change", "log"):
        page = client.get(reverse(f"admin:events_endpoint_{name}", args=[endpoint.pk])).content.decode()
        assert receiver.url in page
        assert secret not in page
        assert endpoint.secret not in page

    page = press(client, "test", endpoint).content.decode()

    assert "The test arrived. 204" in page
    (request,) = receiver.seen
    assert standardwebhooks.Webhook(secret).verify(request.body, request.headers)["type"] == "test"
    assert EventDelivery.objects.get().state == DeliveryState.DELIVERED


def test_a_test_that_fails_says_why_and_is_not_repeated(cast: Cast, receiver: Receiver) -> None:
    client, endpoint = staff(cast.alice.institution), listen(cast, receiver)
    receiver.answers = [(401, "who are you?", {})]
    assert (
        "The test did not arrive. 401: Unauthorized: who are you?" in press(client, "test", endpoint).content.decode()
    )
    assert "who are you?" in log(client, endpoint)
    assert sending.sweep(now=timezone.now()) == []


@pytest.mark.parametrize("format", ["caliper", "xapi"])
def test_a_feed_can_be_tried_too(cast: Cast, receiver: Receiver, format: str) -> None:
    client = staff(cast.alice.institution)
    more = {"format": format, "types": ["attempt.marked"], "scheme": "basic", "username": "assay", "token": "pass word"}
    make(client, cast.alice.institution, receiver.url, **more)
    endpoint = Endpoint.objects.get()
    assert sealed.unseal(endpoint.credential) == "pass word"
    assert "The test arrived" in press(client, "test", endpoint).content.decode()
    assert receiver.seen[0].headers["authorization"] == "Basic YXNzYXk6cGFzcyB3b3Jk"


def test_a_stored_token_stays_where_the_field_is_left_empty_and_is_never_shown(cast: Cast, receiver: Receiver) -> None:
    client = staff(cast.alice.institution)
    endpoint = listen(cast, receiver, "xapi", scheme="bearer", credential="first")
    change = reverse("admin:events_endpoint_change", args=[endpoint.pk])
    form = {
        "name": "LRS",
        "url": receiver.url,
        "types": ["attempt.marked"],
        "scheme": "bearer",
        "xapi_version": "2.0.0",
    }
    for token, kept in (("", "first"), ("second", "second")):
        assert client.post(change, form | {"token": token}).status_code == 302
        endpoint.refresh_from_db()
        assert sealed.unseal(endpoint.credential) == kept
    assert (endpoint.name, endpoint.xapi_version) == ("LRS", "2.0.0")
    assert "second" not in client.get(change).content.decode()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("url", "http://example.org/hook", "ASSAY_PRIVATE_HOSTS"),
        ("url", "ftp://127.0.0.1/", "ASSAY_PRIVATE_HOSTS"),
        ("url", "https://user:word@example.org/", "ASSAY_PRIVATE_HOSTS"),
        ("types", [], "required"),
        ("types", ["everything"], "not one of the available choices"),
        ("format", "xapi", "has no event for grade.changed"),
        ("scheme", "bearer", "Give the token"),
    ],
)
def test_a_form_that_cannot_work_is_refused_with_the_reason(
    cast: Cast, receiver: Receiver, field: str, value: Any, words: str
) -> None:
    page = make(staff(cast.alice.institution), cast.alice.institution, **{"url": receiver.url, field: value})
    assert words in page
    assert not Endpoint.objects.exists()


def test_pausing_keeps_events_and_resuming_sends_them(cast: Cast, receiver: Receiver) -> None:
    client, endpoint = staff(cast.alice.institution), listen(cast, receiver, types=["grade.changed"])
    assert "Paused by staff-" in press(client, "pause", endpoint).content.decode()
    hand_in(cast.alice, **all_right())
    sending.drain(endpoint.pk)
    assert receiver.seen == []

    press(client, "resume", endpoint)
    sending.drain(endpoint.pk)

    assert receiver.types() == ["grade.changed"]
    assert Endpoint.objects.get().state == EndpointState.ACTIVE


def test_another_secret_is_shown_once_and_both_sign(cast: Cast, receiver: Receiver) -> None:
    client, endpoint = staff(cast.alice.institution), listen(cast, receiver)
    answer = press(client, "secret", endpoint)
    assert "no-store" in answer["Cache-Control"]
    press(client, "test", endpoint)
    (request,) = receiver.seen
    for secret in (endpoint.shown, shown_secret(answer.content.decode())):  # type: ignore[attr-defined]
        assert standardwebhooks.Webhook(secret).verify(request.body, request.headers)


def test_a_delivery_is_sent_again_from_the_log(cast: Cast, receiver: Receiver) -> None:
    client, endpoint = staff(cast.alice.institution), listen(cast, receiver, types=["grade.changed"])
    hand_in(cast.alice, **all_right())
    sending.drain(endpoint.pk)
    chosen = {"action": "send_again", "_selected_action": str(EventDelivery.objects.get().pk)}
    assert (
        "1 on the way again"
        in client.post(reverse("admin:events_eventdelivery_changelist"), chosen, follow=True).content.decode()
    )
    sending.drain(endpoint.pk)
    first, second = receiver.seen
    assert first.headers["webhook-id"] == second.headers["webhook-id"]


def test_an_endpoint_can_be_deleted_with_its_log(cast: Cast, receiver: Receiver) -> None:
    client, endpoint = staff(cast.alice.institution), listen(cast, receiver)
    hand_in(cast.alice, **all_right())
    client.post(reverse("admin:events_endpoint_delete", args=[endpoint.pk]), {"post": "yes"})
    assert not EventDelivery.objects.exists()


def test_staff_of_another_institution_see_and_touch_nothing(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    hand_in(cast.alice, **all_right())
    client = staff(cast.dora.institution)
    assert "Warehouse" not in client.get(reverse("admin:events_endpoint_changelist")).content.decode()
    assert (
        "grade.changed"
        not in client.get(reverse("admin:events_eventdelivery_changelist"))
        .content.decode()
        .split('id="result_list"')[-1]
        .split("changelist-filter")[0]
    )
    assert client.get(reverse("admin:events_endpoint_log", args=[endpoint.pk])).status_code == 404
    for button in ("test", "pause", "resume", "secret"):
        assert press(client, button, endpoint).status_code == 404
    again = {"action": "send_again", "_selected_action": str(EventDelivery.objects.first().pk)}  # type: ignore[union-attr]
    client.post(reverse("admin:events_eventdelivery_changelist"), again)
    make(client, cast.alice.institution, receiver.url)
    assert Endpoint.objects.get().secret == endpoint.secret
    assert EventDelivery.objects.filter(tries=0).count() == Event.objects.count()


def test_who_may_only_look_presses_no_button(cast: Cast, receiver: Receiver) -> None:
    client, endpoint = staff(cast.alice.institution, "view_endpoint", "view_eventdelivery"), listen(cast, receiver)
    assert 'value="Send a test"' not in log(client, endpoint)
    for button in ("test", "pause", "resume", "secret"):
        assert press(client, button, endpoint).status_code == 403
        assert client.get(reverse(f"admin:events_endpoint_{button}", args=[endpoint.pk])).status_code == 405
    assert receiver.seen == []


def test_the_list_costs_the_same_for_many_endpoints(
    cast: Cast, receiver: Receiver, django_assert_num_queries: Any
) -> None:
    client, url = staff(None), reverse("admin:events_endpoint_changelist")
    for _ in range(2):
        listen(cast, receiver, institution=make_institution())
    client.get(url)
    with django_assert_num_queries(7):
        client.get(url)
    for _ in range(8):
        listen(cast, receiver, institution=make_institution())
    with django_assert_num_queries(7):
        client.get(url)
