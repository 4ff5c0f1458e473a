"""What the forms of the writing room say. Total: an unfit value is kept for its author to put right."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import zip_longest
from typing import Any

from django.http import QueryDict

from content import item_types

PREFIX = "body-"  # of the fields that belong to the kind's own editor
BLANK = "\ue000"  # stands in a row that was asked for until the row has a text
MOST_TAGS = 20
TAG_LENGTH = 60
RANGE = ("from", "to", "step")


def text(data: QueryDict, name: str) -> str:
    return clean(data.get(name, "")).strip()


def clean(value: str) -> str:
    """One kind of line end, and nothing that PostgreSQL cannot hold."""
    return value.replace("\x00", "").replace("\r\n", "\n")


def whole(data: QueryDict, name: str) -> int:
    """A whole number that the page itself printed; -1 where somebody wrote something else there."""
    value = data.get(name, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1


def body(kind: item_types.ItemType, data: QueryDict, *, more: str = "") -> dict[str, Any]:
    """The body of a question. `more` names the field of a list that is to get another, empty row; after a
    space may stand another field of that row with its value, as in "body-text body-list=a".
    """
    fields = {
        name.removeprefix(PREFIX): [clean(str(value)) for value in values]
        for name, values in data.lists()
        if name.startswith(PREFIX)
    }
    own = _with_row(kind, fields, more) if more.startswith(PREFIX) else kind.from_editor(fields)
    optional = {
        "feedback": text(data, "feedback"),
        "parameters": parameters(data),
    }
    return {
        "stem": text(data, "stem"),
        "section": text(data, "section") or None,
        **{name: value for name, value in optional.items() if value},
        **({"shuffle": False} if "keep_order" in data else {}),
        **own,
    }


def _with_row(kind: item_types.ItemType, fields: Mapping[str, list[str]], more: str) -> dict[str, Any]:
    name, beside = (part.removeprefix(PREFIX) for part in more.partition(" ")[::2])
    other, _, value = beside.partition("=")
    row = {name: BLANK} | ({other: value} if other else {})
    made = kind.from_editor({**fields, **{field: [*fields.get(field, []), typed] for field, typed in row.items()}})
    return {part: _unmarked(value) for part, value in made.items()}


def _unmarked(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace(BLANK, "")
    if isinstance(value, Mapping):
        return {name: _unmarked(part) for name, part in value.items()}
    return [_unmarked(part) for part in value] if isinstance(value, list | tuple) else value


def parameters(data: QueryDict) -> dict[str, Any]:
    """Rows of `parameter-name`, `-from`, `-to` and `-step`, in step; a row without a name is left out."""
    rows = zip_longest(*(data.getlist(f"parameter-{part}") for part in ("name", *RANGE)), fillvalue="")
    return {
        clean(name).strip(): {part: _number(value) for part, value in zip(RANGE, given, strict=True)}
        for name, *given in rows
        if name.strip()
    }


def _number(value: str) -> Any:
    """The number as typed, "1,5" too; what is none stays as it is, and `variants.problems` names it."""
    try:
        exact = Decimal(value.strip().replace(",", ".") or "1")
    except InvalidOperation:
        return clean(value)
    if not exact.is_finite() or abs(exact) > 10**12:
        return clean(value)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def points(data: QueryDict) -> Decimal | None:
    """None for what is no number of points from 0 to 99999.999."""
    try:
        given = Decimal(data.get("points", "").strip().replace(",", "."))
    except InvalidOperation:
        return None
    return round(given, 3) if given.is_finite() and 0 <= given < 100_000 else None


def tags(data: QueryDict) -> list[str]:
    """Separated by commas, each once."""
    given = (" ".join(tag.split())[:TAG_LENGTH] for tag in text(data, "tags").split(","))
    return list(dict.fromkeys(tag for tag in given if tag))[:MOST_TAGS]


def pools(data: QueryDict) -> dict[str, int]:
    """Rows of `pool-name` and `pool-draw`, in step; a row without a name takes its pool away."""
    rows = zip_longest(data.getlist("pool-name"), data.getlist("pool-draw"), fillvalue="")
    return {
        clean(name).strip()[:60]: int(draw) if draw.isascii() and draw.isdigit() and len(draw) < 4 else 0
        for name, draw in rows
        if name.strip()
    }
