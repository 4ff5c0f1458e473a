"""Orders of a list, and places in them: a value and the primary key, so that no row is skipped or shown twice."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import reduce
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet

AFTER, BEFORE = b"a", b"b"
# "a" or "b", 16 bytes of the key, and the value in groups of three bytes, in base 64. Every such text is a place.
SHAPE = "^Y[Q-Za-v][A-Za-z0-9_-]{21}([A-Za-z0-9_-]{4}){0,700}$"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FIRST, LAST = ((moment.replace(tzinfo=UTC) - EPOCH) // MICROSECOND for moment in (datetime.min, datetime.max))


@dataclass(frozen=True)
class Kind:
    """How the values of a column are written into a cursor and read from it. Any bytes can be read."""

    write: Callable[[Any], bytes]
    read: Callable[[bytes], Any]


MOMENT = Kind(
    lambda value: ((value - EPOCH) // MICROSECOND).to_bytes(9, signed=True),
    lambda raw: EPOCH + MICROSECOND * min(max(int.from_bytes(raw[:9], signed=True), FIRST), LAST),
)
POINTS = Kind(
    lambda value: int(value * 1000).to_bytes(9, signed=True),
    lambda raw: Decimal(int.from_bytes(raw[:9], signed=True)) / 1000,
)
KEY = Kind(lambda value: value.bytes, lambda raw: UUID(bytes=raw[:16].ljust(16, b"\0")))
TEXT = Kind(lambda value: value.encode(), lambda raw: raw.decode(errors="ignore").replace("\0", ""))


@dataclass(frozen=True)
class Sort:
    """A column that is never empty. `path` leads from the row to it, as in a query."""

    path: str
    kind: Kind

    def of(self, row: Model) -> Any:
        return reduce(getattr, self.path.split("__"), row)


BY_ID = Sort("pk", KEY)
BY_UPDATE = Sort("updated_at", MOMENT)


@dataclass(frozen=True)
class Order:
    sort: Sort = BY_ID
    descending: bool = False

    def of(self, rows: QuerySet[Any], *, backwards: bool = False) -> QuerySet[Any]:
        sign = "-" if self.descending != backwards else ""
        return rows.order_by(*dict.fromkeys([f"{sign}{self.sort.path}", f"{sign}pk"]))

    def beyond(self, rows: QuerySet[Any], place: "Place") -> QuerySet[Any]:
        """The rows that come after the place, or before it."""
        side = "lt" if self.descending != place.backwards else "gt"
        key = Q(**{f"pk__{side}": place.key})
        if self.sort is BY_ID:
            return rows.filter(key)
        path = self.sort.path
        return rows.filter(**{f"{path}__{side}e": place.value}).filter(Q(**{f"{path}__{side}": place.value}) | key)


@dataclass(frozen=True)
class Place:
    backwards: bool
    key: UUID
    value: Any

    @classmethod
    def of(cls, row: Model, order: Order, *, backwards: bool = False) -> "Place":
        return cls(backwards, row.pk, order.sort.of(row))

    @classmethod
    def read(cls, cursor: str, order: Order) -> "Place":
        """Raises ValueError for what is no cursor."""
        raw = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        direction, key, value = raw[:1], UUID(bytes=raw[1:17]), raw[17:]
        if direction not in (AFTER, BEFORE):
            raise ValueError(cursor)
        return cls(direction == BEFORE, key, order.sort.kind.read(value))

    def write(self, order: Order) -> str:
        value = b"" if order.sort is BY_ID else order.sort.kind.write(self.value)
        raw = (BEFORE if self.backwards else AFTER) + self.key.bytes + value + b"\0" * (-len(value) % 3)
        return urlsafe_b64encode(raw).decode().rstrip("=")


def chunks(rows: QuerySet[Any], order: Order = Order(), size: int = 1000) -> Iterator[list[Any]]:
    """Every row in order: no cursor held open, so it works behind a pooler and takes little memory."""
    ordered = order.of(rows)
    found = list(ordered[:size])
    while found:
        yield found
        beyond = order.beyond(ordered, Place.of(found[-1], order))
        found = list(beyond[:size]) if len(found) == size else []
