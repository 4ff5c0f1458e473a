"""A small kind of question that only the tests know: tick what is right, and say how sure you are; two parts."""

from decimal import Decimal
from typing import Any

from content.item_types import ALL_OR_NOTHING, Answer, Body, Category, Fields, FormSize, InvalidAnswer, Outcome
from content.item_types import Templates as Templates

KIND = "ticks"
LABEL = "Ticks"
HINT = "Tick what is right."
SCORED = True
SHUFFLES: tuple[str, ...] = ()
ALWAYS_SHUFFLED = False
BY_RULE = True
PUBLISHABLE = ("approved",)
TEMPLATES = Templates(control="ticks/control.html")
PUBLIC: dict[str, Any] = {"words": {"type": "array"}}
ANSWER: dict[str, Any] = {"ticked": {"type": "array"}, "sure": {"type": "string"}}


def problems(body: Body) -> list[str]:
    return [] if body.get("right") else ["Nothing is right."]


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    return []


def from_editor(fields: Fields) -> dict[str, Any]:
    return {"words": list(fields.get("word", [])), "right": list(fields.get("right", []))}


def guess(body: Body) -> Decimal | None:
    return None


def public(body: Body) -> dict[str, Any]:
    return {"stem": body["stem"], "words": list(body["words"])}


def form_size(body: Body) -> FormSize:
    return FormSize(len(body["words"]) + 1, 1000)


def from_form(body: Body, fields: Fields) -> Any:
    return {"ticked": list(fields.get("ticked", [])), "sure": next(iter(fields.get("sure", [])), "")}


def from_paper(body: Body, written: str) -> Any:
    return {"ticked": written.split(), "sure": ""}


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    cleaned = clean(body, answer)
    return {"ticked": cleaned["ticked"], "sure": [cleaned["sure"]]} if cleaned else {}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    if not raw or not raw.get("ticked"):
        return {}
    if unknown := set(raw["ticked"]) - set(body["words"]):
        raise InvalidAnswer(f"Unknown: {sorted(unknown)}")
    return {"ticked": sorted(raw["ticked"]), "sure": raw.get("sure", "")}


def mark(body: Body, answer: Answer) -> Outcome:
    right = clean(body, answer).get("ticked") == sorted(body["right"])
    return Outcome(Decimal(int(right)), "exact" if answer else "blank")


def text(body: Body, answer: Answer) -> str:
    return " and ".join(clean(body, answer).get("ticked", []))


def rationale(body: Body, answer: Answer) -> str:
    return "So they are." if answer else ""


def expected(body: Body) -> list[str]:
    return [" and ".join(body["right"])]


def levels(body: Body) -> Any:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    return [(word, Decimal(1)) for word in body["right"]]


def categories(body: Body) -> list[Category]:
    return [Category(word, f"the {word}", word in body["right"]) for word in body["words"]]


def categorise(body: Body, answer: Answer) -> list[str] | None:
    return clean(body, answer).get("ticked", [""])
