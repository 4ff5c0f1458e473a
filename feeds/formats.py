"""The formats that an endpoint can have."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, cast

from events.models import Endpoint, Event, Format, Type
from feeds import caliper, webhook, xapi
from feeds.parcels import Document, Entry, Written


class FeedFormat(Protocol):
    BATCH: int
    """Events in one request at most."""
    TYPES: Sequence[Type]
    """What it can tell of."""

    def documents(self, endpoint: Endpoint, event: Event) -> list[Document]:
        """What the event is in this format; nothing where what it is about was erased."""

    def write(self, endpoint: Endpoint, entries: Sequence[Entry], now: datetime) -> Written:
        """Body and headers of one request. Asks no database."""


FORMATS = {
    str(name): cast(FeedFormat, module)
    for name, module in ((Format.WEBHOOK, webhook), (Format.CALIPER, caliper), (Format.XAPI, xapi))
}


def of(endpoint: Endpoint) -> FeedFormat:
    return FORMATS[endpoint.format]
