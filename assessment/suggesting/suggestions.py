"""Suggestions for the answers that wait for a person. They are worked out by a task, never in a request.

Each response gets one row, also where there is nothing to suggest; it stands from the moment the answer is marked.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet

from assessment.models import Mark, MarkedBy, Response, Suggestion, Tier
from assessment.suggesting import embeddings, ideas, words
from content import item_types

logger = logging.getLogger(__name__)

PLACES = Decimal("0.0000001")


def suggest(*, attempt_id: UUID | str, now: datetime) -> list[Suggestion]:
    """Make the suggestions that answers of the attempt still lack. Practice has none."""
    lacking = missing().filter(attempt__pk=attempt_id).select_related("item_version", "attempt")
    made = [_suggestion(response, now) for response in lacking]
    return Suggestion.objects.bulk_create(made, ignore_conflicts=True)


def attempts_without() -> QuerySet[Response, UUID]:
    """The attempts with answers that wait for a suggestion."""
    return missing().order_by("attempt").values_list("attempt", flat=True).distinct()


def missing() -> QuerySet[Response]:
    """The answers that wait for a person and for a suggestion."""
    return Response.objects.filter(waiting=True, suggestion__isnull=True, attempt__assignment__isnull=False)


def suggest_alike(*, response_id: UUID | str, now: datetime) -> list[UUID]:
    """After a person marked the response: the same answers that still wait get that mark as their suggestion.

    Where people marked the same answer differently, it is suggested no longer. Returns the attempts that have it now.
    """
    marked = Response.objects.select_related("item_version", "attempt", "suggestion").filter(pk=response_id).first()
    if marked is None or not (form := form_of(marked)):
        return []
    if not hasattr(marked, "suggestion"):  # marked before the task came to it
        note_marked([marked], now=now)
    waiting = alike(marked, form).filter(response__waiting=True)
    found = _same_answer(marked, form)
    if found is None:
        nothing = {"tier": Tier.PERSON, "credit": None, "confidence": None}
        waiting.filter(tier=Tier.SAME_ANSWER).update(**nothing, evidence={"reason": "marked differently"})
        return []
    waiting.update(**found, ask_after=None, created_at=now)
    return list(waiting.values_list("response__attempt", flat=True))


def note_marked(responses: Iterable[Response], *, now: datetime) -> None:
    """Let like answers find these, which a person marked before anything could be suggested."""
    rows = [_row(one, form, now, tier=Tier.PERSON) for one in responses if (form := form_of(one))]
    Suggestion.objects.bulk_create(rows, ignore_conflicts=True)


def form_of(response: Response) -> str:
    """Names all answers that are the same to a marker; empty where the answer cannot be compared.

    Texts that a person judges are the same in their normal form; other answers where they are equal. The numbers drawn
    for a learner are part of the question.
    """
    item = response.item_version
    if not response.answer or item_types.takes_files(item.kind):
        return ""
    said: Any = words.normal_form(text_of(response)) if is_text(response) else response.answer
    return sha256(json.dumps([said, response.shown.get("parameters")], sort_keys=True).encode()).hexdigest()


def is_text(response: Response) -> bool:
    """Whether the answer is a text that a person judges."""
    kind = response.item_version.kind
    return not item_types.get(kind).BY_RULE and not item_types.takes_files(kind)


def text_of(response: Response) -> str:
    return item_types.get(response.item_version.kind).text(response.body, response.answer)


def alike(response: Response, form: str) -> QuerySet[Suggestion]:
    """The suggestions of all same answers to the same version of the item, in the institution."""
    here = {"item_version": response.item_version_id, "institution": response.attempt.institution_id}
    return Suggestion.objects.filter(**here, form=form)


def _suggestion(response: Response, now: datetime) -> Suggestion:
    try:
        form = form_of(response)
        vector = embeddings.packed(text_of(response)) if is_text(response) else None
        return _row(response, form, now, vector=vector, **_first_tier(response, form, now))
    except Exception:
        # A fault with one answer must hold up no other: a person sees this one without a suggestion.
        logger.exception("no suggestion could be made for response %s", response.pk)
        return _row(response, "", now, tier=Tier.PERSON, evidence={"reason": "fault"})


def _row(response: Response, form: str, now: datetime, **fields: Any) -> Suggestion:
    attempt, item = response.attempt, response.item_version
    assert attempt.institution_id is not None  # practice has no suggestions
    return Suggestion(
        institution_id=attempt.institution_id, response=response, item_version=item, form=form, created_at=now, **fields
    )


def _first_tier(response: Response, form: str, now: datetime) -> dict[str, Any]:
    """What the first tier says that has something to suggest."""
    if not form:
        return {"tier": Tier.PERSON, "evidence": {"reason": "not comparable"}}
    if same := _same_answer(response, form):
        return same
    if not ideas.lines(response.body):
        return {"tier": Tier.PERSON, "evidence": {"reason": "no rubric"}}
    return _by_ideas(ideas.judge(response.body, text_of(response)), now)


def _by_ideas(verdict: ideas.Verdict, now: datetime) -> dict[str, Any]:
    evidence = {"ideas": [{"line": one.line, "idea": one.idea, "share": one.share} for one in verdict.found]}
    if verdict.credit is None:
        ask_after = None if verdict.reason in ideas.NOT_FOR_A_MACHINE else now
        return {"tier": Tier.PERSON, "evidence": {**evidence, "reason": verdict.reason}, "ask_after": ask_after}
    confidence = max(one.share for one in verdict.found)
    return {"tier": Tier.IDEAS, "credit": verdict.credit, "confidence": confidence, "evidence": evidence}


def _same_answer(response: Response, form: str) -> dict[str, Any] | None:
    """What people gave for the same answer; None where nobody has marked it, or they gave different marks."""
    marks, most = confirmed(alike(response, form)), response.item_version.points
    if len(marks) != 1 or not most:
        return None
    mark = marks[0]
    evidence = {"mark": str(mark.pk), "response": str(mark.response_id)}
    credit = (mark.points / most).quantize(PLACES)
    return {"tier": Tier.SAME_ANSWER, "credit": credit, "confidence": 1.0, "evidence": evidence}


def confirmed(suggestions: QuerySet[Suggestion]) -> Sequence[Mark]:
    """The marks of people that count on these answers: the latest of each number of points."""
    later = Mark.objects.filter(response=OuterRef("response"), created_at__gt=OuterRef("created_at"))
    real = {"response__attempt__preview": False, "response__attempt__voided_at": None}
    marks = Mark.objects.filter(~Exists(later), by=MarkedBy.PERSON, response__suggestion__in=suggestions, **real)
    return list(marks.order_by("points", "-created_at").distinct("points"))


def of(responses: Iterable[Response]) -> dict[UUID, Suggestion]:
    """The suggestion of each of these responses that has one; one query."""
    found = Suggestion.objects.filter(response__in=list(responses))
    return {suggestion.response_id: suggestion for suggestion in found}
