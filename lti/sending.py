"""Emptying the outbox of one registration at a time.

The database is used by the thread that drains; the platform is called from a few threads beside it.
"""

import logging
import random
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import requests
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from lti import delivery, http, keys
from lti.delivery import Outcome, Parcel
from lti.families.verdict import Kind
from lti.models import LineItem, Registration, ScoreEvent, ScoreState

logger = logging.getLogger(__name__)

Clock = Callable[[], datetime]

IN_FLIGHT = 4  # requests at once to one platform: Canvas reserves for each, and trips at about twelve
LEASE = timedelta(seconds=60)
RENEW_EVERY = 15.0  # seconds
STALE_AFTER = timedelta(minutes=3)
GIVE_UP_AFTER = timedelta(days=3)
FIRST_RETRY, LONGEST_RETRY = 5.0, 3_600.0  # seconds
DRAIN_FOR = timedelta(minutes=2)  # then another message goes on
FAILURES_IN_A_ROW, PAUSE_AFTER_FAILURES = 4, 60.0  # then leave the platform alone for so many seconds


def drain(registration_id: UUID, *, clock: Clock = timezone.now) -> bool:
    """Send what is due at one platform, unless someone else is at it. Whether something is still due."""
    started = clock()
    while due(clock()).filter(registration=registration_id).exists():
        if clock() - started > DRAIN_FOR:
            return True
        lease = Lease(registration_id, clock)
        if not lease.take():
            return False
        try:
            Drain(lease, clock, until=started + DRAIN_FOR).run()
        finally:
            lease.release()
    return False


def due(now: datetime) -> QuerySet[ScoreEvent]:
    """Events that may be sent now, oldest wish first: one at a time for each person in a column."""
    pair = {"line_item": OuterRef("line_item"), "platform_user": OuterRef("platform_user")}
    under_way = ScoreEvent.objects.filter(**pair, state=ScoreState.SENDING)
    waiting = Q(registration__paused_until=None) | Q(registration__paused_until__lte=now)
    events = ScoreEvent.objects.filter(
        waiting,
        state=ScoreState.DUE,
        next_try_at__lte=now,
        registration__active=True,
        line_item__resource_link__deployment__active=True,
    )
    return events.exclude(Exists(under_way)).order_by("next_try_at")


def recover(*, now: datetime) -> None:
    """Events that a worker took and never settled become due again; a newer one replaces them."""
    for event in ScoreEvent.objects.filter(state=ScoreState.SENDING, claimed_at__lt=now - STALE_AFTER)[:1_000]:
        with transaction.atomic():
            lock(event.line_item_id, event.platform_user_id)
            _put_back(event, next_try_at=now, hint="Sending was interrupted; we try again.")


def lock(line_item_id: UUID, user_id: UUID) -> None:
    """One writer at a time for the scores of a person in a column, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{line_item_id}:{user_id}"])


class Lease:
    """The right to talk to one platform. Runs out by itself when its holder dies."""

    def __init__(self, registration_id: UUID, clock: Clock) -> None:
        self.registration_id = registration_id
        self.clock = clock
        self.until: datetime | None = None

    def take(self) -> bool:
        now = self.clock()
        return self._move(Q(drain_until=None) | Q(drain_until__lte=now), now + LEASE)

    def renew(self) -> bool:
        """False when another drain has taken over."""
        return self._move(Q(drain_until=self.until), self.clock() + LEASE)

    def release(self) -> None:
        self._move(Q(drain_until=self.until), None)

    def _move(self, held: Q, until: datetime | None) -> bool:
        moved = Registration.objects.filter(held, pk=self.registration_id).update(drain_until=until)
        if moved:
            self.until = until
        return bool(moved)


class Drain:
    """One run over a registration's due events."""

    def __init__(self, lease: Lease, clock: Clock, until: datetime) -> None:
        self.lease = lease
        self.clock = clock
        self.until = until
        self.registration = Registration.objects.defer("jwks").get(pk=lease.registration_id)
        self.key = keys.signing_key()
        self.flying: dict[Future[Outcome], ScoreEvent] = {}
        self.failures = 0

    def run(self) -> None:
        with http.session() as session, ThreadPoolExecutor(IN_FLIGHT) as pool:
            while True:
                self._send(pool, session)
                if not self.flying:
                    return
                done, _ = wait(self.flying, timeout=RENEW_EVERY, return_when=FIRST_COMPLETED)
                for future in done:
                    self._settle(self.flying.pop(future), future.result())

    def _send(self, pool: ThreadPoolExecutor, session: requests.Session) -> None:
        """Fill the free places. Nothing new once the lease is lost or the time is up; a pause empties `due`."""
        free = IN_FLIGHT - len(self.flying)
        if not self.lease.renew() or not free or self.clock() > self.until:
            return
        for event in self._claim(free):
            parcel = Parcel(event, self.registration, self.key, new_submission=not event.submission_known)  # type: ignore[attr-defined]
            self.flying[pool.submit(delivery.deliver, parcel, session)] = event

    def _claim(self, limit: int) -> list[ScoreEvent]:
        now = self.clock()
        same = {name: OuterRef(name) for name in ("line_item", "platform_user", "submitted_at")}
        known = ScoreEvent.objects.filter(**same, delivered_at__isnull=False)
        events = due(now).filter(registration=self.registration).annotate(submission_known=Exists(known))
        rows = events.select_related("line_item__resource_link", "platform_user")[:limit]
        return [event for event in rows if _take(event, now)]

    def _settle(self, event: ScoreEvent, outcome: Outcome) -> None:
        now = self.clock()
        self.failures = 0 if outcome.reached else self.failures + 1
        with transaction.atomic():
            lock(event.line_item_id, event.platform_user_id)
            _write(event, outcome, now)
            _learn(event.line_item, outcome)
        self._pause(outcome, now)

    def _pause(self, outcome: Outcome, now: datetime) -> None:
        seconds = outcome.verdict.delay or PAUSE_AFTER_FAILURES if outcome.verdict.pause else 0.0
        if self.failures >= FAILURES_IN_A_ROW:
            seconds = max(seconds, PAUSE_AFTER_FAILURES)
        until = now + timedelta(seconds=seconds)
        if seconds:
            later = Q(paused_until=None) | Q(paused_until__lt=until)
            Registration.objects.filter(later, pk=self.registration.pk).update(paused_until=until)
        if outcome.verdict.pause and not outcome.reached:
            self._explain(outcome)

    def _explain(self, outcome: Outcome) -> None:
        """What stops one score stops all of them: say so at each, for whoever looks."""
        waiting = ScoreEvent.objects.filter(registration=self.registration, state=ScoreState.DUE)
        waiting.update(hint=outcome.verdict.hint, last_status=outcome.status, last_answer=outcome.words)


def _take(event: ScoreEvent, now: datetime) -> bool:
    """Claim an event; false when it was replaced, taken, or another of the same person is under way."""
    claim = {"state": ScoreState.SENDING, "claimed_at": now, "tries": event.tries + 1}
    try:
        with transaction.atomic():
            taken = ScoreEvent.objects.filter(pk=event.pk, state=ScoreState.DUE).update(**claim)
    except IntegrityError:
        return False
    for name, value in claim.items():
        setattr(event, name, value)
    return bool(taken)


def _write(event: ScoreEvent, outcome: Outcome, now: datetime) -> None:
    """Record what came of a try. Late news about an event that was put back meanwhile changes nothing."""
    verdict = outcome.verdict
    said = {"last_status": outcome.status, "last_answer": outcome.words, "hint": verdict.hint[:300]}
    if verdict.kind is Kind.RETRY and now - event.created_at < GIVE_UP_AFTER:
        _put_back(event, next_try_at=now + _back_off(event.tries, verdict.delay), **said)
    elif verdict.kind is Kind.DELIVERED:
        _finish(event, ScoreState.DELIVERED, **said, delivered_at=now)
    elif verdict.kind is Kind.CONFLICT:
        _finish(event, ScoreState.CONFLICT, **said)
    else:
        if verdict.kind is Kind.RETRY:
            said["hint"] = f"Given up after three days of trying. {verdict.hint}"[:300]
        _finish(event, ScoreState.REFUSED, **said)


def _put_back(event: ScoreEvent, **values: Any) -> None:
    same = {"line_item_id": event.line_item_id, "platform_user_id": event.platform_user_id}
    replaced = ScoreEvent.objects.filter(**same, version__gt=event.version).exists()
    _finish(event, ScoreState.SUPERSEDED if replaced else ScoreState.DUE, **values)


def _finish(event: ScoreEvent, state: ScoreState, **values: Any) -> None:
    mine = ScoreEvent.objects.filter(pk=event.pk, state=ScoreState.SENDING, claimed_at=event.claimed_at)
    mine.update(state=state, **values)


def _learn(column: LineItem, outcome: Outcome) -> None:
    """Keep what was learnt about the column, unless a launch brought news meanwhile."""
    learnt: dict[str, Any] = {"url": outcome.url} if outcome.url else {}
    if outcome.maximum is not None:
        learnt["score_maximum"] = outcome.maximum
    if learnt:
        LineItem.objects.filter(pk=column.pk, url=column.url).update(**learnt)


def _back_off(tries: int, asked: float | None) -> timedelta:
    """5 s, 10 s, 20 s ... an hour, each a fifth more or less; longer where the platform asks for it."""
    seconds = min(FIRST_RETRY * 2 ** min(tries - 1, 20), LONGEST_RETRY) * random.uniform(0.8, 1.2)
    return timedelta(seconds=max(seconds, asked or 0.0))
