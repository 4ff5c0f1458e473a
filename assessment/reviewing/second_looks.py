"""A learner asks for a second look at a mark, and a teacher answers. The exchange is kept."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from assessment import showing
from assessment.models import Attempt, MarkedBy, Response, SecondLook
from assessment.sheets import ItemResult
from lti.words.claims import UNSTORABLE
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
    """Answer the open request, if there still is one."""
    still_open = SecondLook.objects.filter(response=response, answered_at__isnull=True)
    return bool(still_open.update(answer=clean(text), answered_by=by, answered_at=now))


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
