"""What changed between two versions of a question, text by text and word by word. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from difflib import SequenceMatcher
from typing import Any

WORDS = re.compile(r"\s+|\w+|[^\w\s]")
MOST = 5_000  # words of a text that are compared one by one
Marked = list[tuple[bool, str]]  # (whether it changed, text)


@dataclass(frozen=True)
class Change:
    """A part of the question that reads otherwise; an empty side: it is not there."""

    name: str
    before: Marked
    after: Marked


def texts(kind: str, body: Mapping[str, Any], points: Decimal) -> dict[str, str]:
    """Every value of a question by its name, such as `options 2 text`."""
    return {"kind": kind, "points": f"{points.normalize():f}", **_flat(body, "")}


def of(before: Mapping[str, str], after: Mapping[str, str]) -> list[Change]:
    names = list(dict.fromkeys([*before, *after]))
    changed = [name for name in names if before.get(name, "") != after.get(name, "")]
    return [Change(name, *_marked(before.get(name, ""), after.get(name, ""))) for name in changed]


def _flat(value: Any, name: str) -> dict[str, str]:
    parts: Sequence[tuple[str, Any]] = ()
    if isinstance(value, Mapping):
        parts = [(f"{name} {key}".strip(), part) for key, part in value.items()]
    elif isinstance(value, list | tuple):
        parts = [(f"{name} {number}".strip(), part) for number, part in enumerate(value, start=1)]
    elif value is not None:
        return {name: str(value)}
    return {key: text for inner, part in parts for key, text in _flat(part, inner).items()}


def _marked(before: str, after: str) -> tuple[Marked, Marked]:
    old, new = WORDS.findall(before), WORDS.findall(after)
    if max(len(old), len(new)) > MOST:
        return [(True, before)], [(True, after)]
    left: Marked = []
    right: Marked = []
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        changed = what != "equal"
        left += [(changed, "".join(old[a:b]))] if b > a else []
        right += [(changed, "".join(new[c:d]))] if d > c else []
    return left, right
