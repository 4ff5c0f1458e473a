"""Emptying the outbox of one registration at a time.

The database is used by the thread that drains; the platform is called from a few threads beside it.
"""

import logging
import time
from collections import deque
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import requests
from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from lti.gradebook import column_scores, delivery, scores
from lti.gradebook.columns import Column
from lti.gradebook.delivery import Parcel
from lti.gradebook.outcomes import Claim, Outcome
from lti.models import LineItem, Registration, Score, ScoreState
from lti.platform import keys, leases
from lti.platform.leases import SCORES_IN_FLIGHT, Clock, Lease
from lti.wire import client
from lti.wire.pacing import Pace
from roster.rows import Change, Prepared

logger = logging.getLogger(__name__)

BATCH = 16  # scores claimed at once
RENEW_EVERY = 15.0  # seconds
DRAIN_FOR = timedelta(minutes=2)  # then another message goes on
LOOK_EVERY = 1.0  # seconds: a new score does not wait for another one's next try
HANGING = 10.0  # seconds for one score
FAILURES_IN_A_ROW, PAUSE_AFTER_FAILURES = 4, 60.0  # then leave the platform alone for so many seconds


def drain(registration_id: UUID, *, clock: Clock = timezone.now, patience: float = 0.0) -> float | None:
    """Send what is due at one platform, unless someone else is at it. The seconds after which to go on, if at all.

    With `patience` it waits so many seconds for what is about to come due, and keeps to the platform's pace. It does
    not wait at a platform that does not answer: its caller has others to serve meanwhile.
    """
    started, failing, lease = clock(), False, Lease(registration_id, clock)
    while lease.take(TAKE):
        run = Drain(lease, clock, until=started + DRAIN_FOR, patience=patience)
        try:
            run.run()
        finally:
            lease.release()
        failing = run.failures > 0
        if clock() - started > DRAIN_FOR:
            return 0.0
    return _due_in(registration_id, clock(), patience) if failing else None


# The lease of a platform that has something to send: one statement where it is held, or nothing is due.
TAKE = Change(
    lambda registration, now, until: (
        leases.free("drain_until", registration, now).filter(
            Exists(scores.due(now).filter(registration=OuterRef("pk"))),
        ),
        {"drain_until": until},
    ),
    registration=UUID,
    now=datetime,
    until=datetime,
)
NEXT = Prepared(
    lambda registration, now: scores.due(now).filter(registration=registration).order_by("next_try_at")[:1],
    registration=UUID,
    now=datetime,
)
COLUMN = Prepared(lambda pk: LineItem.objects.select_related("resource_link").filter(pk=pk), pk=UUID)
REGISTRATION = Prepared(lambda pk: Registration.objects.defer("jwks").filter(pk=pk), pk=UUID)


def _due_in(registration_id: UUID, now: datetime, within: float) -> float | None:
    """Seconds until the next score of a platform comes due; None when that takes longer than `within`."""
    first = NEXT.one(registration=registration_id, now=now + timedelta(seconds=within))
    return None if first is None else (first.next_try_at - now).total_seconds()


class Drain:
    """One run over a registration's due scores."""

    def __init__(self, lease: Lease, clock: Clock, until: datetime, patience: float = 0.0) -> None:
        self.lease = lease
        self.clock = clock
        self.until = until
        self.patience = patience
        self.registration = REGISTRATION.all(pk=lease.registration_id)[0]
        self.key = keys.signing_key()
        self.pace = Pace()
        self.ready: deque[Parcel] = deque()
        self.more = True  # scores that could be claimed
        self.flying: dict[Future[Outcome], tuple[Parcel, float]] = {}  # and since when, by the monotonic clock
        self.columns: dict[tuple[UUID, str], Column] = {}
        self.failures = 0
        self.paused_until = self.registration.paused_until
        self.renewed = time.monotonic()

    def run(self) -> None:
        try:
            with client.session() as session, ThreadPoolExecutor(SCORES_IN_FLIGHT) as pool:
                while self._step(pool, session):
                    pass
        finally:
            for parcel in self.ready:
                scores.give_back(claim=parcel.claim, now=self.clock())

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
        self.more = self.more or bool(self.flying)
        self._hold()
        return True

    def _send(self, pool: ThreadPoolExecutor, session: requests.Session) -> None:
        """Fill the free places. Nothing new once the lease is lost, the time is up or the platform wants a pause."""
        while len(self.flying) < SCORES_IN_FLIGHT and (self.ready or self.more) and self._may_send():
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
        if not self.patience or self.failures:
            return False
        self.more = True
        seconds = self.pace.wait() if self.ready else _due_in(self.registration.pk, self.clock(), self.patience)
        if seconds is None:
            return False
        if self.paused_until:
            seconds = max(seconds, (self.paused_until - self.clock()).total_seconds())
        if seconds > self.patience or self.clock() + timedelta(seconds=seconds) > self.until or not self.lease.renew():
            return False
        time.sleep(min(max(seconds, 0.01), LOOK_EVERY))
        return True

    def _claim(self) -> list[Parcel]:
        """Take the oldest due scores. Columns are read after that: what changes them then takes the scores back."""
        claims = scores.claim(registration_id=self.registration.pk, now=self.clock(), limit=BATCH)
        self.more = len(claims) == BATCH
        rows = {pk: COLUMN.all(pk=pk)[0] for pk in {claim.score.line_item_id for claim in claims}}
        return [self._parcel(claim, rows[claim.score.line_item_id]) for claim in claims]

    def _parcel(self, claim: Claim, row: LineItem) -> Parcel:
        column = self.columns.setdefault((row.pk, row.url), Column(row))
        return Parcel(claim, self.registration, self.key, column)

    def _settle(self, parcel: Parcel, outcome: Outcome, *, took: float) -> None:
        now = self.clock()
        hanging = took > HANGING  # one such is enough: each keeps a thread that others need
        self.failures = 0 if outcome.reached else self.failures + (FAILURES_IN_A_ROW if hanging else 1)
        with transaction.atomic():
            _learn(parcel.column, parcel.claim.score.pk, now)
            scores.settle(claim=parcel.claim, outcome=outcome, now=now)
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
        """What stops one score stops all of them: say so at each of them."""
        waiting = Score.objects.filter(registration=self.registration, state=ScoreState.DUE)
        waiting.update(hint=outcome.verdict.hint, last_status=outcome.status, last_answer=outcome.words)


def _learn(column: Column, sent: UUID, now: datetime) -> None:
    """Keep what a delivery learned about its column, unless a launch changed it meanwhile.

    A column that moved starts afresh, but for the score that found it.
    """
    row = column.row
    learned: dict[str, Any] = {"url": column.url, "score_maximum": column.maximum, "made": column.made}
    if all(getattr(row, name) == value for name, value in learned.items()):
        return
    moved = bool(row.url) and column.url != row.url
    replaced = {"replaced_at": now, "news_at": now} if moved else {}
    if LineItem.objects.filter(pk=row.pk, url=row.url).update(**learned, **replaced) and moved:
        column_scores.restart(column=row, now=now, except_for=sent)
    for name, value in learned.items():
        setattr(row, name, value)
