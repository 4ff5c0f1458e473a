"""How a page of the writing room learns who writes. Each door says it in its own way; the pages are the same."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.functional import Promise

from content import writing
from content.models import Item, Lesson, Quiz
from content.writing import Author


@dataclass(frozen=True)
class Door:
    """`leave` says where to go on once a quiz is published; `back` is the page the author came from, if any."""

    author: Author
    leave: Callable[[Quiz], str]
    back: str = ""
    back_label: str | Promise = ""


Enter = Callable[[HttpRequest], Door | HttpResponse]


def through(enter: Enter, view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The page as it is behind a door; what refuses to open answers instead of it."""

    @wraps(view)
    def opened(request: HttpRequest, **named: Any) -> HttpResponse:
        door = enter(request)
        response = door if isinstance(door, HttpResponse) else view(request, door, **named)
        response["Cache-Control"] = "no-store, private"
        return response

    return opened


def quiz_or_404(door: Door, pk: UUID) -> Quiz:
    """A quiz that the author may change; any other is as absent as one that never was."""
    found: Quiz | None = writing.writable(door.author).filter(pk=pk).select_related("current").first()
    if found is None:
        raise Http404("There is no such check.")
    return found


def item_or_404(door: Door, pk: UUID) -> Item:
    """A question whose home is a quiz that the author may change."""
    homes = writing.writable(door.author)
    found = Item.objects.filter(pk=pk, quiz__in=homes).select_related("quiz").first()
    if found is None:
        raise Http404("There is no such question.")
    return writing.as_written(found)


def lesson_or_404(door: Door, pk: UUID) -> Lesson:
    found: Lesson | None = writing.writable_lessons(door.author).filter(pk=pk).select_related("current").first()
    if found is None:
        raise Http404("There is no such lesson.")
    return found


def go(name: str, *args: object, after: str = "") -> HttpResponseRedirect:
    """303 to another page of the room."""
    return go_on(reverse(f"room:{name}", args=args) + after)


def go_on(address: str) -> HttpResponseRedirect:
    response = HttpResponseRedirect(address)
    response.status_code = 303
    return response
