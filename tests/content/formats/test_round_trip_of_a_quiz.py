"""A published check with a question of every kind goes out as a file and comes in again."""

import pytest

from content import exporting, importing, item_types
from content.drafts import ItemDraft
from content.formats.reading import Draft, Source
from content.importing import Author
from content.models import Quiz
from tests import every_kind
from tests.cast import NOW, make_institution
from tests.content.formats.test_qti_writing import same

REFUSED = {"markdown": set(), "qti3": set(), "moodle": {"hotspot"}}


@pytest.fixture
def quiz(db: None) -> Quiz:
    draft = Draft(items=every_kind.drafts(), title="Every kind of question", media=[every_kind.PICTURE])
    author = Author("Tess", make_institution("school"))
    taken = importing.take(draft=draft, source=Source("q", b""), author=author, now=NOW, publish=True)
    return taken.quiz


@pytest.mark.parametrize("name", REFUSED)
def test_every_kind_comes_in_again_equal_or_its_loss_is_named_and_it_marks_alike(quiz: Quiz, name: str) -> None:
    written = exporting.export(quiz=quiz, to=name)
    known, back = importing.read(Source(written.name, written.data))
    assert known.name == name
    named = {loss.item for loss in written.losses}
    found = {item.identifier: item for item in back.items}
    print([(l.item, l.what, l.severity) for l in written.losses], [(l.item, l.what, l.severity) for l in back.losses])
    for item in every_kind.drafts():
        if item.kind in REFUSED[name]:
            continue
        b = found.get(item.identifier)
        if b is None:
            print("MISSING", item.kind, list(found))
            continue
        print(item.kind, item.identifier in named, same(item.body, b.body))
        if not same(item.body, b.body):
            print("   ", item.body, "\n   ", b.body)
    assert 0
