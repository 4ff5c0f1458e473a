"""What an attempt contributes to the statistics, and the markers that say for whom it changed."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from assessment.models import DROPPED, Attempt, AttemptState, Mark, MarkedBy, Response, StatisticsDelta
from content import item_types
from content.models import ItemVersion
from roster.rows import Insert

Counted = dict[str, Any]
Given = tuple[str, Decimal, str]  # of a mark: by, points, tier
SEEN = (AttemptState.NEEDS_REVIEW, AttemptState.MARKED)
INSERT = Insert(StatisticsDelta)


def record(*, attempt: Attempt, now: datetime) -> None:
    """Keep the attempt's contribution up to date after a later mark.

    Call it inside the transaction that wrote the marks, after them. Previews, practice and attempts that are
    not marked yet stay out. Calling it again changes nothing.
    """
    if not counts(attempt):
        return
    # Read again under a lock: the caller's copy may be older than another mark of the same attempt.
    attempt.counted = (
        Attempt.objects.select_for_update(no_key=True).values_list("counted", flat=True).get(pk=attempt.pk)
    )
    for changed in record_all([attempt], now):
        Attempt.objects.filter(pk=changed.pk).update(counted=changed.counted)


def record_all(attempts: Iterable[Attempt], now: datetime) -> list[Attempt]:
    """The same of many locked attempts, as they stand. Those whose `counted` changed, which the caller stores."""
    kept = {attempt.pk: attempt for attempt in attempts if counts(attempt)}
    changed = []
    for pk, new in contributions(kept.values()).items():
        if new != kept[pk].counted:
            kept[pk].counted = new
            changed.append(kept[pk])
    note_all(changed, now)
    return changed


def counts(attempt: Attempt) -> bool:
    kept = not attempt.preview and attempt.voided_at is None
    return kept and attempt.assignment_id is not None and attempt.state in SEEN


def note_attempt(attempt: Attempt, now: datetime) -> None:
    assert attempt.assignment_id is not None  # practice is not counted
    assert attempt.person_id is not None
    note(assignment_id=attempt.assignment_id, person_id=attempt.person_id, now=now)


def note_all(attempts: Iterable[Attempt], now: datetime) -> None:
    """The same for the people of many attempts that count."""
    owners = [(one.assignment_id, one.person_id) for one in attempts]
    StatisticsDelta.objects.bulk_create(
        StatisticsDelta(assignment_id=assignment, person_id=person, created_at=now)
        for assignment, person in owners
        if assignment and person
    )


def note(*, assignment_id: UUID, person_id: UUID, now: datetime) -> None:
    """The person's attempts on the assignment changed: the next fold compares them with what the statistics hold."""
    INSERT(StatisticsDelta(assignment_id=assignment_id, person_id=person_id, created_at=now))


def contributions(attempts: Iterable[Attempt]) -> dict[UUID, Counted]:
    """What each attempt contributes, from its responses and the marks that count; three queries for any number.

    {"complete": nothing waits, "score": points or null while something waits, "total": T, "seconds": from start to
    submission, "items": {item version: {"x": points or null while waiting, "c": categories or null, "t": in T,
    "b": blank, "s": seconds in sight, "a": typed answers}}}; points are whole thousandths, and what is false, zero or
    empty is left out of an item. T is the machine-marked total: the points of the items that a rule marked at
    submission and whose kind a rule can always mark (`ItemType.BY_RULE`). A blank open answer, which a rule marks 0,
    is left out of T, so that the totals of all learners are about the same items. A question that a regrade dropped is
    left out altogether.
    """
    kept = {attempt.pk: attempt for attempt in attempts}
    responses = list(Response.objects.filter(attempt__in=kept).order_by("pk"))
    versions = ItemVersion.objects.in_bulk({response.item_version_id for response in responses})
    marks = _marks(kept)
    answered: dict[UUID, dict[str, Counted]] = defaultdict(dict)
    for response in responses:
        response.item_version = versions[response.item_version_id]
        given = marks.get(response.pk, [])
        if not _is_dropped(given):
            answered[response.attempt_id][str(response.item_version_id)] = _item(response, given)
    return {pk: _whole(attempt, answered[pk]) for pk, attempt in kept.items()}


def contribution(attempt: Attempt, responses: Iterable[Response], marks: Iterable[Mark]) -> Counted:
    """The same of an attempt whose `responses`, with their items, and `marks` are at hand."""
    given = {mark.response_id: [(str(mark.by), mark.points, mark.tier)] for mark in marks}
    kept = [one for one in responses if not _is_dropped(given.get(one.pk, []))]
    return _whole(attempt, {str(one.item_version_id): _item(one, given.get(one.pk, [])) for one in kept})


def with_other_marks(attempt: Attempt, response: Response, marks: Iterable[Mark]) -> Counted:
    """The same of an attempt that has been counted, where one response, with its item, now has these marks."""
    assert attempt.counted is not None
    given = [(str(mark.by), mark.points, mark.tier) for mark in marks]
    items = {pk: item for pk, item in attempt.counted["items"].items() if pk != str(response.item_version_id)}
    return _whole(
        attempt, items if _is_dropped(given) else items | {str(response.item_version_id): _item(response, given)}
    )


def _marks(attempts: Iterable[UUID]) -> dict[UUID, list[Given]]:
    found: dict[UUID, list[Given]] = defaultdict(list)
    counting = Mark.objects.filter(response__attempt__in=attempts, response__waiting=False).order_by("created_at", "pk")
    for response_id, by, points, tier in counting.values_list("response_id", "by", "points", "tier"):
        found[response_id].append((by, points, tier))
    return found


def _is_dropped(marks: list[Given]) -> bool:
    return bool(marks) and marks[-1][2] == DROPPED


def _item(response: Response, marks: list[Given]) -> Counted:
    kind = response.item_version.kind
    extras = {
        "t": item_types.get(kind).BY_RULE and any(by == MarkedBy.RULE for by, *_ in marks),
        "b": not response.answer,
        "s": response.seconds,
        "a": _typed(response),
    }
    known = {"x": milli(marks[-1][1]) if marks else None, "c": _categories(response)}
    return known | {name: value for name, value in extras.items() if value}


def _categories(response: Response) -> list[str] | None:
    """An answer that does not fit its item (marking left it to a person) is in no category."""
    try:
        return item_types.get(response.item_version.kind).categorise(response.body, response.answer)
    except item_types.InvalidAnswer:
        return None


def _typed(response: Response) -> list[str]:
    try:
        return item_types.typed(response.item_version.kind, response.body, response.answer)
    except item_types.InvalidAnswer:
        return []


def _whole(attempt: Attempt, items: dict[str, Counted]) -> Counted:
    complete = attempt.state == AttemptState.MARKED
    took = attempt.submitted_at - attempt.started_at if attempt.submitted_at else None
    return {
        "complete": complete,
        "score": milli(attempt.points) if complete else None,
        "total": sum(item["x"] for item in items.values() if item.get("t")),
        "seconds": None if took is None else max(0, round(took.total_seconds())),
        "items": items,
    }


def milli(points: Decimal) -> int:
    """Points in thousandths, which is how fine they can be."""
    return int(points.scaleb(3))
