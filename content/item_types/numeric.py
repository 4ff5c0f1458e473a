"""A number (QTI 3 textEntryInteraction of base type float), marked by accepted numbers, perhaps with a unit.

body: {"stem": str, "answers": as content.marking.number_answers, "units": {"unit": str, "required": bool, "penalty":
0..1, the credit that a missing or wrong unit costs}, optional, "section": anchor or null}
answer: {"text": as it was typed, "value": with a decimal point, "unit": str} or {}
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

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
    percent,
)
from content.marking import number_answers, numbers, options, parts, text_answers, texts, units

KIND = "numeric"
LABEL = gettext_lazy("Number")
HINT = gettext_lazy("A number, exact or within a tolerance, with a unit where you wish.")
SCORED = True
SHUFFLES: tuple[str, ...] = ()
ALWAYS_SHUFFLED = False
BY_RULE = True
PUBLISHABLE = ("approved",)
INTERACTION = "numeric"
TEMPLATES = Templates(control="items/numeric/control.html", editor="items/numeric/editor.html", paper="items/line.html")
PUBLIC: dict[str, Any] = {
    "unit": {"type": "string", "description": "Of a number: the unit meant where none is typed; may be empty."},
    "unit_required": {"type": "boolean", "description": "Of a number: whether the unit belongs to the answer."},
}
ANSWER: dict[str, Any] = {
    "text": {"type": "string", "description": "Of a text or a number, as it was typed."},
    "value": {"type": "string", "description": "Of a number: the number with a decimal point."},
    "unit": {"type": "string", "description": "Of a number: its unit, as it was typed."},
}
# A sign, a digit and the like may be written as three bytes each, and each of those as three.
LONGEST = numbers.LONGEST + units.LONGEST


def problems(body: Body) -> list[str]:
    stem = body.get("stem")
    found = [] if isinstance(stem, str) and stem.strip() else ["The question has no text."]
    found += number_answers.problems(body.get("answers"))
    return found + ([] if body.get("units") is None else _unit_problems(body["units"]))


def _unit_problems(given: object) -> list[str]:
    if not isinstance(given, Mapping) or not isinstance(given.get("unit"), str):
        return ["The unit must be a text."]
    unit, penalty = given["unit"], given.get("penalty", 0)
    checks = {
        f"The unit must have 1 to {units.LONGEST} characters.": not 0 < len(unit.strip()) <= units.LONGEST,
        "A unit cannot begin with a digit.": unit.strip()[:1].isdigit(),
        "Say whether the unit is required.": not isinstance(given.get("required", False), bool),
        "What a wrong unit costs must lie between 0 % and 100 %.": not options.is_number(penalty)
        or not 0 <= penalty <= 1,
    }
    return [text for text, wrong in checks.items() if wrong]


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    given = body.get("units") or {}
    checks = {
        "The unit is not one that can be converted: it counts only as it is written.": bool(given)
        and units.read(given["unit"]) is None,
        "The unit is required, but a missing one costs nothing.": bool(given.get("required"))
        and not given.get("penalty"),
    }
    return [*number_answers.warnings(body["answers"]), *(text for text, found in checks.items() if found)]


def from_editor(fields: Fields) -> dict[str, Any]:
    """Rows as number_answers.from_editor; `unit`, `unit_required` where it is ticked, and `penalty` in percent."""
    body: dict[str, Any] = {"answers": number_answers.from_editor(fields)}
    unit = parts.first(fields, "unit")
    if not unit:
        return body
    cost = percent(parts.first(fields, "penalty"))
    return body | {"units": {"unit": unit, "required": "unit_required" in fields, "penalty": cost}}


def guess(body: Body) -> Decimal | None:
    return Decimal(0)


def public(body: Body) -> dict[str, Any]:
    required = bool((body.get("units") or {}).get("required"))
    return {"stem": body["stem"], "unit": "" if required else _unit(body), "unit_required": required}


def form_size(body: Body) -> FormSize:
    return FormSize(1, texts.ENCODED * LONGEST)


def from_form(body: Body, fields: Fields) -> Any:
    return next(iter(fields.get("", [])), None)


def from_paper(body: Body, written: str) -> Any:
    return written


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    cleaned = clean(body, answer)
    return {"": [cleaned["text"]]} if cleaned else {}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    text, value = _parts(raw)
    if not text:
        return {}
    if len(text) > LONGEST:
        raise InvalidAnswer(_("The answer is too long."))
    own = numbers.local()
    number, unit = _read(text, value, own)
    if unit and not body.get("units"):
        raise InvalidAnswer(_("Give the number only, without a unit."))
    if len(unit) > units.LONGEST:
        raise InvalidAnswer(_("The unit is too long."))
    stored = numbers.canonical(number)
    if numbers.leading(text, own) != (number, unit):
        text = f"{numbers.localised(stored, own)} {unit}".strip()
    return {"text": text, "value": stored, "unit": unit}


def _parts(raw: Any) -> tuple[str, str]:
    """What was typed, on one line with single spaces, and the number that it was read as, where that is known."""
    given = raw if isinstance(raw, Mapping) else {"text": raw}
    text, value, unit = given.get("text"), given.get("value"), given.get("unit", "")
    if text is None and value is not None and isinstance(unit, str):
        number = numbers.given(value)
        value = None if number is None else numbers.canonical(number)
        text = f"{value} {unit}"
    elif isinstance(text, int | float):
        number = numbers.given(text)
        text = value = None if number is None else numbers.canonical(number)
    elif text is None:
        return "", ""
    if not isinstance(text, str) or len(text) > texts.COMPOSITION * LONGEST:
        raise InvalidAnswer(_("The answer must be a number."))
    return " ".join(texts.storable_line(text).split()), value if isinstance(value, str) else ""


def _read(text: str, value: str, own: numbers.Separators) -> tuple[Decimal, str]:
    """The number and the unit. Where the number is known, the reading that gives it; else that of the language."""
    readings = [numbers.leading(text, separators) for separators in (own, numbers.NEUTRAL, numbers.SWAPPED)]
    known = [found for found in readings if found and numbers.canonical(found[0]) == value]
    found = known[0] if known else readings[0]
    if found is None or found[1][:1].isdigit():
        raise InvalidAnswer(
            _("That cannot be read as a number. Write it like {example}, 3/4 or 2e6.").format(
                example=numbers.localised("1.5", own)
            )
        )
    return found


def mark(body: Body, answer: Answer) -> Outcome:
    cleaned = clean(body, answer)
    if not cleaned:
        return Outcome(Decimal(0), "blank")
    at, lost = _judged(body, cleaned)
    credit = options.credit(body["answers"][at]) - lost if at is not None else Decimal(0)
    evidence = {"answer": text_answers.name(at), "lost_for_unit": str(lost)}
    return Outcome(max(credit, Decimal(0)), "exact", evidence)


def text(body: Body, answer: Answer) -> str:
    return str(clean(body, answer).get("text", ""))


def rationale(body: Body, answer: Answer) -> str:
    cleaned = clean(body, answer)
    if not cleaned:
        return ""
    at, lost = _judged(body, cleaned)
    said = "" if at is None else str(body["answers"][at].get("feedback", ""))
    missed = _("The unit is missing or wrong.") if lost and at is not None else ""
    return "\n\n".join(part for part in (said, missed) if part)


def expected(body: Body) -> list[str]:
    return number_answers.expected(body["answers"], _unit(body))


def levels(body: Body) -> tuple[Level, ...]:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    return number_answers.key(body["answers"], _unit(body))


def categories(body: Body) -> list[Category]:
    return number_answers.categories(body["answers"], _unit(body))


def categorise(body: Body, answer: Answer) -> list[str] | None:
    cleaned = clean(body, answer)
    return [text_answers.name(_judged(body, cleaned)[0]) if cleaned else ""]


def typed(body: Body, answer: Answer) -> list[str]:
    """The number in canonical notation, with its unit."""
    cleaned = clean(body, answer)
    return [f"{cleaned['value']} {cleaned.get('unit') or ''}".strip()] if cleaned else []


def _judged(body: Body, cleaned: Answer) -> tuple[int | None, Decimal]:
    """The place of the accepted answer that decides, and the credit that the unit costs."""
    number, lost = Decimal(cleaned["value"]), Decimal(0)
    wanted = body.get("units")
    if wanted:
        given = cleaned["unit"]
        converted = units.convert(number, given, wanted["unit"]) if given else None
        missed = converted is None if given else bool(wanted.get("required"))
        lost = Decimal(str(wanted.get("penalty", 0))) if missed else lost
        number = number if converted is None else converted
    return number_answers.best(body["answers"], number), lost


def _unit(body: Body) -> str:
    return str((body.get("units") or {}).get("unit", ""))
