"""Single choice (QTI 3 choiceInteraction with max-choices 1).

body: {"stem": str, "options": [{"id": str, "text": str, "credit": 0..1, "rationale": str}], "section": anchor or null}
answer: {"option": id} or {}
"""

from decimal import Decimal
from typing import Any

from content.item_types import Answer, Body, InvalidAnswer, Outcome

KIND = "choice"
BY_RULE = True


def problems(body: Body) -> list[str]:
    found = []
    if not str(body.get("stem", "")).strip():
        found.append("The question has no text.")
    options = body.get("options", [])
    if len(options) < 2:
        found.append("A choice needs at least two options.")
    if len({option["id"] for option in options}) != len(options):
        found.append("Two options share an id.")
    if len({option["text"].strip().casefold() for option in options}) != len(options):
        found.append("Two options read the same.")
    if any(not 0 <= Decimal(str(option.get("credit", 0))) <= 1 for option in options):
        found.append("The credit of an option must lie between 0 and 1.")
    if not any(Decimal(str(option.get("credit", 0))) == 1 for option in options):
        found.append("No option earns full credit.")
    return found


def public(body: Body) -> dict[str, Any]:
    options = [{"id": option["id"], "text": option["text"]} for option in body["options"]]
    return {"stem": body["stem"], "options": options}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    chosen = raw.get("option") if isinstance(raw, dict) else raw
    if chosen in (None, ""):
        return {}
    if not isinstance(chosen, str) or chosen not in _options(body):
        raise InvalidAnswer("That is not one of the options.")
    return {"option": chosen}


def mark(body: Body, answer: Answer) -> Outcome:
    chosen = answer.get("option")
    if chosen is None:
        return Outcome(Decimal(0), "blank")
    return Outcome(Decimal(str(_options(body)[chosen]["credit"])), "exact", {"option": chosen})


def feedback(body: Body, answer: Answer) -> dict[str, Any]:
    options = _options(body)
    chosen = options.get(str(answer.get("option")), {})
    return {
        "answer_text": chosen.get("text", ""),
        "rationale": chosen.get("rationale", ""),
        "expected": [option["text"] for option in options.values() if Decimal(str(option["credit"])) == 1],
    }


def category(body: Body, answer: Answer) -> str | None:
    return str(answer.get("option", ""))


def categories(body: Body) -> dict[str, str]:
    return {option["id"]: option["text"] for option in body["options"]}


def _options(body: Body) -> dict[str, dict[str, Any]]:
    return {option["id"]: option for option in body["options"]}
