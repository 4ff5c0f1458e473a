"""The parts of a question, such as prompts or areas: checks for a body, and rows of an editor. Pure."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any

from content.item_type import Body, Fields, new_id

ID = re.compile(r"[^\s:]{1,64}")
LARGEST = 10**12


def no_stem(body: Body) -> bool:
    stem = body.get("stem")
    return not isinstance(stem, str) or not stem.strip()


def are_parts(parts: object, *texts: str) -> bool:
    """Whether this is a list of mappings, each with an id and with text under every one of these names."""
    return isinstance(parts, list | tuple) and all(_is_part(part, texts) for part in parts)


def _is_part(part: object, texts: Iterable[str]) -> bool:
    if not isinstance(part, Mapping) or not isinstance(part.get("id"), str):
        return False
    return ID.fullmatch(part["id"]) is not None and all(isinstance(part.get(name), str) for name in texts)


def repeats(values: Sequence[str]) -> bool:
    return len(set(values)) != len(values)


def read_the_same(texts: Iterable[str]) -> bool:
    """Whether two of the texts differ by spaces and capitals only."""
    return repeats([" ".join(text.split()).casefold() for text in texts])


def is_number(value: object) -> bool:
    """`bool` is an `int` to Python, but true and false are no numbers; nor are NaN and what is beyond all measure."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -LARGEST <= value <= LARGEST


def is_share(value: Any) -> bool:
    return is_number(value) and 0 <= value <= 1


def by_id(parts: Iterable[Mapping[str, Any]]) -> dict[str, Mapping[str, Any]]:
    return {part["id"]: part for part in parts}


def rows(fields: Fields, prefix: str, names: Sequence[str]) -> list[dict[str, str]]:
    """The fields `<prefix>-<name>`, in step, as one mapping a row."""
    columns = (fields.get(f"{prefix}-{name}", []) for name in names)
    return [dict(zip(names, map(str.strip, row), strict=True)) for row in zip_longest(*columns, fillvalue="")]


def first(fields: Fields, name: str = "") -> str:
    return next(iter(fields.get(name, [])), "").strip()


def whole(text: str, default: int) -> int:
    """A whole number as typed."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 13 else default


def whole_number(typed: str) -> int | str | None:
    """A whole number from 0; what is none, as it was typed; None for nothing."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else typed or None


def named(ids: Sequence[str]) -> list[str]:
    """The ids with a new one in place of each empty one."""
    found: list[str] = []
    for at, name in enumerate(ids):
        found.append(name or new_id([*ids, *found], at))
    return found


def storable(text: str) -> str:
    """One kind of line end, and nothing that PostgreSQL cannot hold (NUL, half of a surrogate pair)."""
    text = text.replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n")
    return re.sub("[\ud800-\udfff]", "\ufffd", text)
