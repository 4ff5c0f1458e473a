"""Short text, and how typed texts are compared."""

from decimal import Decimal
from time import process_time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import item_types
from content.item_types import InvalidAnswer, short_text
from content.marking import texts
from tests.content import kind_rules

KIND = item_types.get("short_text")
ANSWERS = [
    {"text": "Zürich", "credit": 1, "match": "exact", "feedback": "The largest city."},
    {"text": "Zürich*", "credit": 0.5, "match": "wildcard", "feedback": "Only the name."},
    {"text": "Winterthur", "credit": 0.5, "match": "close", "distance": 2, "feedback": ""},
    {"text": r"(the )?capital \d+", "credit": 0.25, "match": "regex", "feedback": ""},
]
BODY: dict[str, Any] = {
    "stem": "Name a city.",
    "answers": ANSWERS,
    "case_sensitive": False,
    "accent_sensitive": True,
    "section": None,
}
HOSTILE = [
    "(a*)*b",
    "(a|aa)+$",
    "(x+x+)+y",
    "(a{0,100}){0,10}b",
    "(.{0,99}){0,9}z",
    r"(\pL{0,60}){0,9}z",
    "(",
    "a{1000}{1000}",
    "(?:[^a]|[^b]|.){0,900}q",
    "(?P<x>a)(?P=x)",
    r"(a)\1",
    "[[:alpha:]",
    "\ud800",
    "\x00",
    "*" * 1000,
    r"\*" * 400,
    "a*" * 400,
]
MODES = st.sampled_from(texts.MATCHES)


@given(raw=kind_rules.answers("zürich", "Zurich", text=st.text(max_size=300)))
def test_any_answer_is_cleaned_once_for_all_or_refused(raw: Any) -> None:
    kind_rules.check_answer(KIND, BODY, raw)


@given(
    fields=kind_rules.fields(
        "answer-text", "answer-credit", "answer-match", "answer-distance", "case_sensitive", "max_length"
    )
)
def test_any_fields_of_the_editor_make_a_body(fields: dict[str, list[str]]) -> None:
    kind_rules.check_editor(KIND, fields)


@given(
    text=st.text(), pattern=st.text() | st.sampled_from(HOSTILE), match=MODES, case=st.booleans(), accents=st.booleans()
)
def test_no_pattern_and_no_text_raise(text: str, pattern: str, match: str, case: bool, accents: bool) -> None:
    assert texts.matches(text, pattern, match, case=case, accents=accents) in (True, False)
    assert texts.faulty(pattern, match) in (True, False)
    assert isinstance(texts.readable(pattern, match), str)


@given(text=st.text(), case=st.booleans(), accents=st.booleans())
def test_text_matches_itself_as_written_and_with_its_stars_escaped(text: str, case: bool, accents: bool) -> None:
    text = texts.storable(text).replace("\ue000", "")
    assert texts.matches(text, text, "exact", case=case, accents=accents)
    if "\\" not in text:
        assert texts.matches(text, text.replace("*", r"\*"), "wildcard", case=case, accents=accents)
    assert texts.matches(text, text, "close", case=case, accents=accents)


@pytest.mark.parametrize("pattern", HOSTILE)
@pytest.mark.parametrize("match", ["regex", "wildcard", "close"])
def test_hostile_pattern_takes_no_time_on_a_long_text(pattern: str, match: str) -> None:
    texts.matches("warm", pattern, match, case=False, accents=False)
    for text in ("a" * 20_000, "é" * 20_000, "ab" * 10_000):
        started = process_time()
        texts.matches(text, pattern, match, case=False, accents=False, edits=20)
        assert process_time() - started < 2


@pytest.mark.parametrize(
    ("text", "pattern", "match", "options", "matched"),
    [
        ("paris", "Paris", "exact", {}, True),
        ("paris", "Paris", "exact", {"case": True}, False),
        ("  New \t York ", "new york", "exact", {}, True),
        ("e\u0301t\u00e9", "\u00e9t\u00e9", "exact", {}, True),
        ("ete", "été", "exact", {}, False),
        ("ete", "été", "exact", {"accents": False}, True),
        ("STRASSE", "Straße", "exact", {}, True),
        ("ran away", "ran*", "wildcard", {}, True),
        ("ran", "ran*", "wildcard", {}, True),
        ("he ran", "ran*", "wildcard", {}, False),
        ("a horse and a cart", "*horse*cart", "wildcard", {}, True),
        ("3*4", r"3\*4", "wildcard", {}, True),
        ("3x4", r"3\*4", "wildcard", {}, False),
        ("3x4", "3*4", "exact", {}, False),
        ("a.b", "a.b", "wildcard", {}, True),
        ("axb", "a.b", "wildcard", {}, False),
        (r"\d", r"\d", "wildcard", {}, True),
        ("colour", "colou?r", "regex", {}, True),
        ("the colour", "colou?r", "regex", {}, False),
        ("COLOR", "colou?r", "regex", {}, True),
        ("COLOR", "colou?r", "regex", {"case": True}, False),
        ("12", r"\d+", "regex", {}, True),
        ("ab", r"\D+", "regex", {}, True),
        ("cafe", "café|tea", "regex", {"accents": False}, True),
        ("(", "(", "regex", {}, False),
        ("Winterthru", "Winterthur", "close", {"edits": 2}, True),
        ("Wintertur", "Winterthur", "close", {"edits": 1}, True),
        ("Wnterthru", "Winterthur", "close", {"edits": 2}, False),
    ],
)
def test_texts_are_compared_as_the_author_asks(
    text: str, pattern: str, match: str, options: dict[str, Any], matched: bool
) -> None:
    assert texts.matches(text, pattern, match, **({"case": False, "accents": True} | options)) is matched


@pytest.mark.parametrize(
    ("text", "credit", "tier"),
    [
        ("zürich", 1, "exact"),
        ("Zürich HB", Decimal("0.5"), "wildcard"),
        ("Winterthr", Decimal("0.5"), "close"),
        ("The Capital 12", Decimal("0.25"), "regex"),
        ("Bern", 0, "exact"),
        (" ", 0, "blank"),
    ],
)
def test_first_answer_with_the_highest_credit_decides(text: str, credit: Decimal, tier: str) -> None:
    outcome = short_text.mark(BODY, {"text": text})
    assert (outcome.credit, outcome.tier) == (credit, tier)
    turned = short_text.mark(BODY | {"answers": ANSWERS[::-1]}, {"text": text})
    assert turned.credit == credit


def test_feedback_and_category_are_those_of_the_answer_that_decides() -> None:
    assert short_text.rationale(BODY, {"text": "zürich"}) == "The largest city."
    assert short_text.rationale(BODY, {"text": "Zürich Nord"}) == "Only the name."
    assert short_text.rationale(BODY, {"text": "Bern"}) == ""
    counted = [short_text.categorise(BODY, {"text": text}) for text in ("zürich", "Zürich Nord", "Bern", "")]
    assert counted == [["1"], ["2"], ["other"], [""]]
    assert [one.label for one in short_text.categories(BODY)][:2] == ["Zürich", "Zürich…"]


def test_guess_is_the_credit_of_a_bare_wildcard() -> None:
    assert short_text.guess(BODY) == 0
    anything = {"text": "*", "credit": 0.2, "match": "wildcard"}
    assert short_text.guess(BODY | {"answers": [*ANSWERS, anything]}) == Decimal("0.2")


def test_answer_is_one_composed_line() -> None:
    assert short_text.clean(BODY, "cafe\u0301\r\n\x00x\ud800") == {"text": "caf\u00e9 x\ufffd"}


@pytest.mark.parametrize("raw", [1, True, ["a"], {"text": ["a"]}, "a" * 256, "a" * 10_000_000])
def test_what_is_no_short_text_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidAnswer):
        short_text.clean(BODY, raw)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stem": ""}, "no text"),
        ({"answers": []}, "full credit"),
        ({"answers": [ANSWERS[1]]}, "full credit"),
        ({"answers": "a"}, "way to compare"),
        ({"answers": [ANSWERS[0] | {"match": ["exact"]}]}, "way to compare"),
        ({"answers": [ANSWERS[0] | {"credit": 2}]}, "between 0 and 1"),
        ({"answers": [ANSWERS[0] | {"text": " "}]}, "has no text"),
        ({"answers": [ANSWERS[0] | {"text": "(", "match": "regex"}]}, "cannot be used"),
        ({"answers": [ANSWERS[0] | {"text": "a" * 1001}]}, "cannot be used"),
        ({"answers": [ANSWERS[0] | {"distance": 99}]}, "whole number"),
        ({"answers": [ANSWERS[0]] * 101}, "more than 100"),
        ({"max_length": 0}, "longest"),
        ({"max_length": "x"}, "longest"),
        ({"case_sensitive": "no"}, "capitals"),
    ],
)
def test_question_that_cannot_be_published_says_why(change: dict[str, Any], words: str) -> None:
    assert words in " ".join(short_text.problems(BODY | change))


def test_what_a_careful_author_looks_at_again() -> None:
    assert short_text.warnings(BODY, shuffled=False) == []
    star = {"text": "a*b", "credit": 1, "match": "exact"}
    close = {"text": "cat", "credit": 1, "match": "close", "distance": 2}
    covered = {"text": "cats", "credit": 0.5, "match": "exact"}
    found = short_text.warnings(BODY | {"answers": [star, close, covered]}, shuffled=False)
    assert [text.split()[-1] for text in found] == ["anything.", "“cat”.", "it."]


def test_body_goes_through_the_editor_unchanged() -> None:
    fields = {f"answer-{name}": [str(one.get(name, "")) for one in ANSWERS] for name in ("text", "match", "feedback")}
    fields |= {"answer-credit": ["100", "50", "50", "25"], "answer-distance": ["", "", "2", ""]}
    body = BODY | short_text.from_editor(fields | {"accent_insensitive": ["1"], "max_length": ["40"]})
    assert body == BODY | {"accent_sensitive": False, "max_length": 40}
