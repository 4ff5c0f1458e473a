"""Kinds of fields: how a value of the database is shown, and how one in a filter is read."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from api.filters import MomentField


@dataclass(frozen=True)
class Kind:
    show: Callable[[Any], Any]
    read: Callable[[str], Any]
    is_text: bool = False


@dataclass(frozen=True)
class Column:
    """`of` is the type of the row that the value names, where it is a reference."""

    kind: Kind
    of: str = ""


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _read_moment(value: str) -> datetime:
    try:
        found: datetime | None = MomentField().clean(value)
    except ValidationError as error:
        raise ValueError(value) from error
    assert found is not None  # a required field
    return found


def _read_number(value: str) -> Decimal:
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise ValueError(value) from error
    if not number.is_finite() or abs(number.adjusted()) > 20:
        raise ValueError(value)
    return number


TEXT = Kind(str, str, is_text=True)
ID = Kind(str, UUID)
NUMBER = Kind(float, _read_number)
MOMENT = Kind(_moment, _read_moment)
DAY = Kind(date.isoformat, date.fromisoformat)
