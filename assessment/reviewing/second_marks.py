"""A second person marks a sample of the answers without seeing the first mark."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from assessment import review
from assessment.models import Assignment, Mark, MarkedBy, Response, SecondMark
from assessment.reviewing import agreement
from assessment.reviewing.agreement import Agreement
from roster.models import Person

SHARES = (0, 10, 20, 50, 100)  # percent


class NotAsked(Exception):
    """Nobody asks this person for a second mark of this answer."""


@dataclass(frozen=True)
class Agreed:
    """How far the two marks of a question's answers agree."""

    item: UUID
    agreement: Agreement
    differing: int


@transaction.atomic
def set_share(*, assignment: Assignment, percent: int, now: datetime) -> None:
    """Ask for this share of the answers from now on, those that are marked already among them.

    What nobody has marked yet and is no longer in the sample is asked no more.
    """
    assignment.second_percent = percent
    assignment.save(update_fields=["second_percent"])
    asked = SecondMark.objects.filter(response__attempt__assignment=assignment, marked_at__isnull=True)
    dropped = [one.pk for one in asked if not assignment.asks_second(one.response_id)]
    SecondMark.objects.filter(pk__in=dropped).delete()
    found = [mark for mark in _first_marks(assignment) if assignment.asks_second(mark.response_id)]
    SecondMark.objects.bulk_create(
        [SecondMark(response_id=mark.response_id, first=mark, asked_at=now) for mark in found], ignore_conflicts=True
    )


@transaction.atomic
def give(*, response: Response, points: Decimal, by: Person, now: datetime) -> SecondMark:
    """Raises NotAsked, also where somebody else gave the second mark meanwhile, and InvalidPoints."""
    asked = SecondMark.objects.select_for_update(of=("self",), no_key=True).select_related("first")
    found = asked.filter(response=response, marked_at__isnull=True, first__isnull=False).first()
    if found is None or found.first is None or found.first.person_id == by.pk:
        raise NotAsked
    found.points, found.person, found.marked_at = review.valid(points, response.item_version.points), by, now
    found.save(update_fields=["points", "person", "marked_at"])
    return found


def agreed(rows: QuerySet[Response]) -> list[Agreed]:
    """The agreement on each question of these responses. One query."""
    given = SecondMark.objects.filter(response__in=rows.values("pk"), points__isnull=False, first__isnull=False)
    pairs: dict[UUID, list[agreement.Pair]] = {}
    for item, first, second in given.values_list("response__item_version__item", "first__points", "points"):
        pairs.setdefault(item, []).append((float(first), float(second or 0)))
    return [Agreed(item, agreement.of(own), sum(a != b for a, b in own)) for item, own in pairs.items()]


def _first_marks(assignment: Assignment) -> Iterable[Mark]:
    """The person's mark that counts of each response that has one and waits no more."""
    marks = Mark.objects.filter(
        response__attempt__assignment=assignment,
        response__attempt__preview=False,
        response__waiting=False,
    )
    counting = {mark.response_id: mark for mark in marks.order_by("created_at", "pk")}
    return [mark for mark in counting.values() if mark.by == MarkedBy.PERSON]
