"""Marking: pure item-type rules over frozen responses, then statistics, grade and score, in one transaction.

Locks are always taken in the order attempt -> assignment -> grade -> score event. Row locks are `FOR NO KEY UPDATE`,
which lets others point foreign keys at a locked row, so that a grade may name an attempt that is being marked just now.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from assessment import announcing, grades, sheets
from assessment.models import Attempt, AttemptState, Mark, MarkedBy, Response
from assessment.statistics import deltas
from content import item_types
from content.item_types import Outcome
from content.models import ItemVersion, KeyState
from roster.rows import Prepared, Save

logger = logging.getLogger(__name__)

MILLI = Decimal("0.001")


@transaction.atomic
def mark_attempt(attempt_id: UUID | str, now: datetime) -> Attempt:
    """Apply the rules to a submitted attempt; an answer that no rule may decide waits for a person.

    An attempt that is not waiting to be marked is returned as it stands. Raises Attempt.DoesNotExist.
    """
    attempt = locked(attempt_id)
    if attempt.state == AttemptState.SUBMITTED:
        responses = sheets.responses(attempt)
        marks = _marked_before(attempt, responses)
        done = {mark.response_id for mark in marks}
        marks += apply_rules([one for one in responses if one.pk not in done], now, round=attempt.round)
        _set_waiting(responses, marks)
        conclude(attempt, responses, marks, now, first=True)
    return attempt


def _marked_before(attempt: Attempt, responses: Sequence[Response]) -> list[Mark]:
    """The marks of answers that were checked while the attempt went on; each answer has one in each round."""
    checked = [response.pk for response in responses if response.checked_at is not None]
    return list(Mark.objects.filter(response__in=checked, round=attempt.round)) if checked else []


def mark_practice(responses: Iterable[Response], *, now: datetime) -> list[Mark]:
    """Mark answers of a practice attempt by rule; what a rule cannot decide stays without a mark."""
    return apply_rules(responses, now)


def locked(attempt_id: UUID | str) -> Attempt:
    """The attempt with its row locked for the rest of the transaction."""
    found = LOCKED.one(pk=attempt_id if isinstance(attempt_id, UUID) else UUID(attempt_id))
    if found is None:
        raise Attempt.DoesNotExist(f"no attempt {attempt_id}")
    return found


LOCKED = Prepared(
    lambda pk: (
        Attempt.objects.select_for_update(of=("self",), no_key=True)
        .select_related("assignment__resource_link", "person")
        .filter(pk=pk)
    ),
    pk=UUID,
)
SAVE = Save(Attempt)


def apply_rules(responses: Iterable[Response], now: datetime, *, round: int = 0) -> list[Mark]:
    """Append a mark to every response that a rule decides, in this round of the attempt."""
    decided = [(response, decide(response.item_version, response.body, response.answer)) for response in responses]
    return Mark.objects.bulk_create(
        Mark(
            response=response,
            points=points(outcome.credit, response.item_version),
            by=MarkedBy.RULE,
            tier=outcome.tier,
            round=round,
            evidence=dict(outcome.evidence),
            created_at=now,
        )
        for response, outcome in decided
        if outcome.credit is not None
    )


def decide(item: ItemVersion, body: Mapping[str, Any], answer: dict[str, object]) -> Outcome:
    """What the rules say: a blank earns nothing; beyond that only an approved key decides, else a person."""
    if not answer:
        return Outcome(Decimal(0), "blank")
    if item.key_state != KeyState.APPROVED:
        return Outcome(None, "unapproved key")
    try:
        return item_types.get(item.kind).mark(body, answer)
    except Exception:
        # A fault in one item must hold up neither the other nine nor the rest of the class.
        logger.exception("no rule could mark item version %s; a person has to", item.pk)
        return Outcome(None, "fault")


def points(credit: Decimal, item: ItemVersion) -> Decimal:
    """The share of the item's points, to a thousandth."""
    return (credit * item.points).quantize(MILLI)


def conclude(
    attempt: Attempt, responses: Sequence[Response], marks: Sequence[Mark], now: datetime, *, first: bool = False
) -> None:
    """Write the totals of a locked attempt from the marks that count, then everything that follows from them.

    `responses` are all of the attempt with their items; `marks` is the one that counts of each marked response.
    `first`: there were no marks before these.
    """
    earned = [mark.points for mark in marks]
    waiting = [response.item_version.points for response in responses if response.waiting]
    attempt.items_marked = len(responses) - len(waiting)
    attempt.points = sum(earned, Decimal(0))
    attempt.points_waiting = sum(waiting, Decimal(0))
    attempt.state = AttemptState.NEEDS_REVIEW if waiting else AttemptState.MARKED
    attempt.marked_at = None if waiting else now
    if first and deltas.counts(attempt):
        attempt.counted = deltas.contribution(attempt, responses, marks)
        deltas.note_attempt(attempt, now)
    SAVE(attempt)
    if attempt.assignment is not None and attempt.person is not None and not attempt.preview:
        if not first:
            deltas.record(attempt=attempt, now=now)
        announcing.marked(attempt, now)
        grades.recompute(assignment=attempt.assignment, person=attempt.person, now=now)


def counting_marks(attempt: Attempt) -> dict[UUID, Mark]:
    """The mark that counts of each marked response: the latest."""
    marks = Mark.objects.filter(response__attempt=attempt).select_related("person")
    return {mark.response_id: mark for mark in marks.order_by("created_at", "pk")}


def _set_waiting(responses: Iterable[Response], marks: Iterable[Mark]) -> None:
    marked = {mark.response_id for mark in marks}
    waiting = [response for response in responses if response.pk not in marked]
    for response in waiting:
        response.waiting = True
    if waiting:
        Response.objects.filter(pk__in=[response.pk for response in waiting]).update(waiting=True)
