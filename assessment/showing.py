"""What of the feedback a learner may see by now: each facet from the moment that the policy names."""

from dataclasses import dataclass
from datetime import datetime

from assessment.models import Assignment, Attempt, AttemptState, Shown
from assessment.placement import windows


@dataclass(frozen=True)
class Showing:
    """The facets: what each answer earned, what would have been right, why, and where the lesson says so."""

    mark: bool
    answer: bool
    rationale: bool
    section: bool

    @property
    def any(self) -> bool:
        return self.mark or self.answer or self.rationale or self.section


ALL = Showing(mark=True, answer=True, rationale=True, section=True)
NOTHING = Showing(mark=False, answer=False, rationale=False, section=False)


def of(attempt: Attempt, now: datetime) -> Showing:
    """What the learner of an attempt may see of its questions; practice shows everything, a held score nothing."""
    policy = attempt.assignment
    if policy is None:
        return ALL
    if policy.withholds and not attempt.preview:
        return NOTHING
    return Showing(
        mark=_is_time(policy.show_mark, policy, attempt, now),
        answer=_is_time(policy.show_answer, policy, attempt, now),
        rationale=_is_time(policy.show_rationale, policy, attempt, now),
        section=_is_time(policy.show_section, policy, attempt, now),
    )


def withholds_score(attempt: Attempt) -> bool:
    """Whether the learner does not see yet what the attempt earned."""
    return attempt.assignment is not None and attempt.assignment.withholds and not attempt.preview


def is_checked_by_question(policy: Assignment) -> bool:
    """Whether learners check each question for itself. Not while scores are held: it would give them away."""
    return not policy.withholds and Shown.EACH_QUESTION in (
        policy.show_mark,
        policy.show_answer,
        policy.show_rationale,
        policy.show_section,
    )


def of_checked(policy: Assignment) -> Showing:
    """What is shown of a question that was checked while the attempt goes on."""
    each = Shown.EACH_QUESTION
    return Showing(
        mark=policy.show_mark == each,
        answer=policy.show_answer == each,
        rationale=policy.show_rationale == each,
        section=policy.show_section == each,
    )


def _is_time(shown: str, policy: Assignment, attempt: Attempt, now: datetime) -> bool:
    if shown == Shown.NEVER or attempt.state == AttemptState.IN_PROGRESS:
        return False
    if shown == Shown.ON_RELEASE:
        return policy.released_at is not None and policy.released_at <= now
    if shown in (Shown.AFTER_DUE, Shown.AFTER_CLOSE):
        return _is_past(shown, policy, attempt, now)
    return True


def _is_past(shown: str, policy: Assignment, attempt: Attempt, now: datetime) -> bool:
    """After the date of everyone and of this learner; without a date, never: nobody else's answers are given away."""
    window = windows.with_dates(policy, attempt.lms_dates)
    usual = window.due_at if shown == Shown.AFTER_DUE else window.closes_at or window.due_at
    own = attempt.due_at if shown == Shown.AFTER_DUE else None
    latest = max((moment for moment in (usual, own) if moment), default=None)
    return latest is not None and now > latest
