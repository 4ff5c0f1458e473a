"""What other systems of the institution hear of scores, where it has an endpoint (see `events`)."""

from datetime import datetime

from events import listeners, outbox
from events.models import Type
from lti.models import Score, ScoreState

EVENTS = {
    ScoreState.SYNCED: Type.SCORE_DELIVERED,
    ScoreState.REFUSED: Type.SCORE_REFUSED,
    ScoreState.HELD: Type.SCORE_REFUSED,
    ScoreState.LOST: Type.SCORE_REFUSED,
}


def came_to(score: Score, now: datetime, *, before: str) -> None:
    """A delivery or a reading of the gradebook ended in another state than `before`."""
    type = EVENTS.get(ScoreState(score.state))
    if type is None or score.state == before or not listeners.has_endpoint(score.institution_id):
        return
    outbox.record(
        type,
        institution_id=score.institution_id,
        person_id=score.platform_user.person_id,
        now=now,
        score=score.pk,
        attempt=score.work or None,
        points=score.score_given,
        points_max=score.score_maximum,
        state=score.state,
        status=score.last_status,
        hint=score.hint,
    )
