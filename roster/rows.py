"""Reading rows."""

from typing import TypeVar

from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def one(rows: QuerySet[Row]) -> Row | None:
    """The row that a unique condition names, or None. `first()` would have the database sort what is one row."""
    return next(iter(rows[:1]), None)
