"""What an LMS says in an answer, for people to read."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django.utils.html import strip_tags


def readable(text: str) -> str:
    """What an LMS says, for people: of a page only its title, of JSON only its messages."""
    title = re.search(r"<title>(.*?)</title>", text[:20_000], re.I | re.S)
    if title:
        return " ".join(strip_tags(title[1]).split())
    before, brace, rest = text.strip().partition("{")
    try:
        messages = list(_messages_in(json.loads(brace + rest))) if brace else []
    except (ValueError, RecursionError):
        messages = []
    found = f"{before.strip()}: {'; '.join(dict.fromkeys(messages))}".strip(": ") if messages else text[:20_000]
    return " ".join(strip_tags(found).split())


def _messages_in(value: Any) -> Iterator[str]:
    """The texts of an error as LMSs nest them: under `message`, `error_description`, `reason`."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, entry in entries:
        if isinstance(entry, str) and name in ("message", "error_description", "reason"):
            yield entry
        yield from _messages_in(entry)
