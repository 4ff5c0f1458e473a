"""How events reach an endpoint: signed, again until they arrive, side by side, and never to a private network."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import standardwebhooks
from django.db import connection
from django.utils import timezone

from events import outbox
from events.models import DeliveryState, Endpoint, EndpointState, Event, EventDelivery, Type
from feeds import endpoints, sending, webhook
from roster import sealed
from tests.cast import NOW, Cast, all_right, at, hand_in, make_cast
from tests.feeds.conftest import Receiver, Request, listen

pytestmark = pytest.mark.django_db


def happen(cast: Cast, times: int = 1, type: Type = Type.GRADE_CHANGED) -> None:
    for number in range(times):
        outbox.record(
            type,
            institution_id=cast.alice.institution_id,
            person_id=cast.alice.person_id,
            now=NOW + timedelta(seconds=number),
            number=number,
        )


def drain(endpoint: Endpoint, now: datetime = NOW + timedelta(minutes=1)) -> Endpoint:
    sending.drain(endpoint.pk, clock=lambda: now)
    endpoint.refresh_from_db()
    return endpoint


def fully_verified(request: Request, secret: str) -> Any:
    """By the library of the standard; it compares the timestamp with the time of day."""
    return standardwebhooks.Webhook(secret).verify(request.body, request.headers)


def states() -> list[str]:
    return sorted(EventDelivery.objects.values_list("state", flat=True))


# --- what arrives


def test_a_webhook_is_signed_as_the_standard_says(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    happen(cast)
    drain(endpoint, timezone.now())
    (request,) = receiver.seen
    event = Event.objects.get()
    assert fully_verified(request, endpoint.shown) == {  # type: ignore[attr-defined]
        "type": "grade.changed",
        "timestamp": "2026-11-23T09:00:00+00:00",
        "data": {"number": 0, "person": {"id": str(cast.alice.person_id)}},
    }
    assert request.headers["webhook-id"] == f"msg_{event.pk.hex}"
    assert request.headers["content-type"] == "application/json"
    assert endpoint.delivered_at is not None
    assert states() == [DeliveryState.DELIVERED]


@pytest.mark.parametrize("change", ["body", "id", "timestamp", "secret", "age"])
def test_a_forged_or_replayed_webhook_does_not_verify(cast: Cast, receiver: Receiver, change: str) -> None:
    endpoint = listen(cast, receiver)
    happen(cast)
    drain(endpoint, timezone.now() - timedelta(minutes=6 if change == "age" else 0))
    (request,) = receiver.seen
    secret = webhook.new_secret() if change == "secret" else endpoint.shown  # type: ignore[attr-defined]
    if change == "body":
        request.body = request.body.replace(b"grade.changed", b"grade.dropped")
    if change in ("id", "timestamp"):
        request.headers[f"webhook-{change}"] = request.headers[f"webhook-{change}"][:-1] + "x"
    with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
        fully_verified(request, secret)


def test_names_travel_only_where_the_endpoint_is_allowed_them(cast: Cast, receiver: Receiver) -> None:
    without, named = listen(cast, receiver), listen(cast, receiver, with_names=True)
    happen(cast)
    drain(without)
    drain(named)
    assert [request.json["data"]["person"] for request in receiver.seen] == [
        {"id": str(cast.alice.person_id)},
        {"id": str(cast.alice.person_id), "name": "Alice"},
    ]


def test_for_a_day_both_secrets_sign_after_a_rotation(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    old, now = endpoint.shown, timezone.now()  # type: ignore[attr-defined]
    new = webhook.rotate(endpoint, now=now)
    happen(cast)
    drain(endpoint, now)
    assert fully_verified(receiver.seen[0], old) == fully_verified(receiver.seen[0], new)

    Endpoint.objects.update(old_secret_until=now - timedelta(seconds=1))
    happen(cast)
    drain(endpoint, now)
    assert fully_verified(receiver.seen[1], new)
    with pytest.raises(standardwebhooks.webhooks.WebhookVerificationError):
        fully_verified(receiver.seen[1], old)


def test_secrets_are_sealed_in_the_database(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver, "xapi", scheme="bearer", credential="a token")
    hook = listen(cast, receiver)
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret || credential FROM events_endpoint")
        stored = str(cursor.fetchall())
    assert "a token" not in stored
    assert hook.shown not in stored  # type: ignore[attr-defined]
    assert sealed.unseal(endpoint.credential) == "a token"


def test_the_lms_answer_to_a_score_becomes_an_event(cast: Cast, receiver: Receiver) -> None:
    from lti.gradebook import announcing
    from lti.models import Score, ScoreState

    listen(cast, receiver)
    hand_in(cast.alice, at(0), **all_right())
    Event.objects.all().delete()
    score = Score.objects.get()
    for state in (ScoreState.SYNCED, ScoreState.SYNCED, ScoreState.REFUSED, ScoreState.DUE):
        before, score.state = score.state, state
        announcing.came_to(score, NOW, before=before)
    sent = Event.objects.order_by("pk")
    assert [event.type for event in sent] == ["score.delivered", "score.refused"]
    assert sent[0].data["attempt"] == str(cast.alice.person.attempts.get().pk)
    assert sent[0].data["points"] == 9.0


# --- when it does not work


def test_an_event_is_sent_again_with_the_same_id_at_growing_distances(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    receiver.answers = [(500, "oh", {}), (500, "oh", {}), (500, "oh", {}), (200, "fine", {})]
    happen(cast)
    now, pauses = NOW, []
    while not EventDelivery.objects.filter(state=DeliveryState.DELIVERED).exists():
        drain(endpoint, now)
        drain(endpoint, now + timedelta(seconds=1))  # too early: nothing is sent
        if endpoint.resting_until is None:
            break
        row = EventDelivery.objects.get()
        pauses.append((row.next_try_at - now).total_seconds())
        now = max(row.next_try_at, endpoint.resting_until)
    assert len({request.headers["webhook-id"] for request in receiver.seen}) == 1
    assert len({request.headers["webhook-timestamp"] for request in receiver.seen}) == len(receiver.seen) == 4
    assert [5 * 2**n * 0.8 <= pause <= 5 * 2**n * 1.2 for n, pause in enumerate(pauses)] == [True] * 3
    row = EventDelivery.objects.get()
    assert (row.tries, row.status, row.answer) == (4, 200, "OK: fine")
    assert (endpoint.failures, endpoint.failing_since, endpoint.resting_until) == (0, None, None)


def test_an_endpoint_in_trouble_is_left_alone_with_everything(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    receiver.answers = [(503, "busy", {"Retry-After": "600"})]
    happen(cast, 50)
    drain(endpoint)
    assert len(receiver.seen) <= sending.LANES
    assert endpoint.resting_until == NOW + timedelta(minutes=11)
    assert sending.sweep(now=NOW + timedelta(minutes=10)) == []
    assert sending.sweep(now=NOW + timedelta(minutes=12)) == [endpoint.pk]


def test_one_event_that_is_refused_holds_up_no_other_and_fails_after_three_days(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    receiver.refuses = lambda request: request.json["data"]["number"] == 1
    happen(cast, 3)
    drain(endpoint)
    assert states() == [DeliveryState.DELIVERED, DeliveryState.DELIVERED, DeliveryState.DUE]
    assert endpoint.resting_until is None

    drain(endpoint, NOW + timedelta(days=3, minutes=2))
    refused = EventDelivery.objects.get(state=DeliveryState.FAILED)
    assert (refused.status, refused.answer) == (400, "Bad Request: not this one")

    receiver.refuses = None
    assert sending.send_again(EventDelivery.objects.filter(pk=refused.pk), now=at(0)) == 1
    drain(endpoint)
    assert states() == [DeliveryState.DELIVERED] * 3


def test_an_endpoint_that_is_gone_is_paused_at_once_and_keeps_its_events(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    receiver.answers = [(410, "", {}), (200, "", {})]
    happen(cast)
    assert drain(endpoint).state == EndpointState.PAUSED
    assert "410" in endpoint.reason
    happen(cast)
    drain(endpoint, NOW + timedelta(days=5))
    assert len(receiver.seen) == 1

    endpoints.resume(endpoint, now=NOW + timedelta(days=6))
    drain(endpoint, NOW + timedelta(days=6))
    assert states() == [DeliveryState.DELIVERED] * 2


def test_an_endpoint_that_fails_for_three_days_is_paused_with_the_reason(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    receiver.answers = [(500, "no disk space", {})]
    happen(cast)
    drain(endpoint, NOW)
    assert drain(endpoint, NOW + timedelta(days=2, hours=23)).state == EndpointState.ACTIVE
    assert drain(endpoint, NOW + timedelta(days=3, hours=1)).state == EndpointState.PAUSED
    assert "no disk space" in endpoint.reason


def test_a_redirect_is_a_failure_and_not_followed(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    receiver.answers = [(302, "", {"Location": receiver.url})]
    happen(cast)
    drain(endpoint)
    assert len(receiver.seen) == 1
    assert EventDelivery.objects.get().status == 302


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/hook", "https://localhost/hook", "https://10.0.0.1/", "http://example.org/"]
)
def test_a_private_or_plain_address_is_never_asked(cast: Cast, receiver: Receiver, settings: Any, url: str) -> None:
    settings.ASSAY_PRIVATE_HOSTS = []
    endpoint = listen(cast, receiver, url=url)
    happen(cast)
    assert drain(endpoint).failures == 1
    assert "ASSAY_PRIVATE_HOSTS" in EventDelivery.objects.get().answer


def test_nobody_at_the_address_is_said_in_the_log(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver, url="http://127.0.0.1:1/hook")
    happen(cast)
    drain(endpoint)
    row = EventDelivery.objects.get()
    assert (row.status, "refused" in row.answer) == (None, True)


# --- by whom


def test_four_events_are_on_their_way_at_once(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    receiver.meeting = threading.Barrier(sending.LANES)  # none is answered before four have come
    happen(cast, 8)
    drain(endpoint)
    assert states() == [DeliveryState.DELIVERED] * 8


def test_what_a_dead_worker_had_is_sent_once_its_time_is_over(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    happen(cast)
    Endpoint.objects.update(sending_until=NOW + timedelta(minutes=4))
    drain(endpoint, NOW + timedelta(minutes=3))
    assert receiver.seen == []
    drain(endpoint, NOW + timedelta(minutes=5))
    assert len(receiver.seen) == 1


def test_the_sweeper_finds_what_a_lost_message_left(cast: Cast, receiver: Receiver) -> None:
    endpoint = listen(cast, receiver)
    listen(cast, receiver)
    happen(cast)
    endpoints.pause(Endpoint.objects.exclude(pk=endpoint.pk).get(), reason="By hand.")
    assert sending.sweep(now=NOW) == [endpoint.pk]
    drain(endpoint)
    assert sending.sweep(now=NOW) == []


def test_events_are_forgotten_after_a_month(cast: Cast, receiver: Receiver) -> None:
    listen(cast, receiver)
    happen(cast)
    sending.sweep(now=NOW + timedelta(days=29))
    assert Event.objects.exists()
    sending.sweep(now=NOW + timedelta(days=31))
    assert not EventDelivery.objects.exists()


def in_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_every_event_once(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    cast = make_cast()
    endpoint = listen(cast, receiver)
    monkeypatch.setattr(outbox, "send_soon", lambda _: None)  # only these two send
    happen(cast, 20)
    threads = [in_thread(lambda: sending.drain(endpoint.pk)) for _ in range(2)]
    for thread in threads:
        thread.join()
    ids = [request.headers["webhook-id"] for request in receiver.seen]
    assert len(ids) == len(set(ids)) == 20


@pytest.mark.django_db(transaction=True)
def test_the_commit_asks_a_worker_to_send_and_a_rollback_does_not(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.db import transaction

    from feeds import tasks

    cast = make_cast()
    endpoint = listen(cast, receiver)
    asked: list[str] = []
    monkeypatch.setattr(tasks.send, "delay", asked.append)
    with transaction.atomic():
        happen(cast)
        transaction.set_rollback(True)
    assert asked == []
    with transaction.atomic():
        happen(cast)
        assert asked == []
    assert asked == [str(endpoint.pk)]
    tasks.send(asked[0])
    assert receiver.types() == ["grade.changed"]
