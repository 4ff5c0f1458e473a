"""Single choice (QTI 3 choiceInteraction with max-choices 1).

body: {"stem": str, "options": [{"id": str, "text": str, "credit": 0..1, "rationale": str, "pinned": bool, optional}],
"section": anchor or null}
answer: {"option": id} or {}
"""

from collections.abc import Mapping
from decimal import Decimal
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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
    new_id,
    percent,
)
from content.marking import options as shared
from content.marking import paper, parts

KIND = "choice"
LABEL = gettext_lazy("Single choice")
HINT = gettext_lazy("Several options, of which the learner chooses one.")
SCORED = True
SHUFFLES = ("options",)
ALWAYS_SHUFFLED = False
BY_RULE = True
PUBLISHABLE = ("approved",)
INTERACTION = "choice"
TEMPLATES = Templates(
    control="items/choice/control.html",
    editor="items/choice/editor.html",
    paper="items/choice/paper.html",
    paper_key="items/options_key.html",
)
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
ROW = ("id", "text", "credit", "rationale")
ANSWER = {"option": {"type": "string", "description": "Of a choice: the id of the option."}}


def problems(body: Body) -> list[str]:
    stem, options = body.get("stem"), body.get("options")
    if shared.are_unkeyed(options):
        return ["The question has no key yet: say which option is right."]
    if not shared.well_formed(options):
        return ["Every option needs an id, a text and a credit."]
    credits = [option["credit"] for option in options]
    checks = {
        "The question has no text.": not isinstance(stem, str) or not stem.strip(),
        "A choice needs at least two options.": len(options) < 2,
        "An option has no text.": not all(option["text"].strip() for option in options),
        "Two options share an id.": parts.repeats([option["id"] for option in options]),
        "Two options read the same.": shared.alike(options),
        "The credit of an option must lie between 0 and 1.": not all(0 <= credit <= 1 for credit in credits),
        "No option earns full credit.": 1 not in credits,
    }
    return [text for text, wrong in checks.items() if wrong]


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    options = body["options"]
    keyed = [option for option in options if option["credit"] == 1]
    lengths = sorted((len(rendering.plain(option["text"])) for option in options), reverse=True)
    longest = len(keyed) == 1 and len(rendering.plain(keyed[0]["text"])) == lengths[0] > 1.5 * lengths[1]
    floating = [option for option in options if not option.get("pinned") and shared.refers_to_others(option["text"])]
    checks = {
        "An option has no rationale.": not all(option.get("rationale", "").strip() for option in options),
        "The longest option is the key: learners guess that.": longest,
        "“All of the above” and the like must keep its place while options are shuffled: pin it.": shuffled
        and bool(floating),
    }
    return [text for text, found in checks.items() if found]


def from_editor(fields: Fields) -> dict[str, Any]:
    """Rows of `option-id`, `option-text`, `option-credit` (a percentage) and `option-rationale`, in step; `pinned`
    holds ids. A row without text is left out.
    """
    rows = list(zip_longest(*(fields.get(f"option-{name}", []) for name in ROW), fillvalue=""))
    options = [_option(dict(zip(ROW, row, strict=True)), fields, at) for at, row in enumerate(rows) if row[1].strip()]
    return {"options": options or [{"id": name, "text": "", "credit": 0, "rationale": ""} for name in "abcd"]}


def _option(row: dict[str, str], fields: Fields, at: int) -> dict[str, Any]:
    name = row["id"] or new_id(fields.get("option-id", []), at)
    option: dict[str, Any] = {
        "id": name,
        "text": row["text"].strip(),
        "credit": percent(row["credit"]),
        "rationale": row["rationale"].strip(),
    }
    return option | ({"pinned": True} if name in fields.get("pinned", []) else {})


def guess(body: Body) -> Decimal | None:
    credits = [Decimal(str(option["credit"])) for option in body["options"]]
    return sum(credits, Decimal(0)) / len(credits)


def public(body: Body) -> dict[str, Any]:
    options = [{"id": option["id"], "text": option["text"]} for option in body["options"]]
    return {"stem": body["stem"], "options": options}


def form_size(body: Body) -> FormSize:
    # Every byte of an id may be written as three.
    return FormSize(1, 3 * max(len(option["id"].encode()) for option in body["options"]))


def from_form(body: Body, fields: Fields) -> Any:
    return next(iter(fields.get("", [])), None)


def from_paper(body: Body, written: str) -> Any:
    """The letter of the option, or its text."""
    return paper.one(body["options"], written)


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
    return rendering.plain(_chosen(body, answer).get("text", ""))


def rationale(body: Body, answer: Answer) -> str:
    return str(_chosen(body, answer).get("rationale", ""))


def expected(body: Body) -> list[str]:
    return [rendering.plain(option["text"]) for option in body["options"] if option["credit"] == 1]


def levels(body: Body) -> tuple[Level, ...]:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    return [(rendering.plain(option["text"]), Decimal(str(option["credit"]))) for option in body["options"]]


def categories(body: Body) -> list[Category]:
    return [
        Category(option["id"], rendering.plain(option["text"]), option["credit"] == 1, str(option.get("rationale", "")))
        for option in body["options"]
    ]


def categorise(body: Body, answer: Answer) -> list[str] | None:
    return [str(clean(body, answer).get("option", ""))]


def _chosen(body: Body, answer: Answer) -> dict[str, Any]:
    return _options(body).get(clean(body, answer).get("option", ""), {})


def _options(body: Body) -> dict[str, dict[str, Any]]:
    return {option["id"]: option for option in body["options"]}
