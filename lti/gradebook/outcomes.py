"""What a drain hands to the threads that talk to a platform, and what they hand back."""

from dataclasses import dataclass

from lti.gradebook.decide import Base, LiveGrade
from lti.gradebook.families.verdict import Verdict
from lti.models import Delivery, Score


@dataclass(frozen=True)
class Claim:
    """A score that is being sent, and the log entry of that."""

    score: Score
    delivery: Delivery
    base: Base
    new_submission: bool


@dataclass(frozen=True)
class Outcome:
    """`live` is what the gradebook showed, where it was read.

    `posted`: the platform took the score. `unanswered`: it may have taken it, though no answer says so. `reached`:
    the platform answered at all. `remaining`: what is left of its rate limit.
    """

    verdict: Verdict
    status: int | None = None
    words: str = ""
    reached: bool = True
    posted: bool = False
    unanswered: bool = False
    live: LiveGrade | None = None
    remaining: float | None = None
