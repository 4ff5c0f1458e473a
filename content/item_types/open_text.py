"""Short open answer (QTI 3 extendedTextInteraction), credited by a person against a rubric.

body: {"stem": str, "rubric": [{"level": "full" | "half" | "none", "idea": str, "example": str}],
"max_length": characters, "section": anchor or null}
answer: {"text": str} or {}
"""

import unicodedata
from decimal import Decimal
from typing import Any

from content.item_types import Answer, Body, InvalidAnswer, Outcome

KIND = "open_text"
BY_RULE = False
DEFAULT_MAX_LENGTH = 2000
CREDIT = {"full": Decimal(1), "half": Decimal("0.5"), "none": Decimal(0)}


def problems(body: Body) -> list[str]:
    found = []
    if not str(body.get("stem", "")).strip():
        found.append("The question has no text.")
    levels = [line.get("level") for line in body.get("rubric", [])]
    if "full" not in levels:
        found.append("The rubric names no answer that earns full credit.")
    if set(levels) - set(CREDIT):
        found.append("A rubric line has an unknown level.")
    return found


def public(body: Body) -> dict[str, Any]:
    return {"stem": body["stem"], "max_length": body.get("max_length", DEFAULT_MAX_LENGTH)}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    text = raw.get("text") if isinstance(raw, dict) else raw
    if text is None:
        return {}
    if not isinstance(text, str):
        raise InvalidAnswer("The answer must be text.")
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\x00", ""))
    if not text.strip():
        return {}
    if len(text) > body.get("max_length", DEFAULT_MAX_LENGTH):
        raise InvalidAnswer("The answer is longer than allowed.")
    return {"text": text}


def mark(body: Body, answer: Answer) -> Outcome:
    """A blank answer earns nothing; every other one waits for a person."""
    if not answer.get("text"):
        return Outcome(Decimal(0), "blank")
    return Outcome(None, "person")


def feedback(body: Body, answer: Answer) -> dict[str, Any]:
    full = [line["idea"] for line in body["rubric"] if line["level"] == "full"]
    return {"answer_text": answer.get("text", ""), "rationale": "", "expected": full}


def category(body: Body, answer: Answer) -> str | None:
    return None


def categories(body: Body) -> dict[str, str]:
    return {}
