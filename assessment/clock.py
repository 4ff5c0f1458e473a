"""How much time an attempt has left. Only the server's clock counts: a browser's may be hours off."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from assessment.models import Attempt, AttemptState
from assessment.placement import terms


@dataclass(frozen=True)
class Clock:
    """`remaining` are seconds until `deadline`, not less than 0; both are None where there is no time limit.

    `offer` are the minutes that the learner may take on top, 0 for none; `taken` is how often they did.
    """

    state: str
    remaining: float | None
    deadline: datetime | None
    offer: int = 0
    taken: int = 0

    def as_json(self) -> dict[str, object]:
        deadline = self.deadline.isoformat() if self.deadline else None
        more = {"offer": self.offer, "taken": self.taken}
        return {"state": self.state, "remaining": self.remaining, "deadline": deadline, **more}


def of(attempt: Attempt, now: datetime) -> Clock:
    ends = attempt.deadline_at
    remaining = None if ends is None else max(0.0, round((ends - now).total_seconds(), 3))
    return Clock(attempt.state, remaining, ends, offered(attempt), len(attempt.extensions))


def is_over(attempt: Attempt, now: datetime) -> bool:
    """Whether the deadline has passed, though answers on their way may still count (`Attempt.is_overdue`)."""
    return attempt.deadline_at is not None and now >= attempt.deadline_at


def offered(attempt: Attempt) -> int:
    """The minutes that the learner may take on top, 0 for none: the end that a teacher set for a reopened one holds."""
    policy = attempt.assignment
    is_limited = policy is not None and policy.time_limit and attempt.deadline_at and not attempt.reopened_until
    if policy is None or not is_limited or attempt.state != AttemptState.IN_PROGRESS:
        return 0
    return policy.extension_minutes if len(attempt.extensions) < policy.extensions else 0


@transaction.atomic
def extend(*, attempt: Attempt, taken: int, now: datetime) -> bool:
    """Give the learner the time that is on offer (WCAG 2.2.1); whether there was any. It makes nobody late.

    `taken` is how often they had taken more time when they asked, so that asking twice gives it once. Who asks in the
    last second gets it: until the grace is over.
    """
    fields = ("state", "extensions", "due_at", "deadline_at")
    attempt.refresh_from_db(fields=fields, from_queryset=Attempt.objects.select_for_update(no_key=True))
    minutes = offered(attempt)
    if not minutes or taken != len(attempt.extensions) or attempt.is_overdue(now):
        return False
    assert attempt.assignment is not None
    assert attempt.person_id is not None
    attempt.extensions = [*attempt.extensions, {"minutes": minutes, "at": now.isoformat()}]
    terms.set_times(attempt, terms.of(attempt.assignment, attempt.person_id, attempt.lms_dates))
    attempt.save(update_fields=fields)
    return True
