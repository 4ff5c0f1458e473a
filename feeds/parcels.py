"""What leaves in one request, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from events.models import Endpoint, EventDelivery
from lti.wire.client import Answer

Document = dict[str, Any]
Entry = tuple[EventDelivery, list[Document]]  # what one event becomes in the endpoint's format
Written = tuple[bytes, dict[str, str]]  # body and headers
Write = Callable[[Endpoint, Sequence[Entry], datetime], Written]

GONE = 410
OUR_FAULT = (400, 409, 413, 414, 415, 422)  # of this very request: others may pass


@dataclass(frozen=True)
class Outcome:
    """`answer` is None where none came; `words` then say why."""

    entries: Sequence[Entry]
    answer: Answer | None
    words: str

    @property
    def ok(self) -> bool:
        return self.answer is not None and self.answer.ok

    @property
    def gone(self) -> bool:
        return self.status == GONE

    @property
    def refused(self) -> bool:
        """The endpoint works and does not want this."""
        return self.status in OUR_FAULT

    @property
    def status(self) -> int | None:
        return self.answer.status if self.answer else None

    @property
    def wait(self) -> float:
        """Seconds that the endpoint asks us to wait."""
        return (self.answer.retry_after if self.answer else None) or 0.0

    @property
    def deliveries(self) -> list[EventDelivery]:
        return [delivery for delivery, _ in self.entries]
