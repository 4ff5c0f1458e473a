"""Events on their way to their endpoints. Order is not promised; a receiver drops repeats by the event's id.

One worker at a time sends to an endpoint, in four lanes. What it does not finish, the sweeper finds: PostgreSQL has it.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import requests
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from events import outbox
from events.models import TEST, DeliveryState, Endpoint, EndpointState, Event, EventDelivery
from feeds import endpoints, formats
from feeds.parcels import Entry, Outcome
from lti.wire import client

AT_ONCE = 200  # deliveries that are read in one go
LANES = 4
LEASE = timedelta(minutes=5)
KEPT = timedelta(days=30)
PER_SWEEP = 5_000
AGENT = {"User-Agent": "Assay (event feed)"}

Clock = Callable[[], datetime]


def drain(endpoint_id: UUID, *, clock: Clock = timezone.now) -> None:
    """Send what is due. An event that was written while this ended is found by the second look."""
    while _due(clock()).filter(endpoint=endpoint_id).exists():
        with _taken(endpoint_id, clock) as endpoint:
            if endpoint is None:
                return
            while _send_some(endpoint, clock):
                pass


def sweep(*, now: datetime) -> list[UUID]:
    """Forget what is older than a month; the endpoints that have something to send."""
    old = Event.objects.filter(at__lt=now - KEPT).order_by("at").values_list("pk", flat=True)[:PER_SWEEP]
    Event.objects.filter(pk__in=list(old)).delete()
    return list(_due(now).order_by().values_list("endpoint_id", flat=True).distinct())


def send_again(deliveries: QuerySet[EventDelivery], *, now: datetime) -> int:
    """Also those that arrived: the receiver knows a repeat by its id."""
    chosen = list(deliveries.exclude(event__type=TEST).values_list("pk", "endpoint_id"))
    fresh = {"state": DeliveryState.DUE, "next_try_at": now, "give_up_at": None}
    EventDelivery.objects.filter(pk__in=[pk for pk, _ in chosen]).update(**fresh)
    for endpoint_id in {endpoint_id for _, endpoint_id in chosen}:
        outbox.send_soon(endpoint_id)
    return len(chosen)


def test(endpoint: Endpoint, *, now: datetime) -> EventDelivery:
    """Send one event that means nothing, once and at once, paused or not."""
    event = Event.objects.create(
        institution_id=endpoint.institution_id, type=TEST, at=now, data={"message": "A test by Assay"}
    )
    delivery = EventDelivery.objects.create(
        institution_id=endpoint.institution_id,
        event=event,
        endpoint=endpoint,
        state=DeliveryState.FAILED,  # so that no sweeper takes it up
        next_try_at=now,
    )
    entry = (delivery, formats.of(endpoint).documents(endpoint, event))
    with client.session() as session:
        outcome = _post(endpoint, [entry], session, now)
    delivery.state = DeliveryState.DELIVERED if outcome.ok else DeliveryState.FAILED
    _log(delivery, outcome, now)
    if outcome.ok:
        endpoints.succeeded(endpoint, now)
    return delivery


def _due(now: datetime) -> QuerySet[EventDelivery]:
    awake = Q(endpoint__resting_until=None) | Q(endpoint__resting_until__lte=now)
    waiting = EventDelivery.objects.filter(awake, state=DeliveryState.DUE, next_try_at__lte=now)
    return waiting.filter(endpoint__state=EndpointState.ACTIVE).order_by("next_try_at", "pk")


@contextmanager
def _taken(endpoint_id: UUID, clock: Clock) -> Iterator[Endpoint | None]:
    """The endpoint for this worker alone; None where another one has it. A worker that dies has it for a while."""
    now = clock()
    free = Q(sending_until=None) | Q(sending_until__lt=now)
    row = Endpoint.objects.filter(pk=endpoint_id)
    if not row.filter(free).update(sending_until=now + LEASE):
        yield None
        return
    try:
        yield row.get()
    finally:
        row.update(sending_until=None)


def _send_some(endpoint: Endpoint, clock: Clock) -> bool:
    """Whether to go on: there was something to send, and the endpoint works."""
    now = clock()
    rows = list(_due(now).filter(endpoint=endpoint).select_related("event__person")[:AT_ONCE])
    if not rows:
        return False
    Endpoint.objects.filter(pk=endpoint.pk).update(sending_until=now + LEASE)
    parcels = list(_parcels(endpoint, rows))
    lanes = [parcels[lane::LANES] for lane in range(LANES) if parcels[lane::LANES]]
    with ThreadPoolExecutor(LANES) as pool:
        outcomes = [
            outcome for lane in pool.map(lambda lane: _post_lane(endpoint, lane, clock), lanes) for outcome in lane
        ]
    for outcome in outcomes:
        _settle(endpoint, outcome, clock())
    return _conclude(endpoint, outcomes, clock())


def _parcels(endpoint: Endpoint, rows: Sequence[EventDelivery]) -> Iterator[list[Entry]]:
    """The events in as few requests as the format allows. Those that have become nothing are settled here."""
    form = formats.of(endpoint)
    entries = [(row, form.documents(endpoint, row.event)) for row in rows]
    empty = [row.pk for row, documents in entries if not documents]
    EventDelivery.objects.filter(pk__in=empty).update(state=DeliveryState.NOTHING)
    entries = [entry for entry in entries if entry[1]]
    for start in range(0, len(entries), form.BATCH):
        yield entries[start : start + form.BATCH]


# In threads, which ask no database


def _post_lane(endpoint: Endpoint, parcels: Sequence[Sequence[Entry]], clock: Clock) -> list[Outcome]:
    """One request after the other until the endpoint is in trouble; the rest stays due."""
    outcomes: list[Outcome] = []
    with client.session() as session:
        for parcel in parcels:
            outcomes += _post_split(endpoint, parcel, session, clock)
            if not (outcomes[-1].ok or outcomes[-1].refused):
                break
    return outcomes


def _post_split(endpoint: Endpoint, entries: Sequence[Entry], session: requests.Session, clock: Clock) -> list[Outcome]:
    """A batch that is refused is sent in halves, so that one bad event holds up no other."""
    outcome = _post(endpoint, entries, session, clock())
    if not outcome.refused or len(entries) == 1:
        return [outcome]
    middle = len(entries) // 2
    return [
        *_post_split(endpoint, entries[:middle], session, clock),
        *_post_split(endpoint, entries[middle:], session, clock),
    ]


def _post(endpoint: Endpoint, entries: Sequence[Entry], session: requests.Session, now: datetime) -> Outcome:
    try:
        body, headers = formats.of(endpoint).write(endpoint, entries, now)
        sent = {"Content-Type": "application/json", **AGENT, **headers}
        answer = client.fetch("POST", endpoint.url, using=session, data=body, headers=sent)
    except Exception as error:  # a fault in one event must not hold up the others
        return Outcome(
            entries, None, f"{error}" if isinstance(error, client.HttpError) else f"internal error: {error!r}"
        )
    return Outcome(entries, answer, answer.words)


# What came of it


@transaction.atomic
def _settle(endpoint: Endpoint, outcome: Outcome, now: datetime) -> None:
    for delivery in outcome.deliveries:
        if outcome.ok:
            delivery.state = DeliveryState.DELIVERED
        else:
            delivery.give_up_at = delivery.give_up_at or now + endpoints.GIVE_UP_AFTER
            delivery.next_try_at = now + endpoints.back_off(delivery.tries + 1, outcome.wait)
            if now >= delivery.give_up_at:
                delivery.state = DeliveryState.FAILED
        _log(delivery, outcome, now)


def _log(delivery: EventDelivery, outcome: Outcome, now: datetime) -> None:
    delivery.tries, delivery.tried_at, delivery.status = delivery.tries + 1, now, outcome.status
    delivery.answer = outcome.words.replace("\x00", "")[:500]
    delivery.save(update_fields=["state", "tries", "next_try_at", "give_up_at", "tried_at", "status", "answer"])


def _conclude(endpoint: Endpoint, outcomes: Sequence[Outcome], now: datetime) -> bool:
    trouble = [outcome for outcome in outcomes if not (outcome.ok or outcome.refused)]
    if any(outcome.ok for outcome in outcomes):
        endpoints.succeeded(endpoint, now)
    if trouble:
        worst = next((outcome for outcome in trouble if outcome.gone), trouble[0])
        wait = max(outcome.wait for outcome in trouble)
        endpoints.failed(endpoint, words=worst.words, wait=wait, gone=worst.gone, now=now)
    return not trouble
