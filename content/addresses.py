"""Addresses of public pages, the same whether or not the page that shows them stands in a launch."""

from django.conf import settings
from django.urls import get_script_prefix, reverse, set_script_prefix


def outside(name: str, *args: str) -> str:
    """A whole address beyond the launch; `reverse` alone would put the launch's key into it. Raises NoReverseMatch."""
    inside = get_script_prefix()
    set_script_prefix("/")
    try:
        return f"{settings.BASE_URL}{reverse(name, args=args, urlconf=settings.ROOT_URLCONF)}"
    finally:
        set_script_prefix(inside)
