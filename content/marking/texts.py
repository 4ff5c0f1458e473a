"""Typed texts: made fit for storing, and compared with a pattern in time linear in their length."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Literal, get_args

import re2
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from rapidfuzz.distance import Levenshtein

from content.item_type import InvalidAnswer

Match = Literal["exact", "wildcard", "regex", "close"]
MATCHES: tuple[str, ...] = get_args(Match)
ENCODED = 12  # bytes that a form takes for a character at most: four in UTF-8, each written as three
# Composing a character shortens a text fourfold at most (the longest canonical decomposition has four characters).
COMPOSITION = 4
LONGEST_PATTERN = 1000  # characters
MOST_EDITS = 20
PATTERN_MEMORY = 1 << 18  # bytes; bounds the size of a compiled pattern, and so the time for each character


def storable(text: str) -> str:
    """Composed, with one kind of line end, and nothing that PostgreSQL cannot hold (NUL, half of a surrogate pair)."""
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    return unicodedata.normalize("NFC", re.sub("[\ud800-\udfff]", "\ufffd", text))


def storable_line(text: str) -> str:
    """The same for a field of one line, in which a browser keeps no line end."""
    return storable(text).replace("\n", " ")


def answer(raw: Any, *, longest: int, storable: Callable[[str], str]) -> dict[str, Any]:
    """A typed answer as it is stored, {"text"}; {} where it is blank.

    Raises InvalidAnswer for what is no text, or too long.
    """
    text = raw.get("text") if isinstance(raw, Mapping) else raw
    if text is None:
        return {}
    if not isinstance(text, str):
        raise InvalidAnswer(_("The answer must be text."))
    if len(text) > COMPOSITION * longest:
        raise _too_long(longest)
    text = storable(text)
    if not text.strip():
        return {}
    if len(text) > longest:
        raise _too_long(longest)
    return {"text": text}


def _too_long(most: int) -> InvalidAnswer:
    words = ngettext(
        "The answer is longer than {most} character.", "The answer is longer than {most} characters.", most
    )
    return InvalidAnswer(words.format(most=most))


def folded(text: str, *, case: bool, accents: bool) -> str:
    """The text as it is compared: composed, single spaces; without case and accents where those do not matter."""
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not accents:
        text = unicodedata.normalize("NFC", "".join(filter(_is_no_accent, unicodedata.normalize("NFD", text))))
    return text if case else unicodedata.normalize("NFC", text.casefold())


def matches(text: str, pattern: str, match: str, *, case: bool, accents: bool, edits: int = 1) -> bool:
    """Whether the text is what the pattern asks for: `exact`, with `*` for anything (`wildcard`), as a whole by a
    regular expression of RE2 (`regex`), or within a number of edits (`close`). A faulty pattern matches nothing.
    """
    if match == "regex":
        return _fits(_expression(folded(pattern, case=True, accents=accents), case), text, case=True, accents=accents)
    wanted = folded(pattern, case=case, accents=accents)
    if match == "wildcard":
        return _fits(_wildcard(wanted), text, case=case, accents=accents)
    given = folded(text, case=case, accents=accents)
    if match == "close":
        most = max(0, min(edits, MOST_EDITS))
        return Levenshtein.distance(given, wanted, score_cutoff=most) <= most
    return given == wanted


def faulty(pattern: str, match: str) -> bool:
    """Whether the pattern is too long, or a regular expression that cannot be read."""
    return len(pattern) > LONGEST_PATTERN or (match == "regex" and _expression(pattern, True) is None)


def readable(pattern: str, match: str) -> str:
    """The pattern for people: an ellipsis for what may be anything."""
    if match != "wildcard":
        return f"/{pattern}/" if match == "regex" else pattern
    return "*".join(part.replace("*", "…") for part in pattern.split(r"\*"))


def _is_no_accent(character: str) -> bool:
    return unicodedata.category(character) != "Mn"


def _fits(compiled: Any, text: str, *, case: bool, accents: bool) -> bool:
    return compiled is not None and compiled.fullmatch(folded(storable(text), case=case, accents=accents)) is not None


def _wildcard(pattern: str) -> Any:
    literals = (re2.escape(storable(part).replace("\ue000", "*")) for part in _escaped_stars(pattern).split("*"))
    return _compiled(".*".join(literals), True)


def _escaped_stars(pattern: str) -> str:
    r"""A private character for each `\*`, which stands for the star itself."""
    return pattern.replace("\ue000", "").replace(r"\*", "\ue000")


def _expression(pattern: str, case: bool) -> Any:
    return _compiled(storable(pattern), case)


@lru_cache(maxsize=1024)
def _compiled(pattern: str, case: bool) -> Any:
    """The pattern ready to match; None where it cannot be read or is too large."""
    options = re2.Options()
    options.max_mem, options.log_errors = PATTERN_MEMORY, False
    options.case_sensitive, options.dot_nl, options.never_capture = case, True, True
    try:
        return re2.compile(pattern, options=options) if len(pattern) <= 4 * LONGEST_PATTERN else None
    except re2.error:
        return None
