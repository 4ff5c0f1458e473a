"""Matching: prompts, each with the choice that belongs to it."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.item_types import InvalidAnswer, matching
from tests.content import rules

BODY: dict[str, Any] = {
    "stem": "Match each country with its capital.",
    "prompts": [
        {"id": "p1", "text": "*Norway*", "match": "x"},
        {"id": "p2", "text": "Peru", "match": "y"},
        {"id": "p3", "text": "Old Norway", "match": "x"},
        {"id": "p4", "text": "Chad", "match": "z"},
    ],
    "choices": [
        {"id": "w", "text": "Rome"},
        {"id": "x", "text": "Oslo"},
        {"id": "y", "text": "Lima"},
        {"id": "z", "text": "N'Djamena"},
    ],
    "scoring": "per_pair",
    "section": None,
}
WHOLE = BODY | {"scoring": "all_or_nothing"}
RIGHT = {"p1": "x", "p2": "y", "p3": "x", "p4": "z"}
PAIRS = st.dictionaries(st.sampled_from(["p1", "p2", "p3", "p4", "p5"]), st.sampled_from("wxyzq") | rules.LEAVES)
FIELDS = st.sampled_from(
    ["pair-id", "pair-text", "pair-choice-id", "pair-choice", "other-id", "other-text", "pinned", "scoring", "x"]
)


@pytest.mark.parametrize(
    ("pairs", "share", "whole"),
    [
        (RIGHT, "1", "1"),
        (RIGHT | {"p1": "w"}, "0.75", "0"),
        ({"p1": "x"}, "0.25", "0"),
        ({"p1": "y", "p2": "x"}, "0", "0"),
        ({"p1": "y", "p3": "x"}, "0.25", "0"),
        ({}, "0", "0"),
    ],
)
def test_each_right_pair_earns_its_share_or_all_of_them_the_whole(pairs: Any, share: str, whole: str) -> None:
    assert matching.mark(BODY, {"pairs": pairs}).credit == Decimal(share)
    assert matching.mark(WHOLE, {"pairs": pairs}).credit == Decimal(whole)


def test_answer_reads_as_pairs_and_says_how_many_are_right() -> None:
    answer = {"pairs": {"p4": "w", "p1": "x"}}
    assert matching.text(BODY, answer) == "Norway – Oslo\nChad – Rome"
    assert matching.rationale(BODY, answer) == "1 of 4 pairs are right."
    assert matching.categorise(BODY, answer) == ["p1:x", "p4:w"]
    assert matching.expected(BODY) == ["Norway – Oslo", "Peru – Lima", "Old Norway – Oslo", "Chad – N'Djamena"]


def test_key_names_each_pair_with_its_share_or_all_together() -> None:
    assert [credit for _pair, credit in matching.key(BODY)] == [Decimal("0.25")] * 4
    assert matching.key(WHOLE) == [("; ".join(matching.expected(BODY)), 1)]


def test_guessing_is_right_once_in_as_many_times_as_there_are_choices() -> None:
    assert matching.guess(BODY) == Decimal("0.25")
    assert matching.guess(WHOLE) == Decimal("0.25") ** 4


def test_what_is_shown_says_nothing_of_which_choice_matches() -> None:
    assert matching.public(BODY)["prompts"][0] == {"id": "p1", "text": "*Norway*"}
    assert "match" not in str(matching.public(BODY))


@pytest.mark.parametrize(
    "raw", [{"pairs": {"p1": "q"}}, {"pairs": {"p9": "x"}}, {"pairs": {"p1": ["x"]}}, {"pairs": 1}]
)
def test_what_is_no_pair_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidAnswer):
        matching.clean(BODY, raw)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": ""}, "no text"),
        ({"prompts": BODY["prompts"][:1]}, "at least two prompts"),
        ({"choices": [{"id": "x", "text": "Oslo"}]}, "at least two choices"),
        ({"choices": BODY["choices"][:3]}, "no matching choice"),
        ({"choices": [*BODY["choices"], {"id": "v", "text": " oslo"}]}, "Two choices read the same"),
        ({"choices": [*BODY["choices"], {"id": "x", "text": "Bern"}]}, "Two choices share an id"),
        ({"prompts": [*BODY["prompts"], BODY["prompts"][0]]}, "Two prompts share an id"),
        ({"prompts": [*BODY["prompts"], {"id": "a:b", "text": "Mali", "match": "x"}]}, "needs an id"),
        ({"prompts": [*BODY["prompts"], {"id": "p5", "text": " ", "match": "x"}]}, "A prompt has no text"),
        ({"scoring": "sometimes"}, "scoring"),
        ({"prompts": None}, "needs an id"),
    ],
)
def test_matching_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(matching.problems(BODY | change))


def test_author_is_warned_where_the_last_pair_follows_from_the_others() -> None:
    exact = BODY | {"prompts": [BODY["prompts"][n] for n in (0, 1, 3)], "choices": BODY["choices"][1:]}
    assert matching.warnings(BODY, shuffled=True) == []
    assert "follows from the others" in matching.warnings(exact, shuffled=True)[0]


def test_editor_reads_pairs_with_shared_choices_and_choices_of_their_own() -> None:
    fields = {
        "pair-id": ["p1", "", "p3", ""],
        "pair-text": ["Norway", "Peru", "Old Norway", " "],
        "pair-choice-id": ["x", "", "x", ""],
        "pair-choice": ["Oslo", "Lima", "Oslo", ""],
        "other-id": ["w", ""],
        "other-text": ["None of these", ""],
        "pinned": ["w"],
        "scoring": ["all_or_nothing"],
    }
    assert matching.from_editor(fields) == {
        "prompts": [
            {"id": "p1", "text": "Norway", "match": "x"},
            {"id": "b", "text": "Peru", "match": "b"},
            {"id": "p3", "text": "Old Norway", "match": "x"},
        ],
        "choices": [
            {"id": "x", "text": "Oslo"},
            {"id": "b", "text": "Lima"},
            {"id": "w", "text": "None of these", "pinned": True},
        ],
        "scoring": "all_or_nothing",
    }


def test_choice_whose_text_is_changed_in_one_of_its_pairs_becomes_a_choice_of_its_own() -> None:
    fields = {"pair-id": ["p1", "p3"], "pair-text": ["A", "B"], "pair-choice-id": ["x", "x"], "pair-choice": ["1", "2"]}
    body = matching.from_editor(fields)
    assert [prompt["match"] for prompt in body["prompts"]] == ["x", "b"]
    assert matching.problems({"stem": "?"} | body) == []


@given(raw=st.builds(dict, pairs=PAIRS) | PAIRS | st.builds(dict, pairs=rules.JSON))
def test_any_answer_to_a_matching_is_cleaned_once_for_all_or_refused(raw: Any) -> None:
    for body in (BODY, WHOLE):
        rules.answer_is_cleaned_once_for_all_or_refused("matching", body, raw)
        rules.any_stored_answer_raises_invalid_answer_only("matching", body, raw)


@given(fields=st.dictionaries(st.sampled_from(["p1", "p2", "", "x"]), st.lists(st.sampled_from("xyq") | st.text())))
def test_any_fields_are_a_matching_answer_or_refused(fields: dict[str, list[str]]) -> None:
    rules.any_fields_of_its_control_are_an_answer_or_refused("matching", BODY, fields)


@given(fields=st.dictionaries(FIELDS, st.lists(st.sampled_from(["a", "b", "per_pair", ""]) | st.text(max_size=9))))
def test_any_fields_of_its_editor_make_a_matching(fields: dict[str, list[str]]) -> None:
    rules.any_fields_of_its_editor_make_a_body("matching", fields)


@given(
    body=st.fixed_dictionaries(
        {"stem": rules.LEAVES},
        optional={
            "prompts": st.lists(st.dictionaries(st.sampled_from(["id", "text", "match"]), rules.LEAVES)) | rules.JSON,
            "choices": st.lists(st.dictionaries(st.sampled_from(["id", "text"]), rules.LEAVES)) | rules.JSON,
            "scoring": rules.JSON,
        },
    )
)
def test_any_body_of_a_matching_has_problems_or_none(body: Any) -> None:
    rules.any_body_has_problems_or_none("matching", body)
