"""Events are written by the transaction that makes them, and only where an endpoint of the institution wants them."""

import json
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime
from functools import partial
from importlib import import_module
from typing import Any
from uuid import UUID

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction

from events import listeners
from events.models import Event, Type
from roster.ids import uuid7


def record(type: Type, *, institution_id: UUID | None, person_id: UUID | None, now: datetime, **data: Any) -> None:
    """Write an event for the endpoints that want it; it is sent once the transaction commits. One statement.

    Ids, figures and times may stand in `data`: it is kept for a month and goes to others.
    """
    if institution_id is None or not listeners.has_endpoint(institution_id):
        return
    content = json.dumps(_plain(data), cls=DjangoJSONEncoder)
    with connection.cursor() as cursor:
        cursor.execute(
            RECORD, [institution_id, json.dumps([type]), uuid7(), institution_id, type, now, person_id, content, now]
        )
        endpoints = cursor.fetchall()
    for (endpoint_id,) in endpoints:
        transaction.on_commit(partial(send_soon, endpoint_id))


RECORD = """
    WITH wanted AS (
        SELECT id FROM events_endpoint WHERE institution_id = %s AND types @> %s::jsonb
    ), made AS (
        INSERT INTO events_event (id, institution_id, type, at, person_id, data)
        SELECT %s::uuid, %s::uuid, %s, %s::timestamptz, %s::uuid, %s::jsonb WHERE EXISTS (SELECT FROM wanted)
        RETURNING id, institution_id
    )
    INSERT INTO events_eventdelivery (id, institution_id, event_id, endpoint_id, state, tries, next_try_at, answer)
    SELECT gen_random_uuid(), made.institution_id, made.id, wanted.id, 'due', 0, %s::timestamptz, '' FROM made, wanted
    RETURNING endpoint_id
"""


def together(institution_id: UUID | None) -> AbstractContextManager[Any]:
    """A transaction where an event may follow: what happened and its event are written both or not at all."""
    return transaction.atomic() if institution_id and listeners.has_endpoint(institution_id) else nullcontext()


def send_soon(endpoint_id: UUID) -> None:
    """Queue the sending; the room that sends lies above this one. A lost message is found by its sweeper."""
    import_module("feeds.tasks").send.delay(str(endpoint_id))


def forget(person_id: UUID) -> None:
    """Delete the events about a person who is erased."""
    Event.objects.filter(person=person_id).delete()


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    """Numbers as numbers, as the REST API has them."""
    return {name: float(value) if hasattr(value, "quantize") else value for name, value in data.items()}
