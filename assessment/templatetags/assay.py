"""How points, times and the way of a score are written on a page."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def points(value: Decimal | float | int | None) -> str:
    """A number of points without needless zeros: 1.500 is 1.5, 10.000 is 10."""
    if value is None:
        return "–"
    text = f"{Decimal(str(value)):.3f}"
    return text.rstrip("0").rstrip(".")


@register.filter
def point_word(value: Decimal | int) -> str:
    return "point" if value == 1 else "points"


@register.filter
def plain(value: Any) -> str:
    """A number as a form field holds it: without needless zeros; what somebody typed stays as it is."""
    return points(value) if isinstance(value, Decimal | int | float) else value or ""


@register.filter
def local_value(value: Any) -> str:
    """A local time as `datetime-local` wants it; what somebody typed stays as it is."""
    return value.strftime("%Y-%m-%dT%H:%M") if isinstance(value, datetime) else value or ""


@register.filter
def percent(share: float) -> str:
    return f"{100 * share:.0f}"


@register.simple_tag
def when(moment: datetime | None, shape: str = "") -> SafeString | str:
    """A moment that page.js rewrites in the reader's own time zone and words; without script it says UTC."""
    if moment is None:
        return ""
    moment = moment.astimezone(UTC)
    text = f"{moment.day} {moment:%b %Y}" if shape == "date" else f"{moment.day} {moment:%b %Y, %H:%M} UTC"
    return format_html('<time datetime="{}" data-shape="{}">{}</time>', moment.isoformat(), shape, text)
