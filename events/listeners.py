"""Which institutions have an endpoint, as this process remembers it.

Most have none, so marking must not pay for the question: it is asked of the database every five seconds at most. An
endpoint made by another process may thus miss the events of its first five seconds, never later ones.
"""

import time
from uuid import UUID

from django.apps import apps

REMEMBERED = 5.0  # seconds
_institutions: frozenset[UUID] = frozenset()
_until = 0.0  # by the monotonic clock


def has_endpoint(institution_id: UUID) -> bool:
    """Paused ones count: they get what they missed when they are resumed."""
    if time.monotonic() >= _until:
        rows = apps.get_model("events", "Endpoint").objects.order_by()
        remember(frozenset(rows.values_list("institution_id", flat=True).distinct()), seconds=REMEMBERED)
    return institution_id in _institutions


def remember(institutions: frozenset[UUID], *, seconds: float) -> None:
    global _institutions, _until
    _institutions, _until = institutions, time.monotonic() + seconds


def forget() -> None:
    """This process notices a change of its own at once."""
    remember(frozenset(), seconds=0)
