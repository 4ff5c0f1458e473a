"""A published check with a question of every kind goes out as a file and comes in again."""

from collections.abc import Mapping
from typing import Any

import pytest

from content import exporting, importing, item_types
from content.formats.reading import Draft, Source
from content.marking import numbers
from content.models import Quiz
from content.writing import Author
from tests import every_kind
from tests.cast import NOW, make_institution
from tests.content.formats.test_qti_writing import same

REFUSED: dict[str, set[str]] = {"markdown": set(), "qti3": set(), "moodle": {"hotspot"}}
UNSAID = {"section": None, "max_length": 255, "accent_sensitive": True}  # what holds where a body says nothing


@pytest.fixture
def quiz(db: None) -> Quiz:
    draft = Draft(items=every_kind.drafts(), title="Every kind of question", media=[every_kind.PICTURE])
    author = Author("Tess", make_institution("school"))
    return importing.take(draft=draft, source=Source("all", b""), author=author, now=NOW, publish=True).quiz


@pytest.mark.parametrize("name", REFUSED)
def test_every_kind_comes_in_again_equal_or_what_differs_is_named_and_marks_are_equal(quiz: Quiz, name: str) -> None:
    written = exporting.export(quiz=quiz, to=name)
    known, back = importing.read(Source(written.name, written.data))
    assert (known.name, list(back.losses)) == (name, [])
    found = {item.identifier: item for item in back.items}
    lost: dict[str, set[str]] = {}
    for loss in written.losses:
        lost.setdefault(loss.item, set()).add(loss.what)
    for item in every_kind.drafts():
        if item.kind in REFUSED[name]:
            assert item.identifier in lost
            assert item.identifier not in found
            continue
        again = found[item.identifier]
        assert (again.kind, again.tags) == (item.kind, item.tags)
        assert again.points == item.points or "points" in lost[item.identifier]
        assert item.identifier in lost or same(meant(item.body), meant(again.body))
        for answer, credit in every_kind.ANSWERS.get(item.kind, []):
            if credit in (0, 1) or "scoring" not in lost.get(item.identifier, set()):
                assert earned(item.kind, again.body, answer) == pytest.approx(credit, abs=0.001), answer
    assert len(back.items) == len(item_types.KINDS) - len(REFUSED[name])


def meant(part: Any, name: str = "") -> Any:
    """The body without what goes without saying: empty places, defaults, names that nothing refers to."""
    if isinstance(part, Mapping):
        return {key: meant(value, key) for key, value in part.items() if UNSAID.get(key, UNSAID) != value}
    if isinstance(part, list) and name == "prompts":
        return [meant({key: value for key, value in row.items() if key != "id"}) for row in part]
    if isinstance(part, list):
        return [meant(one) for one in part]
    return numbers.given(part) if name == "value" else part


def earned(kind: str, body: Mapping[str, Any], answer: Mapping[str, Any]) -> float:
    """What the answer to our body earns by the other one, whose prompts may have other names."""
    if "pairs" in answer:
        names = [prompt["id"] for prompt in body["prompts"]]
        answer = {"pairs": dict(zip(names, answer["pairs"].values(), strict=True))}
    return float(item_types.get(kind).mark(body, answer).credit)
