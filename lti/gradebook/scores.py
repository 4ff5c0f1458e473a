"""The outbox: scores wait here until a platform has them. PostgreSQL is the truth, a Celery message only a hint.

Per (line item, user) events are versions of one fact: a newer one replaces those that were not sent, one is under
way at a time, and each is stamped at least a second after the one before.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_noop as _

from lti.gradebook import sending
from lti.gradebook.sending import drain, lock
from lti.models import Drift, LineItem, PlatformUser, Registration, ResourceLink, ScoreEvent, ScoreState
from lti.platform import enqueue
from lti.words import scopes
from roster.models import Person

__all__ = [
    "drain",
    "in_trouble",
    "keep",
    "latest",
    "latest_by_person",
    "paused_until",
    "put_back",
    "queue",
    "repeat_all",
    "resend",
    "resume",
    "retry_column",
    "retry_refused",
    "sweep",
    "why_none",
]

REPEATED = (
    "institution_id",
    "registration_id",
    "line_item_id",
    "platform_user_id",
    "score_given",
    "score_maximum",
    "final",
    "started_at",
    "submitted_at",
    "work",
    "comment",  # left out when sending where it was told
)
SEEN = ("seen_score", "seen_maximum", "seen_at")
NO_COLUMN = _(
    "No scores go to the gradebook: the LMS offers no column for this activity. To have one, make it a graded "
    "activity; an administrator of the LMS may have to allow this tool to use grades."
)
NO_RIGHT = _(
    "No scores go to the gradebook: the LMS does not let this tool write them. An administrator of the LMS can "
    "allow it in the settings of the tool."
)
DELETED = _("No scores go to the gradebook: an administrator deleted the column here.")
DRIFTED = (ScoreState.CONFLICT, ScoreState.KEPT)
OPEN = (ScoreState.DUE, ScoreState.SENDING)
APART = timedelta(seconds=1)  # Moodle compares whole seconds and refuses an equal one


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
) -> ScoreEvent | None:
    """Put a score on its way; call it in the transaction that makes the grade.

    `work` names what was handed in, which the LMS may open (`tool.work`). `comment` is told with the score;
    `after_comment` instead, where an earlier comment stands there that is true no more.
    None where the LMS offers no column, does not know the person, or nothing can be scored. A score equal to the
    newest one is not repeated, unless the LMS refused that one and this comes of another attempt. Over a grade that
    is known to be changed in the LMS nothing goes out by itself: the new score stands beside it as a conflict.
    """
    column = _column(resource_link)
    user = _user(resource_link, person)
    if column is None or user is None or maximum <= 0:
        return None
    given, maximum = round(given, 3), round(maximum, 3)  # as they are kept, so that equal ones are known again
    with transaction.atomic():
        lock(column.pk, user.pk)
        newest = _newest(column.pk, user.pk)
        if newest and _is_told(newest, given, maximum, final, submitted_at):
            return newest
        if not comment and newest and newest.comment:
            comment = after_comment
        event = ScoreEvent(score_given=given, score_maximum=maximum, final=final, comment=comment[:1_000])
        event.institution_id, event.registration_id = column.institution_id, column.registration_id
        event.line_item, event.platform_user, event.work = column, user, work
        event.started_at, event.submitted_at = started_at, submitted_at
        return _append(newest, now, event)


def resend(*, event: ScoreEvent, now: datetime) -> ScoreEvent:
    """Send a score again as a new version, on a person's word: it may replace what they saw that the LMS has.

    Whichever of a learner's events is given, it is the newest score that goes out; none to a column that was deleted
    here on purpose.
    """
    with transaction.atomic():
        lock(event.line_item_id, event.platform_user_id)
        newest = _newest(event.line_item_id, event.platform_user_id) or event
        if not LineItem.objects.filter(pk=newest.line_item_id, wanted=True).exists():
            return newest
        again = ScoreEvent(**{name: getattr(newest, name) for name in REPEATED})
        carried_out = newest.state == ScoreState.DELIVERED  # what was seen before that is gone
        again.forced = newest.state in DRIFTED or (newest.forced and not carried_out)
        if again.forced:
            _copy(SEEN, newest, again)
        return _append(newest, now, again)


def repeat_all(*, column: LineItem, now: datetime) -> int:
    """Tell a column's grades again as new versions, since it has other points now; how many. Changed ones stay."""
    newest = ScoreEvent.objects.filter(line_item=column).order_by("platform_user", "-version").distinct("platform_user")
    # One that perhaps arrived did so with the points of before; Canvas leaves its number then.
    told = [event for event in newest if event.state == ScoreState.DELIVERED or (event.unknown and event.state in OPEN)]
    for event in told:
        with transaction.atomic():
            lock(event.line_item_id, event.platform_user_id)
            last = _newest(event.line_item_id, event.platform_user_id) or event
            _append(last, now, ScoreEvent(**{name: getattr(last, name) for name in REPEATED}))
    return len(told)


def keep(*, event: ScoreEvent) -> None:
    """Let the LMS's grade stay, on a person's word. Whichever of a learner's events is given, the newest is meant."""
    with transaction.atomic():
        lock(event.line_item_id, event.platform_user_id)
        newest = _newest(event.line_item_id, event.platform_user_id)
        if newest and newest.state == ScoreState.CONFLICT:
            ScoreEvent.objects.filter(pk=newest.pk).update(state=ScoreState.KEPT, hint="")


def retry_refused(
    *,
    course_id: UUID,
    people: Iterable[UUID],
    now: datetime,
    gone: Collection[UUID] = (),
    listed: Collection[UUID] = (),
) -> int:
    """Send again what the LMS refused for people whom it lists in a course now; how many scores that are.

    `people` are listed for the first time or again, `listed` is everyone: who was away between two readings only is
    not among the former, so each refusal is doubted once. Of those who had been `gone`, scores that it had, or was
    found to lack, are sent as well: Moodle deletes the grades of whom it removes. They keep their old timestamp and the
    gradebook is read where a repeat may do harm, so a grade that someone gave meanwhile is found, not replaced.
    """
    again = Q(platform_user__person__in=people)
    once = Q(platform_user__person__in=listed, state=ScoreState.REFUSED, doubted=False, claimed_at__lt=now)
    here = Q(line_item__resource_link__context__course=course_id, line_item__wanted=True)
    newest = (
        ScoreEvent.objects.filter(again | once, here)
        .select_related("platform_user")
        .order_by("line_item", "platform_user", "-version")
        .distinct("line_item", "platform_user")
    )
    tried = 0
    for event in sorted(newest, key=lambda event: event.platform_user.person_id):  # as whoever else locks many of them
        back = event.platform_user.person_id in gone
        missing = event.state == ScoreState.CONFLICT and event.drift == Drift.MISSING
        if event.state == ScoreState.REFUSED or (back and (missing or event.state == ScoreState.DELIVERED)):
            tried += _retry(event, now, back=back, doubted=True)
    return tried


def retry_column(*, column_id: UUID, refused_before: datetime, now: datetime) -> int:
    """Send again what was refused in a column before the LMS said something new about it; how many scores that are.

    So goes what only another column has, whose place this one took.
    """
    events = ScoreEvent.objects.filter(line_item=column_id).select_related("line_item")
    newest = events.order_by("platform_user", "-version").distinct("platform_user")
    return sum(_retry(event, now) for event in newest if _is_missing(event, refused_before))


def _is_missing(event: ScoreEvent, refused_before: datetime) -> bool:
    if event.state == ScoreState.REFUSED:
        return event.claimed_at is None or event.claimed_at < refused_before
    since = event.line_item.replaced_at
    if event.state == ScoreState.DELIVERED:
        return bool(since and event.delivered_at and event.delivered_at < since)
    return event.state in DRIFTED and _is_of_another_column(event)


def _retry(event: ScoreEvent, now: datetime, *, back: bool = False, doubted: bool = False) -> int:
    with transaction.atomic():
        lock(event.line_item_id, event.platform_user_id)
        return int(put_back(event, now=now, back=back, doubted=doubted))


def tell_anew(event: ScoreEvent, *, now: datetime) -> None:
    """Send a score that waited beside a changed grade: with a time later than that change had (Moodle compares)."""
    with transaction.atomic():
        lock(event.line_item_id, event.platform_user_id)
        newest = _newest(event.line_item_id, event.platform_user_id)
        if newest is None or (newest.pk, newest.state) != (event.pk, event.state):
            return
        again = ScoreEvent(**{name: getattr(newest, name) for name in REPEATED})
        newest.state = ScoreState.SUPERSEDED
        ScoreEvent.objects.filter(pk=newest.pk).update(state=ScoreState.SUPERSEDED)
        _append(newest, now, again)


def put_back(event: ScoreEvent, *, now: datetime, back: bool = False, doubted: bool = False) -> bool:
    """Make a settled event due once more, as one of which is unknown whether it arrived. False: it is not the newest.

    `back`: the person had left the course, and their grades with them perhaps. A person's word to replace what is
    there was good for that day only. The pair must be locked.
    """
    newest = _newest(event.line_item_id, event.platform_user_id)
    if newest is None or (newest.pk, newest.state) != (event.pk, event.state):
        return False
    again = {"state": ScoreState.DUE, "next_try_at": now, "retry_until": now + sending.GIVE_UP_AFTER, "tries": 0}
    doubt = {"unknown": True, "forced": False, "drift": "", "told_may_be_gone": back or event.told_may_be_gone}
    doubt["doubted"] = doubted or event.doubted
    ScoreEvent.objects.filter(pk=event.pk).update(**again, **doubt)
    enqueue.on_commit("drain", str(event.registration_id))
    return True


def latest(*, resource_link: ResourceLink | UUID, person: Person | UUID) -> ScoreEvent | None:
    """The newest score of a person on a link (rows or their ids), with its state."""
    events = ScoreEvent.objects.filter(line_item__resource_link=resource_link, platform_user__person=person)
    return events.order_by("-timestamp", "-version").first()


def latest_by_person(*, resource_link: ResourceLink) -> dict[UUID, ScoreEvent]:
    """The newest score of everyone on a link, by person id, in one query."""
    events = (
        ScoreEvent.objects.filter(line_item__resource_link=resource_link)
        .select_related("platform_user")
        .order_by("platform_user__person_id", "-timestamp", "-version")
        .distinct("platform_user__person_id")
    )
    return {event.platform_user.person_id: event for event in events}


def sweep(*, now: datetime) -> list[UUID]:
    """Put back what a dead worker left behind; the registrations that have something to send."""
    sending.recover(now=now)
    due = sending.due(now).values_list("registration_id", flat=True)
    return list(due.order_by().distinct())


def _append(newest: ScoreEvent | None, now: datetime, event: ScoreEvent) -> ScoreEvent:
    """Add the next version; the one that was due and not sent gives way to it."""
    event.version = newest.version + 1 if newest else 1
    at = _next_second(now) if event.forced else _whole_milliseconds(now)
    event.timestamp = max(at, newest.timestamp + APART) if newest else at
    event.next_try_at = now
    same = ScoreEvent.objects.filter(line_item_id=event.line_item_id, platform_user_id=event.platform_user_id)
    same.filter(state=ScoreState.DUE).update(state=ScoreState.SUPERSEDED)
    if newest and newest.state == ScoreState.DUE and newest.forced and not event.forced:
        event.forced = True  # the word was not carried out yet
        _copy(SEEN, newest, event)
    if newest and newest.state in DRIFTED and not event.forced and not _is_of_another_column(newest):
        _stand_beside(newest, event)
    event.save(force_insert=True)
    enqueue.on_commit("drain", str(event.registration_id))
    return event


def _is_of_another_column(event: ScoreEvent) -> bool:
    """Whether what was seen stood in a column whose place another one has taken since."""
    since = event.line_item.replaced_at
    return bool(since and event.seen_at and event.seen_at < since)


def _copy(names: Iterable[str], source: ScoreEvent, target: ScoreEvent) -> None:
    for name in names:
        setattr(target, name, getattr(source, name))


def _stand_beside(newest: ScoreEvent, event: ScoreEvent) -> None:
    """The gradebook holds a grade that is not ours: a person decides about this one too."""
    event.state, event.drift = ScoreState.CONFLICT, newest.drift
    _copy(SEEN, newest, event)
    event.hint = _("The grade was changed in the LMS before. This new score waits for your decision.")


def in_trouble(events: QuerySet[ScoreEvent]) -> QuerySet[ScoreEvent]:
    """Those that wait for a person: the newest of somebody, which the LMS refused or where it shows another grade."""
    pair = {"line_item": OuterRef("line_item"), "platform_user": OuterRef("platform_user")}
    newer = ScoreEvent.objects.filter(**pair, version__gt=OuterRef("version"))
    return events.filter(~Exists(newer), state__in=[ScoreState.REFUSED, ScoreState.CONFLICT])


def resume(*, registration_id: UUID, now: datetime) -> int:
    """Ask a platform again at once, on a person's word, whatever it asked for; how many scores wait for it."""
    Registration.objects.filter(pk=registration_id).update(paused_until=None)
    waiting = ScoreEvent.objects.filter(registration=registration_id, state=ScoreState.DUE)
    waiting.filter(next_try_at__gt=now).update(next_try_at=now)
    enqueue.on_commit("drain", str(registration_id))
    return waiting.count()


def paused_until(*, resource_link_id: UUID) -> datetime | None:
    """Until when the link's platform is left alone; None where it is not."""
    platform = Registration.objects.filter(deployments__resource_links=resource_link_id)
    return platform.values_list("paused_until", flat=True).first()


def why_none(resource_link: ResourceLink) -> str:
    """Why no score of this link can be sent, to be translated where it is shown; empty where it can."""
    if _column(resource_link) is not None:
        return ""
    if LineItem.objects.filter(resource_link=resource_link, wanted=False).exists():
        return DELETED
    return NO_RIGHT if resource_link.scopes and scopes.SCORE not in resource_link.scopes else NO_COLUMN


def _column(resource_link: ResourceLink) -> LineItem | None:
    """The link's column, if scores may be sent to it and its address is known or can be found."""
    column = LineItem.objects.filter(resource_link=resource_link, wanted=True).first()
    if column is None or scopes.SCORE not in resource_link.scopes:
        return None
    findable = resource_link.line_items_url and {scopes.LINE_ITEM, scopes.LINE_ITEM_READ} & set(resource_link.scopes)
    return column if column.url or findable else None


def _user(resource_link: ResourceLink, person: Person) -> PlatformUser | None:
    known = Q(registration__deployments=resource_link.deployment_id) & Q(institution=resource_link.institution_id)
    return PlatformUser.objects.filter(known, person=person).order_by("-id").first()


def _newest(line_item_id: UUID, user_id: UUID) -> ScoreEvent | None:
    events = ScoreEvent.objects.filter(line_item_id=line_item_id, platform_user_id=user_id)
    return events.select_related("line_item").order_by("-version").first()


def _is_told(newest: ScoreEvent, given: Decimal, maximum: Decimal, final: bool, submitted_at: datetime) -> bool:
    """Whether the newest score says the same: then nothing is to be told, or to be decided again."""
    if (newest.score_given, newest.score_maximum) != (given, maximum):
        return False
    if newest.state == ScoreState.KEPT:
        return True
    return newest.final == final and (newest.state != ScoreState.REFUSED or newest.submitted_at == submitted_at)


def _next_second(moment: datetime) -> datetime:
    """Later, in whole seconds, than a grade that a teacher set just now: Moodle compares those."""
    return moment.replace(microsecond=0) + APART


def _whole_milliseconds(moment: datetime) -> datetime:
    """What is sent has milliseconds; what is kept is the same."""
    return moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
