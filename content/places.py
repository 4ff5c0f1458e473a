"""The items of a published version in printed order."""

from collections import defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from content import item_types
from content.models import QuizVersionItem


def of(version_id: UUID) -> tuple[QuizVersionItem, ...]:
    """The questions; what stands between them is left out."""
    return _all(version_id).questions


@lru_cache(maxsize=256)
def texts(version_id: UUID) -> Mapping[UUID | None, list[dict[str, Any]]]:
    """The bodies of the texts right before each question, by item version; those after the last one under None."""
    found: dict[UUID | None, list[dict[str, Any]]] = defaultdict(list)
    before: list[dict[str, Any]] = []
    for place in _all(version_id).everything:
        if not _scored(place):
            before.append(place.item_version.body)
        elif before:
            found[place.item_version_id], before = before, []
    return {**found, **({None: before} if before else {})}


def _scored(place: QuizVersionItem) -> bool:
    return item_types.get(place.item_version.kind).SCORED


class Printed(NamedTuple):
    everything: tuple[QuizVersionItem, ...]
    questions: tuple[QuizVersionItem, ...]


@lru_cache(maxsize=256)
def _all(version_id: UUID) -> Printed:
    """Read once a process, since a version never changes; of its items only `key_state` may be older than the row."""
    places = QuizVersionItem.objects.filter(quiz_version=version_id).order_by("position")
    everything = tuple(places.select_related("quiz_version", "item_version__item"))
    return Printed(everything, tuple(place for place in everything if _scored(place)))
