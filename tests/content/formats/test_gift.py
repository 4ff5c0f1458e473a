from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import item_types, rendering
from content.formats import table
from content.formats.reading import Draft, Refused, Source
from tests.content.formats.bodies import BODIES, again, drafted
from tests.content.formats.hostile import HOSTILE, mutations

GIFT = table.named("gift")
HELD = ("choice", "true_false", "multiple_response", "short_text", "numeric", "matching", "open_text", "description")


def read(text: str) -> Draft:
    return GIFT.read(Source("bank.gift", text.encode()))


def only(text: str) -> Any:
    (item,) = read(text).items
    return item


@pytest.mark.parametrize("kind", ["choice", "true_false", "description"])
@given(data=st.data())
def test_what_is_written_is_read_again_equal(kind: str, data: st.DataObject) -> None:
    item = drafted(kind, data.draw(BODIES[kind]))
    back, losses = again(GIFT, item)
    assert not losses
    assert [(found.kind, found.identifier, found.body) for found in back.items] == [(kind, "q1", item.body)] or (
        kind == "description" and "feedback" in item.body
    )


@given(body=BODIES["multiple_response"])
def test_credits_of_each_option_come_back_and_other_scoring_is_named(body: dict[str, Any]) -> None:
    back, losses = again(GIFT, drafted("multiple_response", body))
    found = back.items[0].body
    if body["scoring"] == "per_option":
        assert found == body
        assert not losses
    else:
        assert [loss.what for loss in losses] == ["scoring"]
        assert found["scoring"] == "per_option"
        assert [option["credit"] > 0 for option in found["options"]] == [o["credit"] > 0 for o in body["options"]]


@given(body=BODIES["short_text"])
def test_accepted_answers_come_back(body: dict[str, Any]) -> None:
    body = {**body, "answers": [answer for answer in body["answers"] if "->" not in answer["text"]]}
    back, losses = again(GIFT, drafted("short_text", body))
    if not body["answers"]:
        assert [loss.severity for loss in losses] == ["error"]
    else:
        assert without_arrows(back.items[0].body) == without_arrows({**body, "case_sensitive": False})
        assert [loss.what for loss in losses] == ["case"] * body["case_sensitive"]


@given(body=BODIES["numeric"])
def test_numbers_and_their_tolerances_come_back(body: dict[str, Any]) -> None:
    back, losses = again(GIFT, drafted("numeric", body))
    assert back.items[0].body == body
    assert not losses


@given(body=BODIES["matching"])
def test_pairs_come_back_reading_the_same(body: dict[str, Any]) -> None:
    back, _losses = again(GIFT, drafted("matching", body))
    found, body = without_arrows(back.items[0].body), without_arrows(body)
    assert [part["text"] for part in found["prompts"]] == [part["text"] for part in body["prompts"]]
    texts = {choice["id"]: choice["text"] for choice in found["choices"]}
    given = {choice["id"]: choice["text"] for choice in body["choices"]}
    for left, right in zip(found["prompts"], body["prompts"], strict=True):
        assert one_line(texts[left["match"]]) == one_line(given[right["match"]])


def without_arrows(value: Any) -> Any:
    """An arrow in a text that would be taken for that of a pair is written with a backslash, which Markdown drops."""
    if isinstance(value, str):
        return value.replace("-\\>", "->")
    if isinstance(value, dict):
        return {name: without_arrows(part) for name, part in value.items()}
    return [without_arrows(part) for part in value] if isinstance(value, list) else value


def one_line(text: str) -> str:
    return " ".join(rendering.plain(text).split())


@pytest.mark.parametrize("kind", sorted(set(BODIES) - set(HELD)))
@given(data=st.data())
def test_a_kind_that_gift_does_not_know_is_named(kind: str, data: st.DataObject) -> None:
    back, losses = again(GIFT, drafted(kind, data.draw(BODIES[kind])))
    assert not back.items
    assert [(loss.item, loss.severity) for loss in losses] == [("q1", "error")]


def test_what_gift_has_no_place_for_is_named() -> None:
    item = drafted(
        "numeric",
        {
            "stem": "How far?",
            "answers": [{"value": 3, "credit": 1, "feedback": ""}],
            "units": {"unit": "m"},
            "section": "s",
        },
        points=Decimal(3),
    )
    _back, losses = again(GIFT, item)
    assert {loss.what for loss in losses} == {"units", "section", "points"}


def test_feedback_of_a_statement_belongs_to_the_answer_that_moodle_shows_it_for() -> None:
    body = only("It is so.{FALSE#it is not#well seen####generally}").body
    assert body["rationales"] == {"true": "it is not", "false": "well seen"}
    assert body["feedback"] == "generally"
    assert only("It is so.{T#it is#well seen}").body["rationales"] == {"true": "well seen", "false": "it is"}


def test_identifier_tags_title_and_category_are_kept() -> None:
    item = only("$CATEGORY: top/Week 1\n\n// [id:ü 7] [tag:easy] [tag:a\\]b]\n::Größe::Was?{=x ~y}")
    assert item.identifier == "u-7"
    assert item.tags == ("easy", "a]b")
    assert item.provenance["source"]["identifier"] == "ü 7"
    assert item.provenance["source"]["title"] == "Größe"
    assert item.provenance["source"]["category"] == "top/Week 1"
    assert item.key_state == "approved"
    assert item.provenance["key"] == {"by": "the file"}


def test_an_essay_can_be_published_once_imported_and_its_missing_rubric_is_named() -> None:
    draft = read("Why?{}")
    assert draft.items[0].key_state in item_types.get("open_text").PUBLISHABLE
    assert item_types.get("open_text").problems(draft.items[0].body) == []
    assert [loss.what for loss in draft.losses] == ["rubric"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("a{=b ~c}", "choice"),
        ("a{~%50%b ~%50%c ~%-100%d}", "multiple_response"),
        ("a{=%80%b =c}", "short_text"),
        ("a{b}", "short_text"),
        ("a{=TRUE}", "short_text"),
        ("a{T}", "true_false"),
        ("a{#=1:0.1 =%50%2..3}", "numeric"),
        ("a{=b -> c =d -> e = -> f}", "matching"),
        ("a{}", "open_text"),
        ("a", "description"),
        ("a {=b ~c} d", "choice"),
    ],
)
def test_the_kind_follows_from_the_signs_within_the_braces(text: str, kind: str) -> None:
    item = only(text)
    assert item.kind == kind
    if kind in item_types.KINDS:
        assert item_types.get(kind).problems(item.body) == []


def test_pairs_without_prompt_are_distractors() -> None:
    body = only("a{=b -> c =d -> c = -> f}").body
    assert [(prompt["text"], prompt["match"]) for prompt in body["prompts"]] == [("b", "a"), ("d", "a")]
    assert [choice["text"] for choice in body["choices"]] == ["c", "f"]


def test_texts_come_in_by_their_format() -> None:
    body = only("[html]<p>a <b>b</b> \\& c</p>{=[plain]*d* ~[markdown]*e* ~<i>f</i>}").body
    assert [option["text"] for option in body["options"]] == ["\\*d\\*", "*e*", "*f*"]
    assert body["stem"].startswith("a **b**")


def test_formulas_between_backslash_brackets_are_tex() -> None:
    assert only("Solve \\(x^2\\) {}").body["stem"] == "Solve $x^2$"


def test_a_question_that_cannot_be_read_is_named_and_the_others_are_taken() -> None:
    draft = read("a{=b ~c}\n\nbroken {=b\n\nd{#x}\n\ne{T}")
    assert [item.kind for item in draft.items] == ["choice", "true_false"]
    assert [loss.severity for loss in draft.losses] == ["error", "error"]
    assert "Line 3" in draft.losses[0].why


def test_an_empty_line_within_the_braces_divides_nothing() -> None:
    assert [item.kind for item in read("a{\n=b\n\n~c\n}\n\nd{T}").items] == ["choice", "true_false"]


def test_pictures_that_are_not_in_the_file_are_named() -> None:
    draft = read('[html]<img src\\="@@PLUGINFILE@@/a.png" alt\\="a">b{}\n\n[markdown]![c](d.png){T}')
    assert [loss.what for loss in draft.losses if loss.what == "picture"] == ["picture", "picture"]


@pytest.mark.parametrize("data", HOSTILE)
def test_a_hostile_file_is_read_or_refused(data: bytes) -> None:
    try:
        GIFT.read(Source("hostile.gift", data))
    except Refused:
        return


@given(data=mutations(b"::t::a{=b#c ~%50%d####e}\n\n$CATEGORY: x\n\n// [id:1]\n[html]f{#=1:2 =3..4}\n\ng{=h->i =j->k}"))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    GIFT.detect(Source("x", data))
    try:
        GIFT.read(Source("x", data))
    except Refused:
        return
