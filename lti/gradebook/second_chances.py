"""Scores that were refused or lost are sent again by themselves once there is a reason to: the LMS lists the person
now, or offers a column again.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from lti.gradebook import states
from lti.gradebook.states import NO_BASE, OPEN, put
from lti.models import BaseBy, Live, Score, ScoreState
from roster import enqueue


def retry_refused(
    *,
    course_id: UUID,
    people: Iterable[UUID],
    now: datetime,
    gone: Collection[UUID] = (),
    listed: Collection[UUID] = (),
) -> int:
    """Send again what the LMS refused for people whom it lists in a course now; how many scores that are.

    `people` are listed for the first time or again, `listed` is everyone: of those each refusal is retried once, since
    somebody may have been away between two readings. Of those who had been `gone`, scores that arrived or are missing
    are sent as well: Moodle deletes the grades of people it removes.
    """
    once = Q(platform_user__person__in=listed, state=ScoreState.REFUSED, relisted=False, claimed_at__lt=now)
    missing = Q(state=ScoreState.HELD, live=Live.MISSING) | Q(state=ScoreState.SYNCED)
    back = Q(platform_user__person__in=gone) & missing
    again = Q(platform_user__person__in=people) & (Q(state=ScoreState.REFUSED) | back)
    here = Q(line_item__resource_link__context__course=course_id, line_item__wanted=True)
    found = Score.objects.filter(once | again, here).order_by("platform_user__person", "pk")
    pairs = found.values_list("pk", "platform_user__person_id")
    return sum(_retry(pk, now, relisted=True, back=person in gone) for pk, person in list(pairs))


def retry_column(*, column_id: UUID, refused_before: datetime, now: datetime) -> int:
    """Send again what a column refused before the LMS offered something new, and what was lost with it; how many."""
    refused = Q(state=ScoreState.REFUSED) & (Q(claimed_at=None) | Q(claimed_at__lt=refused_before))
    found = Score.objects.filter(refused | Q(state=ScoreState.LOST), line_item=column_id)
    return sum(_retry(pk, now) for pk in list(found.order_by("pk").values_list("pk", flat=True)))


@transaction.atomic
def _retry(score_id: UUID, now: datetime, *, relisted: bool = False, back: bool = False) -> int:
    """`back`: the person had left the course, and perhaps their grades with them."""
    settled = Score.objects.select_for_update(of=("self",)).exclude(state__in=[*OPEN, ScoreState.KEPT])
    score = settled.filter(pk=score_id).first()
    if score is None:
        return 0
    if score.base_by == BaseBy.PERSON:
        put(score, **NO_BASE)  # what they decided was about that day
    states.read_and_send(score, now)
    put(score, relisted=relisted or score.relisted, base_certain=score.base_certain and not back)
    score.save()
    enqueue.on_commit("lti.tasks.drain", str(score.registration_id))
    return 1
