"""What every kind of question promises, whatever it is given."""

import json
from contextlib import suppress
from typing import Any

from django.template.loader import render_to_string
from hypothesis import strategies as st

from content import item_types
from content.item_types import Body, InvalidAnswer

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20)
JSON = st.recursive(
    LEAVES | st.just("\x00") | st.just("\ud83d") | st.just("a" * 100_000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def answer_is_cleaned_once_for_all_or_refused(kind: str, body: Body, raw: Any) -> None:
    module = item_types.get(kind)
    try:
        answer = module.clean(body, raw)
    except InvalidAnswer:
        return
    assert module.clean(body, answer) == answer
    stored = json.dumps(answer, ensure_ascii=False).encode()
    assert b"\\u0000" not in stored
    outcome = module.mark(body, answer)
    assert outcome.credit is None or 0 <= outcome.credit <= 1
    assert module.BY_RULE is False or outcome.credit is not None
    json.dumps(dict(outcome.evidence))
    assert bool(module.text(body, answer)) is bool(answer)
    assert isinstance(module.rationale(body, answer), str)
    known = [category.id for category in module.categories(body)]
    assert set(module.categorise(body, answer) or []) <= {*known, ""}
    fields = module.to_form(body, answer)
    assert module.clean(body, module.from_form(body, fields)) == answer
    size = module.form_size(body)
    assert sum(len(values) for values in fields.values()) <= size.fields


def any_stored_answer_raises_invalid_answer_only(kind: str, body: Body, answer: Any) -> None:
    module = item_types.get(kind)
    for function in (module.mark, module.text, module.rationale, module.categorise, module.to_form):
        with suppress(InvalidAnswer):
            function(body, answer)


def any_fields_of_its_control_are_an_answer_or_refused(kind: str, body: Body, fields: dict[str, list[str]]) -> None:
    module = item_types.get(kind)
    with suppress(InvalidAnswer):
        module.mark(body, module.clean(body, module.from_form(body, fields)))


def any_fields_of_its_editor_make_a_body(kind: str, fields: dict[str, list[str]]) -> None:
    """The body can be kept, judged, and shown again; where nothing is wrong with it, it can be asked and marked."""
    module = item_types.get(kind)
    body = {"stem": "Which?"} | module.from_editor(fields)
    json.dumps(body)
    assert render_to_string(module.TEMPLATES.editor, {"body": body, "name": ""})
    found = module.problems(body)
    assert all(isinstance(text, str) for text in found)
    if not found:
        module.warnings(body, shuffled=True)
        assert module.mark(body, {}).credit == 0
        assert module.expected(body) or not module.SCORED
        module.public(body), module.key(body), module.categories(body), module.guess(body), module.form_size(body)


def any_body_has_problems_or_none(kind: str, body: Any) -> None:
    assert all(isinstance(text, str) for text in item_types.get(kind).problems(body))
