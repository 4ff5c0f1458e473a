"""What another mark of one answer does to the totals of its attempt: the same in a dry run and when it is stored."""

from decimal import Decimal
from typing import Protocol

from assessment.models import DROPPED, Attempt, AttemptState
from content.models import ItemVersion


class Earned(Protocol):
    """A mark, as far as totals go."""

    @property
    def points(self) -> Decimal: ...
    @property
    def tier(self) -> str: ...


def replace(attempt: Attempt, item: ItemVersion, before: Earned | None, after: Earned | None) -> None:
    """Let one mark of an answer to the item take the place of another, not stored yet. None: the answer waits."""
    for mark, sign in ((before, -1), (after, 1)):
        attempt.items_marked += sign * (mark is not None)
        attempt.points += sign * _points(mark)
        attempt.points_waiting += sign * item.points * (mark is None)
        attempt.points_max -= sign * item.points * (mark is not None and mark.tier == DROPPED)
    waits = attempt.items_marked < attempt.items_total
    attempt.state = AttemptState.NEEDS_REVIEW if waits else AttemptState.MARKED


def direction(before: Earned | None, after: Earned | None) -> str:
    """Where the points of the answer go."""
    old, new = _points(before), _points(after)
    return "up" if new > old else "down" if new < old else "same"


def _points(mark: Earned | None) -> Decimal:
    return mark.points if mark else Decimal(0)
