"""The outbox: scores on their way to gradebooks. PostgreSQL is the truth, a Celery message only a hint.

There is one row per person and column. `queue` sets what we want there; a drain (`sending`) claims what is due,
delivers it and calls `settle`; `reconcile` reads gradebooks back and calls `compare`. What differs in the gradebook
waits for a person (`by_hand`). What was refused or lost may be sent again (`second_chances`), and a column that
changes takes its scores along (`column_scores`). Each step of a score's state is in `states`.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext_noop as _

from lti.gradebook import announcing, families, states
from lti.gradebook.columns import gradebook_user, gradebook_users, open_column
from lti.gradebook.decide import Base, Decision, LiveGrade, Points, decide, shows
from lti.gradebook.delivery import advice
from lti.gradebook.families.verdict import Kind
from lti.gradebook.outcomes import Claim, Outcome
from lti.gradebook.states import DIFFERS, GIVE_UP_AFTER, GIVEN_UP, UNREAD, put
from lti.models import BaseBy, Delivery, LineItem, Live, ResourceLink, Score, ScoreState
from lti.platform import leases
from roster import enqueue
from roster.models import Person
from roster.rows import Insert, Prepared, Save

STALE_AFTER = timedelta(minutes=3)
PAST_ANY_WAIT = timedelta(hours=6)  # longer than two tries of a score ever lie apart
INTERRUPTED = _("Sending was interrupted; we try again.")
ANOTHER_GRADE = _("The grade was changed in the LMS before. This new score waits for your decision.")


# What we want there


@transaction.atomic
def queue(
    *,
    resource_link: ResourceLink,
    person: Person,
    given: Decimal,
    maximum: Decimal,
    final: bool,
    started_at: datetime | None,
    submitted_at: datetime,
    now: datetime,
    work: str = "",
    comment: str = "",
    after_comment: str = "",
) -> Score | None:
    """Set the score that the LMS should have; call it in the transaction that makes the grade.

    `work` names what was handed in, which the LMS may open (`tool.work`). `comment` goes along with the score;
    `after_comment` instead, where an earlier comment was sent that is no longer true.
    None where the LMS offers no column, does not know the person, or nothing can be scored. An equal score is not
    repeated, unless the LMS refused that one and this comes of another attempt. Where the LMS is known to have
    another grade nothing goes out by itself: the new score waits for a person as well.
    """
    column, user = open_column(resource_link), gradebook_user(resource_link, person)
    if column is None or user is None or maximum <= 0:
        return None
    wanted: dict[str, Any] = {
        "score_given": round(given, 3),  # as it is stored, so that an equal one is recognised
        "score_maximum": round(maximum, 3),
        "final": final,
        "submitted_at": submitted_at,
    }
    more = {"started_at": started_at, "work": work, "comment": comment[:1_000]}
    score = Score(line_item=column, platform_user=user, **wanted, **more, **_of_new(column, resource_link, now))
    if not WRITE.if_new(score):
        score = THEIRS.all(column=column.pk, user=user.pk)[0]
        if not _want(score, wanted, more, lambda: after_comment, now):
            return score
        SAVE_SCORE(score)
    enqueue.on_commit("lti.tasks.drain", str(score.registration_id))
    return score


def _of_new(column: LineItem, resource_link: ResourceLink, now: datetime) -> dict[str, Any]:
    """What every new score of the column has."""
    return {
        "institution_id": column.institution_id,
        "registration_id": column.registration_id,
        "timestamp": states.whole_milliseconds(now),
        "next_try_at": now,
        "read_first": _is_copy(resource_link),
    }


@dataclass(frozen=True)
class Wanted:
    """A score as `queue` takes it."""

    person: Person
    given: Decimal
    maximum: Decimal
    final: bool
    started_at: datetime | None
    submitted_at: datetime
    work: str
    comment: str
    after_comment: Callable[[], str]


@transaction.atomic
def queue_all(*, resource_link: ResourceLink, wanted: Sequence[Wanted], now: datetime) -> set[UUID]:
    """`queue` for many people of a link, with one statement for each new score. Who has one now, by id."""
    column = open_column(resource_link)
    if column is None:
        return set()
    users = gradebook_users(resource_link, [one.person.pk for one in wanted])
    mine = {users[one.person.pk].pk: one for one in wanted if one.person.pk in users and one.maximum > 0}
    rows = Score.objects.select_for_update().filter(line_item=column, platform_user__in=mine).order_by("pk")
    changed = []
    for score in rows:
        one = mine.pop(score.platform_user_id)
        if _want(score, _figures(one), _beside(one), one.after_comment, now):
            changed.append(score)
    SAVE_WANTED.all(changed)
    if changed or mine:
        enqueue.on_commit("lti.tasks.drain", str(column.registration_id))
    same = _of_new(column, resource_link, now)
    for one in mine.values():
        new = Score(line_item=column, platform_user=users[one.person.pk], **_figures(one), **_beside(one), **same)
        if not WRITE.if_new(new):  # another transaction made it meanwhile
            queue(resource_link=resource_link, now=now, **vars(one) | {"after_comment": one.after_comment()})
    return {one.person.pk for one in wanted if one.person.pk in users and one.maximum > 0}


def _figures(one: Wanted) -> dict[str, Any]:
    return {
        "score_given": round(one.given, 3),
        "score_maximum": round(one.maximum, 3),
        "final": one.final,
        "submitted_at": one.submitted_at,
    }


def _beside(one: Wanted) -> dict[str, Any]:
    return {"started_at": one.started_at, "work": one.work, "comment": one.comment[:1_000]}


def _want(
    score: Score, wanted: dict[str, Any], more: dict[str, Any], after_comment: Callable[[], str], now: datetime
) -> bool:
    """Set what we want in a locked row that is there already; False where it wants that already."""
    if _is_same(score, **wanted):
        return False
    if not more["comment"] and score.comment and (score.comment_sent or score.read_first or score.claimed_at):
        more["comment"] = after_comment()
    figures = wanted["score_given"], wanted["submitted_at"], more["comment"]
    same_comment = (score.score_given, score.submitted_at, score.comment) == figures
    put(score, **wanted, **more, comment_sent=score.comment_sent and same_comment)
    states.stamp(score, now)
    if score.state in DIFFERS and not _was_in_another_column(score):
        states.hold(score, ANOTHER_GRADE)
    else:
        states.send_afresh(score, now)
        score.relisted = False
    return True


WRITE = Insert(Score)
THEIRS = Prepared(
    lambda column, user: Score.objects.select_for_update().filter(line_item=column, platform_user=user),
    column=UUID,
    user=UUID,
)


SAVE_WANTED = Save(  # what `_want` may change
    Score,
    *("score_given", "score_maximum", "final", "started_at", "submitted_at", "work", "comment", "comment_sent"),
    *("timestamp", "state", "tries", "next_try_at", "retry_until", "relisted", "last_status", "last_answer", "hint"),
)


def _is_copy(resource_link: ResourceLink) -> bool:
    """Whether grades may have come along with a copied course, or with a restored one."""
    return bool(resource_link.context and resource_link.context.history)


def _is_same(score: Score, score_given: Decimal, score_maximum: Decimal, final: bool, submitted_at: datetime) -> bool:
    if (score.score_given, score.score_maximum) != (score_given, score_maximum):
        return False
    if score.state == ScoreState.KEPT:
        return True
    return score.final == final and (score.state != ScoreState.REFUSED or score.submitted_at == submitted_at)


def _was_in_another_column(score: Score) -> bool:
    """Whether the grade that a person kept was in a column that this one has replaced (`restart`)."""
    return score.state == ScoreState.KEPT and score.read_first and not score.live


# Sending


def due(now: datetime) -> QuerySet[Score]:
    """Scores that may be sent now, the oldest first."""
    return Score.objects.filter(
        leases.not_paused(now),
        state=ScoreState.DUE,
        next_try_at__lte=now,
        registration__active=True,
        line_item__wanted=True,
        line_item__resource_link__deployment__active=True,
    ).order_by("timestamp", "id")


@transaction.atomic
def claim(*, registration_id: UUID, now: datetime, limit: int) -> list[Claim]:
    """Take the oldest scores that are due, and log each delivery before it leaves."""
    scores = _oldest(limit).all(registration=registration_id, now=now)
    if not scores:
        return []
    for score in scores:
        if score.retry_until is None or (score.claimed_at and score.claimed_at < now - PAST_ANY_WAIT):
            score.retry_until = now + GIVE_UP_AFTER  # time while nothing could be sent does not count
        states.begin_sending(score, now)
    log = [_delivery(score) for score in scores]
    _write(scores, log)
    earlier = _earlier(scores, log)
    return [_claimed(score, entry, earlier.get(score.pk, [])) for score, entry in zip(scores, log, strict=True)]


@cache
def _oldest(limit: int) -> Prepared[Score]:
    return Prepared(
        lambda registration, now: (
            due(now)
            .filter(registration=registration)
            .select_for_update(of=("self",), skip_locked=True)
            .select_related("platform_user")[:limit]
        ),
        registration=UUID,
        now=datetime,
    )


def _write(scores: Sequence[Score], log: Sequence[Delivery]) -> None:
    """The claims and their log, in one statement."""
    ids, entries = [score.pk for score in scores], [entry.pk for entry in log]
    values = [str(scores[0].state), scores[0].claimed_at, ids, entries, [score.retry_until for score in scores]]
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, values)


CLAIM = """
    WITH claimed AS (
        UPDATE lti_score SET state = %s, claimed_at = %s, tries = tries + 1, retry_until = taken.retry_until
        FROM unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) AS taken (score, entry, retry_until)
        WHERE id = taken.score
        RETURNING taken.entry, lti_score.*
    )
    INSERT INTO lti_delivery
        (id, institution_id, score_id, score_given, score_maximum, timestamp, submitted_at, claimed_at, answer)
    SELECT entry, institution_id, id, score_given, score_maximum, timestamp, submitted_at, claimed_at, '' FROM claimed
"""


def _delivery(score: Score) -> Delivery:
    entry = Delivery(institution_id=score.institution_id, score=score)
    for name in ("score_given", "score_maximum", "timestamp", "submitted_at", "claimed_at"):
        setattr(entry, name, getattr(score, name))
    return entry


def _earlier(scores: Iterable[Score], log: Iterable[Delivery]) -> dict[UUID, list[Delivery]]:
    """Earlier deliveries that bear on this one, of those scores that have any."""
    tried = [score.pk for score in scores if score.read_first or score.base_by == BaseBy.US]
    found: dict[UUID, list[Delivery]] = {}
    if tried:
        in_this_column = Q(score__line_item__replaced_at=None) | Q(answered_at__gte=F("score__line_item__replaced_at"))
        others = Delivery.objects.filter(in_this_column, score__in=tried).exclude(pk__in=[entry.pk for entry in log])
        for entry in others:
            found.setdefault(entry.score_id, []).append(entry)
    return found


def _claimed(score: Score, entry: Delivery, earlier: list[Delivery]) -> Claim:
    submitted = any(delivery.arrived and delivery.submitted_at == score.submitted_at for delivery in earlier)
    return Claim(score, entry, base_of(score, earlier), new_submission=not submitted)


def base_of(score: Score, earlier: Iterable[Delivery]) -> Base:
    """What may stand in the gradebook without anyone having interfered."""
    since = [delivery for delivery in earlier if score.base_at is None or delivery.claimed_at >= score.base_at]
    return Base(
        points=_points(score.base_given, score.base_maximum),
        certain=score.base_certain,
        accepted=score.base_by == BaseBy.PERSON,
        unanswered=[Points(sent.score_given, sent.score_maximum) for sent in since if sent.arrived is None],
        read_first=score.read_first,
        rescaled=score.rescaled,
    )


@transaction.atomic
def settle(*, claim: Claim, outcome: Outcome, now: datetime) -> None:
    """Record what came of a delivery. Where the score was taken up again meanwhile, only the log keeps it."""
    delivered = outcome.verdict.kind is Kind.DELIVERED
    arrived = True if delivered or outcome.posted else None if outcome.unanswered else False
    entry = claim.delivery
    entry.answered_at, entry.arrived, entry.status, entry.answer = now, arrived, outcome.status, outcome.words
    SAVE_ENTRY(entry)
    score = MINE.one(score=claim.score.pk, claimed_at=entry.claimed_at)
    if score is None:
        return
    put(score, last_status=outcome.status, last_answer=outcome.words, hint=outcome.verdict.hint[:300])
    score.read_first = score.read_first or outcome.unanswered
    if outcome.live is not None:
        _note(score, outcome.live, now)
    if delivered or outcome.posted:
        _is_ours(score, claim, outcome, now)
    changed = score.timestamp != claim.delivery.timestamp  # a newer wish came meanwhile
    states.end_sending(score, outcome, now, changed=changed)
    SAVE_SCORE(score)
    announcing.came_to(score, now, before=ScoreState.SENDING)


MINE = Prepared(
    lambda score, claimed_at: Score.objects.select_for_update(of=("self",)).filter(
        pk=score, state=ScoreState.SENDING, claimed_at=claimed_at
    ),
    score=UUID,
    claimed_at=datetime,
)
SAVE_SCORE, SAVE_ENTRY = Save(Score), Save(Delivery)


def _is_ours(score: Score, claim: Claim, outcome: Outcome, now: datetime) -> None:
    """The gradebook has what was sent."""
    sent = claim.delivery
    put(score, base_by=BaseBy.US, base_given=sent.score_given, base_maximum=sent.score_maximum, base_certain=True)
    put(score, base_at=now, read_first=False, rescaled=False, relisted=False, delivered_at=now)
    if score.comment == claim.score.comment and score.submitted_at == sent.submitted_at:
        score.comment_sent = score.comment_sent or score.score_given == sent.score_given
    if outcome.live is None:
        put(score, **UNREAD)


@transaction.atomic
def give_back(*, claim: Claim, now: datetime) -> None:
    """A score that was claimed and not sent."""
    Delivery.objects.filter(pk=claim.delivery.pk).delete()
    mine = Score.objects.filter(pk=claim.score.pk, state=ScoreState.SENDING, claimed_at=claim.score.claimed_at)
    states.make_due(mine, now, tries=F("tries") - 1)


def recover(*, now: datetime) -> None:
    """Scores that a worker claimed and never settled become due again; whether they arrived is to be read first."""
    stuck = Score.objects.filter(state=ScoreState.SENDING, claimed_at__lt=now - STALE_AFTER)
    states.make_due(stuck, now, read_first=True, hint=INTERRUPTED)


def sweep(*, now: datetime) -> list[UUID]:
    """Recover what a dead worker left behind; the registrations that have something to send."""
    recover(now=now)
    return list(due(now).order_by().values_list("registration_id", flat=True).distinct())


# What the gradebook shows


@transaction.atomic
def compare(*, score: Score, live: LiveGrade, now: datetime) -> None:
    """Take in what a reading of the gradebook showed, unless the score moved on meanwhile."""
    rows = Score.objects.select_for_update(of=("self",)).select_related("registration")
    row = rows.filter(pk=score.pk, state=score.state, timestamp=score.timestamp, claimed_at=score.claimed_at).first()
    if row is None:
        return
    family = families.of(row.registration.family)
    base = base_of(row, row.deliveries.all() if row.read_first else ())
    desired = Points(row.score_given, row.score_maximum)
    _note(row, live, now)
    if shows(live, desired, family):
        put(row, base_by=BaseBy.US, base_given=desired.given, base_maximum=desired.maximum, base_certain=True)
        states.arrive(row, now)
    elif row.state in (ScoreState.SYNCED, ScoreState.HELD, ScoreState.LOST, ScoreState.REFUSED):
        _apply(row, decide(desired, base, live, family), live, now)
    row.save()
    announcing.came_to(row, now, before=score.state)


def _apply(row: Score, decision: Decision, live: LiveGrade, now: datetime) -> None:
    """What a difference means for a score that is not under way."""
    if decision is Decision.SEND and row.state != ScoreState.SYNCED:
        if row.state == ScoreState.REFUSED and _was_clear_no(row):
            return
        states.stamp(row, now)  # later than the change in the LMS
        states.send_afresh(row, now)
        enqueue.on_commit("lti.tasks.drain", str(row.registration_id))
    else:
        states.hold(row, advice(families.of(row.registration.family), live))


def _was_clear_no(score: Score) -> bool:
    return not (score.last_status is None or score.last_status >= 500 or score.hint.startswith(GIVEN_UP))


# Small parts


def _note(score: Score, live: LiveGrade, now: datetime) -> None:
    kind = Live.MISSING if not live.listed else Live.EMPTY if live.given is None else Live.GRADED
    put(score, live=kind, live_given=_storable(live.given), live_maximum=_storable(live.maximum), live_at=now)


def _storable(value: Decimal | None) -> Decimal | None:
    """As far as it can be stored; a platform may name any number."""
    return round(value, 5) if value is not None and abs(value) < 10**10 else None


def _points(given: Decimal | None, maximum: Decimal | None) -> Points | None:
    return Points(given, maximum) if given is not None and maximum else None
