"""Controls and editors in Chromium: axe finds nothing, and the keyboard alone fills every field."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page

from content import item_types
from tests.axe import violations
from tests.content.test_item_types import BODIES

ITEM = UUID(int=7)
STYLE = (Path(__file__).parents[2] / "config" / "static" / "assay" / "style.css").read_text()
PAGE = """<!doctype html><html lang="en"><title>A question</title><style>{}</style>
<main class="page"><h1>A check</h1><form>{}</form></main></html>"""
KEYS = """
() => [...document.querySelectorAll("fieldset :is(input, select, textarea, button):not([type=hidden])")]
  .filter((field) => field.tabIndex < 0).map((field) => field.outerHTML)
"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context()
    yield context.new_page()
    context.close()


def control(kind: str, error: str = "") -> str:
    module, body = item_types.get(kind), BODIES[kind]
    question = SimpleNamespace(
        position=1, item_version_id=ITEM, public=module.public(body), templates=module.TEMPLATES, fields={}
    )
    field = SimpleNamespace(question=question, error=error, stale=False, next_seq=1, was="", fields={}, values=[])
    return render_to_string("assessment/_question.html", {"field": field, "total": 1})


@pytest.mark.parametrize("error", ["", "That is no answer."])
@pytest.mark.parametrize("kind", item_types.KINDS)
def test_control_is_accessible(page: Page, kind: str, error: str) -> None:
    page.set_content(PAGE.format(STYLE, control(kind, error)))
    assert violations(page) == []
    assert page.evaluate(KEYS) == []


@pytest.mark.parametrize("kind", item_types.KINDS)
def test_editor_is_accessible(page: Page, kind: str) -> None:
    module = item_types.get(kind)
    if not module.TEMPLATES.editor:
        return
    new: dict[str, Any] = module.from_editor({})
    for body in (BODIES[kind], new):
        shown = render_to_string(module.TEMPLATES.editor, {"body": body, "name": "q1-"})
        page.set_content(PAGE.format(STYLE, shown))
        assert violations(page) == []


@pytest.mark.parametrize("kind", item_types.KINDS)
def test_every_field_of_a_control_belongs_to_its_item(page: Page, kind: str) -> None:
    page.set_content(PAGE.format(STYLE, control(kind)))
    names = page.evaluate("() => [...new FormData(document.forms[0]).keys()]")
    own = {name for name in names if not name.startswith(("seq-", "was-"))}
    assert all(name == f"answer-{ITEM}" or name.startswith(f"answer-{ITEM}-") for name in own)
