"""Content on its way to publication: what the readers of formats make and `publishing` takes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from content.models import KeyState


@dataclass(frozen=True)
class ItemDraft:
    """One question with its key, if it has one. `body` has the shape that its item type defines."""

    identifier: str
    kind: str
    body: Mapping[str, Any]
    points: Decimal = Decimal(1)
    key_state: str = KeyState.UNKEYED
    provenance: Mapping[str, Any] = field(default_factory=dict)
    tags: Sequence[str] = ()
    item: UUID | None = None  # of another quiz, that the question is kept by
