"""Full credit without a person: where the assignment allows it and the item's suggestions have proved right.

It opens for each tier of an item version alone, in one institution, once people have confirmed enough of its
suggestions, and closes by itself when too many turn out wrong. Every tenth answer goes to a person all the same, so
that what it rests on never grows old.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from math import sqrt
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Min, OuterRef, QuerySet, Subquery

from assessment import marking
from assessment.models import Attempt, AttemptState, Mark, MarkedBy, Response, Suggestion
from content.models import ItemVersion
from roster import enqueue

FEWEST = 50  # confirmed answers
PRECISION = 0.95
Z = 1.959964  # of a two-sided interval of 95 %
SPOT_CHECK = 10  # every so many-th answer goes to a person


@dataclass(frozen=True)
class Standing:
    """How suggestions of full credit fared: people marked `confirmed` different answers, and `right` of them got it."""

    confirmed: int = 0
    right: int = 0

    @property
    def lower(self) -> float:
        """The lower end of the interval for the share that is right."""
        return wilson_lower(self.right, self.confirmed)

    @property
    def open(self) -> bool:
        return self.confirmed >= FEWEST and self.lower >= PRECISION


def wilson_lower(right: int, n: int) -> float:
    if n == 0:
        return 0.0
    share, z2 = right / n, Z * Z
    spread = Z * sqrt(share * (1 - share) / n + z2 / (4 * n * n))
    return max(0.0, (share + z2 / (2 * n) - spread) / (1 + z2 / n))


def standings(*, item: ItemVersion, institution_id: UUID | None) -> dict[str, Standing]:
    """The standing of each tier of the item version; one query.

    A person's mark counts that came after the suggestion. The same answer counts once, and only as right where every
    person gave full credit: forty copies confirmed by one click are one piece of evidence.
    """
    full = Suggestion.objects.filter(item_version=item, institution=institution_id, credit=1)
    least = _with_marks(full).values_list("tier", "form").annotate(least=Min("earned"))
    right: dict[str, list[bool]] = defaultdict(list)
    for tier, _form, points in least:
        right[tier].append(points >= item.points)
    return {tier: Standing(len(answers), sum(answers)) for tier, answers in right.items()}


def _with_marks(suggestions: QuerySet[Suggestion]) -> QuerySet[Suggestion, Any]:
    """Those that a person's later mark has met, with the points `earned`."""
    by_person = Mark.objects.filter(
        response=OuterRef("response"), by=MarkedBy.PERSON, created_at__gte=OuterRef("created_at")
    )
    earned = Subquery(by_person.order_by("-created_at", "-pk").values("points")[:1])
    real = {"response__attempt__preview": False, "response__attempt__voided_at": None}
    return suggestions.filter(**real).annotate(earned=earned).filter(earned__isnull=False)


@transaction.atomic
def award(*, attempt_id: UUID | str, now: datetime) -> list[Mark]:
    """Give full credit for the answers of the attempt that may have it without a person; grade and score follow."""
    attempt = marking.locked(attempt_id)
    if not _allowed(attempt):
        return []
    responses = list(attempt.responses.select_related("item_version"))
    suggested = Suggestion.objects.filter(response__in=responses, response__waiting=True, credit=1)
    chosen = {one.response_id: one for one in suggested if _is_open(one, responses)}
    given = [response for response in responses if response.pk in chosen]
    if not given:
        return []
    counting = marking.counting_marks(attempt)
    made = [_mark(response, chosen[response.pk], attempt, now) for response in given]
    _settle(given)
    marking.conclude(attempt, responses, [*counting.values(), *made], now)
    enqueue.on_commit("assessment.tasks.fold_statistics", str(attempt.assignment_id))
    return made


def award_all(*, attempts: Iterable[UUID | str], now: datetime) -> None:
    for attempt_id in attempts:
        award(attempt_id=attempt_id, now=now)


def _allowed(attempt: Attempt) -> bool:
    kept = not attempt.preview and attempt.voided_at is None and attempt.state == AttemptState.NEEDS_REVIEW
    return kept and attempt.assignment is not None and attempt.assignment.auto_award


def _is_open(suggestion: Suggestion, responses: Iterable[Response]) -> bool:
    item = next(one.item_version for one in responses if one.pk == suggestion.response_id)
    if suggestion.item_version_id != item.pk or not item.points or is_spot_check(suggestion.response_id):
        return False
    standing = standings(item=item, institution_id=suggestion.institution_id)
    return standing.get(suggestion.tier, Standing()).open


def is_spot_check(response_id: UUID) -> bool:
    return response_id.int % SPOT_CHECK == 0


def _mark(response: Response, suggestion: Suggestion, attempt: Attempt, now: datetime) -> Mark:
    return Mark.objects.create(
        response=response,
        points=response.item_version.points,
        by=MarkedBy.SUGGESTION,
        tier=suggestion.tier,
        round=attempt.round,
        evidence={"suggestion": str(suggestion.pk), **suggestion.evidence},
        created_at=now,
    )


def _settle(responses: Iterable[Response]) -> None:
    for response in responses:
        response.waiting = False
    Response.objects.filter(pk__in=[response.pk for response in responses]).update(waiting=False)
