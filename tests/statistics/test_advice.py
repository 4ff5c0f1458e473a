"""Which questions a teacher is asked to look at, and that chance and small classes ask for none."""

from fractions import Fraction
from random import Random
from typing import Any

import pytest
from django.utils import translation
from django.utils.html import strip_tags

from assessment.statistics import advice, formulas
from assessment.statistics.advice import Advice, questions_to_look_at
from assessment.statistics.formulas import Sample

LABELS = {"a": "decision framework", "b": "training data", "c": "prompt", "": "No answer"}


def correlation(x: list[int], y: list[int]) -> dict[str, Any]:
    def sample(values: list[int]) -> Sample:
        return Sample(len(values), sum(values), sum(one * one for one in values))

    return formulas.correlation(sample(x), sample(y), sum(a * b for a, b in zip(x, y, strict=True)), "r")


def question(chosen: str, *, kind: str = "choice", position: int = 2, **changes: Any) -> dict[str, Any]:
    """A question with key `a`, from what was chosen by each learner, the weakest first; `-` is a blank."""
    answers = ["" if one == "-" else one for one in chosen]
    n, rest = len(answers), list(range(len(answers)))
    points = [int(one == "a") for one in answers]
    cut = {"lower": answers[: n // 3], "middle": answers[n // 3 : n - n // 3], "upper": answers[n - n // 3 :]}
    wrong = n - sum(points)
    categories = [
        {
            "category": name,
            "label": label,
            "keyed": name == "a",
            "count": answers.count(name),
            "share": formulas.share(Fraction(answers.count(name)), n),
            "share_of_wrong": formulas.share(Fraction(answers.count(name)), wrong) if wrong and name != "a" else None,
            "rest_correlation": correlation([int(one == name) for one in answers], rest),
            "thirds": {third: formulas.share(Fraction(part.count(name)), len(part)) for third, part in cut.items()},
        }
        for name, label in LABELS.items()
    ]
    return {
        "position": position,
        "kind": kind,
        "n": n,
        "blanks": formulas.share(Fraction(answers.count("")), n),
        "facility": formulas.share(Fraction(sum(points)), n),
        "discrimination": correlation(points, rest),
        "categories": categories,
        "common_answers": [],
    } | changes


def said(*items: dict[str, Any], most: int | None = 3) -> list[tuple[str, str]]:
    return [(one.kind, strip_tags(one.text)) for one in questions_to_look_at({"items": items}, most)]


CASES = {
    "the best choose a wrong option": (
        "a" * 15 + "b" * 15,
        "key",
        "Half of the class chose training data in question 2; the key is decision framework. "
        "Those who chose it did well otherwise: look at the key.",
    ),
    "the best prefer a wrong option though the key is common too": ("a" * 20 + "c" * 10 + "b" * 20, "key", "Nearly"),
    "strong and weak alike choose a wrong option": (
        "bbcbbcbbcbbcbbcbbcbbcbbcbbcbba" * 2,
        "key",
        "Two thirds of the class chose training data in question 2, and so did most of the strongest third; "
        "the key is decision framework. Look at the key; if it is right, explain this again.",
    ),
    "nearly nobody got it": (
        "cbbcb" * 8 + "cbcacbabca" * 2,
        "reteach",
        "Question 2 was hard: the class earned a tenth of its points. "
        "The most common wrong answer was training data: explain this again.",
    ),
    "many left it blank": (
        "-" * 20 + "abc" * 5 + "a" * 25,
        "blank",
        "A third of the class left question 2 blank: check that there was time for it and that its text is clear.",
    ),
    "most left it blank": (
        "-" * 50 + "abcab" * 2,
        "blank",
        "Three quarters of the class left question 2 blank: check that there was time for it and that its text is "
        "clear.",
    ),
    "strong and weak do alike": (
        "abacab" * 20,
        "separation",
        "Those who did well otherwise did no better in question 2 than the others. Its text may mislead: read it "
        "again.",
    ),
    "an option nobody chooses": (
        "b" * 80 + "ab" * 20 + "a" * 80,
        "unused",
        "Hardly anybody chose prompt in question 2: that makes the right answer easier to guess. Replace it one day.",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_each_trouble_of_a_question_is_said_in_one_sentence(case: str) -> None:
    chosen, kind, text = CASES[case]
    found = said(question(chosen))
    assert [name for name, _ in found] == [kind]
    assert found[0][1].startswith(text)


@pytest.mark.parametrize(
    "chosen",
    [
        "b" * 5 + "c" * 5 + "a" * 30,  # as it should be
        "b" * 2 + "a" * 38,  # easy
        "a" * 5,
        "b" * 5,  # a class of five says nothing of a question
        "aabbb",
        "a" * 4 + "b" * 5,
        "ababaababa",  # ten of them
        "abacab" * 4,  # strong and weak alike may be chance
        "b" * 8 + "a" * 40,  # `c` is unused, but few were wrong at all
        "c" * 10 + "b" * 10 + "a" * 9 + "b",  # the very best slipped
    ],
)
def test_good_questions_and_small_classes_are_left_in_peace(chosen: str) -> None:
    assert said(question(chosen)) == []


def test_judgement_begins_at_ten_answers_and_is_provisional_below_thirty() -> None:
    assert said(question("a" * 4 + "b" * 5)) == []
    assert [one.provisional for one in advice_of("a" * 5 + "b" * 10)] == [True]
    assert [one.provisional for one in advice_of("a" * 15 + "b" * 15)] == [False]


def advice_of(chosen: str) -> list[Advice]:
    return questions_to_look_at({"items": [question(chosen)]})


def test_key_comes_first_and_only_the_most_pressing_are_shown() -> None:
    items = [question(chosen, position=at) for at, (chosen, _, _) in enumerate(reversed(CASES.values()), 1)]
    kinds = [kind for kind, _ in said(*items, most=None)]
    assert kinds == ["key", "key", "key", "reteach", "blank", "blank", "separation", "unused"]
    assert [kind for kind, _ in said(*items)] == ["key", "key", "key"]


def test_half_right_option_that_good_learners_choose_is_no_rival_of_the_key() -> None:
    chosen = "c" * 40 + "cb" * 15 + "b" * 6 + "a" * 40
    found = question(chosen)
    half = found["categories"][1]
    half["rest_correlation"] = half["rest_correlation"] | {"value": 0.2, "ci": [0.05, 0.35]}
    assert said(found) == []


def test_several_right_options_are_not_measured_against_each_other() -> None:
    found = question("c" * 20 + "a" * 14 + "b" * 6, kind="multiple_response")
    for one in found["categories"]:
        one["keyed"] = one["category"] in ("a", "b")
    assert said(found) == []


def test_typed_answer_that_was_common_and_wrong_is_named() -> None:
    found = question("b" * 39 + "a", kind="short_text")
    found["common_answers"] = [
        {"answer": "<b>Paris</b>", "count": 30, "share": formulas.share(Fraction(30), 40)},
        {"answer": "decision framework", "count": 1, "share": formulas.share(Fraction(1), 40)},
    ]
    assert "The most common wrong answer was &lt;b&gt;Paris&lt;/b&gt;: explain" in said(found)[0][1]


def test_question_that_strong_learners_miss_is_named_without_options_to_blame() -> None:
    found = question("a" * 20 + "-" * 20, kind="open_text")
    found["categories"] = []
    assert said(found) == [
        (
            "key",
            "Those who did well otherwise got question 2 wrong more often than the others: look at its key and its "
            "text.",
        )
    ]


def test_report_with_a_part_of_the_figures_is_read_too() -> None:
    found = question("a" * 15 + "b" * 15)
    for name in ("blanks", "common_answers"):
        del found[name]
    for one in found["categories"]:
        del one["thirds"], one["share_of_wrong"]
    assert [kind for kind, _ in said(found)] == ["key"]


def test_question_that_waits_for_marks_is_not_judged() -> None:
    found = question("a" * 15 + "b" * 15, kind="open_text")
    waiting = {"value": None, "ci": None, "n": 3, "reason": "Some answers wait for a person."}
    assert said(found | {"facility": waiting, "discrimination": waiting, "categories": []}) == []


@pytest.mark.parametrize("n", [12, 20, 30, 60])
def test_chance_alone_hardly_ever_puts_a_good_key_in_doubt(n: int) -> None:
    random = Random(n)
    alarms = 0
    for _ in range(300):
        likely = [0.4 + 0.5 * at / n for at in range(n)]  # the key, from the weakest to the strongest
        chosen = "".join("a" if random.random() < one else random.choice("bc") for one in likely)
        alarms += any(kind == "key" for kind, _ in said(question(chosen)))
    assert alarms <= 3


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (1, "The whole class"),
        (0.95, "Nearly the whole class"),
        (0.75, "Three quarters of the class"),
        (2 / 3, "Two thirds of the class"),
        (0.55, "More than half of the class"),
        (0.5, "Half of the class"),
        (0.4, "Nearly half of the class"),
        (1 / 3, "A third of the class"),
        (0.25, "A quarter of the class"),
        (0.2, "A fifth of the class"),
        (0.1, "A tenth of the class"),
        (0.01, "A few of the class"),
    ],
)
def test_shares_are_said_in_words(share: float, words: str) -> None:
    with translation.override("en"):
        assert advice.who(share) == words
        assert advice.how_much(share).endswith("of its points")


@pytest.mark.parametrize(
    ("n", "r", "words"),
    [
        (9, 0.9, "too few to judge"),
        (10, 0.31, "separates well"),
        (10, 0.25, "separates somewhat"),
        (50, 0.1, "does not separate"),
        (50, -0.4, "does not separate"),
        (50, None, "cannot be computed"),
    ],
)
def test_discrimination_is_said_in_words(n: int, r: float | None, words: str) -> None:
    assert advice.separation({"n": n, "value": r}) == words
