"""Which courses a course was copied from, as its launches say."""

from urllib.parse import unquote

from lti.models import Context
from lti.words import claims
from lti.words.claims import CLAIM, Claims

PARAMETER = "context_history"  # the custom parameter that stands for `$Context.id.history` (core 1.3 appendix C)
LONGEST = 50  # courses


def given(found: Claims) -> list[str]:
    """The history as a message has it: comma-separated, URL-encoded, nearest course first."""
    value = claims.mapping(found, CLAIM + "custom").get(PARAMETER)
    if not isinstance(value, str) or value.startswith("$"):
        return []
    return [entry for entry in map(unquote, map(str.strip, value[:20_000].split(","))) if claims.is_identifier(entry)]


def merged(context: Context, entries: list[str]) -> list[str]:
    """The course's history with what a message adds before it; what was known stays."""
    others, known = [entry for entry in entries if entry != context.context_id], list(context.history)
    if set(others) <= set(known):
        return known
    return list(dict.fromkeys([*others, *known]))[:LONGEST]


def original(context: Context) -> Context | None:
    """The nearest course of the history that is known here, in the same deployment."""
    if not context.history:
        return None
    known = Context.objects.filter(deployment=context.deployment_id, context_id__in=context.history)
    return min(known, key=lambda course: context.history.index(course.context_id), default=None)
