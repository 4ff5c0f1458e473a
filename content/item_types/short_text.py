"""Short text (QTI 3 textEntryInteraction), marked by accepted answers.

body: {"stem": str, "answers": as content.marking.text_answers, "case_sensitive": bool, false by default,
"accent_sensitive": bool, true by default, "max_length": characters, optional, "section": anchor or null}
answer: {"text": str} or {}
"""

from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy

from content.item_types import (
    ALL_OR_NOTHING,
    Answer,
    Body,
    Category,
    Fields,
    FormSize,
    Level,
    Outcome,
    Templates,
)
from content.marking import options, parts, text_answers, texts

KIND = "short_text"
LABEL = gettext_lazy("Short text")
HINT = gettext_lazy("A word or a few, compared with the answers that you accept.")
SCORED = True
SHUFFLES: tuple[str, ...] = ()
ALWAYS_SHUFFLED = False
BY_RULE = True
PUBLISHABLE = ("approved",)
INTERACTION = "fill-in"
TEMPLATES = Templates(
    control="items/short_text/control.html", editor="items/short_text/editor.html", paper="items/line.html"
)
PUBLIC: dict[str, Any] = {"max_length": {"type": "integer", "description": "Of a text to type, in characters."}}
ANSWER: dict[str, Any] = {"text": {"type": "string", "description": "Of a text or a number, as it was typed."}}
DEFAULT_MAX_LENGTH = 255
LONGEST = 2000


def problems(body: Body) -> list[str]:
    stem, longest = body.get("stem"), body.get("max_length", DEFAULT_MAX_LENGTH)
    switches = (body.get("case_sensitive", False), body.get("accent_sensitive", True))
    checks = {
        "The question has no text.": not isinstance(stem, str) or not stem.strip(),
        f"The longest answer must have 1 to {LONGEST} characters.": type(longest) is not int
        or not 1 <= longest <= LONGEST,
        "Say whether capitals and accents matter.": not all(isinstance(switch, bool) for switch in switches),
    }
    return [text for text, wrong in checks.items() if wrong] + list(text_answers.problems(body.get("answers")))


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    return list(text_answers.warnings(body["answers"], **_switches(body)))


def from_editor(fields: Fields) -> dict[str, Any]:
    """Rows as text_answers.from_editor; `case_sensitive` and `accent_insensitive` where they are ticked;
    `max_length`.
    """
    longest = parts.whole_number(parts.first(fields, "max_length"))
    return {
        "answers": text_answers.from_editor(fields),
        "case_sensitive": "case_sensitive" in fields,
        "accent_sensitive": "accent_insensitive" not in fields,
        "max_length": DEFAULT_MAX_LENGTH if longest is None else longest,
    }


def guess(body: Body) -> Decimal | None:
    return text_answers.guess(body["answers"])


def public(body: Body) -> dict[str, Any]:
    return {"stem": body["stem"], "max_length": _longest(body)}


def form_size(body: Body) -> FormSize:
    return FormSize(1, texts.ENCODED * _longest(body))


def from_form(body: Body, fields: Fields) -> Any:
    return next(iter(fields.get("", [])), None)


def from_paper(body: Body, written: str) -> Any:
    return written


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    return {"": list(clean(body, answer).values())}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    return texts.answer(raw, longest=_longest(body), storable=texts.storable_line)


def mark(body: Body, answer: Answer) -> Outcome:
    cleaned = clean(body, answer)
    if not cleaned:
        return Outcome(Decimal(0), "blank")
    at = _best(body, cleaned)
    if at is None:
        return Outcome(Decimal(0), "exact", {"answer": None})
    accepted = body["answers"][at]
    return Outcome(options.credit(accepted), str(accepted["match"]), {"answer": accepted["text"]})


def text(body: Body, answer: Answer) -> str:
    return str(clean(body, answer).get("text", ""))


def rationale(body: Body, answer: Answer) -> str:
    at = _best(body, clean(body, answer))
    return "" if at is None else str(body["answers"][at].get("feedback", ""))


def expected(body: Body) -> list[str]:
    return text_answers.expected(body["answers"])


def levels(body: Body) -> tuple[Level, ...]:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    return text_answers.key(body["answers"])


def categories(body: Body) -> list[Category]:
    return text_answers.categories(body["answers"])


def categorise(body: Body, answer: Answer) -> list[str] | None:
    cleaned = clean(body, answer)
    return [text_answers.name(_best(body, cleaned)) if cleaned else ""]


def typed(body: Body, answer: Answer) -> list[str]:
    """The text as it is compared."""
    cleaned = clean(body, answer)
    return [texts.folded(cleaned["text"], **_switches(body))] if cleaned else []


def _best(body: Body, cleaned: Answer) -> int | None:
    return text_answers.best(body["answers"], cleaned["text"], **_switches(body)) if cleaned else None


def _switches(body: Body) -> dict[str, bool]:
    return {"case": body.get("case_sensitive", False), "accents": body.get("accent_sensitive", True)}


def _longest(body: Body) -> int:
    return int(body.get("max_length", DEFAULT_MAX_LENGTH))
