"""How much time an attempt has left. Only the server's clock counts: a browser's may be hours off."""

from dataclasses import dataclass
from datetime import datetime

from assessment.models import Attempt


@dataclass(frozen=True)
class Clock:
    """`remaining` are seconds until `deadline`, not less than 0; both are None where there is no time limit."""

    state: str
    remaining: float | None
    deadline: datetime | None

    def as_json(self) -> dict[str, object]:
        deadline = self.deadline.isoformat() if self.deadline else None
        return {"state": self.state, "remaining": self.remaining, "deadline": deadline}


def of(attempt: Attempt, now: datetime) -> Clock:
    ends = attempt.deadline_at
    remaining = None if ends is None else max(0.0, round((ends - now).total_seconds(), 3))
    return Clock(attempt.state, remaining, ends)


def is_over(attempt: Attempt, now: datetime) -> bool:
    """Whether the deadline has passed, though answers on their way may still count (`Attempt.is_overdue`)."""
    return attempt.deadline_at is not None and now >= attempt.deadline_at
