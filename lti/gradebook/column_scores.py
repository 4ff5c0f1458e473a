"""What becomes of everyone's scores when their column changes, moves or is gone."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from lti.gradebook import states
from lti.gradebook.states import DIFFERS, NO_BASE, OPEN, UNREAD
from lti.models import LineItem, Score, ScoreState
from roster import enqueue


def restart(*, column: LineItem, now: datetime, except_for: UUID | None = None) -> None:
    """Another column took the place of this one: send there what nobody decided to leave to the LMS.

    A delivery under way counts for the old column, whatever its answer. Call it in the transaction that changes the
    column.
    """
    empty: dict[str, Any] = {**NO_BASE, **UNREAD, "base_at": now, "hint": "", "comment_sent": False, "read_first": True}
    rows = Score.objects.filter(line_item=column)
    if except_for:
        rows = rows.exclude(pk=except_for)
    rows.filter(state=ScoreState.KEPT).update(**empty)
    others = rows.exclude(state=ScoreState.KEPT)
    if states.make_due(others, now, tries=0, retry_until=None, claimed_at=None, **empty):
        enqueue.on_commit("lti.tasks.drain", str(column.registration_id))


def lose(*, column_id: UUID, hint: str) -> None:
    """The column is gone, and everyone's scores with it."""
    states.lose(Score.objects.filter(line_item=column_id), hint)


def withdraw(*, resource_link: UUID, person: UUID) -> None:
    """Forget a person's score of a link, which is not to be sent; the gradebook stays as it is."""
    Score.objects.filter(line_item__resource_link=resource_link, platform_user__person=person).delete()


def rescale(*, column: LineItem, now: datetime) -> int:
    """Send everyone's scores again, since the column has other points now; how many. What differs stays as it is."""
    arrived = Q(state=ScoreState.SYNCED) | Q(state__in=OPEN, read_first=True)
    ids = Score.objects.filter(arrived, line_item=column).order_by("pk").values_list("pk", flat=True)
    return sum(_rescale(pk, now) for pk in list(ids))


@transaction.atomic
def _rescale(score_id: UUID, now: datetime) -> int:
    score = Score.objects.select_for_update(of=("self",)).exclude(state__in=DIFFERS).filter(pk=score_id).first()
    if score is None:
        return 0
    score.rescaled = True
    states.stamp(score, now)
    states.send_afresh(score, now)
    score.save()
    enqueue.on_commit("lti.tasks.drain", str(score.registration_id))
    return 1
