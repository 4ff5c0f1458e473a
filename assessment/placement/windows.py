"""When a check may be taken: the LMS's own dates where the launch names them, else the assignment's."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.dateparse import parse_datetime

from assessment.models import Assignment
from lti.models import Launch

EARLIEST, LATEST = 1970, 9999  # years; beyond them no date is meant

# What links of ours ask for (LTI 1.3 core appendix C, and Canvas's own); an LMS without them sends none.
ASKED = {
    "opens_at": "$ResourceLink.available.startDateTime",
    "due_at": "$ResourceLink.submission.endDateTime",
    "closes_at": "$ResourceLink.available.endDateTime",
}


@dataclass(frozen=True)
class Window:
    """`from_lms` names the dates that the LMS gave; they go before what a teacher entered here."""

    opens_at: datetime | None = None
    due_at: datetime | None = None
    closes_at: datetime | None = None
    from_lms: frozenset[str] = frozenset()

    def is_early(self, now: datetime) -> bool:
        return self.opens_at is not None and now < self.opens_at

    def is_over(self, now: datetime) -> bool:
        return self.closes_at is not None and now >= self.closes_at


def of(assignment: Assignment, viewer: Launch | None = None) -> Window:
    """The window for this viewer. An LMS gives a learner with an extension that learner's own dates."""
    return with_dates(assignment, lms_dates(viewer) if viewer else {})


def with_dates(assignment: Assignment, given: Mapping[str, str]) -> Window:
    """The window where the LMS names these dates, in ISO 8601."""
    own = {name: getattr(assignment, name) for name in ASKED}
    named = {name: datetime.fromisoformat(given[name]) for name in ASKED if name in given}
    return Window(**{**own, **named}, from_lms=frozenset(named))


def lms_dates(viewer: Launch) -> dict[str, str]:
    """The dates that the launch names, in ISO 8601."""
    found = {name: _date(viewer, name) for name in ASKED}
    return {name: moment.isoformat() for name, moment in found.items() if moment}


def _date(viewer: Launch, name: str) -> datetime | None:
    """A moment with its offset; one without could mean any hour, so it is taken as missing.

    So is one at either end of the calendar, which is how some systems write that there is none.
    """
    for said in (viewer.custom.get(name), viewer.custom.get(f"canvas_{name}")):
        try:
            moment = parse_datetime(said) if isinstance(said, str) else None
        except ValueError:
            continue
        if moment is not None and moment.tzinfo is not None and EARLIEST < moment.year < LATEST:
            return moment
    return None
