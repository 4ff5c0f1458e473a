"""`[[gap]]` in a Markdown text: where something else is put once the text is rendered and sanitised."""

import re
from collections.abc import Mapping

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from content import rendering

PLACEHOLDER = re.compile(r"\[\[([A-Za-z0-9_-]{1,40})\]\]")
FIRST, MOST = 0xE100, 100  # private characters, which neither Markdown nor the sanitiser touches
TOKEN = re.compile(f"[{chr(FIRST)}-{chr(FIRST + MOST - 1)}]")
CLOSED = re.compile(r'(<math\b.*?</math>|<(?:"[^"]*"|[^">])*>)', re.DOTALL)  # tags and formulas: nothing is put there


def names(text: str) -> list[str]:
    """The gaps as they are written, in order."""
    return PLACEHOLDER.findall(text)


def shown(text: str) -> list[str]:
    """The gaps that come out where a field may stand, in order."""
    found = _distinct(text)
    return [found[ord(token) - FIRST] for part in _parts(text)[::2] for token in TOKEN.findall(part)]


def fill(text: str, fillings: Mapping[str, SafeString | str]) -> SafeString:
    """The rendered text with these in place of its gaps; a gap without filling is an ellipsis."""
    found, parts = _distinct(text), _parts(text)
    for at in range(0, len(parts), 2):
        parts[at] = TOKEN.sub(lambda token: _filling(fillings, found[ord(token[0]) - FIRST]), parts[at])
    return mark_safe(TOKEN.sub("…", "".join(parts)))


def _filling(fillings: Mapping[str, SafeString | str], name: str) -> str:
    return str(conditional_escape(fillings.get(name, "…")))


def _distinct(text: str) -> list[str]:
    return list(dict.fromkeys(names(text)))[:MOST]


def _parts(text: str) -> list[str]:
    """The rendered text, in turn what may be filled in and what is closed."""
    found = _distinct(text)

    def token(match: re.Match[str]) -> str:
        return chr(FIRST + found.index(match[1])) if match[1] in found else match[0]

    return CLOSED.split(rendering.html(PLACEHOLDER.sub(token, TOKEN.sub("", text))))
