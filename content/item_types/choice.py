"""Single choice (QTI 3 choiceInteraction with max-choices 1).

body: {"stem": str, "options": [{"id": str, "text": str, "credit": 0..1, "rationale": str}], "section": anchor or null}
answer: {"option": id} or {}
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

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

KIND = "choice"
BY_RULE = True
PUBLISHABLE = ("approved",)
TEMPLATES = Templates(control="items/choice/control.html")
PUBLIC = {
    "options": {
        "type": "array",
        "description": "Of a choice.",
        "items": {
            "type": "object",
            "required": ["id", "text"],
            "properties": {"id": {"type": "string"}, "text": {"type": "string"}},
        },
    }
}
ANSWER = {"option": {"type": "string", "description": "Of a choice: the id of the option."}}


def problems(body: Body) -> list[str]:
    stem, options = body.get("stem"), body.get("options")
    if not isinstance(options, list | tuple) or not all(_well_formed(option) for option in options):
        return ["Every option needs an id, a text and a credit."]
    credits = [option["credit"] for option in options]
    checks = {
        "The question has no text.": not isinstance(stem, str) or not stem.strip(),
        "A choice needs at least two options.": len(options) < 2,
        "An option has no text.": not all(option["text"].strip() for option in options),
        "Two options share an id.": _repeats([option["id"] for option in options]),
        "Two options read the same.": _repeats([" ".join(option["text"].split()).casefold() for option in options]),
        "The credit of an option must lie between 0 and 1.": not all(0 <= credit <= 1 for credit in credits),
        "No option earns full credit.": 1 not in credits,
    }
    return [text for text, wrong in checks.items() if wrong]


def public(body: Body) -> dict[str, Any]:
    options = [{"id": option["id"], "text": option["text"]} for option in body["options"]]
    return {"stem": body["stem"], "options": options}


def form_size(body: Body) -> FormSize:
    # Every byte of an id may be written as three.
    return FormSize(1, 3 * max(len(option["id"].encode()) for option in body["options"]))


def from_form(body: Body, fields: Fields) -> Any:
    return next(iter(fields.get("", [])), None)


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    return {"": list(clean(body, answer).values())}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    chosen = raw.get("option") if isinstance(raw, Mapping) else raw
    if chosen is None or chosen == "":
        return {}
    if not isinstance(chosen, str) or chosen not in _options(body):
        raise InvalidAnswer(_("That is not one of the options."))
    return {"option": chosen}


def mark(body: Body, answer: Answer) -> Outcome:
    chosen = clean(body, answer).get("option")
    if chosen is None:
        return Outcome(Decimal(0), "blank")
    return Outcome(Decimal(str(_options(body)[chosen]["credit"])), "exact", {"option": chosen})


def text(body: Body, answer: Answer) -> str:
    return str(_chosen(body, answer).get("text", ""))


def rationale(body: Body, answer: Answer) -> str:
    return str(_chosen(body, answer).get("rationale", ""))


def expected(body: Body) -> list[str]:
    return [option["text"] for option in body["options"] if option["credit"] == 1]


def levels(body: Body) -> tuple[Level, ...]:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    return [(option["text"], Decimal(str(option["credit"]))) for option in body["options"]]


def categories(body: Body) -> list[Category]:
    return [Category(option["id"], option["text"], option["credit"] == 1) for option in body["options"]]


def categorise(body: Body, answer: Answer) -> list[str] | None:
    return [str(clean(body, answer).get("option", ""))]


def _chosen(body: Body, answer: Answer) -> dict[str, Any]:
    return _options(body).get(clean(body, answer).get("option", ""), {})


def _options(body: Body) -> dict[str, dict[str, Any]]:
    return {option["id"]: option for option in body["options"]}


def _repeats(values: list[str]) -> bool:
    return len(set(values)) != len(values)


def _well_formed(option: object) -> bool:
    """`bool` is an `int` to Python, but true and false are no credits."""
    if not isinstance(option, Mapping):
        return False
    texts = (option.get("id"), option.get("text"), option.get("rationale", ""))
    credit = option.get("credit")
    return (
        all(isinstance(text, str) for text in texts)
        and bool(option.get("id"))
        and isinstance(credit, int | float)
        and not isinstance(credit, bool)
    )
