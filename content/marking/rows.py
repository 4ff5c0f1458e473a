"""What the fields of an editor say: rows of fields in step, single fields, and credits as people type them."""

from itertools import zip_longest

from content.item_type import Fields


def read(fields: Fields, prefix: str, names: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of `<prefix>-<name>`, each a mapping of the names."""
    columns = (fields.get(f"{prefix}-{name}", []) for name in names)
    return [
        dict(zip(names, (value.strip() for value in row), strict=True)) for row in zip_longest(*columns, fillvalue="")
    ]


def first(fields: Fields, name: str) -> str:
    return next(iter(fields.get(name, [])), "").strip()


def whole_number(typed: str) -> int | str | None:
    """A whole number from 0; what is none, as it was typed; None for nothing."""
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 7 else typed or None
