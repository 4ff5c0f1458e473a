from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content import item_types, rendering
from content.formats import table
from content.formats.reading import Draft, Refused, Source
from tests.content.formats.bodies import BODIES, again, drafted
from tests.content.formats.hostile import HOSTILE, mutations

AIKEN = table.named("aiken")
TWO = "What is it?\nA) This\nB) That & that\nANSWER: B\n\nAnd now?\nA. One\nB. *Two*\nC. Three\nANSWER: A\n"


def read(text: str) -> Draft:
    return AIKEN.read(Source("bank.txt", text.encode()))


def test_questions_options_and_keys_are_read() -> None:
    draft = read(TWO)
    assert not draft.losses
    assert [[(o["text"], o["credit"]) for o in item.body["options"]] for item in draft.items] == [
        [("This", 0), ("That & that", 1)],
        [("One", 1), ("\\*Two\\*", 0), ("Three", 0)],
    ]
    assert all(item_types.get("choice").problems(item.body) == [] for item in draft.items)
    assert {item.key_state for item in draft.items} == {"approved"}


def test_the_file_is_recognised() -> None:
    assert table.of(Source("x.txt", TWO.encode())).name == "aiken"


def test_a_question_on_several_lines_keeps_them_all() -> None:
    assert read("One.\nTwo?\nA) x\nB) y\nANSWER: A").items[0].body["stem"] == "One.\n\nTwo?"


@pytest.mark.parametrize(
    "text",
    [
        "Q\nA) x\nB) y\n",
        "Q\nA) x\nANSWER: A",
        "Q\nA) x\nB) y\nANSWER: C",
        "A) x\nB) y\nANSWER: A",
        "Q\nA) x\nA) y\nANSWER: A",
    ],
)
def test_a_question_that_cannot_be_read_is_named(text: str) -> None:
    draft = read(text + "\n\nGood?\nA) x\nB) y\nANSWER: A" if "ANSWER" in text else text)
    assert [loss.severity for loss in draft.losses] == ["error"]
    assert len(draft.items) == ("ANSWER" in text)


@given(body=BODIES["choice"])
def test_what_is_written_is_read_again_with_the_same_words_and_key(body: dict[str, Any]) -> None:
    back, losses = again(AIKEN, drafted("choice", body))
    right = [option for option in body["options"] if option["credit"] == 1]
    if len(right) != 1:
        assert [loss.severity for loss in losses] == ["error"]
        return
    if not all(plain(text) for text in [body["stem"], *(option["text"] for option in body["options"])]):
        return  # nothing that could be printed
    (item,) = back.items
    assert plain(item.body["stem"]) == plain(body["stem"])
    assert [(plain(o["text"]), o["credit"]) for o in item.body["options"]] == [
        (plain(o["text"]), int(o["credit"] == 1)) for o in body["options"]
    ]


def plain(text: str) -> str:
    return " ".join(rendering.plain(text).replace("\u200e", "").split())


@pytest.mark.parametrize("kind", sorted(set(BODIES) - {"choice"}))
@given(data=st.data())
def test_every_other_kind_is_named(kind: str, data: st.DataObject) -> None:
    _back, losses = again(AIKEN, drafted(kind, data.draw(BODIES[kind])))
    assert [loss.severity for loss in losses] == ["error"]


@pytest.mark.parametrize("data", HOSTILE)
def test_a_hostile_file_is_read_or_refused(data: bytes) -> None:
    try:
        AIKEN.read(Source("hostile.txt", data))
    except Refused:
        return


@given(data=mutations(TWO.encode()))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    AIKEN.detect(Source("x", data))
    try:
        AIKEN.read(Source("x", data))
    except Refused:
        return


OTHER_WAYS = [
    "Q?\na) x\nb) y\nanswer: b",
    "Q?\nA)x\nB)y\nANSWER: B",
    "Q?\n(a) x\n(b) y\nAnswer: (b)",
    "Q?\na. x\nb. y\nAnswer : B.",
    "Q?\n  A) x\n\n  B) y\n\n  ANSWER:B) y",
]


@pytest.mark.parametrize("text", OTHER_WAYS)
def test_other_ways_to_write_letters_are_read(text: str) -> None:
    draft = AIKEN.read(table_source := Source("bank.txt", text.encode()))
    assert table.of(table_source).name == "aiken"
    assert not draft.losses
    (item,) = draft.items
    assert item.body["stem"] == "Q?"
    assert [(o["text"], o["credit"]) for o in item.body["options"]] == [("x", 0), ("y", 1)]


def test_line_that_only_begins_like_an_option_belongs_to_the_question() -> None:
    (item,) = read("B.C. or A.D.?\nc) is no first letter\nA) x\nB) y\nANSWER: A").items
    assert item.body["stem"] == "B.C. or A.D.?\n\nc) is no first letter"
    assert len(item.body["options"]) == 2


@pytest.mark.parametrize("key", ["A, C", "(A) and (C)", "A;C."])
def test_answer_of_several_letters_is_a_multiple_response(key: str) -> None:
    draft = read(f"Q?\nA) x\nB) y\nC) z\nANSWER: {key}")
    (item,) = draft.items
    assert (item.kind, item.body["scoring"]) == ("multiple_response", "all_or_nothing")
    assert [o["credit"] for o in item.body["options"]] == [1, 0, 1]
    assert [loss.severity for loss in draft.losses] == ["info"]


def test_explanation_below_the_answer_is_feedback_and_no_text_of_the_next_question() -> None:
    first, second = read("Q?\nA) x\nB) y\nANSWER: A\nFeedback: It is.\n\nR?\nA) x\nB) y\nANSWER: B").items
    assert (first.body["feedback"], second.body["stem"]) == ("It is.", "R?")
