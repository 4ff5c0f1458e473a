from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from content import sheets
from content.drafts import ItemDraft

DEMO = Path(__file__).parents[2] / "content" / "demo"
SHEET = (DEMO / "when-to-fine-tune.txt").read_text(encoding="utf-8")
KEY = (DEMO / "answer-key.json").read_text(encoding="utf-8")
LESSON = "when-to-fine-tune"
QUIZ = "end-model-families-when-to-fine-tune-creators"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def publish_demo() -> Callable[..., sheets.Published]:
    """Publish the demo sheet, changed as a test wishes."""

    def publish(*, sheet: str = SHEET, key: str | None = KEY, now: datetime = NOW) -> sheets.Published:
        source = sheets.Source("answer-key.json", key.encode()) if key is not None else None
        printed = sheets.Source("when-to-fine-tune.txt", sheet.encode())
        return sheets.publish(printed=printed, key=source, lesson=LESSON, now=now)

    return publish


def lesson_body(**changes: Any) -> dict[str, Any]:
    section = {"id": "the-premise", "title": "The premise", "kind": "prose", "paragraphs": ["It is so."]}
    body = {"title": "A lesson", "summary": "In short.", "minutes": 5, "reviewed": 2026, "sections": [section]}
    return body | changes


def choice(identifier: str = "q1", state: str = "approved", **changes: Any) -> ItemDraft:
    options = [
        {"id": "a", "text": "Yes", "credit": 1, "rationale": "It is."},
        {"id": "b", "text": "No", "credit": 0, "rationale": "It is not."},
    ]
    body = {"stem": "Is it so?", "options": options, "section": "the-premise"} | changes
    return ItemDraft(identifier, "choice", body, key_state=state)


def open_text(identifier: str = "q2", state: str = "reviewed", **changes: Any) -> ItemDraft:
    rubric = [
        {"level": "full", "idea": "Asks someone who knows", "example": "Ask my teacher"},
        {"level": "half", "idea": "Looks somewhere", "example": "google it"},
        {"level": "none", "idea": "Trusts it", "example": ""},
    ]
    return ItemDraft(
        identifier, "open_text", {"stem": "Name one way.", "rubric": rubric, "section": None} | changes, key_state=state
    )
