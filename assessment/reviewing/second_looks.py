"""A learner asks for a second look at a mark, and a teacher answers. The exchange is kept."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from assessment import mailing, showing
from assessment.models import Attempt, MarkedBy, Response, SecondLook
from assessment.sheets import ItemResult
from lti.launch import language
from lti.words.claims import UNSTORABLE
from roster import enqueue
from roster.models import Person

LONGEST = 2000


class CannotAsk(Exception):
    """No person marked the answer, nothing was written, or an earlier request is not answered yet."""


def ask(*, response: Response, text: str, now: datetime) -> SecondLook:
    """Ask once; again only after the answer. Raises CannotAsk."""
    written = clean(text)
    last = response.marks.order_by("created_at", "pk").last()
    if not written or last is None or last.by != MarkedBy.PERSON:
        raise CannotAsk
    try:
        with transaction.atomic():
            return SecondLook.objects.create(response=response, text=written, asked_at=now)
    except IntegrityError as error:
        raise CannotAsk from error


def answer(*, response: Response, text: str, by: Person, now: datetime) -> bool:
    """Answer the open request, if there still is one; the learner gets a mail where mail is configured."""
    answered = still_open().filter(response=response).update(answer=clean(text), answered_by=by, answered_at=now)
    if answered and mailing.is_configured():
        enqueue.on_commit("assessment.tasks.mail_second_look", str(response.pk))
    return bool(answered)


def still_open() -> QuerySet[SecondLook]:
    """The requests that wait for an answer."""
    return SecondLook.objects.filter(answered_at__isnull=True)


def mail(*, response: Response) -> None:
    """Write to the learner that the request was answered; the answer itself stays on the result page."""
    person, assignment = response.attempt.person, response.attempt.assignment
    if person is None or assignment is None:
        return
    values = {"title": assignment.title, "number": response.position}

    def write() -> tuple[str, str]:
        text = _(
            "Your teacher has answered your request for a second look at question %(number)s of “%(title)s”.\n\n"
            "Open the activity in your LMS to read the answer."
        )
        return _("Second look: %(title)s") % values, text % values

    mailing.send(to=person, language=language.of_person(person), write=write)


def by_response(responses: Iterable[UUID]) -> dict[UUID, list[SecondLook]]:
    """The exchanges of these responses, each the oldest first. One query."""
    found: dict[UUID, list[SecondLook]] = {}
    for look in SecondLook.objects.filter(response__in=responses).select_related("answered_by"):
        found.setdefault(look.response_id, []).append(look)
    return found


def with_looks(attempt: Attempt, items: list[ItemResult], *, may_ask: bool) -> list[ItemResult]:
    """Each item with what was asked about its mark; no query where no person marked anything."""
    by_person = [item.response_id for item in items if item.marked_by == MarkedBy.PERSON]
    if not by_person or attempt.assignment is None:
        return items
    looks = by_response(by_person)
    may_ask = may_ask and not attempt.preview and attempt.voided_at is None and not showing.withholds_score(attempt)
    return [_with_look(item, looks.get(item.response_id, []), may_ask) for item in items]


def _with_look(item: ItemResult, looks: list[SecondLook], may_ask: bool) -> ItemResult:
    """Who does not see the mark has nothing to ask about yet."""
    is_open = any(look.answered_at is None for look in looks)
    visible = item.marked_by == MarkedBy.PERSON and item.points is not None
    return replace(item, looks=looks, may_ask=may_ask and visible and not is_open)


def clean(text: str) -> str:
    return UNSTORABLE.sub("", text).strip()[:LONGEST]
