"""Accepted numbers: [{"value": number} or {"min", "max"}, with "tolerance"?: {"type": "absolute" | "relative" |
"significant_figures" | "decimals", "value": number}, "credit", "feedback"?: Markdown}]; a number may be a string with a
decimal point. Of those that match, the first with the highest credit decides.
"""

from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal, localcontext
from typing import Any

from django.utils.translation import gettext as _

from content.item_type import Category, Fields, percent
from content.marking import numbers, options, parts
from content.marking.text_answers import MOST, OTHER
from content.marking.text_answers import name as name

Accepted = Mapping[str, Any]
ROW = ("value", "max", "tolerance_type", "tolerance", "credit", "feedback")
ABSOLUTE, RELATIVE, FIGURES, DECIMALS = TOLERANCES = ("absolute", "relative", "significant_figures", "decimals")
MOST_FIGURES = 30
SLACK = Decimal("1e-12")  # relative: what conversions and binary fractions may cost
ENOUGH = Context(prec=2 * numbers.LARGEST + 2 * numbers.LONGEST, rounding=ROUND_HALF_UP)


def best(answers: Sequence[Accepted], number: Decimal) -> int | None:
    """The place of the accepted answer that decides; None where none matches."""
    with localcontext(ENOUGH):
        found = [at for at, answer in enumerate(answers) if _matches(answer, number)]
    return max(found, key=lambda at: (options.credit(answers[at]), -at), default=None)


def _matches(answer: Accepted, number: Decimal) -> bool:
    if "value" not in answer:
        return _between(number, _number(answer["min"]), _number(answer["max"]))
    value, tolerance = _number(answer["value"]), answer.get("tolerance")
    if not tolerance:
        return _between(number, value, value)
    size = _number(tolerance["value"])
    if tolerance["type"] == FIGURES:
        return _figures(number, int(size)) == _figures(value, int(size))
    if tolerance["type"] == DECIMALS:
        return _rounded(number, -int(size)) == _rounded(value, -int(size))
    reach = size if tolerance["type"] == ABSOLUTE else size * abs(value)
    return _between(number, value - reach, value + reach)


def _between(number: Decimal, low: Decimal, high: Decimal) -> bool:
    slack = SLACK * max(abs(low), abs(high))
    return low - slack <= number <= high + slack


def _figures(number: Decimal, figures: int) -> Decimal:
    return _rounded(number, number.adjusted() - figures + 1) if number else number


def _rounded(number: Decimal, exponent: int) -> Decimal:
    return number.quantize(Decimal(1).scaleb(exponent))


def _number(value: object) -> Decimal:
    number = numbers.given(value)
    assert number is not None, "published"
    return number


def problems(answers: object) -> Iterator[str]:
    if not isinstance(answers, list | tuple) or not all(_well_formed(answer) for answer in answers):
        yield "Every accepted answer needs a number, or the two ends of a range, and a credit."
        return
    if not all(0 <= answer["credit"] <= 1 for answer in answers):
        yield "The credit of an accepted answer must lie between 0 and 1."
    elif not any(answer["credit"] == 1 for answer in answers):
        yield "No accepted answer earns full credit."
    if len(answers) > MOST:
        yield f"There are more than {MOST} accepted answers."
    if any(_number(answer["min"]) > _number(answer["max"]) for answer in answers if "value" not in answer):
        yield "The lower end of a range lies above its upper end."
    if not all(_is_tolerance(answer.get("tolerance")) for answer in answers):
        yield "A tolerance must be a number from 0, or 1 to 30 significant figures, or 0 to 30 decimals."


def warnings(answers: Sequence[Accepted]) -> Iterator[str]:
    for at, answer in enumerate(answers):
        if "value" in answer and best(answers, _number(answer["value"])) != at:
            yield f"{answer['value']} never decides as an answer: another accepted answer covers it."


def label(answer: Accepted, unit: str = "") -> str:
    """The number or range as the active language writes it, with the unit."""
    if "value" in answer:
        shown = shown_number(answer["value"])
    else:
        low, high = shown_number(answer["min"]), shown_number(answer["max"])
        shown = _("{low} to {high}").format(low=low, high=high)
    return f"{shown} {unit}".strip()


def shown_number(value: object) -> str:
    """A number of a body as the active language writes it; what is no number as it is."""
    number = numbers.given(value)
    text = str(value) if number is None else numbers.canonical(number)
    return numbers.localised(text, numbers.local())


def expected(answers: Sequence[Accepted], unit: str = "") -> list[str]:
    return [label(answer, unit) for answer in answers if answer["credit"] == 1]


def key(answers: Sequence[Accepted], unit: str = "") -> list[tuple[str, Decimal]]:
    return [(f"{label(answer, unit)}{_tolerance(answer)}", options.credit(answer)) for answer in answers]


def _tolerance(answer: Accepted) -> str:
    tolerance = answer.get("tolerance")
    if not tolerance:
        return ""
    words = {
        ABSOLUTE: _(" (± {size})"),
        RELATIVE: _(" (± {size} of it)"),
        FIGURES: _(" (to {size} significant figures)"),
        DECIMALS: _(" (to {size} decimals)"),
    }
    return words[tolerance["type"]].format(size=shown_number(tolerance["value"]))


def categories(answers: Sequence[Accepted], unit: str = "") -> list[Category]:
    found = [Category(name(at), label(answer, unit), answer["credit"] == 1) for at, answer in enumerate(answers)]
    return [*found, Category(OTHER, _("Another answer"))]


def from_row(row: Mapping[str, str]) -> dict[str, Any]:
    """The accepted answer that a row of an editor says: a number, or a range where `max` is filled in."""
    low, high = numbers.typed(row["value"]), numbers.typed(row["max"])
    answer: dict[str, Any] = {"min": low, "max": high} if high else {"value": low}
    if row["tolerance_type"]:
        answer["tolerance"] = {"type": row["tolerance_type"], "value": numbers.typed(row["tolerance"])}
    return answer | {"credit": percent(row["credit"]), "feedback": row["feedback"]}


def from_editor(fields: Fields) -> list[dict[str, Any]]:
    """The rows of `answer-value` and the like; a row without number is left out."""
    found = [from_row(row) for row in parts.rows(fields, "answer", ROW) if row["value"]]
    return found or [{"value": "", "credit": 1, "feedback": ""}]


def _well_formed(answer: object) -> bool:
    if not isinstance(answer, Mapping):
        return False
    parts = ("value",) if "value" in answer else ("min", "max")
    return (
        all(numbers.given(answer.get(part)) is not None for part in parts)
        and options.is_number(answer.get("credit"))
        and isinstance(answer.get("feedback", ""), str)
    )


def _is_tolerance(tolerance: Any) -> bool:
    if tolerance is None:
        return True
    if not isinstance(tolerance, Mapping) or tolerance.get("type") not in TOLERANCES:
        return False
    size = numbers.given(tolerance.get("value"))
    if size is None or size < 0:
        return False
    rounds = tolerance["type"] in (FIGURES, DECIMALS)
    least = 1 if tolerance["type"] == FIGURES else 0
    return not rounds or (size == int(size) and least <= size <= MOST_FIGURES)
