"""A colleague reviews the keys of a check: answers without seeing them, then compares."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from content import item_types, key_review, variants, writing
from content.item_types import InvalidAnswer
from content.models import Item
from content.room import fields, previews
from content.room.doors import Door, go, item_or_404, quiz_or_404

NOTE_LENGTH = 2000


@dataclass(frozen=True)
class Asked:
    item: Item
    shown: previews.Shown
    note: str = ""
    error: str = ""

    @property
    def note_name(self) -> str:
        return f"note-{self.item.pk}"


@require_http_methods(["GET", "POST"])
def review(request: HttpRequest, door: Door, quiz: UUID) -> HttpResponse:
    """The questions without their keys. What is left blank is not answered; what is wrong is asked again."""
    found = quiz_or_404(door, quiz)
    items = key_review.open_for(found, door.author)
    if request.method == "POST":
        errors = {item.pk: error for item in items if (error := _record(request, door, item))}
        if not errors:
            return go("reviews", found.pk)
        asked = [_asked(item, at, errors[item.pk]) for at, item in enumerate(items, start=1) if item.pk in errors]
    else:
        asked = [_asked(item, at) for at, item in enumerate(items, start=1)]
    context = {"door": door, "quiz": found, "draft": writing.open_draft(found), "asked": asked, "total": len(items)}
    return render(request, "room/review.html", context, status=422 if request.method == "POST" else 200)


@require_safe
def reviews(request: HttpRequest, door: Door, quiz: UUID) -> HttpResponse:
    """Key and answers side by side, disagreements first."""
    found = quiz_or_404(door, quiz)
    compared = sorted(key_review.comparisons(found), key=lambda one: one.agrees is not False or one.settled)
    context = {"door": door, "quiz": found, "draft": writing.open_draft(found), "compared": compared}
    context["left"] = len(key_review.open_for(found, door.author))
    return render(request, "room/reviews.html", context)


@require_POST
def settle(request: HttpRequest, door: Door, quiz: UUID, item: UUID) -> HttpResponse:
    found = quiz_or_404(door, quiz)
    key_review.settle(item=item_or_404(door, item), author=door.author, now=timezone.now())
    return go("reviews", found.pk)


def _record(request: HttpRequest, door: Door, item: Item) -> str:
    """What is wrong with the answer, if anything."""
    kind, body, prefix = item_types.get(item.kind), variants.sample(item.body), f"answer-{item.pk}"
    sent = {
        name[len(prefix) + 1 :]: [fields.clean(str(value)) for value in values]
        for name, values in request.POST.lists()
        if name == prefix or name.startswith(f"{prefix}-")
    }
    note = fields.text(request.POST, f"note-{item.pk}")[:NOTE_LENGTH]
    try:
        answer = kind.clean(body, kind.from_form(body, sent))
        if answer:
            key_review.record(item=item, answer=answer, note=note, author=door.author, now=timezone.now())
    except InvalidAnswer as error:
        return str(error)
    return ""


def _asked(item: Item, position: int, error: str = "") -> Asked:
    return Asked(item, previews.of(item, position), error=error)
