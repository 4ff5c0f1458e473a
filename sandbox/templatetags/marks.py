"""How the gradebook prints points and progress."""

import re

from django import template

register = template.Library()


@register.filter
def points(value: float | None) -> str:
    """8.0 as 8, 5.33336 as 5.33336."""
    return "" if value is None else f"{value:.5f}".rstrip("0").rstrip(".")


@register.filter
def progress(value: str) -> str:
    """PendingManual as Pending manual."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", value).capitalize()
