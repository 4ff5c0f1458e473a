"""Which courses a course was copied from, as its launches say."""

from urllib.parse import unquote

from lti.models import Context
from lti.words import claims
from lti.words.claims import CLAIM, Claims

PARAMETER = "context_history"  # the custom parameter that stands for `$Context.id.history` (core 1.3 appendix C)
LONGEST = 50  # courses


def told(context: Context, found: Claims) -> dict[str, list[str]]:
    """The history as a message tells it: comma-separated, URL-encoded, nearest first; what was known before stays."""
    given = claims.mapping(found, CLAIM + "custom").get(PARAMETER)
    if not isinstance(given, str) or given.startswith("$"):
        return {}
    entries = [unquote(entry.strip()) for entry in given[:20_000].split(",")]
    usable = [entry for entry in entries if claims.is_identifier(entry) and entry != context.context_id]
    if set(usable) <= set(context.history):
        return {}
    return {"history": list(dict.fromkeys([*usable, *context.history]))[:LONGEST]}


def original(context: Context) -> Context | None:
    """The nearest course of the history that is known here, in the same deployment."""
    if not context.history:
        return None
    known = Context.objects.filter(deployment=context.deployment_id, context_id__in=context.history)
    return min(known, key=lambda one: context.history.index(one.context_id), default=None)
