"""Items and results of other publishers, where the corpora lie beside the project: each is read or named, and marking
gives the score that the items' own rules give.
"""

import posixpath
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from content import item_types
from content.drafts import ItemDraft
from content.formats import qti, table, xml
from content.formats.qti_processing import Processing, Unsupported
from content.formats.reading import Refused, Source

FOUND = [
    above / "shared/corpora/qti"
    for above in Path(__file__).resolve().parents
    if (above / "shared/corpora/qti").is_dir()
]
FILES = sorted(FOUND[0].glob("*/*.xml")) if FOUND else []
pytestmark = pytest.mark.skipif(not FILES, reason="The corpora are not here.")

# What no kind of ours holds: each has a line in the report that says so.
NAMED = {("hs.xml", "responseProcessing"), ("hs-workaround.xml", "responseProcessing")}


def source(path: Path) -> Source:
    return Source(path.name, path.read_bytes())


def responses() -> Iterator[tuple[Path, Path, dict[str, list[str]]]]:
    """Every item with every result that answers it."""
    items = {path: qti.parse(path.read_bytes()) for path in FILES}
    for path, result in items.items():
        for answered in result.iter("itemResult"):
            given = {
                found.get("identifier", ""): ["".join(value.itertext()).strip() for value in found.iter("value")]
                for found in answered.iter("responseVariable")
            }
            for other, item in items.items():
                if item.tag == "assessmentItem" and item.get("identifier") == answered.get("identifier"):
                    yield other, path, given


CASES = list(responses()) if FILES else []


@pytest.mark.parametrize("path", FILES, ids=lambda path: posixpath.join(path.parent.name, path.name))
def test_every_file_is_read_or_named(path: Path) -> None:
    known = table.of(source(path))
    if xml.root_name(path.read_bytes()) == "assessmentResult":
        with pytest.raises(Refused, match="results of learners"):
            known.read(source(path))
        return
    draft = known.read(source(path))
    assert [item.provenance["source"]["file"] for item in draft.items] == [path.name]
    assert draft.items[0].key_state == "approved"


@pytest.mark.parametrize(("path", "result", "given"), CASES, ids=lambda part: getattr(part, "name", ""))
def test_marking_gives_the_score_of_the_rules(path: Path, result: Path, given: dict[str, list[str]]) -> None:
    draft = table.of(source(path)).read(source(path))
    item = draft.items[0]
    if any((path.name, loss.what) in NAMED for loss in draft.losses):
        pytest.skip("The report of losses names its rules.")
    if any(loss.what == "responseProcessing" for loss in draft.losses):
        pytest.skip("Its rules cannot be evaluated, which the report says.")
    if item.kind not in item_types.KINDS:
        pytest.skip(f"The kind {item.kind} is not there yet.")
    expected = score(path, given)
    kind = item_types.get(item.kind)
    try:
        credit = kind.mark(item.body, answer(item, given)).credit
    except item_types.InvalidAnswer:
        credit = Decimal(0)  # an option that the stripped item does not show
    assert credit is not None
    assert float(credit * item.points) == pytest.approx(expected)


def score(path: Path, given: dict[str, list[str]]) -> float:
    processing = Processing(qti.parse(path.read_bytes()))
    try:
        return processing.score(given)
    except Unsupported as reason:
        pytest.skip(f"Not evaluated: {reason}")


def answer(item: ItemDraft, given: dict[str, list[str]]) -> dict[str, Any]:
    first = next((values for name, values in given.items() if name == "RESPONSE"), [])
    shapes: dict[str, Any] = {
        "choice": {"option": (first or [None])[0]},
        "multiple_response": {"options": first},
        "short_text": {"text": (first or [""])[0]},
        "numeric": {"text": (first or [""])[0]},
        "matching": {"pairs": {pair.split()[1]: pair.split()[0] for pair in first if len(pair.split()) == 2}},
        "hotspot": {"areas": first},
        "cloze": {"gaps": {gap["id"]: (given.get(gap["id"]) or [""])[0] for gap in item.body.get("gaps", [])}},
    }
    return shapes.get(item.kind, {})
