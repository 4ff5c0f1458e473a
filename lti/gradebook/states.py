"""A score's state is set here and nowhere else; each function is one step from state to state.

A row that is passed in was locked by the caller, who saves it.
"""

import random
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_noop as _

from lti.gradebook.families.verdict import Kind
from lti.gradebook.outcomes import Outcome
from lti.models import Score, ScoreState

APART = timedelta(seconds=1)  # Moodle compares whole seconds and refuses an equal one
FIRST_RETRY, LONGEST_RETRY = 2.0, 3_600.0  # seconds
GIVE_UP_AFTER = timedelta(days=3)
GIVEN_UP = _("We stopped trying after three days.")
NO_BASE: dict[str, Any] = {"base_by": "", "base_given": None, "base_maximum": None, "base_certain": False}
UNREAD: dict[str, Any] = {"live": "", "live_given": None, "live_maximum": None, "live_at": None}
OPEN = (ScoreState.DUE, ScoreState.SENDING)
DIFFERS = (ScoreState.HELD, ScoreState.KEPT)


def put(score: Score, **values: Any) -> None:
    for name, value in values.items():
        setattr(score, name, value)


def stamp(score: Score, moment: datetime) -> None:
    """A later timestamp: what is sent next is another score to the platform."""
    score.timestamp = max(whole_milliseconds(moment), score.timestamp + APART)


def whole_milliseconds(moment: datetime) -> datetime:
    """What is sent has milliseconds; what is stored is the same."""
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)


# One row


def send_afresh(score: Score, now: datetime) -> None:
    """Also where it is under way: then once more after that."""
    if score.state != ScoreState.SENDING:
        put(score, state=ScoreState.DUE, tries=0, retry_until=None, hint="", last_status=None, last_answer="")
    score.next_try_at = now


def read_and_send(score: Score, now: datetime) -> None:
    """The same score once more, after a look at the gradebook."""
    put(score, state=ScoreState.DUE, next_try_at=now, retry_until=now + GIVE_UP_AFTER, tries=0, read_first=True)


def begin_sending(score: Score, now: datetime) -> None:
    put(score, state=ScoreState.SENDING, claimed_at=now, tries=score.tries + 1)


def end_sending(score: Score, outcome: Outcome, now: datetime, *, changed: bool) -> None:
    """`changed`: another score is wanted since this one was sent."""
    kind, retry = outcome.verdict.kind, outcome.verdict.kind is Kind.RETRY
    if kind is Kind.CONFLICT:
        score.state = ScoreState.HELD
    elif changed or (retry and (score.retry_until is None or now < score.retry_until)):
        score.state = ScoreState.DUE
        if retry:
            score.next_try_at = now + _back_off(score.tries, outcome.verdict.delay)
        if changed:
            put(score, tries=0, retry_until=None, next_try_at=now if not retry else score.next_try_at)
    elif kind is Kind.DELIVERED:
        score.state = ScoreState.SYNCED
    elif kind is Kind.LOST:
        score.state = ScoreState.LOST
    else:
        score.state = ScoreState.REFUSED
        if retry:
            score.hint = f"{GIVEN_UP} {outcome.verdict.hint}"[:300]


def _back_off(tries: int, asked: float | None) -> timedelta:
    """2 s, 4 s, 8 s ... an hour, each a fifth more or less; longer where the platform asks for it."""
    seconds = min(FIRST_RETRY * 2 ** min(tries - 1, 20), LONGEST_RETRY) * random.uniform(0.8, 1.2)
    return timedelta(seconds=max(seconds, asked or 0.0))


def hold(score: Score, hint: str) -> None:
    """A person decides between the LMS's grade and ours."""
    put(score, state=ScoreState.HELD, hint=hint)


def arrive(score: Score, now: datetime) -> None:
    """The gradebook shows what we want there."""
    put(score, state=ScoreState.SYNCED, base_at=now, read_first=False, hint="")
    score.delivered_at = score.delivered_at or now


# Many rows at once


def make_due(rows: QuerySet[Score], now: datetime, **values: Any) -> int:
    return rows.update(state=ScoreState.DUE, next_try_at=now, **values)


def keep(rows: QuerySet[Score]) -> int:
    """The LMS's grade stays."""
    return rows.filter(state=ScoreState.HELD).update(state=ScoreState.KEPT, hint="")


def lose(rows: QuerySet[Score], hint: str) -> int:
    """Their column is gone. What is under way is left to its answer."""
    rows = rows.exclude(state__in=[ScoreState.KEPT, ScoreState.SENDING])
    return rows.update(state=ScoreState.LOST, hint=hint, read_first=True, **NO_BASE, **UNREAD)
