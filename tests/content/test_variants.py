"""What each learner gets: drawn by a seed, stored, and shown again as it was."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import variants
from content.models import Item, ItemVersion, QuizVersion, QuizVersionItem

OPTIONS = [{"id": name, "text": name.upper(), "credit": 1 if name == "a" else 0} for name in "abcd"]
PARAMETERS = {"a": {"from": 2, "to": 9, "step": 1}, "b": {"from": 0.5, "to": 2, "step": 0.25}}


def place(position: int, pool: str = "", **body: Any) -> QuizVersionItem:
    version = ItemVersion(
        item=Item(identifier=f"q{position}"),
        kind="choice",
        body={"stem": "?", "options": OPTIONS, **body},
        points=Decimal(1),
    )
    return QuizVersionItem(item_version=version, position=position, pool=pool)


def version(**fields: Any) -> QuizVersion:
    return QuizVersion(**{"pools": {}, "shuffle_questions": False, "shuffle_options": False, **fields})


def identifiers(drawn: Any) -> list[str]:
    return [one.item_version.item.identifier for one, _shown in drawn]


@given(st.integers(0, 2**62 - 1))
def test_a_seed_gives_the_same_again(seed: int) -> None:
    places = [place(number, pool="p" if number > 2 else "") for number in range(1, 9)]
    quiz = version(pools={"p": 3}, shuffle_questions=True, shuffle_options=True)
    first, second = variants.draw(quiz, places, seed), variants.draw(quiz, places, seed)
    assert [(id(one), shown) for one, shown in first] == [(id(one), shown) for one, shown in second]
    assert len(first) == 5
    assert {"q1", "q2"} <= set(identifiers(first))


def test_a_pool_gives_each_question_to_somebody() -> None:
    places = [place(number, pool="p") for number in range(1, 6)]
    seen = {name for seed in range(60) for name in identifiers(variants.draw(version(pools={"p": 2}), places, seed))}
    assert seen == {"q1", "q2", "q3", "q4", "q5"}


def test_without_shuffling_everything_stands_as_printed() -> None:
    places = [place(number) for number in range(1, 5)]
    drawn = variants.draw(version(), places, 7)
    assert identifiers(drawn) == ["q1", "q2", "q3", "q4"]
    assert [shown for _one, shown in drawn] == [{}] * 4


@given(st.integers(0, 1000))
def test_a_pinned_option_stays_and_the_others_move(seed: int) -> None:
    pinned = [*OPTIONS[:3], {**OPTIONS[3], "pinned": True}]
    [(_one, shown)] = variants.draw(version(shuffle_options=True), [place(1, options=pinned)], seed)
    order = [option["id"] for option in variants.apply({"options": pinned}, shown)["options"]]
    assert order[3] == "d"
    assert sorted(order) == ["a", "b", "c", "d"]


def test_a_question_can_keep_its_options_in_order() -> None:
    [(_one, shown)] = variants.draw(version(shuffle_options=True), [place(1, shuffle=False)], 3)
    assert shown == {}


@given(st.integers(0, 10_000))
def test_numbers_are_drawn_within_their_range_and_put_into_every_text(seed: int) -> None:
    body = {"stem": "What is {a} times {b}?", "answers": [{"value": "{=a*b}", "credit": 1}], "parameters": PARAMETERS}
    [(one, shown)] = variants.draw(version(), [place(1, **body)], seed)
    a, b = shown["parameters"]["a"], shown["parameters"]["b"]
    assert a in range(2, 10)
    assert b in [0.5, 0.75, 1, 1.25, 1.5, 1.75, 2]
    made = variants.apply(one.item_version.body, json.loads(json.dumps(shown)))
    assert made["stem"] == f"What is {a} times {variants.number(b)}?"
    assert float(made["answers"][0]["value"]) == pytest.approx(a * b)


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os')",
        "a.__class__",
        "9**9**9**9",
        "'a'*10**9",
        "(",
        "1/0",
        "unknown",
        "[1]*10**9",
        "a" * 199,
        "lambda: 1",
    ],
)
def test_an_expression_computes_numbers_and_nothing_else(expression: str) -> None:
    with pytest.raises(variants.BadExpression):
        variants.evaluate(expression, {"a": 1})


@pytest.mark.parametrize(("expression", "value"), [("2*a+1", 7), ("sqrt(a+1)", 2), ("a^2", 9), ("round(a/2, 1)", 1.5)])
def test_expressions_say_what_authors_mean(expression: str, value: float) -> None:
    assert variants.evaluate(expression, {"a": 3}) == pytest.approx(value)


@pytest.mark.parametrize(
    "parameters",
    [
        {"a": {"from": 5, "to": 1, "step": 1}},
        {"a": {"from": 1, "to": 5, "step": 0}},
        {"a": {"from": 1, "to": 5}},
        {"1a": {"from": 1, "to": 5, "step": 1}},
        {"a": {"from": 0, "to": 1e11, "step": 1e-3}},
        {"a": 3},
    ],
)
def test_a_range_that_cannot_be_drawn_from_is_a_problem(parameters: Any) -> None:
    assert variants.problems({"stem": "{a}", "parameters": parameters})


def test_an_expression_of_unknown_names_is_a_problem() -> None:
    assert variants.problems({"stem": "{=x+1}", "parameters": PARAMETERS})
