"""What writers share: what a format does not hold of a draft is named, never left out silently. Pure."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from content import rendering
from content.drafts import ItemDraft
from content.formats.reading import Draft, Loss, Severity
from content.models import KeyState

NO_PLACE = "The format has no place for it."


class Losses:
    """The losses of one written file. `about` names the question that the following ones belong to."""

    def __init__(self) -> None:
        self.found: list[Loss] = []
        self._item = ""

    def about(self, item: str) -> None:
        self._item = item

    def lose(self, what: str, why: str = NO_PLACE, severity: Severity = "warning") -> None:
        self.found.append(Loss(self._item, what, why, severity))

    def of_draft(self, draft: Draft, *, holds: Collection[str] = ()) -> None:
        parts = {
            "title": bool(draft.title),
            "lesson": draft.lesson is not None,
            "pools": bool(draft.pools),
            "shuffling": draft.shuffle_questions or draft.shuffle_options,
            "pictures": bool(draft.media),
        }
        for name, there in parts.items():
            if there and name not in holds:
                self.lose(name, severity="info" if name in ("title", "shuffling") else "warning")

    def of_item(self, item: ItemDraft, *, holds: Collection[str] = ()) -> None:
        body = item.body
        parts = {
            "points": item.points != Decimal(1) and item.kind != "description",
            "tags": bool(item.tags),
            "section": bool(body.get("section")),
            "parameters": bool(body.get("parameters")),
            "feedback": bool(body.get("feedback")),
            "rationales": any(map(_explained, _parts(body))),
            "pinned options": any(part.get("pinned") for part in _parts(body)),
            "pictures": any(rendering.MEDIA.search(text) for text in rendering.strings(body)),
            "key state": item.key_state in (KeyState.UNKEYED, KeyState.PROPOSED, KeyState.RETIRED),
        }
        for name, there in parts.items():
            if there and name not in holds:
                self.lose(name, _why(name, item))


def _why(name: str, item: ItemDraft) -> str:
    if name == "key state":
        return f"Its key is {item.key_state} here; readers of the file take it as right."
    return NO_PLACE


def _parts(body: Any) -> list[Any]:
    """Options, answers, areas: whatever may carry a rationale or be pinned, those of gaps too."""
    lists = [body.get(name) for name in ("options", "answers", "areas", "choices", "gaps")]
    found = [part for parts in lists if isinstance(parts, list | tuple) for part in parts if isinstance(part, dict)]
    return found + [inner for gap in found if "kind" in gap for inner in _parts(gap)] + _rationales(body)


def _rationales(body: Any) -> list[Any]:
    given = body.get("rationales")
    return [{"rationale": text} for text in given.values()] if isinstance(given, dict) else []


def _explained(part: Any) -> bool:
    return bool(part.get("rationale") or part.get("feedback"))
