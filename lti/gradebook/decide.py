"""What to do about one score: a three-way merge of what we want, what was there before, and what is there now.

The gradebook is compared as `kubectl apply` compares a cluster, or version control a file: a difference that we made
is ours to change, a difference that somebody else made is theirs to decide about. Pure; docs/decisions/009 has the why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum, auto
from typing import Protocol

TOLERANCE = Decimal("0.005")  # points: platforms round what they show


class Decision(Enum):
    SEND = auto()
    READ = auto()  # the gradebook first
    DONE = auto()  # it shows our score
    HOLD = auto()  # somebody changed it: a person decides


@dataclass(frozen=True)
class Points:
    """`given` of `maximum`."""

    given: Decimal
    maximum: Decimal


@dataclass(frozen=True)
class Base:
    """What may stand in the gradebook without anyone having interfered.

    `points`: what we last wrote. `certain`: the gradebook is known to have it. `accepted`: a person saw this grade and
    wants ours in its place. `unanswered`: what we sent without an answer. `rescaled`: the column's points have changed
    since, and a platform may have kept the number. `read_first`: there may be something that we do not know of.
    """

    points: Points | None = None
    certain: bool = False
    accepted: bool = False
    unanswered: Sequence[Points] = ()
    read_first: bool = False
    rescaled: bool = False

    @property
    def is_unknown(self) -> bool:
        return self.points is None and not (self.accepted or self.read_first or self.unanswered)


@dataclass(frozen=True)
class LiveGrade:
    """What the gradebook shows: `listed` without `given` is an entry that has no score."""

    given: Decimal | None = None
    maximum: Decimal | None = None
    listed: bool = False


class Habits(Protocol):
    EMPTY_IS_CLEARED: bool  # whether an entry without a score is one that a person cleared


def decide(desired: Points, base: Base, live: LiveGrade | None, family: Habits) -> Decision:
    """`live` is None before the gradebook was read."""
    if live is None:
        return Decision.SEND if base.is_unknown else Decision.READ
    if shows(live, desired, family):
        return Decision.SEND if base.rescaled else Decision.DONE
    if any(shows(live, points, family) for points in base.unanswered) or _is_base(live, base, family):
        return Decision.SEND
    if is_empty(live, family) and not base.certain:
        return Decision.SEND
    return Decision.HOLD


def shows(live: LiveGrade, points: Points, family: Habits) -> bool:
    """Whether the gradebook shows these points, in its own maximum. Moodle leaves out the score where it is 0."""
    if live.given is None and (not live.listed or family.EMPTY_IS_CLEARED):
        return False
    maximum = live.maximum or points.maximum
    return abs((live.given or Decimal(0)) - points.given * maximum / points.maximum) <= TOLERANCE


def is_empty(live: LiveGrade, family: Habits) -> bool:
    """Whether there is nothing that a person may have put there or cleared."""
    return not live.listed if family.EMPTY_IS_CLEARED else live.given is None


def _is_base(live: LiveGrade, base: Base, family: Habits) -> bool:
    if base.points is None:
        return base.accepted and live.given is None
    if base.rescaled and live.given is not None and abs(live.given - base.points.given) <= TOLERANCE:
        return True
    return shows(live, base.points, family)
