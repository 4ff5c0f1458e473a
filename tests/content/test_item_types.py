"""The rules that every kind of question keeps, and those of each."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import item_types
from content.item_types import InvalidAnswer, choice, open_text
from content.models import KeyState
from tests.content import (
    conftest,
    rules,
    test_cloze,
    test_description,
    test_file_upload,
    test_hotspot,
    test_matching,
    test_multiple_response,
    test_numeric,
    test_ordering,
    test_short_text,
    test_true_false,
)
from tests.content.rules import JSON, LEAVES

ANSWERS = JSON | st.builds(dict, option=JSON, text=JSON) | st.builds(dict, option=st.sampled_from("abc"), text=LEAVES)
BODIES: dict[str, dict[str, Any]] = {
    "choice": dict(conftest.choice().body),
    "open_text": dict(conftest.open_text().body),
    "cloze": test_cloze.BODY,
    "multiple_response": test_multiple_response.BODY,
    "numeric": test_numeric.BODY,
    "short_text": test_short_text.BODY,
    "true_false": dict(test_true_false.BODY),
    "description": test_description.BODY,
    "file_upload": test_file_upload.BODY,
    "hotspot": test_hotspot.BODY,
    "matching": test_matching.BODY,
    "ordering": test_ordering.BODY,
}
SECRETS = ("credit", "rationale", "rubric", "full", "It is.", "Asks someone", "section", "expected")
kinds = pytest.mark.parametrize("kind", item_types.KINDS)
scored = pytest.mark.parametrize("kind", [kind for kind in item_types.KINDS if item_types.get(kind).SCORED])


def test_every_kind_is_tested_here() -> None:
    assert set(BODIES) == set(item_types.KINDS)


def test_unknown_kind_is_a_key_error() -> None:
    for name in ("essay", "__init__", "..choice", ""):
        with pytest.raises(KeyError):
            item_types.get(name)


@scored
def test_kind_names_itself_and_publishable_states(kind: str) -> None:
    module = item_types.get(kind)
    assert kind == module.KIND
    assert set(module.PUBLISHABLE) <= set(KeyState.values) - {"unkeyed", "proposed", "retired"}
    assert module.BY_RULE is False or module.PUBLISHABLE == ("approved",)


@kinds
@given(raw=ANSWERS)
def test_any_answer_is_cleaned_once_for_all_or_refused(kind: str, raw: Any) -> None:
    rules.answer_is_cleaned_once_for_all_or_refused(kind, BODIES[kind], raw)


@kinds
@given(fields=st.dictionaries(st.sampled_from(["", "a", "left"]) | st.text(), st.lists(st.text() | st.just("a"))))
def test_any_fields_of_a_form_are_an_answer_or_refused(kind: str, fields: dict[str, list[str]]) -> None:
    rules.any_fields_of_its_control_are_an_answer_or_refused(kind, BODIES[kind], fields)


@kinds
def test_form_without_an_answer_is_blank(kind: str) -> None:
    module, body = item_types.get(kind), BODIES[kind]
    for fields in ({}, {"": [""]}, module.to_form(body, {})):
        assert module.clean(body, module.from_form(body, fields)) == {}


@scored
def test_kind_says_what_earns_credit(kind: str) -> None:
    module, body = item_types.get(kind), BODIES[kind]
    levels = module.levels(body)
    assert module.expected(body)
    assert [level.credit for level in levels] == sorted((level.credit for level in levels), reverse=True)
    assert {levels[0].credit, levels[-1].credit} == {0, 1}
    assert bool(module.key(body)) is module.BY_RULE
    keyed = [category.label for category in module.categories(body) if category.keyed]
    assert keyed == (module.expected(body) if module.categories(body) else [])


@kinds
def test_what_a_kind_shows_and_keeps_is_described(kind: str) -> None:
    module, body = item_types.get(kind), BODIES[kind]
    assert set(module.public(body)) == {"stem", *module.PUBLIC}
    assert bool(module.ANSWER) is module.SCORED


@kinds
@given(answer=ANSWERS)
def test_an_odd_stored_answer_raises_invalid_answer_only(kind: str, answer: Any) -> None:
    rules.any_stored_answer_raises_invalid_answer_only(kind, BODIES[kind], answer)


@kinds
@pytest.mark.parametrize("blank", [None, "", {}, {"option": None, "text": None}, {"option": "", "text": ""}])
def test_blank_is_the_empty_answer_and_earns_nothing(kind: str, blank: Any) -> None:
    module, body = item_types.get(kind), BODIES[kind]
    assert module.clean(body, blank) == {}
    assert module.mark(body, {}).credit == 0
    assert module.mark(body, {}).tier == ("blank" if module.SCORED else "none")
    assert module.categorise(body, {}) in (None, [""])
    assert module.text(body, {}) == ""


@kinds
def test_public_part_holds_no_key(kind: str) -> None:
    shown = json.dumps(item_types.get(kind).public(BODIES[kind]))
    assert BODIES[kind]["stem"] in shown
    assert not [secret for secret in SECRETS if secret in shown]


@kinds
def test_good_body_has_no_problems(kind: str) -> None:
    assert item_types.get(kind).problems(BODIES[kind]) == []


@kinds
@given(data=st.data())
def test_problems_of_any_body_are_reported_without_crashing(kind: str, data: st.DataObject) -> None:
    fields = st.sampled_from(["stem", "options", "rubric", "max_length", "section", "id", "text", "credit", "level"])
    line = st.dictionaries(fields, JSON | st.sampled_from(["full", "a", 1]), max_size=5)
    body = data.draw(st.dictionaries(fields, JSON | st.lists(line, max_size=4), max_size=5))
    assert all(isinstance(text, str) for text in item_types.get(kind).problems(body))


OPTIONS = BODIES["choice"]["options"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": " "}, "no text"),
        ({"options": OPTIONS[:1]}, "at least two"),
        ({"options": [*OPTIONS, OPTIONS[0]]}, "share an id"),
        ({"options": [*OPTIONS, {**OPTIONS[0], "id": "c", "text": " yes "}]}, "read the same"),
        ({"options": [{**OPTIONS[0], "credit": 1.5}, OPTIONS[1]]}, "between 0 and 1"),
        ({"options": [{**OPTIONS[0], "credit": float("nan")}, OPTIONS[1]]}, "between 0 and 1"),
        ({"options": [{**OPTIONS[0], "credit": 0.5}, OPTIONS[1]]}, "No option earns full credit"),
        ({"options": [{**OPTIONS[0], "credit": True}, OPTIONS[1]]}, "id, a text and a credit"),
        ({"options": [{"id": "a", "text": "Yes"}, OPTIONS[1]]}, "id, a text and a credit"),
        ({"options": None}, "id, a text and a credit"),
    ],
)
def test_choice_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(choice.problems(BODIES["choice"] | change))


def test_two_right_options_both_earn_full_credit() -> None:
    body = BODIES["choice"] | {"options": [*OPTIONS, {"id": "c", "text": "Sure", "credit": 1.0, "rationale": "Too."}]}
    assert choice.problems(body) == []
    assert [choice.mark(body, {"option": option}).credit for option in "abc"] == [1, 0, 1]
    assert choice.expected(body) == ["Yes", "Sure"]
    assert choice.rationale(body, {"option": "c"}) == "Too."


def test_part_credit_is_exact() -> None:
    body = BODIES["choice"] | {"options": [*OPTIONS, {"id": "c", "text": "Half", "credit": 0.1, "rationale": ""}]}
    assert choice.mark(body, {"option": "c"}).credit == Decimal("0.1")


@pytest.mark.parametrize(
    "raw", [["a"], {"option": ["a"]}, {"option": {"a": 1}}, 0, False, "z", "A", " a", "a\x00", 1.0]
)
def test_what_is_no_option_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidAnswer):
        choice.clean(BODIES["choice"], raw)


def test_open_answer_is_stored_composed_with_one_kind_of_line_end() -> None:
    assert open_text.clean(BODIES["open_text"], "cafe\u0301\r\x00\r\nx\ry\ud800") == {"text": "caf\u00e9\n\nx\ny\ufffd"}


def test_white_space_is_no_open_answer() -> None:
    assert open_text.clean(BODIES["open_text"], {"text": " \n\t\u00a0"}) == {}


def test_length_is_counted_after_composing_and_its_limit_is_reported() -> None:
    body = BODIES["open_text"] | {"max_length": 10}
    assert open_text.clean(body, "e\u0301" * 10) == {"text": "\u00e9" * 10}
    for raw in ("x" * 11, "x" * 10_000_000):
        with pytest.raises(InvalidAnswer, match="10 characters"):
            open_text.clean(body, raw)


def test_open_answer_waits_for_a_person() -> None:
    outcome = open_text.mark(BODIES["open_text"], {"text": "I ask"})
    assert (outcome.credit, outcome.tier) == (None, "person")


def test_feedback_of_an_open_answer_shows_what_earns_what() -> None:
    body = BODIES["open_text"]
    assert open_text.text(body, {"text": "I ask"}) == "I ask"
    assert open_text.expected(body) == ["Asks someone who knows"]
    levels = open_text.levels(body)
    assert [(level.id, level.credit) for level in levels] == [("full", 1), ("half", Decimal("0.5")), ("none", 0)]
    assert levels[0].ideas == [{"idea": "Asks someone who knows", "example": "Ask my teacher"}]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": ""}, "no text"),
        ({"rubric": []}, "full credit"),
        ({"rubric": [{"level": "most", "idea": "x"}]}, "level"),
        ({"rubric": [{"level": "full", "idea": " "}]}, "idea"),
        ({"rubric": "full"}, "level"),
        ({"max_length": 0}, "longest"),
        ({"max_length": True}, "longest"),
    ],
)
def test_open_item_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(open_text.problems(BODIES["open_text"] | change))
