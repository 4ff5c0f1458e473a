"""Multiple response (QTI 3 choiceInteraction with several choices).

body: {"stem": str, "options": [{"id": str, "text": str, "credit": -1..1, "rationale": str, "pinned": bool, optional}],
"scoring": "all_or_nothing" | "right_minus_wrong" | "per_option", "max_choices": int, optional, "section": anchor or
null}; an option is right where its credit is above 0
answer: {"options": [id, ...]}, in the order of the body, or {}
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

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

KIND = "multiple_response"
LABEL = gettext_lazy("Multiple response")
HINT = gettext_lazy("Several options, of which the learner chooses any number.")
SCORED = True
SHUFFLES = ("options",)
ALWAYS_SHUFFLED = False
BY_RULE = True
PUBLISHABLE = ("approved",)
INTERACTION = "choice"
TEMPLATES = Templates(
    control="items/multiple_response/control.html",
    editor="items/multiple_response/editor.html",
    answer="items/multiple_response/answer.html",
    paper="items/multiple_response/paper.html",
    paper_key="items/options_key.html",
)
PUBLIC: dict[str, Any] = {
    "options": {
        "type": "array",
        "description": "Of a question with options.",
        "items": {
            "type": "object",
            "required": ["id", "text"],
            "properties": {"id": {"type": "string"}, "text": {"type": "string"}},
        },
    },
    "max_choices": {
        "type": "integer",
        "nullable": True,
        "description": "The most that may be chosen; null: any number.",
    },
}
ANSWER: dict[str, Any] = {
    "options": {
        "type": "array",
        "items": {"type": "string"},
        "description": "Of a multiple response: the ids of the options.",
    }
}
ALL, NET, EACH = "all_or_nothing", "right_minus_wrong", "per_option"
SCORING = (ALL, NET, EACH)
ROW = ("id", "text", "credit", "rationale")
THOUSANDTH = Decimal("0.001")


def problems(body: Body) -> list[str]:
    stem, options, most = body.get("stem"), body.get("options"), body.get("max_choices")
    if not shared.well_formed(options):
        return ["Every option needs an id, a text and a credit."]
    if body.get("scoring") not in SCORING:
        return ["Say how the options are scored."]
    checks = {
        "The question has no text.": not isinstance(stem, str) or not stem.strip(),
        "A multiple response needs at least two options.": len(options) < 2,
        "An option has no text.": not all(option["text"].strip() for option in options),
        "Two options share an id.": parts.repeats([option["id"] for option in options]),
        "Two options read the same.": shared.alike(options),
        "The credit of an option must lie between -1 and 1.": not all(
            -1 <= option["credit"] <= 1 for option in options
        ),
        "The most options to choose must be a whole number from 1.": most is not None
        and (type(most) is not int or most < 1),
    }
    found = [text for text, wrong in checks.items() if wrong]
    return found or _unreachable(body)


def _unreachable(body: Body) -> list[str]:
    """Why the best answer would not earn full credit."""
    right = sorted(_right(body), key=shared.credit, reverse=True)
    most = body.get("max_choices") or len(right)
    if not right:
        return ["No option is right."]
    if body["scoring"] == EACH:
        best = sum((shared.credit(option) for option in right[:most]), Decimal(0))
        return [] if shared.whole(best) == 1 else ["The credits of the right options add up to less than 100 %."]
    return [] if len(right) <= most else ["More options are right than may be chosen."]


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    options = body["options"]
    floating = [option for option in options if not option.get("pinned") and shared.refers_to_others(option["text"])]
    checks = {
        "An option has no rationale.": not all(option.get("rationale", "").strip() for option in options),
        "Every option is right: who chooses all earns full credit.": len(_right(body)) == len(options),
        "“All of the above” and the like must keep its place while options are shuffled: pin it.": shuffled
        and bool(floating),
        "No wrong option takes credit away: who chooses all earns full credit.": body["scoring"] == EACH
        and len(_right(body)) < len(options)
        and _credit(body, [option["id"] for option in options]) == 1
        and body.get("max_choices") is None,
    }
    return [text for text, found in checks.items() if found]


def from_editor(fields: Fields) -> dict[str, Any]:
    """Rows of `option-id`, `option-text`, `option-credit` (a percentage, perhaps negative) and `option-rationale`;
    `pinned` holds ids; `scoring`; `max_choices`. A row without text is left out.
    """
    found = [_option(row, fields, at) for at, row in enumerate(parts.rows(fields, "option", ROW)) if row["text"]]
    scoring, most = parts.first(fields, "scoring"), parts.whole_number(parts.first(fields, "max_choices"))
    return {
        "options": found or [{"id": name, "text": "", "credit": 0, "rationale": ""} for name in "abcd"],
        "scoring": scoring or NET,
    } | ({} if most is None else {"max_choices": most})


def _option(row: dict[str, str], fields: Fields, at: int) -> dict[str, Any]:
    name = row["id"] or new_id(fields.get("option-id", []), at)
    option: dict[str, Any] = row | {"id": name, "credit": percent(row["credit"])}
    return option | ({"pinned": True} if name in fields.get("pinned", []) else {})


def guess(body: Body) -> Decimal | None:
    return None


def public(body: Body) -> dict[str, Any]:
    options = [{"id": option["id"], "text": option["text"]} for option in body["options"]]
    return {"stem": body["stem"], "options": options, "max_choices": body.get("max_choices")}


def form_size(body: Body) -> FormSize:
    # Every byte of an id may be written as three.
    return FormSize(len(body["options"]), 3 * sum(len(option["id"].encode()) for option in body["options"]))


def from_form(body: Body, fields: Fields) -> Any:
    return {"options": list(fields.get("", []))}


def from_paper(body: Body, written: str) -> Any:
    """Letters, as "A C", or the texts of the options between semicolons."""
    return {"options": paper.several(body["options"], written)}


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    chosen = _chosen(body, answer)
    return {"": chosen} if chosen else {}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    given = raw.get("options") if isinstance(raw, Mapping) else raw
    if given is None or given == "":
        return {}
    if not isinstance(given, list | tuple) or not all(isinstance(one, str) for one in given):
        raise InvalidAnswer(_("The answer must be a list of options."))
    chosen, known = set(given) - {""}, [option["id"] for option in body["options"]]
    if not chosen <= set(known):
        raise InvalidAnswer(_("That is not one of the options."))
    most = body.get("max_choices")
    if most is not None and len(chosen) > most:
        words = ngettext("Choose {most} option at most.", "Choose {most} options at most.", most)
        raise InvalidAnswer(words.format(most=most))
    return {"options": [name for name in known if name in chosen]} if chosen else {}


def mark(body: Body, answer: Answer) -> Outcome:
    chosen = _chosen(body, answer)
    if not chosen:
        return Outcome(Decimal(0), "blank")
    return Outcome(_credit(body, chosen), "exact", {"options": chosen})


def text(body: Body, answer: Answer) -> str:
    options = _options(body)
    return "; ".join(shared.label(options[name]) for name in _chosen(body, answer))


def rationale(body: Body, answer: Answer) -> str:
    """Of every chosen option whether it is right, and why."""
    options = _options(body)
    return "\n\n".join(_remark(options[name]) for name in _chosen(body, answer))


def _remark(option: Mapping[str, Any]) -> str:
    return shared.remark(Decimal(int(option["credit"] > 0)), shared.label(option), option.get("rationale", ""))


def expected(body: Body) -> list[str]:
    return [shared.label(option) for option in _right(body)]


def levels(body: Body) -> tuple[Level, ...]:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    if body["scoring"] == ALL:
        return [("; ".join(expected(body)), Decimal(1))]
    if body["scoring"] == EACH:
        return [(shared.label(option), shared.credit(option)) for option in body["options"]]
    share = (1 / Decimal(len(_right(body)))).quantize(THOUSANDTH)
    return [(shared.label(option), share if option["credit"] > 0 else -share) for option in body["options"]]


def categories(body: Body) -> list[Category]:
    return [
        Category(option["id"], shared.label(option), option["credit"] > 0, str(option.get("rationale", "")))
        for option in body["options"]
    ]


def categorise(body: Body, answer: Answer) -> list[str] | None:
    return _chosen(body, answer) or [""]


def _credit(body: Body, chosen: list[str]) -> Decimal:
    right, picked = {option["id"] for option in _right(body)}, set(chosen)
    if body["scoring"] == ALL:
        return Decimal(int(picked == right))
    if body["scoring"] == EACH:
        return shared.whole(sum((shared.credit(_options(body)[name]) for name in chosen), Decimal(0)))
    return max(Decimal(len(picked & right) - len(picked - right)) / len(right), Decimal(0))


def _chosen(body: Body, answer: Answer) -> list[str]:
    return list(clean(body, answer).get("options", []))


def _right(body: Body) -> list[Mapping[str, Any]]:
    return [option for option in body["options"] if option["credit"] > 0]


def _options(body: Body) -> dict[str, Mapping[str, Any]]:
    return {option["id"]: option for option in body["options"]}
