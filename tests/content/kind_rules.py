"""What every kind of question owes, whatever the answer and whatever the fields of its editor."""

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from django.template.loader import render_to_string
from hypothesis import strategies as st

from content.item_types import InvalidAnswer, ItemType

LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["\x00", "\ud83d", "a" * 20_000, "9" * 20_000, "1e999999999", "\n", "½", "١٫٥"])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def answers(*values: Any, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Any JSON; likely and unlikely answers; mappings with these parts, each as it should be or any JSON."""
    mixed = {name: part | JSON for name, part in parts.items()}
    return (
        JSON | st.sampled_from([*values, {}]) | st.fixed_dictionaries(parts) | st.fixed_dictionaries({}, optional=mixed)
    )


def fields(*names: str) -> st.SearchStrategy[dict[str, list[str]]]:
    """Fields of a form with these names among others."""
    values = st.text(max_size=12) | st.sampled_from(["a", "b", "1", "50", "-50", "true", "regex", "(", "0,5", "1e99"])
    return st.dictionaries(st.sampled_from(["", *names]) | st.text(max_size=5), st.lists(values, max_size=4))


def check_answer(kind: ItemType, body: Mapping[str, Any], raw: Any) -> None:
    """The answer is refused, or cleaned once for all, marked within bounds, shown, counted and filled in again."""
    for function in (kind.mark, kind.text, kind.rationale, kind.categorise, kind.to_form):
        with suppress(InvalidAnswer):
            function(body, raw)
    try:
        answer = kind.clean(body, raw)
    except InvalidAnswer:
        return
    assert kind.clean(body, answer) == answer
    assert "\\u0000" not in json.dumps(answer)
    json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    outcome = kind.mark(body, answer)
    assert outcome.credit is not None
    assert 0 <= outcome.credit <= 1
    json.dumps(dict(outcome.evidence))
    assert bool(kind.text(body, answer)) is bool(answer)
    assert isinstance(kind.rationale(body, answer), str)
    known = {category.id for category in kind.categories(body)}
    assert set(kind.categorise(body, answer) or []) <= {*known, ""}
    filled = kind.to_form(body, answer)
    assert kind.clean(body, kind.from_form(body, filled)) == answer
    size = kind.form_size(body)
    assert sum(len(values) for values in filled.values()) <= size.fields
    assert sum(len(value.encode()) for values in filled.values() for value in values) <= size.size


def check_editor(kind: ItemType, fields: dict[str, list[str]]) -> None:
    """The body is JSON, and its problems are said in words; without problems all else works."""
    body = {"stem": "Stem", "section": None} | kind.from_editor(fields)
    json.dumps(body, allow_nan=False)
    assert render_to_string(kind.TEMPLATES.editor, {"body": body, "name": "q1-"})
    found = kind.problems(body)
    assert all(isinstance(text, str) for text in found)
    if not found:
        check_published(kind, body)


def check_published(kind: ItemType, body: Mapping[str, Any]) -> None:
    """What a body without problems owes."""
    assert all(isinstance(text, str) for text in kind.warnings(body, shuffled=True))
    share = kind.guess(body)
    assert share is None or 0 <= share <= 1
    assert set(kind.public(body)) == {"stem", *kind.PUBLIC}
    assert kind.expected(body)
    assert kind.key(body)
    ids = [category.id for category in kind.categories(body)]
    assert len(set(ids)) == len(ids)
    assert kind.form_size(body).fields > 0
    check_answer(kind, body, {})
    check_answer(kind, body, "a")
