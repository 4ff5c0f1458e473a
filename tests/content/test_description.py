"""Text between the questions."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content.item_types import InvalidAnswer, description
from content.models import KeyState
from tests.content import rules

BODY: dict[str, Any] = {"stem": "Read the *table* first.", "section": None}


def test_description_asks_nothing_and_earns_nothing() -> None:
    outcome = description.mark(BODY, {})
    assert (outcome.credit, outcome.tier) == (0, "none")
    assert description.public(BODY) == {"stem": "Read the *table* first."}
    assert (description.expected(BODY), description.key(BODY), description.guess(BODY)) == ([], [], None)
    assert description.SCORED is False


def test_description_needs_no_key_but_is_not_published_once_retired() -> None:
    assert set(KeyState.values) - set(description.PUBLISHABLE) == {"retired"}


@pytest.mark.parametrize("raw", ["a", ["a"], {"option": "a"}, 1, True])
def test_an_answer_to_a_description_is_refused(raw: Any) -> None:
    with pytest.raises(InvalidAnswer):
        description.clean(BODY, raw)


def test_description_without_text_cannot_be_published() -> None:
    assert description.problems({"stem": " \n"}) == ["The text is empty."]


@settings(deadline=None)
@given(raw=rules.JSON)
def test_any_answer_to_a_description_is_blank_or_refused(raw: Any) -> None:
    rules.answer_is_cleaned_once_for_all_or_refused("description", BODY, raw)
    rules.any_stored_answer_raises_invalid_answer_only("description", BODY, raw)


@settings(deadline=None)
@given(fields=st.dictionaries(st.text(), st.lists(st.text())))
def test_any_fields_make_a_description(fields: dict[str, list[str]]) -> None:
    rules.any_fields_of_its_editor_make_a_body("description", fields)
