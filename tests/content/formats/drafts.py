"""Drafts of every kind, as writers get them."""

from decimal import Decimal
from typing import Any

from content.drafts import ItemDraft
from content.formats.reading import Draft, Media, Pool
from tests.content.formats.test_xml import PNG

PICTURE = Media("dot.png", "image/png", PNG)
NAMED = f"media:{PICTURE.digest}"


def question(identifier: str, kind: str, points: float = 1, state: str = "approved", **body: Any) -> ItemDraft:
    return ItemDraft(identifier, kind, {"stem": "What?", "section": None, **body}, Decimal(str(points)), state)


def option(name: str, credit: float | None = None, rationale: str = "", **more: Any) -> dict[str, Any]:
    row = {"id": name, "text": f"Option {name}", "rationale": rationale, **more}
    return row if credit is None else row | {"credit": credit}


def accepted(text: str, credit: float = 1, **more: Any) -> dict[str, Any]:
    return {"text": text, "credit": credit, "match": "exact", "feedback": "", **more}


def entry(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "text": f"Entry {name}", **more}


RIGHT = [option("a", 1), option("b", 0), option("c", 1), option("d", 0)]
PAIRS = [entry("p1", match="c1"), entry("p2", match="c2"), entry("p3", match="c2")]
DROP = {"id": "g1", "kind": "dropdown", "options": [option("a", 1), option("b", 0)]}
TYPED = {"id": "g2", "kind": "text", "answers": [accepted("Paris")], "case_sensitive": False}
NUMBER = {"id": "g3", "kind": "number", "answers": [{"value": 2, "credit": 1, "feedback": ""}]}
AREAS = [
    {"id": "a1", "label": "left", "shape": "rect", "coords": [0, 0, 50, 50], "credit": 1, "rationale": "There"},
    {"id": "a2", "label": "right", "shape": "circle", "coords": [75, 25, 10], "credit": 0, "rationale": ""},
]
IMAGE = {"image": NAMED, "alt": "A dot", "width": 100, "height": 50, "areas": AREAS}
RUBRIC = [{"level": "full", "idea": "All *of* it", "example": ""}]

# What every format of QTI holds.
COMMON = [
    question(
        "choice",
        "choice",
        2,
        stem="**Which** is $x^2$?\n\n- a\n- b",
        options=[option("a", 1, "Yes *indeed*"), option("b", 0.5), option("c", 0, pinned=True)],
        feedback="For **all**",
    ),
    question("unkeyed", "choice", state="unkeyed", options=[option("a"), option("b")]),
    question("true", "true_false", 3, correct=True, rationales={"true": "Yes", "false": ""}),
    question("all", "multiple_response", 2, options=RIGHT, scoring="all_or_nothing"),
    question("minus", "multiple_response", 2, options=RIGHT, scoring="right_minus_wrong"),
    question(
        "short",
        "short_text",
        answers=[accepted("Paris", feedback="Right"), accepted("Lutetia", 0.5)],
        case_sensitive=False,
    ),
    question(
        "number",
        "numeric",
        2,
        answers=[
            {"value": 3.14, "tolerance": {"type": "absolute", "value": 0.01}, "credit": 1, "feedback": "ok"},
            {"min": 3, "max": 4, "credit": 0.5, "feedback": ""},
        ],
    ),
    question(
        "relative",
        "numeric",
        answers=[{"value": 50, "tolerance": {"type": "relative", "value": 0.1}, "credit": 1, "feedback": ""}],
    ),
    question(
        "figures",
        "numeric",
        answers=[
            {"value": 3.14, "tolerance": {"type": "significant_figures", "value": 3}, "credit": 1, "feedback": ""}
        ],
    ),
    question(
        "decimals",
        "numeric",
        answers=[{"value": 2.5, "tolerance": {"type": "decimals", "value": 1}, "credit": 1, "feedback": ""}],
    ),
    question("pairs", "matching", prompts=PAIRS, choices=[entry("c1"), entry("c2"), entry("c3")], scoring="per_pair"),
    question("together", "matching", prompts=PAIRS, choices=[entry("c1"), entry("c2")], scoring="all_or_nothing"),
    question(
        "order", "ordering", entries=[entry("e1"), entry("e2"), entry("e3")], key=["e2", "e1", "e3"], scoring="exact"
    ),
    question("drops", "cloze", 2, stem="", text="The [[g1]] is **big**.", gaps=[DROP]),
    question("blanks", "cloze", 2, stem="", text="[[g2]] or [[g4]]", gaps=[TYPED, {**TYPED, "id": "g4"}]),
    question(
        "whole",
        "cloze",
        2,
        stem="",
        text="[[g2]] or [[g4]]",
        gaps=[TYPED, {**TYPED, "id": "g4"}],
        scoring="all_or_nothing",
    ),
    question("essay", "open_text", 5, rubric=RUBRIC),
    question(
        "text", "description", 0, stem=f"![A dot]({NAMED})\n\n| a | b |\n| --- | ---: |\n| 1 | 2 |\n\n```py\nx = 1\n```"
    ),
]

SPOTS = {**IMAGE, "areas": [*AREAS, {**AREAS[1], "id": "a3", "label": "above", "credit": 1}], "max_choices": 3}
# What QTI 2 and 3 hold besides.
MORE = [
    question(
        "options",
        "multiple_response",
        4,
        options=[option("a", 0.7), option("b", 0.3), option("c", -0.5)],
        scoring="per_option",
    ),
    question("limited", "multiple_response", 2, options=RIGHT, scoring="all_or_nothing", max_choices=3),
    question("pattern", "short_text", 3, answers=[accepted("colou?r", match="regex")], case_sensitive=True),
    question("sensitive", "short_text", answers=[accepted("pH")], case_sensitive=True),
    question("gaps", "cloze", 4, stem="", text="[[g1]] [[g2]] [[g3]]", gaps=[DROP, {**TYPED, "weight": 2}, NUMBER]),
    question("spot", "hotspot", **IMAGE, max_choices=1),
    question("spots", "hotspot", **SPOTS),
    question("all-spots", "hotspot", **SPOTS, scoring="all_or_nothing"),
    question(
        "levels",
        "open_text",
        5,
        max_length=500,
        rubric=[
            *RUBRIC,
            {"level": "half", "idea": "Some", "example": "So"},
            {"level": "none", "idea": "Nothing", "example": ""},
        ],
    ),
    question("upload", "file_upload", types=[".pdf", ".png"], max_size=10 * 1024 * 1024, max_files=1, rubric=RUBRIC),
]


def draft(items: list[ItemDraft]) -> Draft:
    return Draft(
        items=items,
        title="Every kind & more",
        slug="every",
        pools=[Pool("Group", 1, ["all", "minus"])],
        shuffle_questions=True,
        shuffle_options=True,
        media=[PICTURE],
    )
