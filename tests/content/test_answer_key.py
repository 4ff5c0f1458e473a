"""A key is applied only where number and option texts agree; every misfit is reported by item."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import item_types
from content.formats import answer_key, sheet
from content.formats.answer_key import KeyProblem
from tests.content.conftest import KEY, LESSON, SHEET


def joined(key: str, text: str = SHEET) -> tuple[dict[str, Any], list[KeyProblem]]:
    drafts, problems = answer_key.join(sheet.read(text), answer_key.read(key), lesson=LESSON)
    return {draft.identifier: draft for draft in drafts}, [problem for problem in problems if problem.item is not None]


def changed(change: Callable[[dict[str, Any]], object]) -> str:
    data = json.loads(KEY)
    change(data)
    return json.dumps(data)


def test_key_joins_the_real_sheet() -> None:
    items, problems = joined(KEY)
    assert list(items) == [f"q{number}" for number in range(1, 11)]
    states = {name: item.key_state for name, item in items.items()}
    assert states == {name: "reviewed" if name == "q8" else "approved" for name in items}
    assert [problem.item for problem in problems] == [2]
    assert "disagreed" in problems[0].text
    for item in items.values():
        assert item_types.get(item.kind).problems(item.body) == []


def test_credits_sections_and_rationales_are_carried() -> None:
    items, _ = joined(KEY)
    full = {
        name: [option["text"] for option in item.body["options"] if option["credit"] == 1]
        for name, item in items.items()
        if item.kind == "choice"
    }
    assert full["q2"] == ["decision framework", "fine-tuning"]
    assert all(len(texts) == 1 for name, texts in full.items() if name != "q2")
    assert full["q9"] == ["Try RAG second when knowledge or domain context is the gap"]
    assert [item.body["section"] for item in items.values()] == [
        "summary", "title", "what-ai-does-well-here", "what-ai-cannot-do", None, None, None, None,
        "what-ai-does-well-here", "what-ai-cannot-do",
    ]  # fmt: skip
    assert [option["id"] for option in items["q10"].body["options"]] == ["a", "b", "c"]
    assert all(option["rationale"] for item in items.values() for option in item.body.get("options", []))


def test_open_item_carries_its_rubric() -> None:
    item = joined(KEY)[0]["q8"]
    data = json.loads(KEY)["open_item"]
    levels = [line["level"] for line in item.body["rubric"]]
    assert item.kind == "open_text"
    assert levels.count("full") == len(data["full_credit"])
    assert levels.count("half") == len(data["half_credit"])
    assert levels.count("none") == len(data["no_credit"])


def test_provenance_tells_who_keyed_and_how() -> None:
    item = joined(KEY)[0]["q2"]
    recorded = item.provenance["key"]
    assert recorded["keyed_on"] == "2026-11-23"
    assert recorded["agreement"] is False
    assert recorded["keyed_by_second"] == "fine-tuning"
    assert "both earn full credit" in recorded["decision"]
    assert len(recorded["sha256"]) == 64
    assert item.provenance["source"]["line"] == 22


def test_dashes_quotes_and_spaces_do_not_keep_key_and_sheet_apart() -> None:
    text = SHEET.replace(" — ", "\u00a0–  ").replace("plain-language", "plain\u2011language").replace("'", "’")
    items, problems = joined(KEY, text)
    assert {item.key_state for item in items.values()} == {"approved", "reviewed"}
    assert [problem.item for problem in problems] == [2]
    assert "–" in items["q3"].body["options"][2]["text"], "the learner sees what was printed"


def test_no_key_leaves_every_item_unkeyed() -> None:
    drafts, problems = answer_key.join(sheet.read(SHEET), answer_key.AnswerKey(), lesson=LESSON)
    assert {draft.key_state for draft in drafts} == {"unkeyed"}
    assert [problem.item for problem in problems] == list(range(1, 11))
    assert all("credit" not in option for draft in drafts for option in draft.body.get("options", []))


def _duplicate_entry(data: dict[str, Any]) -> None:
    data["items"].append(data["items"][0])


def _key_with_open_options(data: dict[str, Any]) -> None:
    data["open_item"]["options"] = data["items"][0]["options"]


MISFITS: dict[str, tuple[int, Callable[[dict[str, Any]], object], str]] = {
    "another option": (1, lambda d: d["items"][0]["options"][1].update(text="Else"), "in the key only: Else"),
    "missing option": (1, lambda d: d["items"][0]["options"].pop(), "without a key: Focus only on speed"),
    "added option": (10, lambda d: d["items"][8]["options"].append({"text": "New", "credit": 0}), "only: New"),
    "wrong number": (1, lambda d: d["items"][0].update(number=99), "stays unkeyed"),
    "credit too high": (1, lambda d: d["items"][0]["options"][0].update(credit=2), "credit 2"),
    "credit no number": (1, lambda d: d["items"][0]["options"][0].update(credit=True), "credit True"),
    "unknown state": (1, lambda d: d["items"][0].update(key_state="fine"), "'fine'"),
    "twice": (1, _duplicate_entry, "more than one entry"),
    "open key for a choice": (3, lambda d: d["items"][2].pop("options"), "the key has none"),
    "options for the open one": (8, _key_with_open_options, "the sheet prints none"),
    "no points": (8, lambda d: d["open_item"].update(points=0), "points 0"),
    "strange rubric": (8, lambda d: d["open_item"].update(full_credit="all"), "full_credit"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_misfit_is_reported_and_leaves_the_item_unkeyed(name: str) -> None:
    number, change, words = MISFITS[name]
    items, problems = joined(changed(change))
    assert items[f"q{number}"].key_state == "unkeyed"
    assert [item.key_state for item in items.values()].count("unkeyed") == 1
    assert words in " ".join(problem.text for problem in problems if problem.item == number)


def test_entry_for_no_question_is_reported() -> None:
    _, problems = joined(changed(lambda data: data["items"][0].update(number=99)))
    assert KeyProblem(99, "The sheet has no question of this number.") in problems


def test_unknown_section_loses_the_link_not_the_key() -> None:
    items, problems = joined(changed(lambda data: data["items"][0].update(lesson_section="nowhere")))
    assert items["q1"].key_state == "approved"
    assert items["q1"].body["section"] is None
    assert any(problem.item == 1 and "nowhere" in problem.text for problem in problems)


def test_key_of_another_lesson_is_not_used() -> None:
    drafts, problems = answer_key.join(sheet.read(SHEET), answer_key.read(KEY), lesson="other")
    assert {draft.key_state for draft in drafts} == {"unkeyed"}
    assert any(problem.item is None and "other" in problem.text for problem in problems)


def test_sheet_without_an_address_yet_takes_a_key_whose_options_agree() -> None:
    drafts, problems = answer_key.join(sheet.read(SHEET), answer_key.read(KEY), lesson="")
    assert "approved" in {draft.key_state for draft in drafts}
    assert not any("is for the lesson" in problem.text for problem in problems)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", '{"items": 3}', '{"items": [3]}', "[" * 100_000, "NaN"])
def test_what_is_no_key_is_reported(text: str) -> None:
    key = answer_key.read(text)
    assert key.problems
    assert key.entries == {}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
)
READING = sheet.read(SHEET)
FIELDS = ["number", "options", "credit", "text", "rationale", "key_state", "points", "lesson_section", "agreement",
          "full_credit", "half_credit", "items", "open_item", "lesson", "weaknesses", "decision"]  # fmt: skip


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Every container with each of its keys."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in pairs for place in [(value, key), *_places(inner)]]


@given(at=st.integers(0), value=JSON)
def test_a_key_damaged_anywhere_never_crashes(at: int, value: Any) -> None:
    data = json.loads(KEY)
    places = _places(data)
    container, name = places[at % len(places)]
    container[name] = value
    drafts, _ = answer_key.join(READING, answer_key.read(json.dumps(data)), lesson=LESSON)
    assert len(drafts) == 10


@given(st.dictionaries(st.sampled_from(FIELDS), JSON | st.lists(st.dictionaries(st.sampled_from(FIELDS), JSON))))
def test_any_json_is_read_without_crashing(data: Any) -> None:
    answer_key.join(READING, answer_key.read(json.dumps(data)), lesson=LESSON)
