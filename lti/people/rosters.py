"""When a course's list is to be read. The state stands in the context's row; a Celery message is only a hint.

A course is read soon after its first launch, every few hours while it is in use, and when a teacher asks.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Q, QuerySet

from lti.models import Context
from lti.platform import leases
from roster import enqueue

IN_USE = timedelta(days=21)  # since its last launch; then a course sleeps until the next one
NOTED = timedelta(days=1)  # how exactly its last launch is known: a launch should not have to write
AT_ONCE = 50  # readings that one sweep puts on their way


def note_use(context: Context, *, now: datetime) -> None:
    """Someone launched: the course is in use, and read now where it slept. Writes once a day."""
    asleep = context.roster_next_at is None
    if not context.memberships_url or not (asleep or _long_ago(context.roster_used_at, now)):
        return
    Context.objects.filter(pk=context.pk).update(roster_used_at=now)
    if asleep and Context.objects.filter(pk=context.pk, roster_next_at=None).update(roster_next_at=now):
        _hint(context.pk)


def ask(context: Context, *, now: datetime) -> None:
    """Read the list soon, on a teacher's word. Pressed again and again it is read three times a minute."""
    if context.memberships_url:
        Context.objects.filter(pk=context.pk).update(roster_next_at=now)
        quiet = (context.roster_lease - now).total_seconds() if context.roster_lease else 0.0
        _hint(context.pk, after=quiet + 0.1 if 0 < quiet < 60 else 0.0)


def due(now: datetime) -> QuerySet[Context]:
    """The contexts that may be read now, longest wait first."""
    free = Q(roster_lease=None) | Q(roster_lease__lte=now)
    return (
        Context.objects.filter(
            free, leases.not_paused(now, "deployment__registration"), roster_next_at__lte=now, deployment__active=True
        )
        .filter(deployment__registration__active=True)
        .order_by("roster_next_at")
    )


def sweep(*, now: datetime) -> list[UUID]:
    """Some of the contexts that are to be read."""
    return list(due(now).values_list("pk", flat=True)[:AT_ONCE])


def is_under_way(context: Context, *, now: datetime) -> bool:
    return context.roster_next_at is not None and context.roster_next_at <= now


def is_in_use(context: Context, *, now: datetime) -> bool:
    return context.roster_used_at is not None and context.roster_used_at > now - IN_USE


def _long_ago(moment: datetime | None, now: datetime) -> bool:
    return moment is None or moment < now - NOTED


def _hint(context_id: UUID, *, after: float = 0.0) -> None:
    """`after` so many seconds, when the list may be read again."""
    enqueue.on_commit("lti.tasks.read_roster", str(context_id), after=after)
