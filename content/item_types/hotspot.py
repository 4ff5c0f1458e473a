"""Hotspot (QTI 3 hotspotInteraction): areas of a picture, of which the learner chooses one or several.

body: {"stem": str, "image": "media:<sha256>", "alt": plain str, "width": px, "height": px, "areas": [{"id", "label",
"shape": "rect" | "circle" | "poly", "coords": [x1, y1, x2, y2] | [cx, cy, r] | [x1, y1, x2, y2, x3, y3, ...],
"credit": 0..1, "rationale": str}], "max_choices": int, "scoring": "all_or_nothing", optional, "section": anchor or
null}
answer: {"areas": [ids in the order of the body]} or {}

Credit: where one area may be chosen, that of the area; else (right - wrong) / number of right areas, at least 0, where
an area is right if its credit is above 0. With `scoring` nothing but all right areas and no other earns.
"""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite
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
    percent,
)
from content.marking import paper, parts

KIND = "hotspot"
LABEL = gettext_lazy("Areas of a picture")
HINT = gettext_lazy("A picture, on which the learner chooses the right place.")
SCORED = True
SHUFFLES: tuple[str, ...] = ()
ALWAYS_SHUFFLED = False
BY_RULE = True
PUBLISHABLE = ("approved",)
TEMPLATES = Templates(
    control="items/hotspot/control.html",
    editor="items/hotspot/editor.html",
    paper="items/hotspot/paper.html",
    paper_key="items/paper_and_key.html",
)
WHOLE = "all_or_nothing"
SHOWN = ("id", "label", "shape", "coords")
PUBLIC = {
    "image": {"type": "string", "description": "Of a hotspot: its picture, `media:` and the SHA-256 of the file."},
    "alt": {"type": "string", "description": "Of a hotspot: its picture in words."},
    "width": {"type": "number", "description": "Of a hotspot, in the pixels that its coordinates count."},
    "height": {"type": "number", "description": "Of a hotspot, in the pixels that its coordinates count."},
    "areas": {
        "type": "array",
        "description": "Of a hotspot.",
        "items": {
            "type": "object",
            "required": list(SHOWN),
            "properties": {
                "id": {"type": "string"},
                "label": {"type": "string"},
                "shape": {"type": "string", "enum": ["rect", "circle", "poly"]},
                "coords": {"type": "array", "items": {"type": "number"}},
            },
        },
    },
    "max_choices": {"type": "integer", "description": "How many may be chosen."},
}
ANSWER = {
    "areas": {
        "type": "array",
        "description": "Of a hotspot: the ids of the chosen areas.",
        "items": {"type": "string"},
    }
}
ROW = ("id", "label", "shape", "coords", "credit", "rationale")
SHAPES = {"rect": range(4, 5), "circle": range(3, 4), "poly": range(6, 201, 2)}  # by the number of coordinates
LARGEST = 20_000


def problems(body: Body) -> list[str]:
    areas, most = body.get("areas"), body.get("max_choices")
    most = most if type(most) is int else 0
    if not parts.are_parts(areas, "label", "shape") or not all(_well_formed(area) for area in areas or []):
        return ["Every area needs an id, a label, a shape with its coordinates, and a credit from 0 to 1."]
    assert isinstance(areas, list | tuple)
    counted = 1 <= most <= max(1, len(areas))
    image, alt = body.get("image"), body.get("alt")
    checks = {
        "The question has no text.": parts.no_stem(body),
        "There is no picture.": not isinstance(image, str) or not rendering.MEDIA.fullmatch(image),
        "The picture is not described in words.": not isinstance(alt, str) or not alt.strip(),
        "The picture needs a width and a height in pixels.": not _is_size(body.get("width"))
        or not _is_size(body.get("height")),
        "A hotspot needs at least two areas.": len(areas) < 2,
        "An area has no label.": not all(area["label"].strip() for area in areas),
        "Two areas share an id.": parts.repeats([area["id"] for area in areas]),
        "Two areas have the same label.": parts.read_the_same(area["label"] for area in areas),
        "An area lies outside the picture.": not all(_is_inside(area, body) for area in areas),
        "The number of areas that may be chosen must lie between 1 and that of all.": not counted,
        "No area earns full credit.": not _right(areas, most),
        "The way of crediting is not known.": body.get("scoring", WHOLE) != WHOLE,
        "More areas are right than may be chosen.": most > 1 and len(_right(areas, most)) > most,
    }
    return [text for text, wrong in checks.items() if wrong]


def _well_formed(area: Mapping[str, Any]) -> bool:
    coords = area.get("coords")
    return (
        isinstance(coords, list | tuple)
        and len(coords) in SHAPES.get(area["shape"], ())
        and all(parts.is_number(number) for number in coords)
        and (area["shape"] != "circle" or coords[2] > 0)
        and parts.is_share(area.get("credit"))
        and isinstance(area.get("rationale", ""), str)
    )


def _is_size(value: Any) -> bool:
    return parts.is_number(value) and 1 <= value <= LARGEST


def _is_inside(area: Mapping[str, Any], body: Body) -> bool:
    if not _is_size(body.get("width")) or not _is_size(body.get("height")):
        return True
    points = area["coords"][:2] if area["shape"] == "circle" else area["coords"]
    across, down = points[::2], points[1::2]
    return all(0 <= x <= body["width"] for x in across) and all(0 <= y <= body["height"] for y in down)


def _right(areas: Any, most: Any) -> list[str]:
    """The ids of the areas that earn full credit where one may be chosen, any credit where several may."""
    return [area["id"] for area in areas if (area["credit"] == 1 if most == 1 else area["credit"] > 0)]


def warnings(body: Body, *, shuffled: bool) -> list[str]:
    partly = (
        body["max_choices"] != 1 and "scoring" not in body and any(0 < area["credit"] < 1 for area in body["areas"])
    )
    checks = {
        "An area has no rationale.": not all(area.get("rationale", "").strip() for area in body["areas"]),
        "Where several areas may be chosen, each one with a credit counts as right, however small its credit.": partly,
    }
    return [text for text, found in checks.items() if found]


def from_editor(fields: Fields) -> dict[str, Any]:
    """`image` (a `media:` name, alone or as Markdown), `alt`, `width`, `height`, `max_choices`, `scoring`; rows of
    `area-id`, `area-label`, `area-shape`, `area-coords` ("10, 20, 30"), `area-credit` (a percentage) and
    `area-rationale`, in step. A row without label and coordinates is left out.
    """
    rows = [row for row in parts.rows(fields, "area", ROW) if row["label"] or row["coords"]]
    names = parts.named([row["id"] for row in rows])
    areas = [_area(name, row) for name, row in zip(names, rows, strict=True)]
    blank = {"label": "", "shape": "rect", "coords": [], "credit": 0, "rationale": ""}
    typed = parts.first(fields, "image")
    found = rendering.MEDIA.search(typed)
    return {
        "image": found[0] if found else typed,
        "alt": parts.first(fields, "alt"),
        "width": _number(parts.first(fields, "width")) or 0,
        "height": _number(parts.first(fields, "height")) or 0,
        "areas": areas or [{"id": name, **blank} for name in "ab"],
        "max_choices": parts.whole(parts.first(fields, "max_choices"), 1),
        **({"scoring": WHOLE} if WHOLE in fields.get("scoring", []) else {}),
    }


def _area(name: str, row: Mapping[str, str]) -> dict[str, Any]:
    numbers = [_number(typed) for typed in row["coords"].replace(",", " ").replace(";", " ").split()]
    return {
        "id": name,
        "label": row["label"],
        "shape": row["shape"] or "rect",
        "coords": numbers,
        "credit": percent(row["credit"]),
        "rationale": row["rationale"],
    }


def _number(typed: str) -> int | float | None:
    try:
        number = float(typed)
    except ValueError:
        return None
    if not isfinite(number):
        return None
    return int(number) if number.is_integer() else number


def guess(body: Body) -> Decimal | None:
    if body["max_choices"] != 1:
        return None
    return sum((Decimal(str(area["credit"])) for area in body["areas"]), Decimal(0)) / len(body["areas"])


def public(body: Body) -> dict[str, Any]:
    areas = [{name: area[name] for name in SHOWN} for area in body["areas"]]
    for area in areas:
        area["coords"] = area["coords"] if _well_formed(area | {"credit": 0}) else []  # as it is while it is written
    return {name: body[name] for name in ("stem", *PUBLIC)} | {"areas": areas}


def form_size(body: Body) -> FormSize:
    # Every byte of an id may be written as three.
    number = len(body["areas"]) if body["max_choices"] != 1 else 1
    return FormSize(number, 3 * number * max(len(area["id"].encode()) for area in body["areas"]))


def from_form(body: Body, fields: Fields) -> Any:
    return list(fields.get("", []))


def from_paper(body: Body, written: str) -> Any:
    """The numbers of the areas, or their names between semicolons."""
    return {"areas": paper.several(body["areas"], written, "label", paper.number)}


def to_form(body: Body, answer: Answer) -> dict[str, list[str]]:
    chosen = _chosen(body, answer)
    return {"": [area["id"] for area in chosen]} if chosen else {}


def clean(body: Body, raw: Any) -> dict[str, Any]:
    given = raw.get("areas") if isinstance(raw, Mapping) else raw
    given = [given] if isinstance(given, str) else [] if given is None else given
    if not isinstance(given, list | tuple):
        raise InvalidAnswer(_("That is not one of the areas."))
    named = [name for name in given if name != "" and name is not None]
    known = parts.by_id(body["areas"])
    if not all(isinstance(name, str) and name in known for name in named):
        raise InvalidAnswer(_("That is not one of the areas."))
    chosen, most = [name for name in known if name in named], body["max_choices"]
    if len(chosen) > most:
        words = ngettext("Choose {most} area at most.", "Choose {most} areas at most.", most)
        raise InvalidAnswer(words.format(most=most))
    return {"areas": chosen} if chosen else {}


def mark(body: Body, answer: Answer) -> Outcome:
    chosen = _chosen(body, answer)
    if not chosen:
        return Outcome(Decimal(0), "blank")
    return Outcome(_credit(body, chosen), "exact", {"areas": [area["id"] for area in chosen]})


def _credit(body: Body, chosen: list[Mapping[str, Any]]) -> Decimal:
    if body["max_choices"] == 1:
        return Decimal(str(chosen[0]["credit"]))
    if body.get("scoring") == WHOLE:
        return Decimal([area["id"] for area in chosen] == _right(body["areas"], body["max_choices"]))
    right = sum(area["credit"] > 0 for area in chosen)
    earned = 2 * right - len(chosen)  # the right ones less the wrong ones
    return Decimal(max(0, earned)) / len(_right(body["areas"], body["max_choices"]))


def text(body: Body, answer: Answer) -> str:
    return "\n".join(area["label"] for area in _chosen(body, answer))


def rationale(body: Body, answer: Answer) -> str:
    return "\n\n".join(area["rationale"] for area in _chosen(body, answer) if area.get("rationale"))


def expected(body: Body) -> list[str]:
    right = _right(body["areas"], body["max_choices"])
    return [area["label"] for area in body["areas"] if area["id"] in right]


def levels(body: Body) -> tuple[Level, ...]:
    return ALL_OR_NOTHING


def key(body: Body) -> list[tuple[str, Decimal]]:
    if body["max_choices"] == 1:
        return [(area["label"], Decimal(str(area["credit"]))) for area in body["areas"]]
    if body.get("scoring") == WHOLE:
        return [("; ".join(expected(body)), Decimal(1))]
    right = _right(body["areas"], body["max_choices"])
    share = round(1 / Decimal(len(right)), 3)
    return [(area["label"], share if area["id"] in right else -share) for area in body["areas"]]


def categories(body: Body) -> list[Category]:
    right = _right(body["areas"], body["max_choices"])
    return [
        Category(area["id"], area["label"], area["id"] in right, str(area.get("rationale", "")))
        for area in body["areas"]
    ]


def categorise(body: Body, answer: Answer) -> list[str] | None:
    return [area["id"] for area in _chosen(body, answer)] or [""]


def _chosen(body: Body, answer: Answer) -> list[Mapping[str, Any]]:
    names = clean(body, answer).get("areas", [])
    return [area for area in body["areas"] if area["id"] in names]
