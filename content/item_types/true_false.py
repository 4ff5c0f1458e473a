"""True or false: the stem is a statement (QTI 3 choiceInteraction with two choices).

body: {"stem": str, "correct": bool, "rationales": {"true": str, "false": str}, "section": anchor or null}
answer: {"value": bool} or {}
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

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

KIND = "true_false"
LABEL = gettext_lazy("True or false")
HINT = gettext_lazy("A statement that the learner judges.")
SCORED = True
SHUFFLES: tuple[str, ...] = ()
ALWAYS_SHUFFLED = False
BY_RULE = True
PUBLISHABLE = ("approved",)
INTERACTION = "true-false"
TEMPLATES = Templates(
    control="items/true_false/control.html", editor="items/true_false/editor.html", paper="items/true_false/paper.html"
)
PUBLIC: dict[str, Any] = {}
ANSWER: dict[str, Any] = {"value": {"type": "boolean", "description": "Of a statement: whether it is true."}}
VALUES = {"true": True, "false": False}
LABELS = {"true": gettext_lazy("True"), "false": gettext_lazy("False")}


def problems(body: Body) -> list[str]:
    stem, rationales = body.get("stem"), body.get("rationales", {})
    formed = isinstance(rationales, Mapping) and all(isinstance(text, str) for text in rationales.values())
    checks = {
        "The question has no text.": not isinstance(stem, str) or not stem.strip(),
        "Say whether the statement is true or false.": not isinstance(body.get("correct"), bool),
        "The rationales must be texts.": not formed,
    }
    return [text for text, wrong in checks.items() if wrong]


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    lacking = [name for name in VALUES if not _rationale(body, name).strip()]
    return ["An answer has no rationale."] if lacking else []


def from_editor(fields: Fields) -> dict[str, Any]:
    """`correct` is "true" or "false"; `rationale-true` and `rationale-false`. A new question is neither."""
    typed = {name: next(iter(fields.get(f"rationale-{name}", [])), "").strip() for name in VALUES}
    return {"correct": VALUES.get(next(iter(fields.get("correct", [])), "")), "rationales": typed}


def guess(body: Body) -> Decimal | None:
    return Decimal("0.5")


def public(body: Body) -> dict[str, Any]:
    return {"stem": body["stem"]}


def form_size(body: Body) -> FormSize:
    return FormSize(1, len("false"))


def from_form(body: Body, fields: Fields) -> Any:
    return next(iter(fields.get("", [])), None)


def from_paper(body: Body, written: str) -> Any:
    """The word in any of our languages, or its first letter in the active one or in English."""
    said = written.strip().strip(".").casefold()
    found = {value for value in (True, False) if said in _written(value)}
    if len(found) != 1:
        raise InvalidAnswer(_("The answer must be true or false."))
    return found.pop()


def _written(value: bool) -> set[str]:
    words = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            words.add(_word(value).casefold())
    return words | {_word(value)[0].casefold(), "t" if value else "f", "true" if value else "false"}


def _word(value: bool) -> str:
    return str(_("True") if value else _("False"))


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    chosen = _chosen(body, answer)
    return {"": [chosen]} if chosen else {}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    chosen = raw.get("value") if isinstance(raw, Mapping) else raw
    if chosen is None or chosen == "":
        return {}
    if isinstance(chosen, str):
        chosen = VALUES.get(chosen)
    if not isinstance(chosen, bool):
        raise InvalidAnswer(_("The answer must be true or false."))
    return {"value": chosen}


def mark(body: Body, answer: Answer) -> Outcome:
    cleaned = clean(body, answer)
    if not cleaned:
        return Outcome(Decimal(0), "blank")
    return Outcome(Decimal(int(cleaned["value"] is body["correct"])), "exact", cleaned)


def text(body: Body, answer: Answer) -> str:
    return str(LABELS.get(_chosen(body, answer), ""))


def rationale(body: Body, answer: Answer) -> str:
    return _rationale(body, _chosen(body, answer))


def expected(body: Body) -> list[str]:
    return [str(LABELS[name]) for name, value in VALUES.items() if value is body["correct"]]


def levels(body: Body) -> tuple[Level, ...]:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    return [(str(LABELS[name]), Decimal(int(value is body["correct"]))) for name, value in VALUES.items()]


def categories(body: Body) -> list[Category]:
    return [
        Category(name, str(LABELS[name]), value is body["correct"], _rationale(body, name))
        for name, value in VALUES.items()
    ]


def categorise(body: Body, answer: Answer) -> list[str] | None:
    return [_chosen(body, answer)]


def _chosen(body: Body, answer: Answer) -> str:
    """The name of the answer; empty where it is blank."""
    value = clean(body, answer).get("value")
    return "" if value is None else str(value).lower()


def _rationale(body: Body, name: str) -> str:
    return str(body.get("rationales", {}).get(name, ""))
