"""Items and results of other publishers, where the corpora lie beside the project: each is read or named, and marking
gives the score that the items' own rules give, that a result holds, and that the publisher's engine gives.
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from content import importing, item_types
from content.drafts import ItemDraft
from content.formats import qti, table, xml
from content.formats.qti_processing import Processing, Unsupported
from content.formats.reading import Refused, Source
from tests.content.formats import corpora

FILES = corpora.files("qti", "*/*.xml")
pytestmark = pytest.mark.skipif(not FILES, reason="The corpora are not here.")

# Scores in results that the rules of the item did not give: (result, item identifier) and the reason.
OVERWRITTEN = {
    ("AssessmentResult_Update_OutcomeVariable.xml", "ITM-50069"): "2 of at most 1, there to be replaced by scoring.",
    ("AssessmentResult_Update_OutcomeVariable.xml", "ITM-50066"): "2 of at most 1, there to be replaced by scoring.",
    ("gap-match-result.xml", "_gap_match"): "0 for the correct response: the system scored pairs the other way round.",
    ("sum_result_2.xml", "_sum"): "2 is the raw sum; the table of the item gives 1 for a sum of 4 and 0 below.",
}
# What the publisher's own engine gives, by its public tests (github.com/Citolab/qti-scoring-engine): item, what is
# answered, score.
Given = dict[str, list[str]]
NUMBERS = "e726a093-a5dd-456e-8cc4-fd987cd05438.xml"
ENGINE: list[tuple[str, Given, float]] = [
    ("ITM-50066.xml", {"RESPONSE": ["C"]}, 1),
    ("ITM-50066.xml", {"RESPONSE": ["A"]}, 0),
    ("ITM-50066_No_Correct_Response.xml", {"RESPONSE": ["C"]}, 1),
    ("ITM-50066_Multiple_Keys.xml", {"RESPONSE": ["A"]}, 1),
    ("ITM-50066_Multiple_Keys.xml", {"RESPONSE": ["B"]}, 0),
    ("ITM-50066_Multiple_Keys.xml", {"RESPONSE": ["C"]}, 1),
    ("ITM-50069.xml", {"RESPONSE": ["A"]}, 0),
    ("ITM-50069.xml", {"RESPONSE": []}, 0),
    ("083-Verklanking-Speciale-Tekens.xml", {"RESPONSE": ["A"]}, 8),
    ("112505-MR.xml", {"RESPONSE": ["D", "E", "F"]}, 1),
    ("112505-MR.xml", {"RESPONSE": ["E", "F"]}, 0),
    ("112505-MR.xml", {"RESPONSE": ["A", "D", "E", "F"]}, 0),
    ("112505-MR.xml", {"RESPONSE": []}, 0),
    ("1004.xml", {"RESPONSE": ["rek"]}, 1),
    ("1004.xml", {"RESPONSE": ["rEK"]}, 0),
    ("1004.xml", {"RESPONSE": ["fout"]}, 0),
    ("1004-CaseInsensitive.xml", {"RESPONSE": ["rEK"]}, 1),
    ("d3fc4cde-5dc0-451c-b2a5-3df3ba554e3e.xml", {"RESPONSE": ["_a65fab45-67d1-4bbd-92e0-47a8eef2d72b"]}, 1),
    (NUMBERS, {"RESPONSE_1": ["test"], "RESPONSE_2": ["100"], "RESPONSE_3": ["3,14"]}, 3),
    (NUMBERS, {"RESPONSE_3": ["03,14"]}, 1),
    (NUMBERS, {"RESPONSE_1": ["fout!"], "RESPONSE_2": ["100cm"], "RESPONSE_3": ["2,14 denk ik"]}, 0),
]  # fmt: skip


def source(path: Path) -> Source:
    return Source(path.name, path.read_bytes())


def results() -> Iterator[tuple[Path, str, Given, list[str]]]:
    """Each answered item of each result: its identifier, what was answered, the stored SCORE if there is one."""
    for path in FILES:
        for answered in qti.parse(path.read_bytes()).iter("itemResult"):
            given, outcomes = (
                {
                    found.get("identifier", ""): [xml.content(value).strip() for value in found.iter("value")]
                    for found in answered.iter(kind)
                }
                for kind in ("responseVariable", "outcomeVariable")
            )
            yield path, answered.get("identifier", ""), given, outcomes.get("SCORE", [])


def items(identifier: str) -> list[Path]:
    return [path for path, item in ITEMS.items() if item.get("identifier") == identifier]


ITEMS = {path: root for path in FILES if (root := qti.parse(path.read_bytes())).tag == "assessmentItem"}
RESULTS = list(results())
CASES = [(item, path, given) for path, identifier, given, _score in RESULTS for item in items(identifier)]
STORED = [
    (item, path, given, float(score[0]))
    for path, identifier, given, score in RESULTS
    if score and any(name.startswith("RESPONSE") for name in given)
    for item in items(identifier)
]


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
def test_marking_gives_the_score_of_the_rules(path: Path, result: Path, given: Given) -> None:
    _known, draft = importing.read(source(path))
    if any(loss.what == "responseProcessing" for loss in draft.losses):
        pytest.skip("Its rules cannot be evaluated, which the report says.")
    assert earned(draft.items[0], given) == pytest.approx(score(path, given))


@pytest.mark.parametrize(("path", "result", "given", "stored"), STORED, ids=lambda part: getattr(part, "name", ""))
def test_marking_gives_the_score_that_the_result_holds(path: Path, result: Path, given: Given, stored: float) -> None:
    _known, draft = importing.read(source(path))
    ours = earned(draft.items[0], given)
    if (result.name, ITEMS[path].get("identifier")) in OVERWRITTEN:
        assert ours != stored
    else:
        assert ours == pytest.approx(stored)


def test_every_score_that_is_not_of_the_rules_is_one_of_the_corpus() -> None:
    assert set(OVERWRITTEN) <= {(path.name, identifier) for path, identifier, _given, score in RESULTS if score}


@pytest.mark.parametrize(("name", "given", "expected"), ENGINE)
def test_marking_gives_the_score_of_the_publisher(name: str, given: Given, expected: float) -> None:
    [path] = [path for path in ITEMS if path.name == name]
    _known, draft = importing.read(source(path))
    assert earned(draft.items[0], given) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("path", "result", "given"),
    [case for case in CASES if "correct" in case[1].name],
    ids=lambda p: getattr(p, "name", ""),
)
def test_result_named_correct_earns_all_and_one_named_incorrect_nothing(path: Path, result: Path, given: Given) -> None:
    _known, draft = importing.read(source(path))
    ours = earned(draft.items[0], given)
    if "incorrect" in result.name:
        assert ours == 0
    else:
        assert ours == draft.items[0].points


def earned(item: ItemDraft, given: Given) -> float:
    kind = item_types.get(item.kind)
    try:
        credit = kind.mark(item.body, kind.clean(item.body, answer(item, given))).credit
    except item_types.InvalidAnswer:
        return 0.0  # an option that the stripped item does not show, or no number
    assert credit is not None
    return float(credit * item.points)


def score(path: Path, given: Given) -> float:
    processing = Processing(qti.parse(path.read_bytes()))
    try:
        return processing.score(given)
    except Unsupported as reason:
        pytest.skip(f"Not evaluated: {reason}")


def answer(item: ItemDraft, given: Given) -> dict[str, Any]:
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
