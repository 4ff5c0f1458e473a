"""What a reader of any format takes and gives."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from content.drafts import ItemDraft


@dataclass(frozen=True)
class Source:
    """A file as it came. `name` without folders."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Draft:
    """A lesson and its check as read, ready to be published; every doubt as a sentence with its place.

    `lesson` is the body of a LessonVersion, None where the file holds questions only; an empty slug or title is not in
    the file.
    """

    items: Sequence[ItemDraft]
    lesson: Mapping[str, Any] | None = None
    slug: str = ""
    title: str = ""
    provenance: Mapping[str, Any] = field(default_factory=dict)
    doubts: Sequence[str] = ()
