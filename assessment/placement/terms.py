"""What holds for one learner: the assignment's policy, the dates of the LMS, and every accommodation."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from assessment.models import Accommodation, Assignment, Attempt
from assessment.placement import windows
from assessment.placement.windows import Window
from roster.models import Group
from roster.rows import Prepared


@dataclass(frozen=True)
class Terms:
    """`limit` is the learner's own time limit, None for none; `extra` is how much of it is on top of everyone's."""

    window: Window
    max_attempts: int | None
    limit: timedelta | None
    extra: timedelta = timedelta(0)
    given: Sequence[Accommodation] = ()

    @property
    def own(self) -> list[Accommodation]:
        """What was given to this learner or a group, not to everyone in the course."""
        return [one for one in self.given if one.person_id or one.group_id]

    @property
    def limit_minutes(self) -> int:
        return round(self.limit.total_seconds() / 60) if self.limit else 0

    def left(self, made: Sequence[Attempt]) -> int | None:
        """How many more attempts may begin after these; None for any number. One that was voided takes none."""
        if self.max_attempts is None:
            return None
        return max(0, self.max_attempts - sum(attempt.voided_at is None for attempt in made))

    def with_more(self, time: timedelta) -> "Terms":
        """The same with that much more time."""
        return replace(self, limit=self.limit and self.limit + time, extra=self.extra + time) if time else self

    def due_at(self) -> datetime | None:
        """After it an attempt is late: more time to answer never makes one late."""
        return self.window.due_at and self.window.due_at + self.extra

    def deadline(self, started_at: datetime) -> datetime | None:
        """When an attempt that began then ends: with its time, or as the check closes, which waits for extra time."""
        closes = self.window.closes_at and self.window.closes_at + self.extra
        ends = [moment for moment in (self.limit and started_at + self.limit, closes) if moment]
        return min(ends, default=None)


def of(assignment: Assignment, person: UUID, lms_dates: Mapping[str, str]) -> Terms:
    """The terms of this learner; one query."""
    given = ACCOMMODATIONS.all(assignment=assignment.pk, person=person)
    return combined(assignment, windows.with_dates(assignment, lms_dates), given)


def holding(assignment: UUID, person: UUID) -> QuerySet[Accommodation]:
    """The accommodations that hold for this person: for everyone, a group, the person, on all assignments."""
    return Accommodation.objects.filter(
        Q(assignment=assignment, person__isnull=True, group__isnull=True)
        | Q(assignment=assignment, person=person)
        | Q(assignment=assignment, group__in=Group.objects.filter(members=person).values("pk"))
        | Q(assignment__isnull=True, person=person)
    )


ACCOMMODATIONS = Prepared(holding, assignment=UUID, person=UUID)


def given_to(assignment: Assignment, people: Collection[UUID]) -> dict[UUID, list[Accommodation]]:
    """The accommodations of each of these people, as `of` finds those of one; two queries for any number."""
    rows = list(Accommodation.objects.filter(Q(assignment=assignment) | Q(assignment__isnull=True, person__in=people)))
    groups = [row.group_id for row in rows if row.group_id]
    joined = Group.members.through.objects.filter(group__in=groups, person__in=people)
    members = set(joined.values_list("group_id", "person_id"))

    def holds(row: Accommodation, person: UUID) -> bool:
        if row.group_id:
            return (row.group_id, person) in members
        return row.person_id in (None, person)

    return {person: [row for row in rows if holds(row, person)] for person in people}


def combined(assignment: Assignment, window: Window, given: Sequence[Accommodation]) -> Terms:
    """Of several accommodations the most generous value of each kind; their dates go before all others."""
    usual = None if assignment.time_limit is None else timedelta(minutes=assignment.time_limit)
    limit = usual and _limit(usual, given)
    if any(one.no_time_limit for one in given):
        limit = None
    most = assignment.max_attempts
    if most is not None:
        most += max((one.extra_attempts for one in given), default=0)
    extra = limit - usual if limit and usual else timedelta(0)
    return Terms(_opened(window, given), most, limit, extra, given)


def special(assignment: Assignment, held: Terms) -> dict[str, Any]:
    """What of the terms is better for this learner than for everyone; of more time the kind that gives the most."""
    factor = max((one.time_factor for one in held.own), default=Decimal(1))
    minutes = max((one.extra_minutes for one in held.own), default=0)
    found: dict[str, Any] = {"dates": any(one.opens_at or one.due_at or one.closes_at for one in held.own)}
    if assignment.time_limit is not None:
        by_factor = assignment.time_limit * (factor - 1) >= minutes
        found["no_time_limit"] = any(one.no_time_limit for one in held.own)
        found["time_factor"] = factor if by_factor and factor > 1 else None
        found["extra_minutes"] = 0 if by_factor else minutes
    if assignment.max_attempts is not None:
        found["extra_attempts"] = max((one.extra_attempts for one in held.own), default=0)
    return {name: value for name, value in found.items() if value}


def _limit(usual: timedelta, given: Sequence[Accommodation]) -> timedelta:
    factor = max((one.time_factor for one in given), default=Decimal(1))
    minutes = max((one.extra_minutes for one in given), default=0)
    return max(usual * float(factor), usual + timedelta(minutes=minutes))


def _opened(window: Window, given: Sequence[Accommodation]) -> Window:
    return replace(
        window,
        opens_at=_chosen(given, "opens_at", min) or window.opens_at,
        due_at=_chosen(given, "due_at", max) or window.due_at,
        closes_at=_chosen(given, "closes_at", max) or window.closes_at,
    )


def _chosen(
    given: Sequence[Accommodation], name: str, choose: Callable[[Iterable[datetime]], datetime]
) -> datetime | None:
    moments = [moment for one in given if (moment := getattr(one, name))]
    return choose(moments) if moments else None


def set_times(attempt: Attempt, terms: Terms) -> bool:
    """Put the terms' due date and deadline on the attempt; True where that changes it. A preview has none."""
    before, terms = (attempt.due_at, attempt.deadline_at), terms.with_more(attempt.taken)
    attempt.due_at = None if attempt.preview else terms.due_at()
    attempt.deadline_at = None if attempt.preview else attempt.reopened_until or terms.deadline(attempt.started_at)
    return before != (attempt.due_at, attempt.deadline_at)
