"""How points, times and the way of a score are written on a page."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import dateformat, formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lti import hints

register = template.Library()


@register.filter
def points(value: Decimal | float | int | None) -> str:
    """A number of points without needless zeros: 1.500 is 1.5, in German 1,5; 10.000 is 10."""
    if value is None:
        return "–"
    text = f"{Decimal(str(value)):.3f}"
    return text.rstrip("0").rstrip(".").replace(".", formats.get_format("DECIMAL_SEPARATOR"))


@register.filter
def many_points(value: Decimal) -> str:
    return ngettext("{points} point", "{points} points", _counted(value)).format(points=points(value))


@register.filter
def of_points(value: Decimal) -> str:
    """The second half of "3 of 10 points"."""
    return ngettext("of {points} point", "of {points} points", _counted(value)).format(points=points(value))


@register.filter
def up_to_points(value: Decimal) -> str:
    return ngettext("up to {points} point", "up to {points} points", _counted(value)).format(points=points(value))


@register.filter
def more_points(value: Decimal) -> str:
    found = ngettext("up to {points} more point", "up to {points} more points", _counted(value))
    return found.format(points=points(value))


def _counted(value: Decimal) -> int:
    """A whole number that takes the same form of a word: half a point is written as none is, in French too."""
    if value == int(value):
        return int(value)
    return 0 if value < 2 else 2


@register.filter
def plain(value: Any) -> str:
    """A number as `<input type=number>` holds it: without needless zeros; what somebody typed stays as it is."""
    if not isinstance(value, Decimal | int | float):
        return value or ""
    return points(value).replace(formats.get_format("DECIMAL_SEPARATOR"), ".")


@register.filter
def local_value(value: Any) -> str:
    """A local time as `datetime-local` wants it; what somebody typed stays as it is."""
    return value.strftime("%Y-%m-%dT%H:%M") if isinstance(value, datetime) else value or ""


@register.filter
def hint(stored: str) -> str:
    """What is stored about a failure, in the language of the page."""
    return hints.translated(stored)


@register.filter
def percent(share: float) -> str:
    return f"{100 * share:.0f}"


@register.filter
def duration(seconds: float) -> str:
    """How long something took: 42 s, 3 min 5 s, 1 h 20 min."""
    whole = round(seconds)
    if whole < 60:
        # Translators: a length of time: 42 s.
        return _("{seconds} s").format(seconds=whole)
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest)
    return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)


@register.simple_tag
def when(moment: datetime | None, shape: str = "") -> SafeString | str:
    """A moment that page.js rewrites in the reader's own time zone and words; without script it says UTC."""
    if moment is None:
        return ""
    moment = moment.astimezone(UTC)
    # Translators: how a date is written, in the letters of Django's date filter: 5 Nov 2026.
    day = dateformat.format(moment, _("j M Y"))
    text = day if shape == "date" else f"{day}, {moment:%H:%M} UTC"
    return format_html('<time datetime="{}" data-shape="{}">{}</time>', moment.isoformat(), shape, text)
