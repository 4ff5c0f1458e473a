"""Options to choose from, [{"id", "text", "credit", "rationale", "pinned"?}], as several kinds have them."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeGuard

from django.utils.translation import gettext as _

from content import rendering
from content.marking import parts

REFERS = re.compile(
    r"\b(all|none|both|any|neither) (of )?(the |these )?(above|below|others?|options|answers)\b"
    r"|\b[A-D] (and|&|or) [A-D]\b",
    re.IGNORECASE,
)
ENOUGH = Decimal("0.9999")  # a sum of shares such as three times 33.333 % is a whole


def well_formed(options: object) -> TypeGuard[Sequence[Mapping[str, Any]]]:
    return isinstance(options, list | tuple) and all(_is_option(option) for option in options)


def are_unkeyed(options: object) -> bool:
    """Whether the options are there but for their credits, as on a printed sheet without its key."""
    rows = options if isinstance(options, list | tuple) else ()
    return bool(rows) and not any("credit" in row if isinstance(row, Mapping) else True for row in rows)


def is_number(value: object) -> bool:
    """`bool` is an `int` to Python, but true and false are no credits."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def alike(options: Sequence[Mapping[str, Any]]) -> bool:
    """Whether two options read the same."""
    return parts.read_the_same(option["text"] for option in options)


def refers_to_others(text: str) -> bool:
    """Whether an option speaks of the others by their place, as "all of the above" does."""
    return bool(REFERS.search(text))


def credit(option: Mapping[str, Any]) -> Decimal:
    return Decimal(str(option["credit"]))


def whole(share: Decimal) -> Decimal:
    """The share between 0 and 1, where thirds and the like add up to 1."""
    return Decimal(1) if share >= ENOUGH else max(share, Decimal(0))


def label(option: Mapping[str, Any]) -> str:
    """The option in a line of plain text."""
    return " ".join(rendering.plain(option["text"]).split())


def remark(credit: Decimal, label: str, why: str) -> str:
    """Whether an answer is right, and why, in Markdown."""
    if credit >= 1:
        sign, said = "✓", _("Correct: {option}")
    elif credit <= 0:
        sign, said = "✗", _("Incorrect: {option}")
    else:
        sign, said = "◐", _("Partly correct: {option}")
    named = said.format(option=f"**{rendering.escaped(' '.join(label.split()))}**")
    return f"{sign} {named}\n\n{why}".strip()


def _is_option(option: object) -> bool:
    if not isinstance(option, Mapping):
        return False
    texts = (option.get("id"), option.get("text"), option.get("rationale", ""))
    return all(isinstance(text, str) for text in texts) and bool(option.get("id")) and is_number(option.get("credit"))
