"""Reading gradebooks back: grades that a teacher changed, that were lost, or that never arrived.

What differs is shown to a teacher, who decides. Only a score of which nobody knows whether it arrived, and which the
gradebook does not have, is sent again by itself.
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from lti.gradebook import ags, families, scores, sending
from lti.gradebook.ags import Result
from lti.gradebook.delivery import GIVEN_UP, advice, drift_of, is_empty, is_shown
from lti.models import LineItem, ScoreEvent, ScoreState
from lti.platform import enqueue, keys, leases, tokens
from lti.platform.leases import Clock, Lease
from lti.wire import client
from lti.words import scopes
from roster.models import Enrollment

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=4)  # for one column
READS_FOR = timedelta(seconds=5)  # mostly
QUIET = timedelta(seconds=20)  # after a reading, whoever asks
RECENT = timedelta(days=30)  # columns without a newer score are left alone
JUST_SENT = timedelta(minutes=1)  # such a score may be missing in what was read
RUN_FOR = timedelta(minutes=4)  # then the next run goes on, well before a worker would be ended

Results = dict[str, Result]


class Busy(Exception):
    """Something else is being asked of the platform."""


def reconcile(*, now: datetime, clock: Clock = timezone.now) -> int:
    """Read back the columns whose turn it is; how many were read. A platform that is busy or asks for a pause waits."""
    until, read, seen = clock() + RUN_FOR, 0, set[UUID]()
    while clock() < until and (column := due(now).exclude(pk__in=seen).first()):
        seen.add(column.pk)
        try:
            read += _reconcile(column, now, clock)
        except Busy:  # its other columns would only be in the way of those of other platforms
            seen |= set(due(now).filter(registration=column.registration_id).values_list("pk", flat=True))
        except Exception:
            logger.exception("grades of column %s could not be read back", column.pk)
    return read


def ask(link: UUID | None, *, now: datetime) -> None:
    """Read a link's column back soon, on a teacher's word. Pressed again and again it is read three times a minute."""
    unread = Q(reconciled_at=None) | Q(reconciled_at__lt=now - QUIET)
    if LineItem.objects.filter(unread, resource_link=link).update(reconciled_at=None):
        enqueue.on_commit("read_grades_back")


def is_under_way(link: UUID | None, *, now: datetime) -> bool:
    """Whether a link's column is to be read, or was taken to be read just now."""
    taken = LineItem.objects.filter(resource_link=link, reconciled_at__gt=now - READS_FOR)
    return taken.exists() or due(now).filter(resource_link=link).exists()


def due(now: datetime) -> QuerySet[LineItem]:
    """Columns with recent scores that were not read for a while, the longest unread first."""
    scored = ScoreEvent.objects.filter(line_item=OuterRef("pk"), timestamp__gt=now - RECENT)
    unread = Q(reconciled_at=None) | Q(reconciled_at__lte=now - EVERY) | Q(look_again_at__lte=now)
    columns = LineItem.objects.filter(unread, leases.calm(now), Exists(scored), wanted=True, registration__active=True)
    columns = columns.filter(
        resource_link__deployment__active=True, resource_link__scopes__contains=[scopes.RESULT]
    ).exclude(url="")
    order = F("reconciled_at").asc(nulls_first=True)
    return columns.select_related("registration", "resource_link__context").order_by(order, "id")


def _reconcile(column: LineItem, now: datetime, clock: Clock) -> bool:
    """One column, while no scores are being sent to its platform: so that never more than a few requests are out."""
    lease = Lease(column.registration_id, clock)
    if not lease.take():
        raise Busy
    try:
        mine = LineItem.objects.filter(pk=column.pk, reconciled_at=column.reconciled_at)
        if not mine.update(reconciled_at=now, look_again_at=None):
            return False
        _judge_all(column, _read(column, lease), now)
        _look_again(column, now)
    except client.HttpError as error:
        logger.info("grades of column %s not read back: %s", column.pk, error)
        if leases.heed(column.registration_id, error, now=clock()):  # then it is its turn again
            before = {"reconciled_at": column.reconciled_at, "look_again_at": column.look_again_at}
            LineItem.objects.filter(pk=column.pk, reconciled_at=now).update(**before)
        return False
    finally:
        lease.release()
    return True


def _read(column: LineItem, lease: Lease) -> Results:
    registration, wanted = column.registration, scopes.of_gradebook(column.resource_link.scopes)
    with client.session() as session:
        call = tokens.authorised(registration, wanted, key=keys.signing_key(), session=session)
        limit = families.of(registration.family).RESULTS_LIMIT
        return ags.read_results(lease.holding(call), line_item=column.url, limit=limit)


def _judge_all(column: LineItem, results: Results, now: datetime) -> None:
    told = _newest(column, Q(delivered_at__isnull=False))
    events = _newest(column, Q())
    here = _active(column, [event.platform_user.person_id for event in events.values()])
    for user_id, event in events.items():
        lost = event.state == ScoreState.REFUSED and event.unknown
        if event.state not in JUDGES and not lost:
            continue
        result = results.get(event.platform_user.sub)
        if result is None and event.platform_user.person_id not in here:
            continue  # the LMS keeps no grades of whom it removed
        JUDGES.get(event.state, _judge_lost)(event, result, told.get(user_id), now)


def _look_again(column: LineItem, now: datetime) -> None:
    """Where someone asked for this reading and it came too soon for a score that was just sent, another one follows."""
    fresh = column.score_events.filter(state=ScoreState.DELIVERED, delivered_at__gt=now - JUST_SENT)
    if column.reconciled_at is None and fresh.exists():
        LineItem.objects.filter(pk=column.pk).update(look_again_at=now + 2 * JUST_SENT)


def _newest(column: LineItem, which: Q) -> dict[UUID, ScoreEvent]:
    """The newest event of everyone in a column, by platform user."""
    events = column.score_events.filter(which).select_related("platform_user")
    return {one.platform_user_id: one for one in events.order_by("platform_user", "-version").distinct("platform_user")}


def _active(column: LineItem, people: list[UUID]) -> set[UUID]:
    """Which of these people the course still has; all of them where the course is not known."""
    context = column.resource_link.context
    if context is None:
        return set(people)
    enrolled = Enrollment.objects.filter(course=context.course_id, person__in=people)
    gone = enrolled.filter(active=False).values_list("person_id", flat=True)
    return set(people) - set(gone)


Judge = Callable[[ScoreEvent, Result | None, ScoreEvent | None, datetime], None]


def _judge_delivered(event: ScoreEvent, result: Result | None, told: ScoreEvent | None, now: datetime) -> None:
    sent, since = event.delivered_at, event.line_item.replaced_at
    if _is_shown(result, event) or (sent and (sent > now - JUST_SENT or (since and sent < since))):
        return  # to a column in the place of another it is still to be told
    _drifted(event, result, now)


def _judge_drifted(event: ScoreEvent, result: Result | None, told: ScoreEvent | None, now: datetime) -> None:
    """The teacher may have put our score back, this one or the one before it."""
    if _is_shown(result, event):
        seen = sending.seen("", result, now)
        _change(event, ScoreState.DELIVERED, hint="", delivered_at=event.delivered_at or now, **seen)
    elif told and told.pk != event.pk and event.state == ScoreState.CONFLICT and _is_shown(result, told):
        scores.tell_anew(event, now=now)
    else:
        _change(event, ScoreState(event.state), **sending.seen(drift_of(result), result, now))


def _judge_lost(event: ScoreEvent, result: Result | None, told: ScoreEvent | None, now: datetime) -> None:
    """We gave up on it, and no answer ever said whether it arrived."""
    if _is_shown(result, event):
        _change(event, ScoreState.DELIVERED, hint="", unknown=False, delivered_at=now)
    elif is_empty(result) or (told and _is_shown(result, told)):
        if event.last_status is None or event.last_status >= 500 or event.hint.startswith(GIVEN_UP):
            _send_again(event, now)  # else the last word was a clear no
    else:
        _drifted(event, result, now)


def _is_shown(result: Result | None, event: ScoreEvent) -> bool:
    return is_shown(families.of(event.line_item.registration.family), result, event)


def _drifted(event: ScoreEvent, result: Result | None, now: datetime) -> None:
    hint = advice(families.of(event.line_item.registration.family), result)
    _change(event, ScoreState.CONFLICT, hint=hint, **sending.seen(drift_of(result), result, now))


JUDGES: dict[str, Judge] = {
    ScoreState.DELIVERED: _judge_delivered,
    ScoreState.CONFLICT: _judge_drifted,
    ScoreState.KEPT: _judge_drifted,
}


def _change(event: ScoreEvent, state: ScoreState, **values: Any) -> None:
    """Write what was found, unless the event moved on or a newer one came meanwhile."""
    with transaction.atomic():
        sending.lock(event.line_item_id, event.platform_user_id)
        same = {"line_item_id": event.line_item_id, "platform_user_id": event.platform_user_id}
        newer = ScoreEvent.objects.filter(**same, version__gt=event.version)
        if not newer.exists():
            ScoreEvent.objects.filter(pk=event.pk, state=event.state).update(state=state, **values)


def _send_again(event: ScoreEvent, now: datetime) -> None:
    with transaction.atomic():
        sending.lock(event.line_item_id, event.platform_user_id)
        scores.put_back(event, now=now)
