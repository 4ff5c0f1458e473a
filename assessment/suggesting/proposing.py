"""Asks a language model, where one is configured, about the answers for which no other tier has a suggestion."""

import logging
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from assessment.models import Suggestion, Tier
from assessment.suggesting import endpoint, ideas, proposals, suggestions
from content import rendering

logger = logging.getLogger(__name__)

AT_ONCE = 20
AGAIN = timedelta(minutes=5)


def ask_waiting(*, now: datetime) -> list[Suggestion]:
    """Ask about answers that wait, the oldest first; stops where the endpoint is unavailable, until a later call.

    Returns the suggestions that were made.
    """
    if not endpoint.is_configured():
        return []
    Suggestion.objects.filter(ask_after__isnull=False, response__waiting=False).update(ask_after=None)
    made = []
    for suggestion in _to_ask(now):
        if not _claim(suggestion, now):
            continue
        try:
            made += [suggestion] if _ask(suggestion, now) else []
        except endpoint.Unavailable as error:
            logger.warning("the language model is unavailable: %s", error)
            break
    return made


def is_due(*, now: datetime) -> bool:
    return endpoint.is_configured() and bool(_to_ask(now)[:1])


def _to_ask(now: datetime) -> Any:
    waiting = Suggestion.objects.filter(ask_after__lte=now, response__waiting=True, tier=Tier.PERSON)
    return waiting.select_related("response__item_version").order_by("ask_after")[:AT_ONCE]


def _claim(suggestion: Suggestion, now: datetime) -> bool:
    """Nobody else asks about it meanwhile; it is asked again should this process end."""
    seen = Suggestion.objects.filter(pk=suggestion.pk, ask_after=suggestion.ask_after)
    return bool(seen.update(ask_after=now + AGAIN))


def _ask(suggestion: Suggestion, now: datetime) -> bool:
    """Whether there is a suggestion now. Raises Unavailable."""
    body, text = suggestion.response.body, suggestions.text_of(suggestion.response)
    lines = ideas.lines(body)
    question = rendering.plain(str(body.get("stem", "")))
    mark = secrets.token_hex(8)
    reply = endpoint.ask(proposals.messages(question=question, lines=lines, text=text, mark=mark))
    try:
        met = proposals.read(reply, lines=len(lines), text=text)
    except proposals.Unusable as error:
        return _keep(suggestion, now, evidence={"reason": f"unusable reply: {error}"})
    verdict = ideas.credit([ideas.Found(one.line, lines[one.line]["level"], lines[one.line]["idea"], 1) for one in met])
    evidence = {"lines": _quotes(met), "model": settings.ASSAY_LLM_MODEL, "prompt": proposals.PROMPT}
    if verdict.credit is None:
        return _keep(suggestion, now, evidence={**evidence, "reason": verdict.reason})
    return _keep(suggestion, now, tier=Tier.MODEL, credit=verdict.credit, evidence=evidence)


def _quotes(met: Sequence[proposals.Met]) -> list[dict[str, Any]]:
    return [{"line": one.line, "quote": one.quote} for one in met]


def _keep(suggestion: Suggestion, now: datetime, **fields: Any) -> bool:
    """Write it down, unless a person marked the answer or the same one meanwhile; True where it suggests credit."""
    free = Suggestion.objects.filter(pk=suggestion.pk, tier=Tier.PERSON, response__waiting=True)
    kept = free.update(**fields, ask_after=None, created_at=now)
    return bool(kept and "credit" in fields)
