"""Hotspot: areas of a picture."""

import re
from decimal import Decimal
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from content.item_types import InvalidAnswer, hotspot
from tests.content import rules

BODY: dict[str, Any] = {
    "stem": "Where is the heart?",
    "image": "media:" + "0f" * 32,
    "alt": "A body from the front",
    "width": 600,
    "height": 400,
    "areas": [
        {"id": "a", "label": "Area A", "shape": "rect", "coords": [10, 20, 110, 120], "credit": 1, "rationale": "Yes."},
        {"id": "b", "label": "Area B", "shape": "circle", "coords": [300, 200, 50.5], "credit": 0.5, "rationale": ""},
        {
            "id": "c",
            "label": "Area C",
            "shape": "poly",
            "coords": [400, 10, 500, 10, 450, 90.5],
            "credit": 0,
            "rationale": "No, the *lung*.",
        },
        {"id": "d", "label": "Area D", "shape": "rect", "coords": [0, 300, 50, 400], "credit": 0, "rationale": "No."},
    ],
    "max_choices": 1,
    "section": None,
}
SEVERAL = BODY | {"max_choices": 3}
FIELDS = st.sampled_from(
    ["image", "alt", "width", "height", "max_choices", *(f"area-{name}" for name in hotspot.ROW), "x"]
)


@pytest.mark.parametrize(("area", "credit"), [("a", "1"), ("b", "0.5"), ("c", "0"), ("d", "0")])
def test_one_area_earns_its_own_credit(area: str, credit: str) -> None:
    assert hotspot.mark(BODY, {"areas": [area]}).credit == Decimal(credit)


@pytest.mark.parametrize(
    ("areas", "credit"),
    [("ab", "1"), ("a", "0.5"), ("b", "0.5"), ("ac", "0"), ("abc", "0.5"), ("acd", "0"), ("c", "0"), ("cd", "0")],
)
def test_several_areas_earn_the_right_ones_less_the_wrong_ones(areas: str, credit: str) -> None:
    assert hotspot.mark(SEVERAL, {"areas": list(areas)}).credit == Decimal(credit)


@pytest.mark.parametrize(("areas", "credit"), [("ab", "1"), ("a", "0"), ("abc", "0"), ("c", "0")])
def test_all_or_nothing_asks_for_all_right_areas_and_no_other(areas: str, credit: str) -> None:
    whole = SEVERAL | {"scoring": "all_or_nothing"}
    assert hotspot.problems(whole) == []
    assert hotspot.mark(whole, {"areas": list(areas)}).credit == Decimal(credit)
    assert hotspot.key(whole) == [("Area A; Area B", Decimal(1))]
    assert hotspot.mark(BODY | {"scoring": "all_or_nothing"}, {"areas": ["b"]}).credit == Decimal("0.5")


@pytest.mark.parametrize("scoring", [{}, {"scoring": "all_or_nothing"}])
def test_editor_keeps_the_way_of_crediting(scoring: dict[str, str]) -> None:
    shown = render_to_string("items/hotspot/editor.html", {"body": SEVERAL | scoring, "name": ""})
    sent = re.search(r'name="scoring" value="(\w+)"( checked)?', shown)
    assert sent is not None
    body = hotspot.from_editor({"scoring": [sent[1]]} if sent[2] else {})
    assert {name: body[name] for name in body if name == "scoring"} == scoring


def test_more_areas_than_may_be_chosen_are_refused_by_their_number() -> None:
    with pytest.raises(InvalidAnswer, match="1 area at most"):
        hotspot.clean(BODY, ["a", "b"])
    with pytest.raises(InvalidAnswer, match="3 areas at most"):
        hotspot.clean(SEVERAL, list("abcd"))
    assert hotspot.clean(BODY, ["a", "a"]) == {"areas": ["a"]}


def test_answer_is_kept_in_the_order_of_the_areas_and_reads_as_their_labels() -> None:
    answer = hotspot.clean(SEVERAL, {"areas": ["c", "a"]})
    assert answer == {"areas": ["a", "c"]}
    assert hotspot.text(SEVERAL, answer) == "Area A\nArea C"
    assert hotspot.rationale(SEVERAL, answer) == "Yes.\n\nNo, the *lung*."
    assert hotspot.categorise(SEVERAL, answer) == ["a", "c"]


def test_key_and_guess_follow_how_many_may_be_chosen() -> None:
    assert hotspot.guess(BODY) == Decimal("0.375")
    assert hotspot.guess(SEVERAL) is None
    assert hotspot.expected(BODY) == ["Area A"]
    assert hotspot.expected(SEVERAL) == ["Area A", "Area B"]
    assert [float(credit) for _label, credit in hotspot.key(SEVERAL)] == [0.5, 0.5, -0.5, -0.5]


@pytest.mark.parametrize("raw", ["q", ["q"], [["a"]], {"areas": {"a": 1}}, 1, True])
def test_what_is_no_area_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidAnswer):
        hotspot.clean(SEVERAL, raw)


def changed(**changes: Any) -> dict[str, Any]:
    return {"areas": [BODY["areas"][0] | changes, *BODY["areas"][1:]]}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": ""}, "no text"),
        ({"image": "https://example.org/a.png"}, "no picture"),
        ({"image": ""}, "no picture"),
        ({"alt": " "}, "in words"),
        ({"width": 0}, "width and a height"),
        ({"height": True}, "width and a height"),
        ({"height": float("nan")}, "width and a height"),
        ({"areas": BODY["areas"][:1]}, "at least two"),
        ({"max_choices": 0}, "may be chosen"),
        ({"max_choices": 9}, "may be chosen"),
        ({"max_choices": "1"}, "may be chosen"),
        (changed(credit=0.5), "full credit"),
        (changed(credit=2), "credit from 0 to 1"),
        (changed(shape="star"), "shape"),
        (changed(coords=[1, 2, 3]), "coordinates"),
        (changed(coords=[1, 2, 3, None]), "coordinates"),
        (changed(coords=[1, 2, 3, 401]), "outside"),
        (changed(label=" "), "no label"),
        (changed(label="area b"), "same label"),
        (changed(id="b"), "share an id"),
        (changed(id="b c"), "needs an id"),
        (changed(shape="circle", coords=[1, 2, 0]), "coordinates"),
        ({"scoring": "some"}, "way of crediting"),
        ({"areas": [area | {"credit": 1} for area in BODY["areas"]], "max_choices": 2}, "More areas are right"),
    ],
)
def test_hotspot_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(hotspot.problems(BODY | change))


def test_editor_reads_a_picture_and_its_areas() -> None:
    fields = {
        "image": [f"![A body](media:{'0f' * 32})"],
        "alt": ["A body"],
        "width": ["600"],
        "height": ["400.5"],
        "max_choices": ["2"],
        "area-id": ["a", "", ""],
        "area-label": ["Area A", "Area B", ""],
        "area-shape": ["rect", "circle", "rect"],
        "area-coords": ["10, 20, 110,120", "300 200 50.5", ""],
        "area-credit": ["100", "50 %", ""],
        "area-rationale": ["Yes.", "", ""],
    }
    body = hotspot.from_editor(fields)
    assert (body["image"], body["width"], body["height"], body["max_choices"]) == (BODY["image"], 600, 400.5, 2)
    assert body["areas"] == BODY["areas"][:2]
    assert hotspot.problems({"stem": "?"} | body) == []


@pytest.mark.parametrize("language", ["en", "de"])
def test_shapes_are_drawn_with_numbers_as_svg_wants_them(language: str) -> None:
    with translation.override(language):
        question = {"public": hotspot.public(BODY), "item_version_id": "x", "position": 1}
        page = render_to_string(
            hotspot.TEMPLATES.control, {"question": question, "field": {"values": ["b"], "fields": {"": ["b"]}}}
        )
    assert 'points="10,20 110,20 110,120 10,120"' in page
    assert 'cx="300" cy="200" r="50.5"' in page
    assert 'points="400 10 500 10 450 90.5"' in page
    assert re.findall(r'value="(\w)" checked', page) == ["b"]
    assert "style=" not in page


AREAS = st.lists(st.sampled_from("abcdq") | rules.LEAVES, max_size=5)


@given(raw=AREAS | st.builds(dict, areas=AREAS | rules.JSON))
def test_any_answer_to_a_hotspot_is_cleaned_once_for_all_or_refused(raw: Any) -> None:
    for body in (BODY, SEVERAL):
        rules.answer_is_cleaned_once_for_all_or_refused("hotspot", body, raw)
        rules.any_stored_answer_raises_invalid_answer_only("hotspot", body, raw)


@given(fields=st.dictionaries(FIELDS, st.lists(st.sampled_from(["a", "rect", "1 2 3 4", "100", ""]) | st.text())))
def test_any_fields_of_its_editor_make_a_hotspot(fields: dict[str, list[str]]) -> None:
    rules.any_fields_of_its_editor_make_a_body("hotspot", fields)


AREA = st.dictionaries(
    st.sampled_from(["id", "label", "shape", "coords", "credit", "rationale"]),
    rules.LEAVES | st.lists(rules.LEAVES, max_size=4) | st.sampled_from(["a", "rect", "circle"]),
)


@given(
    body=st.dictionaries(
        st.sampled_from(["stem", "image", "alt", "width", "height", "areas", "max_choices"]),
        st.lists(AREA, max_size=3) | rules.JSON,
    )
)
def test_any_body_of_a_hotspot_has_problems_or_none(body: Any) -> None:
    rules.any_body_has_problems_or_none("hotspot", body | {"areas": body.get("areas", BODY["areas"])})
