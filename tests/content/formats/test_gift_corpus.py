"""GIFT files with the values that another parser of the format gives (MIT, not part of this project)."""

import json
from pathlib import Path
from typing import Any

import pytest

from content.formats import gift_parsing
from content.formats.gift_parsing import Answer, Question, Text
from tests.content.formats import corpora

FILES = corpora.files("gift", "*.gift")
KINDS = {
    "Category": "category",
    "Description": "description",
    "Essay": "essay",
    "TF": "truefalse",
    "MC": "multichoice",
    "Short": "shortanswer",
    "Numerical": "numerical",
    "Matching": "match",
}


@pytest.mark.skipif(not FILES, reason="the corpus of GIFT files is not on this machine")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_gift_file_gives_the_values_that_its_reference_parser_gives(path: Path) -> None:
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    read = list(gift_parsing.questions(path.read_text(encoding="utf-8")))
    assert all(isinstance(question, Question) for question in read), read
    assert [as_values(question) for question in read] == [without_layout(values) for values in expected]


def without_layout(values: dict[str, Any]) -> dict[str, Any]:
    """A single number is given without its list there, and markup keeps the line ends of the file."""
    values = {**values, "choices": values.get("choices", [])}
    if isinstance(values["choices"], dict):
        values["choices"] = [{"isCorrect": True, "weight": None, "text": values["choices"], "feedback": None}]
    return values


def as_values(question: Question) -> dict[str, Any]:
    if question.kind == "category":
        return {"type": "Category", "title": question.title, "choices": []}
    values = {
        "id": question.id or None,
        "tags": list(question.tags) or None,
        "type": next(name for name, kind in KINDS.items() if kind == question.kind),
        "title": question.title or None,
        "stem": text(question.stem),
        "hasEmbeddedAnswers": question.embedded,
        "choices": [choice(answer, question) for answer in question.answers if question.kind != "match"],
    }
    if question.kind != "description":
        values["globalFeedback"] = text(question.feedback)
    if question.kind == "truefalse":
        values["isTrue"] = question.is_true
        # It names the two in the order of the file; Moodle shows the first for a wrong answer.
        values["trueFeedback"], values["falseFeedback"] = map(text, question.judgements)
    if question.kind == "match":
        values["matchPairs"] = [{"subquestion": text(a.text), "subanswer": a.match} for a in question.answers]
    if question.otherwise:
        wrong = {"isCorrect": False, "weight": None, "text": {"format": "moodle", "text": "*"}}
        values["choices"].append({**wrong, "feedback": text(question.otherwise)})
    return values


def choice(answer: Answer, question: Question) -> dict[str, Any]:
    shown = text(answer.text) if question.kind != "numerical" else as_number(answer.text.value)
    return {
        "isCorrect": answer.right,
        "weight": answer.weight,
        "text": shown,
        "feedback": text(answer.feedback),
    }


def as_number(written: str) -> dict[str, Any]:
    found = gift_parsing.interval(written)
    assert found is not None
    if "min" in found:
        return {"type": "high-low", "numberLow": found["min"], "numberHigh": found["max"]}
    if ":" in written:
        return {"type": "range", "number": found["value"], "range": found.get("tolerance", {"value": 0})["value"]}
    return {"type": "simple", "number": found["value"]}


def text(found: Text | None) -> dict[str, str] | None:
    return {"format": found.format, "text": found.value} if found else None
