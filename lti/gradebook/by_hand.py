"""What people decide about scores that wait for them."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from lti.gradebook import states
from lti.gradebook.states import APART, DIFFERS, NO_BASE, put
from lti.models import BaseBy, Registration, Score, ScoreState
from roster import enqueue


@transaction.atomic
def resend(*, score: Score, now: datetime) -> Score:
    """Send a score again because a person asked: it may replace the grade that they saw in the LMS.

    None goes to a column that was deleted here on purpose.
    """
    row = Score.objects.select_for_update(of=("self",)).select_related("line_item").get(pk=score.pk)
    if not row.line_item.wanted:
        return row
    if row.state in DIFFERS:
        _accept_live(row)
        states.stamp(row, now.replace(microsecond=0) + APART)  # in whole seconds later than a grade set just now
    else:
        states.stamp(row, now)
    states.send_afresh(row, now)
    row.save()
    enqueue.on_commit("lti.tasks.drain", str(row.registration_id))
    return row


def _accept_live(score: Score) -> None:
    """A person saw this in the gradebook and wants ours in its place."""
    put(score, **NO_BASE)
    if score.live:
        maximum = score.live_maximum or score.score_maximum
        put(score, base_by=BaseBy.PERSON, base_given=score.live_given, base_maximum=maximum)
    else:
        score.read_first = False  # nothing could be read


def keep(*, score: Score) -> None:
    """Let the LMS's grade stay because a person decided so."""
    states.keep(Score.objects.filter(pk=score.pk))


def resume(*, registration_id: UUID, now: datetime) -> int:
    """End the pause that a platform asked for because a person decided so; how many scores wait for it."""
    Registration.objects.filter(pk=registration_id).update(paused_until=None)
    waiting = Score.objects.filter(registration=registration_id, state=ScoreState.DUE)
    waiting.filter(next_try_at__gt=now).update(next_try_at=now)
    enqueue.on_commit("lti.tasks.drain", str(registration_id))
    return waiting.count()
