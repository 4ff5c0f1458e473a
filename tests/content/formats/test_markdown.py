import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from content import item_types
from content.formats import markdown, packages, table
from content.formats.reading import Draft, Media, Pool, Refused, Source
from tests.content.conftest import lesson_body
from tests.content.formats.bodies import BODIES, again, characters, drafted, some
from tests.content.formats.hostile import HOSTILE, mutations

MARKDOWN = table.named("markdown")
MANUAL = Path(__file__).parents[3] / "docs" / "authoring.md"
PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f0001040100"
    "5fe5c34b0000000049454e44ae426082"
)


def read(text: str, name: str = "check.md") -> Draft:
    return MARKDOWN.read(Source(name, text.encode()))


def roundtrip(draft: Draft) -> Draft:
    assert MARKDOWN.write is not None
    written = MARKDOWN.write(draft)
    assert not written.losses
    return MARKDOWN.read(Source(written.name, written.data))


@pytest.mark.parametrize("kind", sorted(BODIES))
@settings(suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_every_kind_comes_back_equal(kind: str, data: st.DataObject) -> None:
    item = drafted(kind, data.draw(BODIES[kind]))
    back, losses = again(MARKDOWN, item, name="again.md")
    assert not losses
    assert [(found.kind, found.identifier, found.body, found.points, found.key_state) for found in back.items] == [
        (item.kind, item.identifier, item.body, item.points, item.key_state)
    ]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(characters),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(characters, min_size=1), inner, max_size=3),
    max_leaves=8,
)


@given(extra=st.dictionaries(st.text(characters, min_size=1), json_values, max_size=3))
def test_whatever_else_a_body_holds_comes_back(extra: dict[str, Any]) -> None:
    item = drafted("description", {"stem": "So.", **extra})
    assert roundtrip(Draft([item])).items[0].body == item.body


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_a_plain_question_needs_no_yaml(kind: str) -> None:
    item = drafted(kind, PLAIN[kind])
    assert "yaml" not in markdown.written(item)
    assert roundtrip(Draft([item])).items[0].body == item.body


PLAIN: dict[str, dict[str, Any]] = {
    "choice": {"stem": "Which?\n\n- a list", "options": [
        {"id": "b", "text": "This", "credit": 1, "rationale": "It is.\n\nReally."},
        {"id": "a", "text": "So:\n```\ncode\n```", "credit": 0.5, "rationale": "", "pinned": True},
    ], "section": "the-premise", "feedback": "Well."},
    "true_false": {"stem": "So.", "correct": False, "rationales": {"true": "No.", "false": ""}},
    "multiple_response": {"stem": "Which?", "options": [
        {"id": "a", "text": "This", "credit": 0.5, "rationale": ""},
        {"id": "b", "text": "That", "credit": -1, "rationale": ""},
    ], "scoring": "per_option"},
    "short_text": {"stem": "Who?", "answers": [
        {"text": "Grant", "credit": 1, "match": "exact", "feedback": "Yes."},
        {"text": "gran+t", "credit": 0.5, "match": "regex", "feedback": ""},
        {"text": "Grand", "credit": 0.25, "match": "close", "distance": 2, "feedback": ""},
        {"text": "[x] y", "credit": 1, "match": "exact", "feedback": ""},
    ], "case_sensitive": True, "accent_sensitive": False},
    "numeric": {"stem": "How many?", "answers": [
        {"value": 3, "tolerance": {"type": "relative", "value": 0.1}, "credit": 1, "feedback": ""},
        {"min": -1.5, "max": 2, "credit": 0.5, "feedback": "Near."},
        {"value": 4.25, "tolerance": {"type": "absolute", "value": 0.5}, "credit": 1, "feedback": ""},
    ], "units": {"unit": "m/s", "required": True, "penalty": 0.1}},
    "matching": {"stem": "Match.", "prompts": [{"id": "x", "text": "a", "match": "z"}],
        "choices": [{"id": "z", "text": "b"}, {"id": "y", "text": "c"}], "scoring": "per_pair"},
    "ordering": {"stem": "Order.",
        "entries": [{"id": "b", "text": "first"}, {"id": "a", "text": "then"}], "key": ["b", "a"],
        "scoring": "position"},
    "cloze": {"stem": "Fill in.", "text": "A [[a]] in [[b]].\n\nOf [[c]].", "gaps": [
        {"id": "a", "kind": "dropdown", "options": [{"id": "a", "text": "cat", "credit": 1, "rationale": "Yes."}]},
        {"id": "b", "kind": "text",
            "answers": [{"text": "x", "credit": 1, "match": "exact", "feedback": ""}], "weight": 2},
        {"id": "c", "kind": "number", "answers": [{"value": 3, "credit": 1, "feedback": ""}]},
    ]},
    "hotspot": {"stem": "Where?", "image": "media:" + "0" * 64, "alt": "A map", "width": 640, "height": 480, "areas": [
        {"id": "a", "label": "Here", "shape": "circle", "coords": [10, 20, 5], "credit": 1, "rationale": "Yes."},
    ], "max_choices": 1},
    "open_text": {"stem": "Why?", "rubric": [
        {"level": "full", "idea": "This", "example": "Like so."}, {"level": "none", "idea": "That", "example": ""},
    ], "max_length": 500},
    "file_upload": {"stem": "Hand in.", "rubric": [{"level": "full", "idea": "This", "example": ""}],
        "types": [".pdf"], "max_size": 1000, "max_files": 2},
    "description": {"stem": "So it is.\n\n### A heading\n\nText."},
}  # fmt: skip


def test_title_lesson_pools_shuffling_and_tags_come_back() -> None:
    items = [
        drafted("description", {"stem": "a"}, identifier="q1", tags=("x", "y, z")),
        drafted("description", {"stem": "b"}, identifier="q2", key_state="proposed"),
    ]
    draft = Draft(
        items,
        lesson=lesson_body(),
        title="A check: of all",
        slug="a-check",
        pools=[Pool("easy", 1, ["q1", "q2"])],
        shuffle_questions=True,
        shuffle_options=True,
    )
    back = roundtrip(draft)
    assert (back.lesson, back.title, back.slug, back.pools) == (draft.lesson, draft.title, draft.slug, draft.pools)
    assert back.shuffle_questions
    assert back.shuffle_options
    assert [item.tags for item in back.items] == [("x", "y, z"), ()]
    assert [item.key_state for item in back.items] == ["approved", "proposed"]


@given(title=some, paragraphs=st.lists(some, max_size=3))
def test_every_lesson_comes_back(title: str, paragraphs: list[str]) -> None:
    section = {"id": "s", "title": title, "kind": "prose", "paragraphs": paragraphs}
    lesson = lesson_body(title=title, sections=[section, {**section, "id": "t"}])
    assert roundtrip(Draft([drafted("description", {"stem": "a"})], lesson=lesson)).lesson == lesson


def test_pictures_travel_in_the_package() -> None:
    media = Media("dot.png", "image/png", PIXEL)
    hotspot = {**PLAIN["hotspot"], "image": f"media:{media.digest}"}
    items = [
        drafted("description", {"stem": f"![a dot](media:{media.digest})"}),
        drafted("hotspot", hotspot, identifier="q2"),
    ]
    back = roundtrip(Draft(items, media=[media]))
    assert [item.body for item in back.items] == [item.body for item in items]
    assert [found.data for found in back.media] == [PIXEL]
    assert not back.losses


def test_pictures_are_named_by_their_file_in_a_package_made_by_hand() -> None:
    text = "## q1\n\n![a dot](img/dot.png) and ![none](img/no.png)\n\n- [x] True\n- [ ] False\n"
    data = packages.pack({"my/check.md": text.encode(), "my/img/dot.png": PIXEL})
    assert table.of(Source("check.zip", data)).name == "markdown"
    draft = MARKDOWN.read(Source("check.zip", data))
    assert f"media:{Media('', '', PIXEL).digest}" in draft.items[0].body["stem"]
    assert [loss.what for loss in draft.losses] == ["picture"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Which?\n\n- [x] a\n- [ ] b", "choice"),
        ("Which?\n\n- [x] a\n- [X] b\n- [ ] c", "multiple_response"),
        ("So.\n\n- [ ] True\n- [x] False", "true_false"),
        ("Who?\n\n= Grant\n= [50%] Grand", "short_text"),
        ("How many?\n\n= 3\n= [50%] 2 .. 4", "numeric"),
        ("Match.\n\n- a -> b\n- c -> d\n- -> e", "matching"),
        ("{kind: ordering}\nSort.\n\n1. a\n2. b", "ordering"),
        ("Fill in.\n\n### Text\nA [[a]].\n\n### [[a]]\n= b", "cloze"),
        ("Why?\n\n### Rubric\n- [full] so", "open_text"),
        ("{kind: open_text}\nWhy?", "open_text"),
        ("{types: [.pdf]}\nHand in.\n\n### Rubric\n- [full] so", "file_upload"),
        ("Only text.", "description"),
    ],
)
def test_a_question_written_by_hand_can_be_published(text: str, kind: str) -> None:
    draft = read(f"## The first\n{text}\n")
    (item,) = draft.items
    assert item.kind == kind
    if kind in item_types.KINDS:
        assert item_types.get(kind).problems(item.body) == []
        assert item.key_state in item_types.get(kind).PUBLISHABLE


def test_points_tags_title_and_identifier_are_read() -> None:
    (item,) = read("## Of tombs {#grant}\n{points: 2.5, tags: [a, b]}\nWho?\n= Grant").items
    assert (item.identifier, item.points, item.tags) == ("grant", Decimal("2.5"), ("a", "b"))
    assert item.provenance["source"]["title"] == "Of tombs"


def test_a_question_without_right_option_is_unkeyed() -> None:
    assert read("## q\nWhich?\n- [ ] a\n- [ ] b").items[0].key_state == "unkeyed"


@pytest.mark.parametrize(
    "text",
    [
        "{kind: riddle}\na",
        "{kind: choice, points: [}\na",
        "a\n- [y] b\n- [x] c",
        "{kind: numeric}\na\n= three",
        "a\n- [x] b\nc",
    ],
)
def test_a_question_that_cannot_be_read_is_named_and_the_others_are_taken(text: str) -> None:
    draft = read(f"## q1\n{text}\n\n## q2\nSo.\n")
    assert [item.identifier for item in draft.items] == ["q2"]
    assert [(loss.item, loss.severity) for loss in draft.losses] == [("q1", "error")]


@pytest.mark.parametrize(
    "front",
    ["a: &b [1]\nc: *b", "a: " + "[" * 100 + "]" * 100, "a: .nan", "- a", "a: !!python/object:os.system x", "a: ["],
)
def test_front_matter_that_means_no_good_is_refused(front: str) -> None:
    with pytest.raises(Refused):
        read(f"---\n{front}\n---\n## q1\nSo.\n")


def test_every_example_of_the_manual_is_read_as_it_says() -> None:
    """Each example stands in a fence of four backticks; together they show every kind."""
    examples = re.findall(r"^````markdown\n(.*?)^````$", MANUAL.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    files = [packages.pack({"check.md": example.encode(), "map.png": PIXEL}) for example in examples]
    drafts = [MARKDOWN.read(Source("check.zip", data)) for data in files]
    losses = [loss for draft in drafts for loss in draft.losses]
    assert not losses
    assert {item.kind for draft in drafts for item in draft.items} == set(BODIES)
    for item in (item for draft in drafts for item in draft.items if item.kind in item_types.KINDS):
        assert item_types.get(item.kind).problems(item.body) == [], item
        assert item.key_state in item_types.get(item.kind).PUBLISHABLE


@pytest.mark.parametrize("data", HOSTILE)
def test_a_hostile_file_is_read_or_refused(data: bytes) -> None:
    for whole in (data, b"## q\n" + data, b"## q\n{kind: cloze}\n### Text\n" + data):
        try:
            MARKDOWN.read(Source("hostile.md", whole))
        except Refused:
            continue


GOOD = "---\ntitle: a\npools: [{name: p, draw: 1}]\n---\n# Lesson\n## A {#a .b}\nx\n# Questions\n" + "\n\n".join(
    markdown.written(drafted(kind, body, identifier=kind)) for kind, body in PLAIN.items()
)


@given(data=mutations(GOOD.encode()))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    MARKDOWN.detect(Source("x", data))
    try:
        MARKDOWN.read(Source("x", data))
    except Refused:
        return


@given(data=mutations(packages.pack({"questions.md": GOOD.encode(), "a.png": PIXEL})))
def test_any_package_is_read_or_refused(data: bytes) -> None:
    MARKDOWN.detect(Source("x", data))
    try:
        MARKDOWN.read(Source("x", data))
    except Refused:
        return
