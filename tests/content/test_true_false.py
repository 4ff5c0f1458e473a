"""True or false."""

from typing import Any

import pytest
from hypothesis import given

from content import item_types
from content.item_types import InvalidAnswer, true_false
from tests.content import kind_rules

KIND = item_types.get("true_false")
BODY = {
    "stem": "The earth is round.",
    "correct": True,
    "rationales": {"true": "Nearly.", "false": "Look at ships."},
    "section": None,
}


@given(raw=kind_rules.answers(True, False, "true", value=kind_rules.LEAVES))
def test_any_answer_is_cleaned_once_for_all_or_refused(raw: Any) -> None:
    kind_rules.check_answer(KIND, BODY, raw)


@given(fields=kind_rules.fields("correct", "rationale-true", "rationale-false"))
def test_any_fields_of_the_editor_make_a_body(fields: dict[str, list[str]]) -> None:
    kind_rules.check_editor(KIND, fields)


@pytest.mark.parametrize(
    ("raw", "correct", "credit"),
    [
        (True, True, 1),
        (False, True, 0),
        ("true", True, 1),
        ("false", False, 1),
        ({"value": True}, False, 0),
        ({"value": False}, False, 1),
        ({}, False, 0),
        ({"value": None}, True, 0),
    ],
)
def test_answer_is_marked_by_what_the_statement_is(raw: Any, correct: bool, credit: int) -> None:
    body = BODY | {"correct": correct}
    assert true_false.mark(body, true_false.clean(body, raw)).credit == credit


@pytest.mark.parametrize("raw", [1, 0, "True", "yes", [True], {"value": "a"}, {"value": {}}, "true\x00"])
def test_what_is_neither_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidAnswer):
        true_false.clean(BODY, raw)


def test_feedback_belongs_to_the_answer() -> None:
    assert true_false.rationale(BODY, {"value": False}) == "Look at ships."
    assert true_false.text(BODY, {"value": False}) == "False"
    assert true_false.expected(BODY) == ["True"]
    assert true_false.rationale(BODY, {}) == ""


def test_body_goes_through_the_editor_unchanged() -> None:
    fields = {"correct": ["true"], "rationale-true": ["Nearly."], "rationale-false": ["Look at ships."]}
    assert true_false.from_editor(fields) == {name: BODY[name] for name in ("correct", "rationales")}


def test_new_question_has_no_key_yet() -> None:
    assert true_false.problems({"stem": "So?"} | true_false.from_editor({})) == [
        "Say whether the statement is true or false."
    ]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": " "}, "no text"),
        ({"correct": 1}, "true or false"),
        ({"rationales": []}, "texts"),
        ({"rationales": {"true": 1}}, "texts"),
    ],
)
def test_question_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(true_false.problems(BODY | change))
    assert true_false.problems(BODY) == []


def test_missing_rationale_is_a_warning() -> None:
    assert true_false.warnings(BODY, shuffled=True) == []
    assert true_false.warnings(BODY | {"rationales": {"true": "x"}}, shuffled=True) == ["An answer has no rationale."]
