"""The items of a published version in printed order."""

from functools import lru_cache
from uuid import UUID

from content.models import QuizVersionItem


@lru_cache(maxsize=256)
def of(version_id: UUID) -> tuple[QuizVersionItem, ...]:
    """Read once a process, since a version never changes; of its items only `key_state` may be older than the row."""
    places = QuizVersionItem.objects.filter(quiz_version=version_id).order_by("position")
    return tuple(places.select_related("quiz_version", "item_version__item"))
