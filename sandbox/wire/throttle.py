"""Canvas's throttle: a leaky bucket for each client_id, in seconds of server time; and its User-Agent rule.

Every request reserves `up_front` while it is under way and costs its CPU time once it is done, so requests one after
the other pass and about twelve at once do not. The buckets live in the memory of this process: the sandbox runs as one.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.http import HttpRequest, HttpResponse

from sandbox.models import AccessToken
from sandbox.platform import clock, tokens

ROOT = "/api/lti/courses/"
EXCEEDED = "403 Forbidden (Rate Limit Exceeded)\n"
Answer = Callable[[HttpRequest], HttpResponse]


@dataclass(frozen=True)
class Limits:
    """`outflow` is per second; `cost` is added to every request's own, for tests without load."""

    high_water: float = 600
    maximum: float = 800
    outflow: float = 10
    up_front: float = 50
    cost: float = 0


@dataclass
class Bucket:
    """What one client has used, as of `at`."""

    at: datetime
    count: float = 0.0

    def leak(self, limits: Limits, *, now: datetime) -> None:
        """Let out what flows away in the time since `at`."""
        seconds = max((now - self.at).total_seconds(), 0.0)
        self.count, self.at = max(self.count - seconds * limits.outflow, 0.0), now


@dataclass
class Throttle:
    """All buckets, and the numbers they go by."""

    limits: Limits = field(default_factory=Limits)
    buckets: dict[str, Bucket] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def set(self, **limits: float) -> Limits:
        """Change some of the numbers, or none to have Canvas's own back; all buckets are emptied. Raises TypeError."""
        with self.lock:
            self.limits = replace(self.limits, **limits) if limits else Limits()
            self.buckets = {}
            return self.limits

    def enter(self, client: str, *, now: datetime) -> bool:
        """Reserve for a request; false if the bucket is full with it."""
        with self.lock:
            bucket = self.buckets.setdefault(client, Bucket(now))
            bucket.leak(self.limits, now=now)
            bucket.count = min(bucket.count + self.limits.up_front, self.limits.maximum)
            return bucket.count < self.limits.high_water

    def leave(self, client: str, cost: float, *, now: datetime) -> float:
        """Give the reservation back, charge the cost, and say how much is left."""
        with self.lock:
            bucket = self.buckets.setdefault(client, Bucket(now))
            bucket.leak(self.limits, now=now)
            bucket.count = min(max(bucket.count - self.limits.up_front, 0.0) + cost, self.limits.maximum)
            return max(self.limits.high_water - bucket.count, 0.0)


throttle = Throttle()


def guard(request: HttpRequest, answer: Answer) -> HttpResponse:
    """Answer a call of a Canvas service, unless its client is anonymous to us or does too much at once."""
    if not request.path.startswith(ROOT):
        return answer(request)
    if not request.headers.get("User-Agent"):
        return lower(HttpResponse("403 Forbidden (User-Agent Required)\n", status=403, content_type="text/plain"))
    client, started = _client(request), time.thread_time()
    if throttle.enter(client, now=clock.now()):
        response, cost = answer(request), throttle.limits.cost
    else:
        response, cost = HttpResponse(EXCEEDED, status=403, content_type="text/plain; charset=utf-8"), 0.0
        response["X-Rate-Limit-Remaining"] = "0.0"
    cost += time.thread_time() - started
    remaining = throttle.leave(client, cost, now=clock.now())
    response.setdefault("X-Rate-Limit-Remaining", f"{remaining:.2f}")
    response["X-Request-Cost"] = f"{cost:.4f}"
    return lower(response)


def _client(request: HttpRequest) -> str:
    """The client_id of the bearer token; requests without a token share a bucket."""
    value = request.headers.get("Authorization", "").partition(" ")[2].strip()
    found = AccessToken.objects.filter(digest=tokens.digest(value)).values_list("tool__client_id", flat=True).first()
    return found or ""


def lower(response: HttpResponse) -> HttpResponse:
    """Header names in small letters, as Canvas sends them since 2024."""
    for name, value in list(response.items()):
        del response[name]
        response[name.lower()] = value
    return response
