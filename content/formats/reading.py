"""What a reader of any format takes and gives, and a writer takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal

from content.drafts import ItemDraft

Severity = Literal["info", "warning", "error"]  # error: the question itself could not be taken


class Refused(ValueError):
    """The file cannot be read at all; says why in one sentence for the person who chose it."""


@dataclass(frozen=True)
class Loss:
    """What did not come through. `item` is the question's identifier in the file; empty where the whole is meant."""

    item: str
    what: str
    why: str
    severity: Severity = "warning"


@dataclass(frozen=True)
class Media:
    """A picture or another file that questions show, named in their texts as `media:<digest>`."""

    name: str
    content_type: str
    data: bytes

    @property
    def digest(self) -> str:
        return sha256(self.data).hexdigest()


@dataclass(frozen=True)
class Pool:
    """Questions of which each learner gets `draw`, drawn at random; `items` are their identifiers."""

    name: str
    draw: int
    items: Sequence[str]


@dataclass(frozen=True)
class Source:
    """A file as it came. `name` without folders. A printed sheet has its `key` beside it and its lesson's slug.

    `opened` keeps what one reader has made of it for the next: every format looks at a file before one reads it.
    """

    name: str
    data: bytes
    key: "Source | None" = None
    lesson: str = ""
    opened: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Draft:
    """A lesson and its check, as read or to be written.

    `lesson` is the body of a LessonVersion, None where the file holds questions only; an empty slug or title is not in
    the file. `doubts` are sentences of the sheet's reader, each with its place.
    """

    items: Sequence[ItemDraft]
    lesson: Mapping[str, Any] | None = None
    slug: str = ""
    title: str = ""
    pools: Sequence[Pool] = ()
    shuffle_questions: bool = False
    shuffle_options: bool = False
    media: Sequence[Media] = ()
    losses: Sequence[Loss] = ()
    doubts: Sequence[str] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Written:
    """A file to be handed out, and what of the draft it does not hold."""

    name: str
    content_type: str
    data: bytes
    losses: Sequence[Loss] = ()
