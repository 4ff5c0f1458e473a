"""How the gradebook prints points and progress."""

import re
from datetime import UTC, datetime

from django import template

register = template.Library()


@register.filter
def points(value: float | None) -> str:
    """8.0 as 8, 5.33336 as 5.33336; what is no number prints as nothing."""
    return f"{value:.5f}".rstrip("0").rstrip(".") if isinstance(value, int | float) else ""


@register.filter
def moment(value: object) -> str:
    """A time that a tool sent, in UTC; what is no time prints as nothing."""
    try:
        found = datetime.fromisoformat(value).astimezone(UTC) if isinstance(value, str) else None
    except (ValueError, OverflowError):
        return ""
    return found.strftime("%-d %b %Y, %H:%M UTC") if found else ""


@register.filter
def progress(value: str) -> str:
    """PendingManual as Pending manual."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", value).capitalize()
