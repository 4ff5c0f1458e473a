"""Ordering: entries that the learner puts into the right order."""

from decimal import Decimal
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.item_types import InvalidAnswer, ordering
from tests.content import rules

BODY: dict[str, Any] = {
    "stem": "Put the steps in order.",
    "entries": [
        {"id": "c", "text": "Third"},
        {"id": "a", "text": "*First*"},
        {"id": "d", "text": "Fourth"},
        {"id": "b", "text": "Second"},
    ],
    "key": ["a", "b", "c", "d"],
    "scoring": "position",
    "section": None,
}
SCORINGS = [BODY | {"scoring": scoring} for scoring in ordering.SCORING]
NAMES = st.sampled_from(["a", "b", "c", "d", "", "q"])
FIELDS = st.sampled_from(["entry-id", "entry-text", "entry-position", "scoring", "x"])


@pytest.mark.parametrize(
    ("order", "exact", "neighbours", "position"),
    [
        ("abcd", "1", "1", "1"),
        ("dcba", "0", "0", "0"),
        ("bcda", "0", "0.6667", "0"),  # each but the last is followed by the right one, and nothing is at its place
        ("abdc", "0", "0.3333", "0.5"),
        ("acbd", "0", "0", "0.5"),
        ("cdab", "0", "0.6667", "0"),
        ("dabc", "0", "0.6667", "0"),
        ("adcb", "0", "0", "0.5"),
    ],
)
def test_order_earns_by_the_whole_by_neighbours_or_by_position(
    order: str, exact: str, neighbours: str, position: str
) -> None:
    credits = [ordering.mark(body, {"order": list(order)}).credit for body in SCORINGS]
    assert [round(credit, 4) for credit in credits if credit is not None] == [
        Decimal(exact),
        Decimal(neighbours),
        Decimal(position),
    ]


def test_the_order_of_the_entries_themselves_says_nothing() -> None:
    turned = BODY | {"entries": BODY["entries"][::-1]}
    for function in (ordering.key, ordering.expected, ordering.categories):
        assert function(turned) == function(BODY)
    assert ordering.mark(turned, {"order": list("abcd")}).credit == 1
    assert [entry["id"] for entry in ordering.public(turned)["entries"]] == ["b", "d", "a", "c"]
    assert "key" not in ordering.public(BODY)


def test_guessing_earns_what_all_orders_earn_on_average() -> None:
    for body in SCORINGS:
        credits = [ordering.mark(body, {"order": list(order)}).credit or Decimal(0) for order in permutations("abcd")]
        assert round(sum(credits, Decimal(0)) / len(credits), 9) == round(ordering.guess(body) or Decimal(0), 9)


def test_unfinished_order_is_kept_with_its_free_positions() -> None:
    answer = ordering.clean(BODY, ordering.from_form(BODY, {"c": ["3"], "a": ["1"], "b": [""]}))
    assert answer == {"order": ["a", "", "c", ""]}
    assert ordering.text(BODY, answer) == "1. First\n3. Third"
    assert ordering.to_form(BODY, answer) == {"a": ["1"], "c": ["3"]}
    assert [ordering.mark(body, answer).credit for body in SCORINGS] == [0, 0, Decimal("0.5")]
    assert ordering.categorise(BODY, answer) == ["a:1", "c:3"]
    assert ordering.rationale(BODY, answer) == "2 of 4 entries are at their position."


def test_two_entries_at_one_position_are_refused_by_its_number() -> None:
    with pytest.raises(InvalidAnswer, match="position 2"):
        ordering.clean(BODY, ordering.from_form(BODY, {"a": ["2"], "b": ["2"]}))


@pytest.mark.parametrize("position", ["0", "5", "x", "-1", "1.5", "²", "1" * 5000])
def test_what_is_no_position_is_refused(position: str) -> None:
    with pytest.raises(InvalidAnswer):
        ordering.clean(BODY, ordering.from_form(BODY, {"a": [position]}))


@pytest.mark.parametrize("order", [["a", "a"], ["q"], ["a", "b", "c", "d", ""], [["a"]], "abcd", 1, {"a": 1}])
def test_what_is_no_order_is_refused(order: Any) -> None:
    with pytest.raises(InvalidAnswer):
        ordering.clean(BODY, {"order": order})


def test_key_names_what_earns_credit() -> None:
    exact, neighbours, position = (ordering.key(body) for body in SCORINGS)
    assert exact == [("1. First; 2. Second; 3. Third; 4. Fourth", 1)]
    assert neighbours[0] == ("First → Second", Decimal("0.333"))
    assert position[3] == ("4. Fourth", Decimal("0.25"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": ""}, "no text"),
        ({"entries": BODY["entries"][:1], "key": ["c"]}, "at least two"),
        ({"key": ["a", "b", "c"]}, "every entry once"),
        ({"key": ["a", "b", "c", "c"]}, "every entry once"),
        ({"key": [["a"], "b", "c", "d"]}, "every entry once"),
        ({"key": None}, "every entry once"),
        ({"entries": [*BODY["entries"], {"id": "e", "text": "third "}]}, "read the same"),
        ({"entries": [*BODY["entries"], {"id": "a", "text": "Fifth"}]}, "share an id"),
        ({"entries": [*BODY["entries"], {"id": "e", "text": ""}]}, "has no text"),
        ({"entries": [*BODY["entries"], {"id": "", "text": "x"}]}, "needs an id"),
        ({"scoring": "longest"}, "scoring"),
    ],
)
def test_ordering_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(ordering.problems(BODY | change))


def test_editor_reads_entries_in_their_order_or_by_their_positions() -> None:
    fields = {
        "entry-id": ["x", "y", "", "z"],
        "entry-text": ["Last", "First", "New", " "],
        "entry-position": ["9", "1", "", "2"],
        "scoring": ["adjacent_pairs"],
    }
    assert ordering.from_editor(fields) == {
        "entries": [{"id": "y", "text": "First"}, {"id": "c", "text": "New"}, {"id": "x", "text": "Last"}],
        "key": ["y", "c", "x"],
        "scoring": "adjacent_pairs",
    }


@given(
    raw=st.builds(dict, order=st.permutations("abcd") | st.lists(NAMES | rules.LEAVES, max_size=6) | rules.JSON)
    | st.builds(dict, positions=st.dictionaries(NAMES, st.sampled_from(["1", "2", "4", "7"]) | rules.LEAVES))
)
def test_any_answer_to_an_ordering_is_cleaned_once_for_all_or_refused(raw: Any) -> None:
    for body in SCORINGS:
        rules.answer_is_cleaned_once_for_all_or_refused("ordering", body, raw)
        rules.any_stored_answer_raises_invalid_answer_only("ordering", body, raw)


@given(fields=st.dictionaries(NAMES, st.lists(st.sampled_from("1234") | st.text())))
def test_any_fields_are_an_order_or_refused(fields: dict[str, list[str]]) -> None:
    rules.any_fields_of_its_control_are_an_answer_or_refused("ordering", BODY, fields)


@given(fields=st.dictionaries(FIELDS, st.lists(st.sampled_from(["a", "b", "1", "exact", ""]) | st.text(max_size=9))))
def test_any_fields_of_its_editor_make_an_ordering(fields: dict[str, list[str]]) -> None:
    rules.any_fields_of_its_editor_make_a_body("ordering", fields)


@given(
    body=st.fixed_dictionaries(
        {"stem": rules.LEAVES},
        optional={
            "entries": st.lists(st.dictionaries(st.sampled_from(["id", "text"]), rules.LEAVES)) | rules.JSON,
            "key": rules.JSON,
            "scoring": rules.JSON,
        },
    )
)
def test_any_body_of_an_ordering_has_problems_or_none(body: Any) -> None:
    rules.any_body_has_problems_or_none("ordering", body)
