"""Ordering (QTI 3 orderInteraction): entries, each of which takes a position.

body: {"stem": str, "entries": [{"id", "text"}] in any order, "key": [ids in the right order],
"scoring": "exact" | "adjacent_pairs" | "position", "section": anchor or null}
answer: {"order": [ids]} or {}; "" stands at a position that is still free

Credit of an answer to n entries, as Moodle's ordering question grades them
(https://docs.moodle.org/en/Ordering_question_type):
- `exact`: 1 where every entry is at its position, else 0 ("all or nothing")
- `adjacent_pairs`: right neighbours kept / (n - 1); a pair counts where the one entry comes straight before the other,
  wherever both stand ("relative to next item, excluding last")
- `position`: entries at their position / n ("absolute position")
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import pairwise
from math import factorial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from content import rendering
from content.item_types import (
    ALL_OR_NOTHING,
    Answer,
    Body,
    Category,
    Fields,
    FormSize,
    InvalidAnswer,
    Level,
    Outcome,
    Templates,
)
from content.marking import paper, parts

KIND = "ordering"
LABEL = gettext_lazy("Ordering")
HINT = gettext_lazy("Entries that the learner puts into the right order.")
SCORED = True
SHUFFLES = ("entries",)
ALWAYS_SHUFFLED = True
BY_RULE = True
PUBLISHABLE = ("approved",)
INTERACTION = "sequencing"
TEMPLATES = Templates(
    control="items/ordering/control.html",
    editor="items/ordering/editor.html",
    expected="items/ordering/expected.html",
    paper="items/ordering/paper.html",
    paper_key="items/paper_and_key.html",
)
PUBLIC = {
    "entries": {
        "type": "array",
        "description": "Of an ordering question, in no order that says anything.",
        "items": {
            "type": "object",
            "required": ["id", "text"],
            "properties": {"id": {"type": "string"}, "text": {"type": "string"}},
        },
    }
}
ANSWER = {
    "order": {
        "type": "array",
        "description": "Of an ordering question: the ids of its entries, the first one first.",
        "items": {"type": "string"},
    }
}
SCORING = ("exact", "adjacent_pairs", "position")
ROW = ("id", "text", "position")


def problems(body: Body) -> list[str]:
    entries, order = body.get("entries"), body.get("key")
    if not parts.are_parts(entries, "text"):
        return ["Every entry needs an id and a text."]
    assert isinstance(entries, list | tuple)
    ids = [entry["id"] for entry in entries]
    checks = {
        "The question has no text.": parts.no_stem(body),
        "An ordering question needs at least two entries.": len(entries) < 2,
        "An entry has no text.": not all(entry["text"].strip() for entry in entries),
        "Two entries share an id.": parts.repeats(ids),
        "Two entries read the same.": parts.read_the_same(entry["text"] for entry in entries),
        "The right order must name every entry once.": not _is_order(order, ids),
        "The scoring must be exact, by neighbours or by position.": body.get("scoring") not in SCORING,
    }
    return [text for text, wrong in checks.items() if wrong]


def _is_order(order: object, ids: list[str]) -> bool:
    if not isinstance(order, list | tuple) or not all(isinstance(name, str) for name in order):
        return False
    return sorted(order) == sorted(ids)


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    checks = {"With two entries every second guess is right: add another.": len(body["entries"]) == 2}
    return [text for text, found in checks.items() if found]


def from_editor(fields: Fields) -> dict[str, Any]:
    """Rows of `entry-id`, `entry-text` and `entry-position`, in step; `scoring`. They are put in the order of their
    positions, and rows without a position or with the same one in that of the form. A row without text is left out.
    """
    rows = [row for row in parts.rows(fields, "entry", ROW) if row["text"]]
    names = parts.named([row["id"] for row in rows])
    numbered = [(parts.whole(row["position"], at), at) for at, row in enumerate(rows, 1)]
    ranked = sorted(range(len(rows)), key=numbered.__getitem__)
    entries = [{"id": names[at], "text": rows[at]["text"]} for at in ranked]
    entries = entries or [{"id": name, "text": ""} for name in "abc"]
    scoring = parts.first(fields, "scoring") or SCORING[0]
    return {"entries": entries, "key": [entry["id"] for entry in entries], "scoring": scoring}


def guess(body: Body) -> Decimal | None:
    number = len(body["entries"])
    return 1 / Decimal(factorial(number) if body["scoring"] == "exact" else number)


def public(body: Body) -> dict[str, Any]:
    entries = [{"id": entry["id"], "text": entry["text"]} for entry in body["entries"]]
    return {"stem": body["stem"], "entries": entries}


def form_size(body: Body) -> FormSize:
    # Every byte of an id, which stands in the name of its field, may be written as three; a position has 5 digits.
    return FormSize(len(body["entries"]), sum(3 * len(entry["id"].encode()) + 5 for entry in body["entries"]))


def from_form(body: Body, fields: Fields) -> Any:
    """Each field holds the position of its entry, from 1."""
    given = {entry["id"]: parts.first(fields, entry["id"]) for entry in body["entries"]}
    return {"positions": {name: position for name, position in given.items() if position}}


def from_paper(body: Body, written: str) -> Any:
    """The letters in the order wanted, or JSON."""
    given = paper.as_json(written)
    return {"order": paper.several(body["entries"], written)} if given is None else given


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    return {name: [str(position)] for position, name in enumerate(_order(body, answer), 1) if name}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    order = raw
    if isinstance(raw, Mapping):
        order = _placed(body, raw["positions"]) if "positions" in raw else raw.get("order")
    if order is None or order == "":
        return {}
    if not isinstance(order, list | tuple) or len(order) > len(body["entries"]):
        raise InvalidAnswer(_("The answer must be a list of entries."))
    named = [name for name in order if name != "" and name is not None]
    known = parts.by_id(body["entries"])
    if not all(isinstance(name, str) and name in known for name in named):
        raise InvalidAnswer(_("That is not one of the entries."))
    if parts.repeats(named):
        raise InvalidAnswer(_("An entry can stand at one position only."))
    filled = [name or "" for name in order] + [""] * (len(known) - len(order))
    return {"order": filled} if named else {}


def _placed(body: Body, positions: object) -> list[str]:
    if not isinstance(positions, Mapping):
        raise InvalidAnswer(_("Each position must be a whole number from 1."))
    order = [""] * len(body["entries"])
    for name, typed in positions.items():
        position = parts.whole(typed, 0) if isinstance(typed, str) else 0
        if not 1 <= position <= len(order):
            raise InvalidAnswer(_("Each position must be a whole number from 1."))
        if order[position - 1]:
            raise InvalidAnswer(
                _("Two entries are at position {position}. Give each its own.").format(position=position)
            )
        order[position - 1] = name
    return order


def mark(body: Body, answer: Answer) -> Outcome:
    order = _order(body, answer)
    if not order:
        return Outcome(Decimal(0), "blank")
    return Outcome(_credit(body, order), "exact", {"order": order})


def _credit(body: Body, order: Sequence[str]) -> Decimal:
    right = list(body["key"])
    if body["scoring"] == "exact":
        return Decimal(int(order == right))
    if body["scoring"] == "position":
        return Decimal(_at_their_position(right, order)) / len(right)
    kept = set(pairwise(right)) & set(pairwise(order))
    return Decimal(len(kept)) / (len(right) - 1)


def _at_their_position(right: Sequence[str], order: Sequence[str]) -> int:
    return sum(wanted == name for wanted, name in zip(right, order, strict=True))


def text(body: Body, answer: Answer) -> str:
    return "\n".join(_label(body, name, position) for position, name in enumerate(_order(body, answer), 1) if name)


def rationale(body: Body, answer: Answer) -> str:
    order = _order(body, answer)
    if not order:
        return ""
    right, number = _at_their_position(body["key"], order), len(body["key"])
    words = ngettext(
        "{right} of {number} entry is at its position.", "{right} of {number} entries are at their position.", number
    )
    return words.format(right=right, number=number)


def expected(body: Body) -> list[str]:
    return [_label(body, name, position) for position, name in enumerate(body["key"], 1)]


def levels(body: Body) -> tuple[Level, ...]:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    number = len(body["key"])
    if body["scoring"] == "exact":
        return [("; ".join(expected(body)), Decimal(1))]
    if body["scoring"] == "position":
        return [(label, round(1 / Decimal(number), 3)) for label in expected(body)]
    share = round(1 / Decimal(number - 1), 3)
    return [(f"{_text(body, one)} → {_text(body, next_one)}", share) for one, next_one in pairwise(body["key"])]


def categories(body: Body) -> list[Category]:
    """By entry in the right order, whatever order a learner is shown."""
    return [
        Category(f"{name}:{position}", _label(body, name, position), position == right)
        for right, name in enumerate(body["key"], 1)
        for position in range(1, len(body["key"]) + 1)
    ]


def categorise(body: Body, answer: Answer) -> list[str] | None:
    return [f"{name}:{position}" for position, name in enumerate(_order(body, answer), 1) if name] or [""]


def _order(body: Body, answer: Answer) -> list[str]:
    order: list[str] = clean(body, answer).get("order", [])
    return order


def _label(body: Body, name: str, position: int) -> str:
    return f"{position}. {_text(body, name)}"


def _text(body: Body, name: str) -> str:
    return rendering.plain(parts.by_id(body["entries"])[name]["text"])
