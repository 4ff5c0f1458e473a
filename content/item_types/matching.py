"""Matching (QTI 3 matchInteraction): each prompt takes one of the choices, some of which may match none.

body: {"stem": str, "prompts": [{"id", "text", "match": id of a choice}], "choices": [{"id", "text", "pinned"?: bool}],
"scoring": "per_pair" | "all_or_nothing", "section": anchor or null}
answer: {"pairs": {id of a prompt: id of a choice}} or {}; a prompt that is left out has no answer yet

Credit: right pairs / prompts (`per_pair`, as Moodle's and Canvas' matching), or 1 where every pair is right, else 0.
"""

from collections.abc import Mapping
from decimal import Decimal
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
    new_id,
)
from content.marking import paper, parts

KIND = "matching"
LABEL = gettext_lazy("Matching")
HINT = gettext_lazy("Prompts, to each of which the learner finds what belongs to it.")
SCORED = True
SHUFFLES = ("choices",)
ALWAYS_SHUFFLED = True
BY_RULE = True
PUBLISHABLE = ("approved",)
INTERACTION = "matching"
TEMPLATES = Templates(
    control="items/matching/control.html",
    editor="items/matching/editor.html",
    paper="items/matching/paper.html",
    paper_key="items/paper_and_key.html",
)
_PART = {
    "type": "object",
    "required": ["id", "text"],
    "properties": {"id": {"type": "string"}, "text": {"type": "string"}},
}
PUBLIC = {
    "prompts": {"type": "array", "description": "Of a matching question.", "items": _PART},
    "choices": {"type": "array", "description": "Of a matching question.", "items": _PART},
}
ANSWER = {
    "pairs": {
        "type": "object",
        "description": "Of a matching question: the id of a choice by the id of its prompt.",
        "additionalProperties": {"type": "string"},
    }
}
SCORING = ("per_pair", "all_or_nothing")
ROW = ("id", "text", "choice-id", "choice")


def problems(body: Body) -> list[str]:
    prompts, choices = body.get("prompts"), body.get("choices")
    if not parts.are_parts(prompts, "text", "match") or not parts.are_parts(choices, "text"):
        return ["Every prompt needs an id, a text and its choice; every choice an id and a text."]
    assert isinstance(prompts, list | tuple)
    assert isinstance(choices, list | tuple)
    known = [choice["id"] for choice in choices]
    checks = {
        "The question has no text.": parts.no_stem(body),
        "A matching question needs at least two prompts.": len(prompts) < 2,
        "A matching question needs at least two choices.": len(choices) < 2,
        "A prompt has no text.": not all(prompt["text"].strip() for prompt in prompts),
        "A choice has no text.": not all(choice["text"].strip() for choice in choices),
        "Two prompts share an id.": parts.repeats([prompt["id"] for prompt in prompts]),
        "Two choices share an id.": parts.repeats(known),
        "Two prompts read the same.": parts.read_the_same(prompt["text"] for prompt in prompts),
        "Two choices read the same.": parts.read_the_same(choice["text"] for choice in choices),
        "A prompt has no matching choice.": not all(prompt["match"] in known for prompt in prompts),
        "The scoring must be per pair, or all or nothing.": body.get("scoring") not in SCORING,
    }
    return [text for text, wrong in checks.items() if wrong]


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    matches = [prompt["match"] for prompt in body["prompts"]]
    left = len(body["choices"]) - len(set(matches))
    checks = {
        "Every choice is used once: the last pair follows from the others. Add a choice that matches nothing.": not left
        and not parts.repeats(matches),
    }
    return [text for text, found in checks.items() if found]


def from_editor(fields: Fields) -> dict[str, Any]:
    """Rows of `pair-id`, `pair-text`, `pair-choice-id` and `pair-choice` (its text), in step, and of `other-id` and
    `other-text` for choices that match nothing; `pinned` holds ids of choices, `scoring` the rule. A row without any
    text is left out; a choice that is written twice is the same choice.
    """
    rows = [row for row in parts.rows(fields, "pair", ROW) if row["text"] or row["choice"]]
    others = parts.rows(fields, "other", ("id", "text"))
    written = [(row["choice"], row["choice-id"]) for row in rows] + [(row["text"], row["id"]) for row in others]
    ids = _choice_ids(written)
    names = parts.named([row["id"] for row in rows])
    prompts = [
        {"id": name, "text": row["text"], "match": ids.get(row["choice"], "")}
        for name, row in zip(names, rows, strict=True)
    ]
    pinned = fields.get("pinned", [])
    choices = [{"id": name, "text": text} | ({"pinned": True} if name in pinned else {}) for text, name in ids.items()]
    scoring = {"scoring": parts.first(fields, "scoring") or SCORING[0]}
    if not prompts and not choices:
        blank = [{"id": name, "text": "", "match": name} for name in "abc"]
        return {"prompts": blank, "choices": [{"id": name, "text": ""} for name in "abc"]} | scoring
    return {"prompts": prompts, "choices": choices} | scoring


def _choice_ids(written: list[tuple[str, str]]) -> dict[str, str]:
    """An id for each text: the one it had, unless another text has it now."""
    ids: dict[str, str] = {}
    for text, name in written:
        if text and text not in ids:
            taken = [*ids.values(), *(one for _text, one in written)]
            ids[text] = name if name and name not in ids.values() else new_id(taken, len(ids))
    return ids


def guess(body: Body) -> Decimal | None:
    chance = 1 / Decimal(len(body["choices"]))
    return chance if body["scoring"] == "per_pair" else chance ** len(body["prompts"])


def public(body: Body) -> dict[str, Any]:
    shown = {name: [{"id": part["id"], "text": part["text"]} for part in body[name]] for name in ("prompts", "choices")}
    return {"stem": body["stem"]} | shown


def form_size(body: Body) -> FormSize:
    # Every byte of an id may be written as three; the ids of prompts stand in the names of fields.
    longest = max(len(choice["id"].encode()) for choice in body["choices"])
    names = sum(len(prompt["id"].encode()) for prompt in body["prompts"])
    return FormSize(len(body["prompts"]), 3 * (names + longest * len(body["prompts"])))


def from_form(body: Body, fields: Fields) -> Any:
    return {"pairs": {prompt["id"]: next(iter(fields.get(prompt["id"], [])), "") for prompt in body["prompts"]}}


def from_paper(body: Body, written: str) -> Any:
    """ "1-B 2-A", the letters in the order of the prompts, or JSON."""
    given = paper.as_json(written)
    return {"pairs": paper.pairs(body["prompts"], body["choices"], written)} if given is None else given


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    return {prompt: [choice] for prompt, choice in _pairs(body, answer).items()}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    pairs = raw.get("pairs") if isinstance(raw, Mapping) else raw
    if pairs is None or pairs == "":
        return {}
    if not isinstance(pairs, Mapping):
        raise InvalidAnswer(_("The answer must name a choice for each prompt."))
    given = {prompt: choice for prompt, choice in pairs.items() if choice is not None and choice != ""}
    prompts, choices = parts.by_id(body["prompts"]), parts.by_id(body["choices"])
    if not all(prompt in prompts and isinstance(choice, str) and choice in choices for prompt, choice in given.items()):
        raise InvalidAnswer(_("That is not one of the choices."))
    ordered = {prompt: given[prompt] for prompt in prompts if prompt in given}
    return {"pairs": ordered} if ordered else {}


def mark(body: Body, answer: Answer) -> Outcome:
    pairs = _pairs(body, answer)
    if not pairs:
        return Outcome(Decimal(0), "blank")
    right = _right(body, pairs)
    share = Decimal(len(right)) / len(body["prompts"])
    credit = share if body["scoring"] == "per_pair" else Decimal(int(share == 1))
    return Outcome(credit, "exact", {"pairs": pairs, "right": right})


def text(body: Body, answer: Answer) -> str:
    return "\n".join(_label(body, prompt, choice) for prompt, choice in _pairs(body, answer).items())


def rationale(body: Body, answer: Answer) -> str:
    pairs = _pairs(body, answer)
    right, number = len(_right(body, pairs)), len(body["prompts"])
    words = ngettext("{right} of {number} pair is right.", "{right} of {number} pairs are right.", number)
    return words.format(right=right, number=number) if pairs else ""


def expected(body: Body) -> list[str]:
    return [_label(body, prompt["id"], prompt["match"]) for prompt in body["prompts"]]


def levels(body: Body) -> tuple[Level, ...]:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    if body["scoring"] == "all_or_nothing":
        return [("; ".join(expected(body)), Decimal(1))]
    return [(pair, round(1 / Decimal(len(body["prompts"])), 3)) for pair in expected(body)]


def categories(body: Body) -> list[Category]:
    return [
        Category(
            f"{prompt['id']}:{choice['id']}",
            _label(body, prompt["id"], choice["id"]),
            choice["id"] == prompt["match"],
        )
        for prompt in body["prompts"]
        for choice in body["choices"]
    ]


def categorise(body: Body, answer: Answer) -> list[str] | None:
    return [f"{prompt}:{choice}" for prompt, choice in _pairs(body, answer).items()] or [""]


def _pairs(body: Body, answer: Answer) -> dict[str, str]:
    pairs: dict[str, str] = clean(body, answer).get("pairs", {})
    return pairs


def _right(body: Body, pairs: Mapping[str, str]) -> list[str]:
    return [prompt["id"] for prompt in body["prompts"] if pairs.get(prompt["id"]) == prompt["match"]]


def _label(body: Body, prompt: str, choice: str) -> str:
    texts = (parts.by_id(body["prompts"])[prompt]["text"], parts.by_id(body["choices"])[choice]["text"])
    return " – ".join(map(rendering.plain, texts))
