"""Dates on a page: a person writes local time, the server keeps UTC."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from zoneinfo import TZPATH, ZoneInfo, available_timezones

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from assessment.views.requests import LaunchRequest

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


def _table(name: str) -> list[list[str]]:
    """The rows of a file of the system's time zone database, split into words; none where it is not installed."""
    found = next((path for folder in TZPATH if (path := Path(folder, name)).exists()), None)
    lines = found.read_text(encoding="utf-8").splitlines() if found else []
    return [line.split() for line in lines if not line.startswith("#")]


def _zones() -> list[str]:
    """The names that people know: one for each zone of each country, without those that are out of use."""
    return ["UTC", *sorted({row[2] for row in _table("zone.tab")} or available_timezones())]


ZONES = _zones()
ALIASES = {row[2]: row[1] for row in _table("tzdata.zi") if row and row[0] == "L"}  # Asia/Calcutta: Asia/Kolkata
FORMATS = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"]
NAMES = {"opens_at": _("Opens"), "due_at": _("Due"), "closes_at": _("Closes")}


class Moment(forms.DateTimeField):
    """A `datetime-local` field in the time zone that is active; empty means no such date.

    `stored` is what was there before: its seconds, and which of two hours it means, cannot be seen or typed. A new time
    that comes twice, when the clocks go back, means the first.
    """

    stored: datetime | None = None

    def __init__(self, label: "StrOrPromise") -> None:
        widget = forms.DateTimeInput(format=FORMATS[0], attrs={"type": "datetime-local"})
        wrong = {"invalid": _("Enter the date and time, such as 2027-01-31 18:00.")}
        super().__init__(label=label, required=False, input_formats=FORMATS, widget=widget, error_messages=wrong)

    def to_python(self, value: Any) -> datetime | None:
        try:
            moment: datetime | None = super().to_python(value)
        except forms.ValidationError as error:
            if error.code != "ambiguous_timezone" or not error.params:
                raise
            moment = error.params["datetime"].replace(tzinfo=timezone.get_current_timezone())
            if timezone.make_naive(moment.astimezone(UTC)) != moment.replace(tzinfo=None):
                raise forms.ValidationError(
                    gettext("This time does not exist on that day, because the clocks change.")
                ) from error
        return self.stored if moment and self.stored and _as_shown(self.stored) == _as_shown(moment) else moment

    def clean(self, value: Any) -> datetime | None:
        moment: datetime | None = super().clean(value)
        if moment is not None and not 2000 <= moment.year < 2200:
            raise forms.ValidationError(gettext("Choose a year closer to now."))
        return moment


def _as_shown(moment: datetime) -> str:
    return timezone.localtime(moment).strftime(FORMATS[0])


class DatesForm(forms.Form):
    """When a check opens, is due, and closes."""

    opens_at = Moment(NAMES["opens_at"])
    due_at = Moment(NAMES["due_at"])
    closes_at = Moment(NAMES["closes_at"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in NAMES:
            cast(Moment, self.fields[name]).stored = self.initial.get(name)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        order = [name for name in NAMES if given.get(name)]
        for earlier, later in pairwise(order):
            if given[earlier] > given[later] or (given[earlier] == given[later] and earlier == "opens_at"):
                self.add_error(later, gettext("It must come after “{name}”.").format(name=NAMES[earlier]))
        return given

    @property
    def moments(self) -> list[forms.BoundField]:
        return [self[name] for name in NAMES]


def zone_of(request: LaunchRequest) -> str:
    """The zone that the form names, else the one that the LMS gave for this person, else UTC."""
    for name in (request.POST.get("zone"), request.viewer.custom.get("timezone")):
        known = name if name in ZONES else ALIASES.get(str(name))
        if known in ZONES:
            return str(known)
    return "UTC"


@contextmanager
def local_to(request: LaunchRequest) -> Iterator[dict[str, Any]]:
    """While it lasts forms read and print times of the person's zone. Yields what `_zone.html` needs."""
    zone = zone_of(request)
    with timezone.override(ZoneInfo(zone)):
        yield {"zone": zone, "zones": ZONES, "zone_chosen": "zone" in request.POST}
