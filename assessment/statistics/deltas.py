"""What an attempt contributes to the statistics, and the changes that marking makes to it."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from assessment.models import (
    Attempt,
    AttemptState,
    ForgottenAttempt,
    Mark,
    MarkedBy,
    Population,
    Response,
    StatisticsDelta,
)
from content import item_types
from content.models import ItemVersion

Counted = dict[str, Any]
SEEN = (AttemptState.NEEDS_REVIEW, AttemptState.MARKED)


def record(*, attempt: Attempt, now: datetime) -> None:
    """Append what changed in the attempt's contribution since it was last counted.

    Call it inside the transaction that wrote the marks, after them. Previews, practice and attempts that are
    not marked yet stay out. Calling it again changes nothing.
    """
    if not counts(attempt):
        return
    # Read again under a lock: the caller's copy may be older than another mark of the same attempt.
    old = Attempt.objects.select_for_update(no_key=True).values_list("counted", flat=True).get(pk=attempt.pk)
    new = contributions([attempt])[attempt.pk]
    if new == old:
        return
    append(attempt, [(-1, old), (1, new)] if old else [(1, new)], now)
    Attempt.objects.filter(pk=attempt.pk).update(counted=new)
    attempt.counted = new


def counts(attempt: Attempt) -> bool:
    return not attempt.preview and attempt.assignment_id is not None and attempt.state in SEEN


def append(attempt: Attempt, changes: Iterable[tuple[int, Counted]], now: datetime) -> None:
    assert attempt.assignment_id is not None  # practice is not counted
    StatisticsDelta.objects.bulk_create(
        StatisticsDelta(
            assignment_id=attempt.assignment_id,
            quiz_version_id=attempt.quiz_version_id,
            population=population,
            sign=sign,
            counted=counted,
            created_at=now,
        )
        for population in populations(attempt)
        for sign, counted in changes
    )


def populations(attempt: Attempt | ForgottenAttempt) -> list[Population]:
    return [Population.FIRST, Population.ALL] if attempt.number == 1 else [Population.ALL]


def contributions(attempts: Iterable[Attempt]) -> dict[UUID, Counted]:
    """What each attempt contributes, from its responses and the marks that count; four queries for any number.

    {"complete": nothing waits, "score": points or null while something waits, "total": T,
    "items": {item version: {"x": points or null while waiting, "c": categories or null, "t": in T}}},
    decimals as exact strings. T is the machine-marked total: the points of the items that a rule marked at
    submission and whose kind a rule can always mark (`ItemType.BY_RULE`). A blank open answer, which a rule marks
    0, is left out of T, so that the totals of all learners are about the same items.
    """
    kept = {attempt.pk: attempt for attempt in attempts}
    responses = list(Response.objects.filter(attempt__in=kept).order_by("pk"))
    versions = ItemVersion.objects.in_bulk({response.item_version_id for response in responses})
    marks = _marks(kept)
    answered: dict[UUID, dict[str, Counted]] = defaultdict(dict)
    for response in responses:
        version = versions[response.item_version_id]
        response.item_version = versions[response.item_version_id]
        answered[response.attempt_id][str(version.pk)] = _item(response, marks.get(response.pk, []))
    return {pk: _whole(attempt, answered[pk]) for pk, attempt in kept.items()}


def contribution(attempt: Attempt, responses: Iterable[Response], marks: Iterable[Mark]) -> Counted:
    """The same of an attempt whose `responses`, with their items, and `marks` are at hand."""
    given = {mark.response_id: [(str(mark.by), mark.points)] for mark in marks}
    items = {str(one.item_version_id): _item(one, given.get(one.pk, [])) for one in responses}
    return _whole(attempt, items)


def _marks(attempts: Iterable[UUID]) -> dict[UUID, list[tuple[str, Decimal]]]:
    found: dict[UUID, list[tuple[str, Decimal]]] = defaultdict(list)
    counting = Mark.objects.filter(response__attempt__in=attempts)
    for response_id, by, points in counting.order_by("created_at", "pk").values_list("response_id", "by", "points"):
        found[response_id].append((by, points))
    return found


def _item(response: Response, marks: list[tuple[str, Decimal]]) -> Counted:
    return {
        "x": exact(marks[-1][1]) if marks else None,
        "c": _categories(response),
        "t": item_types.get(response.item_version.kind).BY_RULE and any(by == MarkedBy.RULE for by, _ in marks),
    }


def _categories(response: Response) -> list[str] | None:
    """An answer that does not fit its item (marking left it to a person) is in no category."""
    try:
        return item_types.get(response.item_version.kind).categorise(response.body, response.answer)
    except item_types.InvalidAnswer:
        return None


def _whole(attempt: Attempt, items: dict[str, Counted]) -> Counted:
    complete = attempt.state == AttemptState.MARKED
    total = sum((Decimal(item["x"]) for item in items.values() if item["t"]), Decimal(0))
    score = exact(attempt.points) if complete else None
    return {"complete": complete, "score": score, "total": exact(total), "items": items}


def exact(number: Decimal) -> str:
    """The shortest decimal notation: 2.500 is "2.5", 10 is "10"."""
    return f"{number.normalize():f}"
