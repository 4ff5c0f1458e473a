"""Which courses a course was copied from: told by the platform at launch, or by its copy notice."""

from typing import Any
from urllib.parse import unquote

from lti.models import Context
from lti.words import claims
from lti.words.claims import CLAIM, Claims

PARAMETER = "context_history"  # the custom parameter that stands for `$Context.id.history` (core 1.3 appendix C)
LONGEST = 50  # courses


def told(context: Context, found: Claims) -> dict[str, list[str]]:
    """The history as a message tells it, where that adds something: comma-separated, URL-encoded, nearest first."""
    given = claims.mapping(found, CLAIM + "custom").get(PARAMETER)
    if not isinstance(given, str) or given.startswith("$"):
        return {}
    return {"history": joined(context, [unquote(entry.strip()) for entry in given[:20_000].split(",")])}


def record(context: Context, told: list[Any]) -> None:
    """Write down where the content of a course came from, and where those courses had theirs from."""
    row = Context.objects.select_for_update(no_key=True).get(pk=context.pk)
    origins = [entry for entry in told if claims.is_identifier(entry)][:LONGEST]
    known = {one.context_id: one.history for one in row.deployment.contexts.filter(context_id__in=origins)}
    row.history = joined(row, [entry for origin in origins for entry in (origin, *known.get(origin, []))])
    row.save(update_fields=["history"])


def joined(context: Context, given: list[str]) -> list[str]:
    """What is told now comes first; what was told before by another way stays."""
    usable = [entry for entry in given if claims.is_identifier(entry) and entry != context.context_id]
    if set(usable) <= set(context.history):
        return list(context.history)
    return list(dict.fromkeys([*usable, *context.history]))[:LONGEST]


def original(context: Context) -> Context | None:
    """The nearest course of the history that is known here, in the same deployment."""
    if not context.history:
        return None
    known = Context.objects.filter(deployment=context.deployment_id, context_id__in=context.history)
    return min(known, key=lambda one: context.history.index(one.context_id), default=None)
