"""Multiple response."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import item_types, rendering
from content.item_types import InvalidAnswer, multiple_response
from tests.content import kind_rules

KIND = item_types.get("multiple_response")
OPTIONS = [
    {"id": "a", "text": "2", "credit": 0.5, "rationale": "The only even one."},
    {"id": "b", "text": "3", "credit": 0.5, "rationale": "Odd and prime."},
    {"id": "c", "text": "4", "credit": -0.5, "rationale": "Two times two."},
    {"id": "d", "text": "1", "credit": 0, "rationale": "By convention."},
]
BODY: dict[str, Any] = {
    "stem": "Which are prime?",
    "options": OPTIONS,
    "scoring": "right_minus_wrong",
    "section": None,
}
BODIES = [BODY | {"scoring": scoring} for scoring in multiple_response.SCORING] + [BODY | {"max_choices": 2}]
SUBSETS = st.lists(st.sampled_from("abcd"), max_size=6)


@given(body=st.sampled_from(BODIES), raw=kind_rules.answers(["a"], "a", options=SUBSETS))
def test_any_answer_is_cleaned_once_for_all_or_refused(body: dict[str, Any], raw: Any) -> None:
    kind_rules.check_answer(KIND, body, raw)


@given(
    fields=kind_rules.fields(
        "option-id", "option-text", "option-credit", "option-rationale", "pinned", "scoring", "max_choices"
    )
)
def test_any_fields_of_the_editor_make_a_body(fields: dict[str, list[str]]) -> None:
    kind_rules.check_editor(KIND, fields)


@given(
    credits=st.lists(st.integers(-100, 100), min_size=2, max_size=5),
    scoring=st.sampled_from(multiple_response.SCORING),
    chosen=st.lists(st.integers(0, 4)),
)
def test_any_credits_keep_the_mark_within_bounds(credits: list[int], scoring: str, chosen: list[int]) -> None:
    options = [
        {"id": str(at), "text": f"T{at}", "credit": credit / 100, "rationale": ""} for at, credit in enumerate(credits)
    ]
    body = {"stem": "Which?", "options": options, "scoring": scoring}
    if not multiple_response.problems(body):
        kind_rules.check_published(KIND, body)
        kind_rules.check_answer(KIND, body, [str(at) for at in chosen if at < len(options)])
        right = [option["id"] for option in options if option["credit"] > 0]
        assert multiple_response.mark(body, {"options": right}).credit == 1


@pytest.mark.parametrize(
    ("scoring", "chosen", "credit"),
    [
        ("all_or_nothing", "ab", 1),
        ("all_or_nothing", "a", 0),
        ("all_or_nothing", "abd", 0),
        ("right_minus_wrong", "ab", 1),
        ("right_minus_wrong", "a", Decimal("0.5")),
        ("right_minus_wrong", "abd", Decimal("0.5")),
        ("right_minus_wrong", "abcd", 0),
        ("right_minus_wrong", "cd", 0),
        ("per_option", "ab", 1),
        ("per_option", "abd", 1),
        ("per_option", "abc", Decimal("0.5")),
        ("per_option", "c", 0),
        ("per_option", "a", Decimal("0.5")),
    ],
)
def test_answer_is_marked_by_the_scoring(scoring: str, chosen: str, credit: Decimal) -> None:
    assert multiple_response.mark(BODY | {"scoring": scoring}, {"options": list(chosen)}).credit == credit


def test_thirds_add_up_to_full_credit() -> None:
    thirds = [{"id": name, "text": name, "credit": 0.3333333, "rationale": ""} for name in "abc"]
    body = BODY | {"options": thirds, "scoring": "per_option"}
    assert multiple_response.problems(body) == []
    assert multiple_response.mark(body, {"options": ["a", "b", "c"]}).credit == 1
    assert multiple_response.mark(body, {"options": ["a", "b"]}).credit == Decimal("0.6666666")


def test_answer_is_stored_in_the_order_of_the_body_and_each_option_once() -> None:
    assert multiple_response.clean(BODY, ["d", "a", "a", ""]) == {"options": ["a", "d"]}
    assert multiple_response.clean(BODY, []) == {}


@pytest.mark.parametrize("raw", ["a", {"options": "ab"}, ["z"], [1], [["a"]], {"options": {"a": 1}}, True])
def test_what_is_no_list_of_options_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidAnswer):
        multiple_response.clean(BODY, raw)


def test_more_than_may_be_chosen_is_refused_in_words() -> None:
    with pytest.raises(InvalidAnswer, match="2 options at most"):
        multiple_response.clean(BODY | {"max_choices": 2}, ["a", "b", "c"])


def test_feedback_says_of_each_chosen_option_whether_it_is_right() -> None:
    told = rendering.plain(multiple_response.rationale(BODY, {"options": ["c", "a"]}))
    assert told.splitlines() == ["✓ Correct: 2", "The only even one.", "✗ Incorrect: 4", "Two times two."]
    assert multiple_response.text(BODY, {"options": ["c", "a"]}) == "2; 4"


def test_every_chosen_option_is_counted() -> None:
    assert multiple_response.categorise(BODY, {"options": ["a", "c"]}) == ["a", "c"]
    assert [one.id for one in multiple_response.categories(BODY) if one.keyed] == ["a", "b"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": ""}, "no text"),
        ({"options": OPTIONS[:1]}, "at least two"),
        ({"options": [OPTIONS[2], OPTIONS[3]]}, "No option is right"),
        ({"options": [*OPTIONS, OPTIONS[0]]}, "share an id"),
        ({"options": [OPTIONS[0], OPTIONS[0] | {"id": "z", "text": " 2 "}]}, "read the same"),
        ({"options": [OPTIONS[0] | {"credit": 2}, OPTIONS[1]]}, "between -1 and 1"),
        ({"options": [OPTIONS[0] | {"credit": float("nan")}, OPTIONS[1]]}, "between -1 and 1"),
        ({"options": [OPTIONS[0], OPTIONS[2]], "scoring": "per_option"}, "less than 100 %"),
        ({"options": [OPTIONS[0] | {"credit": True}]}, "id, a text and a credit"),
        ({"options": "ab"}, "id, a text and a credit"),
        ({"scoring": "most"}, "how the options are scored"),
        ({"scoring": ["per_option"]}, "how the options are scored"),
        ({"max_choices": 0}, "whole number"),
        ({"max_choices": True}, "whole number"),
        ({"max_choices": 1}, "More options are right"),
    ],
)
def test_question_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(multiple_response.problems(BODY | change))


def test_what_a_careful_author_looks_at_again() -> None:
    assert multiple_response.warnings(BODY, shuffled=True) == []
    every = BODY | {"options": [option | {"credit": 0.25} for option in OPTIONS]}
    assert "Every option is right" in multiple_response.warnings(every, shuffled=False)[0]
    free = BODY | {"options": [OPTIONS[0], OPTIONS[1], OPTIONS[3]], "scoring": "per_option"}
    assert "takes credit away" in multiple_response.warnings(free, shuffled=False)[0]
    above = [*OPTIONS, {"id": "e", "text": "None of the above", "credit": 0, "rationale": "So."}]
    assert "pin it" in multiple_response.warnings(BODY | {"options": above}, shuffled=True)[0]


def test_body_goes_through_the_editor_unchanged() -> None:
    fields = {f"option-{name}": [str(option[name]) for option in OPTIONS] for name in ("id", "text", "rationale")}
    fields |= {"option-credit": ["50", "50", "-50", "0"], "pinned": ["d"], "scoring": ["per_option"]}
    options = [option | ({"pinned": True} if option["id"] == "d" else {}) for option in OPTIONS]
    body = multiple_response.from_editor(fields | {"max_choices": ["2"]})
    assert body == {"options": options, "scoring": "per_option", "max_choices": 2}
