"""Emptying the outbox of one registration at a time.

The database is used by the thread that drains; the platform is called from a few threads beside it.
"""

import logging
import random
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import requests
from django.db import IntegrityError, connection, transaction
from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, When
from django.utils import timezone

from lti.gradebook import delivery
from lti.gradebook.ags import Result
from lti.gradebook.columns import Column
from lti.gradebook.delivery import GIVEN_UP, Outcome, Parcel
from lti.gradebook.families.verdict import Kind
from lti.models import LineItem, Registration, ScoreEvent, ScoreState
from lti.platform import keys, leases
from lti.platform.leases import SCORES_IN_FLIGHT, Clock, Lease
from lti.wire import client
from lti.wire.pacing import Pace

logger = logging.getLogger(__name__)

BATCH = 16  # events taken at once
RENEW_EVERY = 15.0  # seconds
STALE_AFTER = timedelta(minutes=3)
GIVE_UP_AFTER = timedelta(days=3)
FIRST_RETRY, LONGEST_RETRY = 2.0, 3_600.0  # seconds
DRAIN_FOR = timedelta(minutes=2)  # then another message goes on
PAST_ANY_WAIT = timedelta(hours=6)  # longer than tries of one score ever lie apart
LOOK_EVERY = 1.0  # seconds: a new score does not wait for another one's next try
HANGING = 10.0  # seconds for one score
FAILURES_IN_A_ROW, PAUSE_AFTER_FAILURES = 4, 60.0  # then leave the platform alone for so many seconds


def drain(registration_id: UUID, *, clock: Clock = timezone.now, patience: float = 0.0) -> float | None:
    """Send what is due at one platform, unless someone else is at it. The seconds after which to go on, if at all.

    With `patience` it waits so many seconds for what is about to come due, and keeps to the platform's pace. It does
    not wait at a platform that does not answer: its caller has others to serve meanwhile.
    """
    started, failing = clock(), False
    while due(clock()).filter(registration=registration_id).exists():
        if clock() - started > DRAIN_FOR:
            return 0.0
        lease = Lease(registration_id, clock)
        if not lease.take():
            return None
        run = Drain(lease, clock, until=started + DRAIN_FOR, patience=patience)
        try:
            run.run()
        finally:
            lease.release()
        failing = run.failures > 0
    return _due_in(registration_id, clock(), patience) if failing else None


def due(now: datetime) -> QuerySet[ScoreEvent]:
    """Events that may be sent now, the oldest first: one at a time for each person in a column.

    So one that failed goes ahead of newer ones as soon as it may, and not to the end of a long queue.
    """
    pair = {"line_item": OuterRef("line_item"), "platform_user": OuterRef("platform_user")}
    under_way = ScoreEvent.objects.filter(**pair, state=ScoreState.SENDING)
    events = ScoreEvent.objects.filter(
        leases.calm(now),
        state=ScoreState.DUE,
        next_try_at__lte=now,
        registration__active=True,
        line_item__wanted=True,
        line_item__resource_link__deployment__active=True,
    )
    return events.exclude(Exists(under_way)).order_by("id")


def _due_in(registration_id: UUID, now: datetime, within: float) -> float | None:
    """Seconds until the next event of a platform comes due; None when that takes longer than `within`."""
    waiting = due(now + timedelta(seconds=within)).filter(registration=registration_id).order_by("next_try_at")
    first = waiting.values_list("next_try_at", flat=True).first()
    return None if first is None else (first - now).total_seconds()


def recover(*, now: datetime) -> None:
    """Events that a worker took and never settled become due again; a newer one replaces them."""
    for event in ScoreEvent.objects.filter(state=ScoreState.SENDING, claimed_at__lt=now - STALE_AFTER)[:1_000]:
        with transaction.atomic():
            lock(event.line_item_id, event.platform_user_id)
            _put_back(event, next_try_at=now, unknown=True, hint="Sending was interrupted; we try again.")


def lock(line_item_id: UUID, user_id: UUID) -> None:
    """One writer at a time for the scores of a person in a column, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{line_item_id}:{user_id}"])


class Drain:
    """One run over a registration's due events."""

    def __init__(self, lease: Lease, clock: Clock, until: datetime, patience: float = 0.0) -> None:
        self.lease = lease
        self.clock = clock
        self.until = until
        self.patience = patience
        self.registration = Registration.objects.defer("jwks").get(pk=lease.registration_id)
        self.key = keys.signing_key()
        self.pace = Pace()
        self.ready: deque[Parcel] = deque()
        self.flying: dict[Future[Outcome], tuple[Parcel, float]] = {}  # and since when, by the monotonic clock
        self.columns: dict[tuple[UUID, str], Column] = {}
        self.failures = 0
        self.paused_until: datetime | None = None
        self.renewed = 0.0

    def run(self) -> None:
        try:
            with client.session() as session, ThreadPoolExecutor(SCORES_IN_FLIGHT) as pool:
                while self._step(pool, session):
                    pass
        finally:
            for parcel in self.ready:
                _give_back(parcel.event, self.clock())

    def _step(self, pool: ThreadPoolExecutor, session: requests.Session) -> bool:
        """Send what may be sent, settle what was answered. False when there is nothing left to do here."""
        self._send(pool, session)
        if not self.flying:
            return self._rest()
        gap = self.pace.wait() if self.ready and len(self.flying) < SCORES_IN_FLIGHT else 0.0
        done, _ = wait(self.flying, timeout=gap or RENEW_EVERY, return_when=FIRST_COMPLETED)
        for future in done:
            parcel, began = self.flying.pop(future)
            self._settle(parcel, future.result(), took=time.monotonic() - began)
        self._hold()
        return True

    def _send(self, pool: ThreadPoolExecutor, session: requests.Session) -> None:
        """Fill the free places. Nothing new once the lease is lost, the time is up or the platform wants a pause."""
        while len(self.flying) < SCORES_IN_FLIGHT and self._may_send():
            if not self.ready:
                self.ready.extend(self._claim())
            if not self.ready or (self.patience and self.pace.wait()):
                return
            self.pace.start()
            parcel = self.ready.popleft()
            self.flying[pool.submit(delivery.deliver, parcel, session)] = parcel, time.monotonic()

    def _may_send(self) -> bool:
        now = self.clock()
        if now > self.until or (self.paused_until and self.paused_until > now):
            return False
        if not self.ready:  # about to claim
            self.renewed = 0.0
        return self._hold()

    def _hold(self) -> bool:
        """Keep the lease, also while slow answers fill all places. False once another drain has taken over."""
        if time.monotonic() - self.renewed > RENEW_EVERY / 3:
            self.renewed = time.monotonic()
            mine = Registration.objects.filter(pk=self.registration.pk)  # others are asked for a pause as well
            self.paused_until = mine.values_list("paused_until", flat=True).first()
            return self.lease.renew()
        return True

    def _rest(self) -> bool:
        """Wait for what is about to come due, if that is soon enough to stay. False: leave."""
        if not self.patience or self.failures or not self.lease.renew():
            return False
        seconds = self.pace.wait() if self.ready else _due_in(self.registration.pk, self.clock(), self.patience)
        if seconds is None:
            return False
        if self.paused_until:
            seconds = max(seconds, (self.paused_until - self.clock()).total_seconds())
        if seconds > self.patience or self.clock() + timedelta(seconds=seconds) > self.until:
            return False
        time.sleep(min(max(seconds, 0.01), LOOK_EVERY))
        return True

    def _claim(self) -> list[Parcel]:
        """Take the oldest due events; none where another drain took over meanwhile."""
        now = self.clock()
        events = due(now).filter(registration=self.registration).select_for_update(of=("self",), skip_locked=True)
        try:
            with transaction.atomic():
                rows = list(events.select_related("line_item__resource_link", "platform_user")[:BATCH])
                mine = ScoreEvent.objects.filter(pk__in=[event.pk for event in rows])
                until = Case(When(_untried(now), then=now + GIVE_UP_AFTER), default=F("retry_until"))
                mine.update(retry_until=until, state=ScoreState.SENDING, claimed_at=now, tries=F("tries") + 1)
                until_when = dict(mine.values_list("pk", "retry_until"))
        except IntegrityError:
            return []
        for event in rows:
            event.state, event.claimed_at, event.tries = ScoreState.SENDING, now, event.tries + 1
            event.retry_until = until_when[event.pk]
        earlier = _earlier(rows)
        return [self._parcel(event, earlier.get((event.line_item_id, event.platform_user_id), [])) for event in rows]

    def _parcel(self, event: ScoreEvent, earlier: list[ScoreEvent]) -> Parcel:
        since = event.line_item.replaced_at
        earlier = [one for one in earlier if since is None or (one.claimed_at and one.claimed_at >= since)]
        known = any(_arrived(one, since) and one.submitted_at == event.submitted_at for one in (event, *earlier))
        told: list[ScoreEvent] = []
        was_told = _arrived(event, since)  # then nothing from before it stands there
        for one in () if was_told else earlier:  # the newest first
            if one.tries or one.delivered_at:
                told.append(one)
            if one.delivered_at:
                break
        arrived = any(one.delivered_at and not one.told_may_be_gone for one in told)
        column = self.columns.setdefault((event.line_item_id, event.line_item.url), Column(event.line_item))
        same = [one for one in told if (one.comment, one.submitted_at) == (event.comment, event.submitted_at)]
        return Parcel(
            event,
            self.registration,
            self.key,
            column,
            not known,
            told,
            (arrived or was_told) and not event.told_may_be_gone,
            any((one.delivered_at or one.unknown) and one.score_given == event.score_given for one in same),
        )

    def _settle(self, parcel: Parcel, outcome: Outcome, *, took: float) -> None:
        now, event = self.clock(), parcel.event
        hanging = took > HANGING  # one such is enough: each keeps a thread that others need
        self.failures = 0 if outcome.reached else self.failures + (FAILURES_IN_A_ROW if hanging else 1)
        with transaction.atomic():
            lock(event.line_item_id, event.platform_user_id)
            _write(event, outcome, now)
            _learn(event.line_item, parcel.column, now)
            _follow(event, parcel.column, now)
            if outcome.verdict.kind is Kind.DELIVERED:
                _miss(event, parcel.column, now)
        self._pause(outcome, now)

    def _pause(self, outcome: Outcome, now: datetime) -> None:
        seconds = self._pause_asked(outcome)
        if self.failures >= FAILURES_IN_A_ROW:
            seconds = max(seconds, PAUSE_AFTER_FAILURES)
        if seconds:
            until = now + timedelta(seconds=seconds)
            self.paused_until = max(self.paused_until or until, until)
            leases.pause(self.registration.pk, until=until)
        if outcome.verdict.pause and not outcome.reached:
            self._explain(outcome)

    def _pause_asked(self, outcome: Outcome) -> float:
        """Seconds for which the platform wants to be left alone."""
        if not outcome.verdict.pause:
            self.pace.heard(outcome.remaining)
            return 0.0
        if not outcome.reached:
            return max(PAUSE_AFTER_FAILURES, outcome.verdict.delay or 0.0)
        return outcome.verdict.delay or self.pace.throttled()

    def _explain(self, outcome: Outcome) -> None:
        """What stops one score stops all of them: say so at each, for whoever looks."""
        waiting = ScoreEvent.objects.filter(registration=self.registration, state=ScoreState.DUE)
        waiting.update(hint=outcome.verdict.hint, last_status=outcome.status, last_answer=outcome.words)


def _untried(now: datetime) -> Q:
    """Events that were never tried, or not for so long that it was not for want of answers: sending was off."""
    return Q(retry_until=None) | Q(claimed_at__lt=now - PAST_ANY_WAIT)


def _arrived(event: ScoreEvent, since: datetime | None) -> bool:
    """Whether it was taken by the column that stands there now, `since` when."""
    return bool(event.delivered_at and (since is None or event.delivered_at >= since))


def _earlier(events: list[ScoreEvent]) -> dict[tuple[UUID, UUID], list[ScoreEvent]]:
    """Earlier versions of each event, the newest first."""
    pairs = Q(pk__in=[])
    for event in events:
        if event.version > 1:
            pairs |= Q(line_item=event.line_item_id, platform_user=event.platform_user_id, version__lt=event.version)
    found: dict[tuple[UUID, UUID], list[ScoreEvent]] = {}
    for one in ScoreEvent.objects.filter(pairs).order_by("-version"):
        found.setdefault((one.line_item_id, one.platform_user_id), []).append(one)
    return found


def _write(event: ScoreEvent, outcome: Outcome, now: datetime) -> None:
    """Record what came of a try. Late news about an event that was put back meanwhile changes nothing."""
    verdict = outcome.verdict
    said = {"last_status": outcome.status, "last_answer": outcome.words, "hint": verdict.hint[:300]}
    said["unknown"] = event.unknown or outcome.unknown
    if verdict.kind is Kind.RETRY and (event.retry_until is None or now < event.retry_until):
        _put_back(event, next_try_at=now + _back_off(event.tries, verdict.delay), **said)
    elif verdict.kind is Kind.DELIVERED:
        done = {"unknown": False, "delivered_at": now, "drift": "", "told_may_be_gone": False}
        _finish(event, ScoreState.DELIVERED, **{**said, **done})
    elif verdict.kind is Kind.CONFLICT:
        _finish(event, ScoreState.CONFLICT, **said, **seen(outcome.drift, outcome.result, now))
    else:
        if verdict.kind is Kind.RETRY:
            said["hint"] = f"{GIVEN_UP} {verdict.hint}"[:300]
        _finish(event, ScoreState.REFUSED, **said)


def seen(drift: str, result: Result | None, now: datetime) -> dict[str, Any]:
    """The columns of an event that say what the gradebook shows."""
    score, maximum = (_kept(result.score), _kept(result.maximum)) if result else (None, None)
    return {"drift": drift, "seen_score": score, "seen_maximum": maximum, "seen_at": now}


def _kept(value: Decimal | None) -> Decimal | None:
    """As far as it can be kept; a platform may name any number."""
    return round(value, 5) if value is not None and abs(value) < 10**10 else None


def _give_back(event: ScoreEvent, now: datetime) -> None:
    """An event that was taken and not sent."""
    with transaction.atomic():
        lock(event.line_item_id, event.platform_user_id)
        _put_back(event, next_try_at=now, tries=event.tries - 1)


def _put_back(event: ScoreEvent, **values: Any) -> None:
    same = {"line_item_id": event.line_item_id, "platform_user_id": event.platform_user_id}
    newer = ScoreEvent.objects.filter(**same, version__gt=event.version)
    if event.forced:  # a word that was not carried out goes over to the score that takes its place
        seen = {"seen_score": event.seen_score, "seen_maximum": event.seen_maximum, "seen_at": event.seen_at}
        newer.filter(state=ScoreState.DUE, forced=False).update(forced=True, **seen)
    _finish(event, ScoreState.SUPERSEDED if newer.exists() else ScoreState.DUE, **values)


def _finish(event: ScoreEvent, state: ScoreState, **values: Any) -> None:
    mine = ScoreEvent.objects.filter(pk=event.pk, state=ScoreState.SENDING, claimed_at=event.claimed_at)
    mine.update(state=state, **values)


def _learn(row: LineItem, column: Column, now: datetime) -> None:
    """Keep what was learnt about the column, unless a launch brought news meanwhile."""
    learnt: dict[str, Any] = {"url": column.url, "score_maximum": column.maximum, "made": column.made}
    if row.url and column.url != row.url:
        learnt |= {"replaced_at": now, "news_at": now}
    if any(getattr(row, name) != value for name, value in learnt.items()):
        LineItem.objects.filter(pk=row.pk, url=row.url).update(**learnt)


def _follow(event: ScoreEvent, column: Column, now: datetime) -> None:
    """A score that found its column at another place went there after that had taken the old one's place."""
    before = event.line_item.url
    if before and column.url != before and LineItem.objects.filter(pk=event.line_item_id, url=column.url).exists():
        ScoreEvent.objects.filter(pk=event.pk, claimed_at=event.claimed_at).update(claimed_at=now)


def _miss(event: ScoreEvent, column: Column, now: datetime) -> None:
    """A score that went to a column while a launch named another in its place is told to that one too."""
    elsewhere = LineItem.objects.filter(pk=event.line_item_id).exclude(url__in=[column.url, ""])
    if elsewhere.update(news_at=now):
        mine = ScoreEvent.objects.filter(pk=event.pk, state=ScoreState.DELIVERED, claimed_at=event.claimed_at)
        mine.update(delivered_at=event.claimed_at)


def _back_off(tries: int, asked: float | None) -> timedelta:
    """2 s, 4 s, 8 s ... an hour, each a fifth more or less; longer where the platform asks for it."""
    seconds = min(FIRST_RETRY * 2 ** min(tries - 1, 20), LONGEST_RETRY) * random.uniform(0.8, 1.2)
    return timedelta(seconds=max(seconds, asked or 0.0))
