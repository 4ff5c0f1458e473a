"""Addresses of public pages, the same whether or not the page that shows them stands in a launch."""

from django.conf import settings
from django.urls import NoReverseMatch, get_script_prefix, reverse, set_script_prefix

from content.models import Quiz


def outside(name: str, *args: str) -> str:
    """A whole address beyond the launch; `reverse` alone would put the launch's key into it. Raises NoReverseMatch."""
    return f"{settings.BASE_URL}{_path(name, *args)}"


def practice_path(quiz: Quiz) -> str:
    """Where everybody can practise the quiz, from the root of this site; empty where they cannot."""
    if not quiz.practice:
        return ""
    own = quiz.institution
    try:
        return _path("practice:quiz_of", own.slug, quiz.slug) if own else _path("practice:quiz", quiz.slug)
    except NoReverseMatch:
        return ""


def practice(quiz: Quiz) -> str:
    """The same as a whole address."""
    path = practice_path(quiz)
    return f"{settings.BASE_URL}{path}" if path else ""


def _path(name: str, *args: str) -> str:
    inside = get_script_prefix()
    set_script_prefix("/")
    try:
        return reverse(name, args=args, urlconf=settings.ROOT_URLCONF)
    finally:
        set_script_prefix(inside)
