"""How many requests a minute a caller has, counted in Redis; while that is away, any number.

The headers are those of draft-ietf-httpapi-ratelimit-headers-10.
"""

import logging
import time
from dataclasses import dataclass
from functools import lru_cache

from django.conf import settings
from django.http import HttpRequest
from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from api.access import Access
from assessment.practice import network
from assessment.views.practice import client_address

logger = logging.getLogger(__name__)

WINDOW = 60  # seconds
PATIENCE = 0.2  # seconds for which a request waits for Redis
QUIET_SECONDS = 15.0
quiet_until = 0.0  # monotonic time, of this process: nothing is counted before


@dataclass(frozen=True)
class Left:
    """What a caller has left of `most` requests; `seconds` until it has all of them again."""

    policy: str
    most: int
    requests: int
    seconds: int

    @property
    def wait(self) -> int:
        """Seconds to wait before this request may come again; 0 where it may be served."""
        return self.seconds if self.requests < 0 else 0

    def headers(self) -> dict[str, str]:
        if not self.most:
            return {}
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.most};w={WINDOW}',
            "RateLimit": f'"{self.policy}";r={max(self.requests, 0)};t={self.seconds}',
        }


def count_access(access: Access) -> Left:
    """Count a request with a valid key or token, apart for each of them."""
    return _count("key", access.caller, settings.ASSAY_API_RATE)


def count_address(request: HttpRequest) -> Left:
    """Count a request without a valid key, by the network address that it comes from."""
    return _count("address", network(client_address(request)), settings.ASSAY_API_ADDRESS_RATE)


def _count(policy: str, who: str, most: int) -> Left:
    """Count one request more in this caller's minute, which begins with its first request."""
    global quiet_until
    unlimited = Left(policy, 0, 0, 0)
    if not most or time.monotonic() < quiet_until:
        return unlimited
    try:
        made, milliseconds = _add(f"assay:api:{policy}:{who}")
    except RedisError as error:
        quiet_until = time.monotonic() + QUIET_SECONDS
        logger.warning("Redis unreachable, requests are not counted for a while: %s", error)
        return unlimited
    return Left(policy, most, most - made, -(-milliseconds // 1000))


def _add(key: str) -> tuple[int, int]:
    """The requests of the window with this one, and the milliseconds left of it. One round trip."""
    steps = _redis(settings.REDIS_URL).pipeline(transaction=True)
    steps.set(key, 0, ex=WINDOW, nx=True)
    steps.incr(key)
    steps.pttl(key)
    _, made, milliseconds = steps.execute()
    return made, milliseconds


@lru_cache(maxsize=2)
def _redis(url: str) -> Redis:
    """A client of this process; its connections are kept."""
    patience = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    return Redis.from_url(url, retry=Retry(NoBackoff(), 0), **patience)
