"""How fast one platform may be asked, learnt from what it says about its limits."""

import time
from collections.abc import Callable

from lti.wire.client import Answer

LOW, HIGH = 100.0, 200.0  # units of Canvas's bucket; a request reserves fifty while it is under way
FIRST_GAP, LONGEST_GAP = 0.02, 5.0  # seconds between two requests
FIRST_PAUSE, LONGEST_PAUSE = 2.0, 60.0  # seconds after "slow down" that named no time


class Pace:
    """The gap between requests grows while the rate limit runs low, and shrinks while there is plenty.

    Canvas's bucket leaks as long as anything is in it, so keeping it neither full nor empty uses all that it allows.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.clock = clock
        self.gap = 0.0
        self._next = 0.0
        self._pause = 0.0
        self._remaining = float("inf")

    def wait(self) -> float:
        """Seconds until the next request may start."""
        return max(self._next - self.clock(), 0.0)

    def start(self) -> None:
        self._next = max(self._next, self.clock()) + self.gap

    def heard(self, remaining: float | None) -> None:
        """A request was answered; `remaining` is the header X-Rate-Limit-Remaining."""
        self._pause = 0.0
        if remaining is None:
            return
        if remaining < LOW:
            self.gap = min(max(self.gap * 1.2, FIRST_GAP), LONGEST_GAP)
        elif remaining > HIGH:
            self.gap = self.gap * 0.9 if self.gap > FIRST_GAP / 10 else 0.0
        elif remaining < self._remaining:
            self.gap = min(self.gap * 1.03, LONGEST_GAP)
        self._remaining = remaining

    def throttled(self) -> float:
        """Seconds to leave the platform alone, longer each time in a row."""
        self.gap = min(max(self.gap * 1.5, FIRST_GAP), LONGEST_GAP)
        self._pause = min(max(self._pause * 2, FIRST_PAUSE), LONGEST_PAUSE)
        return self._pause


def remaining(headers: dict[str, str]) -> float | None:
    """What a platform says is left of its rate limit; None where it does not."""
    try:
        return float(headers["x-rate-limit-remaining"])
    except (KeyError, ValueError):
        return None


def is_throttled(answer: Answer) -> bool:
    """429, or Canvas's 403 whose text says so."""
    return answer.status == 429 or (answer.status == 403 and "rate limit" in answer.text.lower())
