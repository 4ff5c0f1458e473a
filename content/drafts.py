"""Content on its way to publication: what the readers of formats make and `publishing` takes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

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
