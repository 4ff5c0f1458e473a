"""The right to ask one platform something. A row holds it, and it runs out by itself when its holder dies.

Canvas reserves for each request under way, and trips at about twelve: so a platform gets four at once from us. Scores
have three of them, whatever process sends them; everything else, one after the other, has the fourth.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Literal
from uuid import UUID

from django.db.models import Q, QuerySet
from django.utils import timezone

from lti.models import Registration
from lti.wire import client, pacing
from lti.wire.client import Call
from roster.rows import Change

Clock = Callable[[], datetime]
Kind = Literal["drain_until", "requests_until"]

SCORES_IN_FLIGHT = 3
LASTS = timedelta(seconds=60)
ASK_EVERY = 0.2  # seconds


class Lost(client.HttpError):
    """Someone else has taken over, or had it all the time."""


class Lease:
    """`drain_until`: scores and what must not come between them. `requests_until`: everything else."""

    def __init__(
        self,
        registration_id: UUID,
        clock: Clock,
        kind: Kind = "drain_until",
        lasts: timedelta = LASTS,
    ) -> None:
        self.registration_id, self.clock, self.kind, self.lasts = registration_id, clock, kind, lasts
        self.until: datetime | None = None

    def take(self, by: Change | None = None) -> bool:
        """`by`: an update like `_take`, under a condition of its own."""
        now = self.clock()
        return self._moved(by or _take(self.kind), now + self.lasts, now=now)

    def renew(self) -> bool:
        """False when someone else has taken over."""
        return self._moved(_pass_on(self.kind), self.clock() + self.lasts, mine=self.until)

    def release(self) -> None:
        self._moved(_pass_on(self.kind), None, mine=self.until)

    def holding(self, call: Call) -> Call:
        """The same call, that keeps the lease alive from request to request and raises Lost when it is gone."""

        def held(*args: Any, **kwargs: Any) -> client.Answer:
            if not self.renew():
                raise Lost("another worker has taken over")
            return call(*args, **kwargs)

        return held

    def _moved(self, change: Change, until: datetime | None, **held: datetime | None) -> bool:
        moved = change(registration=self.registration_id, until=until, **held)
        if moved:
            self.until = until
        return bool(moved)


def free(kind: Kind, registration: UUID, now: datetime) -> QuerySet[Registration]:
    return Registration.objects.filter(Q(**{kind: None}) | Q(**{f"{kind}__lte": now}), pk=registration)


@cache
def _take(kind: Kind) -> Change:
    return Change(
        lambda registration, now, until: (free(kind, registration, now), {kind: until}),
        registration=UUID,
        now=datetime,
        until=datetime,
    )


@cache
def _pass_on(kind: Kind) -> Change:
    return Change(
        lambda registration, mine, until: (
            Registration.objects.filter(**{kind: mine}, pk=registration),
            {kind: until},
        ),
        registration=UUID,
        mine=datetime,
        until=datetime,
    )


def not_paused(now: datetime, registration: str = "registration") -> Q:
    """Rows whose platform asked for no pause that lasts until now; `registration` is the way from a row to it."""
    until = f"{registration}__paused_until"
    return Q(**{until: None}) | Q(**{f"{until}__lte": now})


def pause(registration_id: UUID, *, until: datetime) -> None:
    """Leave a platform alone until then, for every kind of request."""
    earlier = Q(paused_until=None) | Q(paused_until__lt=until)
    Registration.objects.filter(earlier, pk=registration_id).update(paused_until=until)


def pause_if_asked(registration_id: UUID, error: client.HttpError, *, now: datetime) -> bool:
    """Pause where the platform said "slow down"; whether it did."""
    answer = getattr(error, "answer", None)
    if answer is None or not (pacing.is_throttled(answer) or answer.retry_after):
        return False
    pause(registration_id, until=now + timedelta(seconds=answer.retry_after or pacing.LONGEST_PAUSE))
    return True


@contextmanager
def request_lease(
    registration_id: UUID, *, clock: Clock = timezone.now, patience: float = 0.0, lasts: timedelta = LASTS
) -> Iterator[Lease]:
    """The lease for requests beside the scores, one after the other. Raises Lost where it is not free in time.

    `patience` is how many seconds somebody waits for it.
    """
    lease = Lease(registration_id, clock, "requests_until", lasts)
    until = time.monotonic() + patience
    while not lease.take():
        if time.monotonic() >= until:
            raise Lost("this LMS is being asked something else")
        time.sleep(ASK_EVERY)
    try:
        yield lease
    finally:
        lease.release()
