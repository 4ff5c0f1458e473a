"""Reading gradebooks back: grades that a teacher changed, that were lost, or that never arrived.

What differs is shown to a teacher, who decides. Only a score that nobody knows to have arrived, and that the gradebook
does not have, is sent again by itself.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

import requests
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from lti.gradebook import ags, column_scores, families, scores
from lti.gradebook.decide import LiveGrade
from lti.models import LineItem, Score, ScoreState
from lti.platform import keys, leases, tokens
from lti.platform.leases import Clock, Lease
from lti.wire import client
from lti.wire.client import Call
from lti.words import scopes
from roster import enqueue
from roster.models import Enrollment
from roster.rows import Change

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=4)  # for one column
READS_FOR = timedelta(seconds=5)  # mostly
QUIET = timedelta(seconds=20)  # between two readings of a column
RECENT = timedelta(days=30)  # columns without a newer score are left alone
GONE = (404, 410)
JUST_SENT = timedelta(minutes=1)  # such a score may be missing in what was read
RUN_FOR = timedelta(minutes=4)  # then the next run goes on, well before a worker would be ended

Results = dict[str, LiveGrade]
COLUMN_GONE = _("The gradebook column is gone. Was the activity deleted, or its content chosen again?")
COMPARED = (ScoreState.SYNCED, ScoreState.HELD, ScoreState.KEPT, ScoreState.LOST)


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


def ask(link: UUID | None, *, now: datetime, older_than: timedelta | None = None) -> None:
    """Read a link's column back soon because a teacher asked: at most three times a minute.

    A page that is opened asks where the last reading is `older_than` so much, and leaves alone what waits to be read.
    """
    if older_than:
        asked = IF_OLDER(link=link, than=now - older_than)
    else:
        unread = Q(reconciled_at=None) | Q(reconciled_at__lt=now - QUIET)
        asked = LineItem.objects.filter(unread, resource_link=link).update(reconciled_at=None)
    if asked:
        enqueue.on_commit("lti.tasks.read_grades_back")


IF_OLDER = Change(
    lambda link, than: (
        LineItem.objects.filter(resource_link=link, reconciled_at__lt=than),
        {"reconciled_at": None},
    ),
    link=UUID,
    than=datetime,
)


def is_under_way(link: UUID | None, *, now: datetime) -> bool:
    """Whether a link's column is to be read, or was taken to be read just now."""
    taken = LineItem.objects.filter(resource_link=link, reconciled_at__gt=now - READS_FOR)
    return taken.exists() or due(now).filter(resource_link=link).exists()


def due(now: datetime) -> QuerySet[LineItem]:
    """Columns with recent scores that were not read for a while, the longest unread first."""
    scored = Score.objects.filter(line_item=OuterRef("pk"), timestamp__gt=now - RECENT)
    unread = Q(reconciled_at=None) | Q(reconciled_at__lte=now - EVERY) | Q(look_again_at__lte=now)
    columns = LineItem.objects.filter(
        unread, leases.not_paused(now), Exists(scored), wanted=True, registration__active=True
    )
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
        _compare_all(column, _read(column, lease), now)
        _look_again(column, now)
    except client.HttpError as error:
        logger.info("grades of column %s not read back: %s", column.pk, error)
        if isinstance(error, client.Refused) and error.status in GONE and _is_gone(column, lease):
            column_scores.lose(column_id=column.pk, hint=COLUMN_GONE)
        if leases.pause_if_asked(column.registration_id, error, now=clock()):  # then it is its turn again
            before = {"reconciled_at": column.reconciled_at, "look_again_at": column.look_again_at}
            LineItem.objects.filter(pk=column.pk, reconciled_at=now).update(**before)
        return False
    finally:
        lease.release()
    return True


def _read(column: LineItem, lease: Lease) -> Results:
    limit = families.of(column.registration.family).RESULTS_LIMIT
    with client.session() as session:
        return ags.read_results(lease.holding(_call(column, session)), line_item=column.url, limit=limit)


def _call(column: LineItem, session: requests.Session) -> Call:
    wanted = scopes.of_gradebook(column.resource_link.scopes)
    return tokens.authorised(column.registration, wanted, key=keys.signing_key(), session=session)


def _is_gone(column: LineItem, lease: Lease) -> bool:
    """Whether the column itself is not there either: some platforms answer 404 where they have no results."""
    try:
        with client.session() as session:
            ags.read_line_item(lease.holding(_call(column, session)), column.url)
    except client.Refused as error:
        return error.status in GONE
    except client.HttpError:
        pass
    return False


def _compare_all(column: LineItem, results: Results, now: datetime) -> None:
    given_up = Q(state=ScoreState.REFUSED, read_first=True)
    rows = list(column.scores.filter(given_up | Q(state__in=COMPARED)).select_related("platform_user"))
    here = _active(column, [score.platform_user.person_id for score in rows])
    for score in rows:
        live = results.get(score.platform_user.sub, LiveGrade())
        left = not live.listed and score.platform_user.person_id not in here  # the LMS keeps no grades then
        just_sent = score.delivered_at and score.delivered_at > now - JUST_SENT
        if not left and not (score.state == ScoreState.SYNCED and just_sent):
            scores.compare(score=score, live=live, now=now)


def _look_again(column: LineItem, now: datetime) -> None:
    """A reading that somebody asked for too soon after a score was sent is followed by another."""
    fresh = column.scores.filter(state=ScoreState.SYNCED, delivered_at__gt=now - JUST_SENT)
    if column.reconciled_at is None and fresh.exists():
        LineItem.objects.filter(pk=column.pk).update(look_again_at=now + 2 * JUST_SENT)


def _active(column: LineItem, people: list[UUID]) -> set[UUID]:
    """Which of these people the course still has; all of them where the course is not known."""
    context = column.resource_link.context
    if context is None:
        return set(people)
    enrolled = Enrollment.objects.filter(course=context.course_id, person__in=people)
    gone = enrolled.filter(active=False).values_list("person_id", flat=True)
    return set(people) - set(gone)
