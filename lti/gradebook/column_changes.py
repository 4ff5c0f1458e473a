"""What people change about a gradebook column here: its name and points go to the platform, or it is removed there.

Only where the platform lets us write columns (scope `lineitem`), and only a column that this tool made is deleted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from lti.gradebook import ags, column_scores, families
from lti.models import LineItem, ResourceLink
from lti.platform import keys, leases, tokens
from lti.platform.leases import Clock, Lease
from lti.wire import client
from lti.wire.client import Call
from lti.words import scopes
from roster import enqueue

TRIES = 8  # over about four hours
FIRST_WAIT = timedelta(minutes=1)
REFUSED = _("The LMS did not let us change the column. Change it in the gradebook itself.")
DELETED = _("An administrator deleted the column here. Scores are sent again once an administrator allows it.")
WAITING = _("The LMS did not answer; we keep trying.")
PER_SWEEP = 100
PATIENCE = 5.0  # seconds for which a person waits


class NotOurs(Exception):
    """The column may not be changed or deleted by this tool."""


def changeable(link: ResourceLink) -> LineItem | None:
    """The link's column, if the platform lets this tool change it."""
    columns = LineItem.objects.filter(resource_link=link).exclude(url="")
    column = columns.select_related("registration", "resource_link").first()
    return column if column and scopes.LINE_ITEM in link.scopes else None


def may_set_points(column: LineItem) -> bool:
    """Whether its maximum can be changed without giving grades to people who have none."""
    return not families.of(column.registration.family).RESCALES_EMPTY


@dataclass(frozen=True)
class InForce:
    """The name and points that the platform was last known to use; empty where that is not known."""

    label: str
    points: Decimal | None


def in_force(column: LineItem) -> InForce:
    """What a change would replace. A change that is not made yet, or was refused, is not in force."""
    settled = column.push_at is None and not column.push_hint
    label = column.label or column.resource_link.title if settled else ""
    points = column.points if settled and may_set_points(column) else None
    return InForce(label, column.score_maximum or points)


@transaction.atomic
def change(*, resource_link: ResourceLink, label: str, points: Decimal | None, now: datetime) -> None:
    """Name the column and set its maximum; it is sent to the platform in the background. Raises NotOurs.

    What is empty stays as the platform has it, and so do points that may not be set.
    """
    column = changeable(resource_link)
    if column is None:
        raise NotOurs
    if not may_set_points(column):
        points = column.points
    if (label, points) != (column.label, column.points):
        wish = {"label": label, "points": points, "push_at": now, "push_tries": 0, "push_hint": ""}
        LineItem.objects.filter(pk=column.pk).update(**wish)
        enqueue.on_commit("lti.tasks.push_column", str(column.pk))


def due(*, now: datetime) -> list[UUID]:
    """Columns whose change the platform has not heard of yet."""
    waiting = LineItem.objects.filter(leases.not_paused(now), push_at__lte=now, registration__active=True).order_by(
        "push_at"
    )
    return list(waiting.values_list("pk", flat=True)[:PER_SWEEP])


def push(column_id: UUID, *, clock: Clock = timezone.now) -> None:
    """Tell the platform a column's name and points. While scores are being sent there, a later sweep does it."""
    column = LineItem.objects.select_related("registration", "resource_link").get(pk=column_id)
    lease = Lease(column.registration_id, clock)
    paused = column.registration.paused_until
    if column.push_at is None or (paused and paused > clock()) or not lease.take():
        return
    try:
        error = _put(column, lease)
        if error is not None:
            leases.pause_if_asked(column.registration_id, error, now=clock())
        _settle(column, error, clock())
    finally:
        lease.release()


def remove(*, column: LineItem, now: datetime) -> None:
    """Delete a column that this tool made, with its grades; no more scores go there. Raises NotOurs, http.HttpError."""
    if not column.made or scopes.LINE_ITEM not in column.resource_link.scopes:
        raise NotOurs
    with leases.request_lease(column.registration_id, patience=PATIENCE), client.session() as session:
        ags.delete_line_item(_call(column, session), line_item=column.url)
    gone: dict[str, Any] = {"url": "", "made": False, "wanted": False, "score_maximum": None, "push_at": None}
    gone["replaced_at"] = now  # a column made later has none of the grades that were sent to this one
    with transaction.atomic():
        LineItem.objects.filter(pk=column.pk).update(**gone)
        column_scores.lose(column_id=column.pk, hint=DELETED)


def _put(column: LineItem, lease: Lease) -> client.HttpError | None:
    try:
        with client.session() as session:
            call = lease.holding(_call(column, session))
            ags.update_line_item(call, line_item=column.url, label=column.label, maximum=_maximum(column))
    except client.HttpError as error:
        return error
    return None


def _maximum(column: LineItem) -> Decimal | None:
    return column.points if may_set_points(column) else None


def _call(column: LineItem, session: Any) -> Call:
    wanted = scopes.of_gradebook(column.resource_link.scopes)
    return tokens.authorised(column.registration, wanted, key=keys.signing_key(), session=session)


@transaction.atomic
def _settle(column: LineItem, error: client.HttpError | None, now: datetime) -> None:
    """Record what came of it, unless someone changed the column again meanwhile."""
    mine = LineItem.objects.filter(pk=column.pk, push_at=column.push_at)
    tries = column.push_tries + 1
    final = isinstance(error, client.Refused) and error.status < 500 and error.status not in (403, 408, 429)
    if error is None:
        if mine.update(push_at=None, push_tries=0, push_hint="", score_maximum=None) and _maximum(column):
            column_scores.rescale(column=column, now=now)
    elif final or tries >= TRIES:
        mine.update(push_at=None, push_tries=tries, push_hint=REFUSED)
    else:
        mine.update(push_at=now + FIRST_WAIT * 2**tries, push_tries=tries, push_hint=WAITING)
