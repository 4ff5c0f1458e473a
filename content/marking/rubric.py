"""A rubric: ideas that earn full, half or no credit, by which a person decides. Pure.

{"rubric": [{"level": "full" | "half" | "none", "idea": str, "example": str}]}
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext_lazy

from content import rendering
from content.item_type import Body, Fields, Level
from content.marking import parts

ROW = ("level", "idea", "example")
CREDIT = {"full": Decimal(1), "half": Decimal("0.5"), "none": Decimal(0)}
LABELS = {"full": gettext_lazy("Full credit"), "half": gettext_lazy("Half credit"), "none": gettext_lazy("No credit")}


def problems(body: Body) -> list[str]:
    rubric = body.get("rubric")
    if not isinstance(rubric, list | tuple) or not all(_well_formed(line) for line in rubric):
        return ["Every line of the rubric needs a level (full, half or none) and an idea."]
    if all(line["level"] != "full" for line in rubric):
        return ["The rubric names no answer that earns full credit."]
    return []


def warnings(body: Body) -> list[str]:
    few = len([line for line in body["rubric"] if line["level"] == "full"]) < 3
    none = all(line["level"] != "none" for line in body["rubric"])
    checks = {
        "The rubric names fewer than three ideas that earn full credit.": few,
        "The rubric names nothing that earns no credit.": none,
    }
    return [text for text, found in checks.items() if found]


def from_editor(fields: Fields) -> list[dict[str, str]]:
    """Rows of `rubric-level`, `rubric-idea` and `rubric-example`, in step. A row without idea is left out."""
    rubric = [row for row in parts.rows(fields, "rubric", ROW) if row["idea"]]
    return rubric or [{"level": "full", "idea": "", "example": ""}]


def expected(body: Body) -> list[str]:
    return [rendering.plain(line["idea"]) for line in body["rubric"] if line["level"] == "full"]


def levels(body: Body) -> list[Level]:
    """Those of the rubric; full and no credit can always be given."""
    ideas = {level: [_idea(line) for line in body["rubric"] if line["level"] == level] for level in CREDIT}
    return [Level(name, LABELS[name], CREDIT[name], ideas[name]) for name in CREDIT if ideas[name] or name != "half"]


def _idea(line: Mapping[str, Any]) -> dict[str, str]:
    return {"idea": rendering.plain(line["idea"]), "example": rendering.plain(line.get("example", ""))}


def _well_formed(line: object) -> bool:
    if not isinstance(line, Mapping) or not isinstance(line.get("level"), str) or line["level"] not in CREDIT:
        return False
    return isinstance(line.get("example", ""), str) and isinstance(line.get("idea"), str) and bool(line["idea"].strip())
