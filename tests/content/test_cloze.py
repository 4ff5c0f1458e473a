"""Text with gaps."""

import re
from decimal import Decimal
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from content import item_types, rendering
from content.item_types import InvalidAnswer, cloze
from content.marking import number_answers, placeholders
from tests.content import kind_rules

KIND = item_types.get("cloze")
OPTIONS = [
    {"id": "x", "text": "blue", "credit": 1, "rationale": "On a clear day."},
    {"id": "y", "text": "green", "credit": 0, "rationale": "That is the grass."},
]
TEXTS = [
    {"text": "sun", "credit": 1, "match": "exact", "feedback": "It shines."},
    {"text": "*star*", "credit": 0.5, "match": "wildcard", "feedback": "Which?"},
]
NUMBERS = [{"value": "1.5", "tolerance": {"type": "absolute", "value": "0.1"}, "credit": 1, "feedback": ""}]
BODY: dict[str, Any] = {
    "stem": "Fill in the gaps.",
    "text": "The sky is **[[sky]]**.\n\n- The [[sun]] is\n- [[far]] units away.",
    "gaps": [
        {"id": "far", "kind": "number", "weight": 2, "answers": NUMBERS},
        {"id": "sky", "kind": "dropdown", "options": OPTIONS},
        {"id": "sun", "kind": "text", "answers": TEXTS},
    ],
    "section": None,
}
GAPS = BODY["gaps"]
TYPED = st.sampled_from(["x", "y", "sun", "1,5", "1,500", "1.500", "½", "a" * 300, ""]) | kind_rules.LEAVES
COLUMNS = [f"gap-{name}" for name in cloze.GAP] + [f"answer-{name}" for name in cloze.ROW] + ["case_sensitive"]


@given(
    raw=kind_rules.answers(
        {"gaps": {"sky": "x"}},
        gaps=st.dictionaries(st.sampled_from(["far", "sky", "sun", "z"]), TYPED),
    )
    | st.fixed_dictionaries(
        {"typed": st.dictionaries(st.sampled_from(["far", "sky", "sun"]), TYPED) | kind_rules.JSON}
    ),
    language=st.sampled_from(["en", "de", "fr"]),
)
def test_any_answer_is_cleaned_once_for_all_or_refused(raw: Any, language: str) -> None:
    with translation.override(language):
        kind_rules.check_answer(KIND, BODY, raw)


@given(
    fields=kind_rules.fields(*COLUMNS),
    text=st.sampled_from(["[[a]] and [[b]]", "[[a]]", "`[[a]]` $[[b]]$ ![[[c]]](x) [[a]]", "[[" * 500]) | st.text(),
)
def test_any_fields_of_the_editor_make_a_body(fields: dict[str, list[str]], text: str) -> None:
    kind_rules.check_editor(KIND, fields | {"text": [text]})


@pytest.mark.parametrize(
    ("answer", "credit"),
    [
        ({"sky": "x", "sun": "Sun", "far": "1.5"}, 1),
        ({"sky": "x", "sun": "Sun", "far": "1.7"}, Decimal("0.5")),
        ({"sky": "y", "sun": "my star", "far": "3/2"}, Decimal("0.625")),
        ({"far": "1.6"}, Decimal("0.5")),
        ({"sky": "y"}, 0),
        ({}, 0),
    ],
)
def test_credit_is_the_weighted_mean_of_the_gaps(answer: dict[str, str], credit: Decimal) -> None:
    assert cloze.mark(BODY, {"gaps": answer}).credit == credit


def test_thirds_add_up_to_full_credit() -> None:
    gaps = [gap | {"weight": "1"} for gap in GAPS]
    assert cloze.mark(BODY | {"gaps": gaps}, {"gaps": {"sky": "x", "sun": "sun", "far": "1.5"}}).credit == 1


def test_number_is_typed_in_the_language_and_stored_alike_in_all() -> None:
    with translation.override("de"):
        stored = cloze.clean(BODY, cloze.from_form(BODY, {"far": ["1,500"]}))
        assert stored == {"gaps": {"far": "1.5"}}
        assert cloze.to_form(BODY, stored) == {"far": ["1.5"]}
        stored = cloze.clean(BODY, cloze.from_form(BODY, {"far": ["1,625"]}))
        assert cloze.to_form(BODY, stored) == {"far": ["1,625"]}
    assert cloze.to_form(BODY, stored) == {"far": ["1.625"]}
    assert cloze.clean(BODY, cloze.from_form(BODY, {"far": ["1,500"]})) == {"gaps": {"far": "1500"}}
    assert cloze.clean(BODY, {"gaps": {"far": "1½"}}) == {"gaps": {"far": "1½"}}


@pytest.mark.parametrize(
    "raw",
    [
        "a",
        ["a"],
        {"gaps": "a"},
        {"gaps": {"z": "a"}},
        {"gaps": {"sky": "blue"}},
        {"gaps": {"far": "much"}},
        {"gaps": {"sun": ["a"]}},
        {"gaps": {"sun": True}},
        {"gaps": {"sun": "a" * 256}},
    ],
)
def test_what_is_no_answer_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidAnswer):
        cloze.clean(BODY, raw)


def test_answer_is_shown_and_counted_gap_by_gap_in_the_order_of_the_text() -> None:
    answer = {"gaps": {"far": "9", "sky": "x"}}
    assert cloze.text(BODY, answer) == "1: blue; 2: –; 3: 9"
    assert cloze.categorise(BODY, answer) == ["sky:x", "far:other"]
    told = rendering.plain(cloze.rationale(BODY, {"gaps": {"sky": "y", "sun": "a star"}}))
    assert told.splitlines() == [
        "✗ Incorrect: 1: green",
        "That is the grass.",
        "◐ Partly correct: 2: a star",
        "Which?",
    ]
    assert cloze.expected(BODY) == ["1: blue", "2: sun", "3: 1.5"]
    assert [one.id for one in cloze.categories(BODY)][:4] == ["sky:x", "sky:y", "sun:1", "sun:2"]


def test_guess_is_the_weighted_mean_over_the_gaps() -> None:
    assert cloze.guess(BODY) == Decimal("0.125")


class Reader(HTMLParser):
    """The fields of a control with their values, and their labels."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, str] = {}
        self.tags: list[str] = []
        self.unlabelled: list[str] = []
        self.select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        if tag in ("input", "select"):
            name = given.get("name") or ""
            self.select = name if tag == "select" else self.select
            self.fields[name] = given.get("value") or ""
            self.unlabelled += [] if "label" in self.tags else [name]
        elif tag == "option" and "selected" in given:
            self.fields[self.select] = given["value"] or ""

    def handle_endtag(self, tag: str) -> None:
        while self.tags and self.tags.pop() != tag:
            pass


def control(body: dict[str, Any], fields: dict[str, list[str]]) -> str:
    question = SimpleNamespace(public=cloze.public(body), item_version_id="7", position=1)
    field = SimpleNamespace(fields=fields, error="", values=[])
    return render_to_string("items/cloze/control.html", {"question": question, "field": field})


def test_every_gap_has_its_field_in_the_running_text() -> None:
    shown = control(BODY, {"sky": ["x"], "sun": ['"><script>'], "far": ["1,5"]})
    reader = Reader()
    reader.feed(shown)
    assert reader.fields == {"answer-7-sky": "x", "answer-7-sun": '"><script>', "answer-7-far": "1,5"}
    assert reader.unlabelled == []
    assert "<script" not in shown
    assert shown.index("The sky is <strong>") < shown.index("answer-7-sky") < shown.index("answer-7-far")


@given(
    text=st.text("ab[]()!$`*_<>\"'= \n\\#|\ue000\ue100\ue101", max_size=60),
    value=st.text("\"'<>&= aonclick"),
    at=st.integers(0, 60),
)
def test_what_is_filled_in_never_leaves_its_place(text: str, value: str, at: int) -> None:
    text = f"{text[:at]}[[a]]{text[at:]}"
    filled = render_to_string("items/answer.html", {"text": value})
    page = placeholders.fill(text, {"a": filled})
    assert page.count(filled) == placeholders.shown(text).count("a")
    assert page.replace(filled, "") == placeholders.fill(text, {"a": ""})


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[[a]]", ["a"]),
        ("**[[a]]** and *[[b]]*", ["a", "b"]),
        ("`code [[a]]`", ["a"]),
        ("```python\nx = [[a]]\n```", ["a"]),
        ("| x |\n|---|\n| [[a]] |", ["a"]),
        ("![[[a]]](media:x)", []),
        ("[x](http://e.org/[[a]])", []),
        ("$x = [[a]]$", []),
        ("[[a]] [[a]]", ["a", "a"]),
        ("[[not a gap]]", []),
    ],
)
def test_gap_is_known_where_a_field_can_stand(text: str, shown: list[str]) -> None:
    assert placeholders.shown(text) == shown


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": 7}, "no text"),
        ({"text": None}, "missing"),
        ({"gaps": None}, "Every gap"),
        ({"gaps": []}, "no gap"),
        ({"gaps": [GAPS[0] | {"id": "a b"}]}, "Every gap"),
        ({"gaps": [GAPS[0] | {"kind": "list"}]}, "Every gap"),
        ({"gaps": [GAPS[0] | {"weight": 0}]}, "Every gap"),
        ({"gaps": [*GAPS, GAPS[0]]}, "share an id"),
        ({"gaps": GAPS[:2]}, "a gap sun that there is not"),
        ({"text": "[[sky]] [[sky]] [[sun]] [[far]]"}, "must stand in the text once"),
        ({"text": "[[sky]] [[sun]]"}, "must stand in the text once"),
        ({"text": "[[sky]] [[sun]] $[[far]]$"}, "no field can be"),
        ({"gaps": [*GAPS[:2], GAPS[2] | {"answers": [TEXTS[1]]}]}, "Gap sun: No accepted answer earns full credit"),
        ({"gaps": [GAPS[0], GAPS[1] | {"options": OPTIONS[:1]}, GAPS[2]]}, "Gap sky: There must be at least two"),
        ({"gaps": [GAPS[0] | {"answers": []}, *GAPS[1:]]}, "Gap far: No accepted answer"),
        ({"scoring": "halves"}, "The way of crediting is not known"),
    ],
)
def test_question_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(cloze.problems(BODY | change))
    assert cloze.problems(BODY) == []
    assert cloze.warnings(BODY, shuffled=True) == []


def editor_fields() -> dict[str, list[str]]:
    """The fields of the editor as a browser sends them for BODY."""
    rows = [
        {"gap": "far", "value": "1.5", "tolerance_type": "absolute", "tolerance": "0.1", "credit": "100"},
        *({"gap": "sky", "credit": str(100 * one["credit"]), "feedback": one["rationale"], **one} for one in OPTIONS),
        *({"gap": "sun", **one, "credit": str(100 * one["credit"])} for one in TEXTS),
    ]
    for row in rows[1:3]:
        row["credit"] = str(100 * row["credit"])
    fields = {f"answer-{name}": [str(row.get(name, "")) for row in rows] for name in cloze.ROW}
    fields |= {f"gap-{name}": [str(gap.get(name, "")) for gap in GAPS] for name in cloze.GAP}
    return fields | {"text": [BODY["text"]]}


def test_body_goes_through_the_editor_unchanged() -> None:
    body = cloze.from_editor(editor_fields())
    assert body == {"text": BODY["text"], "gaps": [GAPS[0] | {"weight": "2"}, *GAPS[1:]]}


@pytest.mark.parametrize("scoring", [{}, {"scoring": "all_or_nothing"}])
def test_editor_keeps_the_way_of_crediting(scoring: dict[str, str]) -> None:
    shown = render_to_string("items/cloze/editor.html", {"body": BODY | scoring, "name": ""})
    sent = re.search(r'name="scoring" value="(\w+)"( checked)?', shown)
    assert sent is not None
    assert bool(sent[2]) == bool(scoring)
    body = cloze.from_editor(editor_fields() | ({"scoring": [sent[1]]} if sent[2] else {}))
    assert {name: body[name] for name in body if name == "scoring"} == scoring
    assert cloze.problems(BODY | scoring) == []


def test_gap_that_the_text_names_is_a_new_one() -> None:
    gap = {"id": "a", "kind": "text", "answers": [{"text": "", "credit": 1, "match": "exact", "feedback": ""}]}
    assert cloze.from_editor({"text": ["One [[a]]."]})["gaps"] == [gap]
    turned = cloze.from_editor({"text": ["[[a]]"], "gap-id": ["a"], "gap-kind": ["dropdown"]})["gaps"][0]
    assert [option["id"] for option in turned["options"]] == ["a", "b", "c"]


def test_gap_that_the_text_no_longer_names_stays_while_something_is_written_for_it() -> None:
    fields = {"text": ["Only [[ab]]."], "gap-id": ["a", "b"], "gap-kind": ["text", "dropdown"]}
    assert [gap["id"] for gap in cloze.from_editor(fields)["gaps"]] == ["ab"]
    written = {"answer-gap": ["b"], "answer-text": ["Paris"], "answer-credit": ["100"]}
    assert [gap["id"] for gap in cloze.from_editor(fields | written)["gaps"]] == ["b", "ab"]


def test_renamed_gap_keeps_its_answers() -> None:
    fields = {"text": ["In [[town]]."], "gap-id": ["town"], "gap-was": ["a"], "case_sensitive": ["a"]}
    answers = {"answer-gap": ["a"], "answer-text": ["Paris"], "answer-credit": ["100"], "answer-match": ["exact"]}
    (gap,) = cloze.from_editor(fields | answers)["gaps"]
    assert (gap["id"], gap["case_sensitive"]) == ("town", True)
    assert [answer["text"] for answer in gap["answers"]] == ["Paris"]


def test_editor_sends_every_column_of_every_row() -> None:
    shown = render_to_string("items/cloze/editor.html", {"body": BODY, "name": ""})
    assert {shown.count(f'name="answer-{name}"') for name in cloze.ROW} == {5}
    assert set(number_answers.ROW) <= set(cloze.ROW)
