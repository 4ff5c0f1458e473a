"""The front page of the writing room: the checks and lessons of the institution, and how to begin another."""

from dataclasses import dataclass
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from content import writing
from content.models import Quiz
from content.room import fields
from content.room.doors import Door, go
from content.room.quizzes import lesson_title

A_PAGE = 50
MOST_LESSONS = 200


@dataclass(frozen=True)
class Row:
    quiz: Quiz
    title: str
    questions: int
    changed: bool  # since it was published


@require_safe
def front(request: HttpRequest, door: Door) -> HttpResponse:
    found = writing.writable(door.author).select_related("current").order_by("-changed_at", "-pk")
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    lessons = writing.writable_lessons(door.author).select_related("current").order_by("slug")
    context = {
        "door": door,
        "page": page,
        "rows": [_row(quiz) for quiz in page],
        "lessons": [(one, lesson_title(one)) for one in lessons[:MOST_LESSONS]],
    }
    return render(request, "room/front.html", context)


@require_POST
def new(request: HttpRequest, door: Door) -> HttpResponse:
    title = fields.text(request.POST, "title")[:300] or writing.NEW_TITLE
    return go("quiz", writing.new_quiz(author=door.author, title=title).pk)


@require_POST
def copy(request: HttpRequest, door: Door, quiz: UUID) -> HttpResponse:
    """A check that the author may read but not change, such as one of the library, made their own."""
    readable = Quiz.objects.readable(door.author.institution, door.author.person)
    found = readable.filter(pk=quiz, current__isnull=False).select_related("current__quiz").first()
    if found is None or found.current is None:
        raise Http404("There is no such check.")
    made = writing.copy(version=found.current, author=door.author, now=timezone.now())
    return go("quiz", made.pk)


def _row(quiz: Quiz) -> Row:
    title = quiz.draft.get("title") or (quiz.current.title if quiz.current else quiz.slug)
    places = quiz.draft.get("places")
    questions = len(places) if places is not None else quiz.current.places.count() if quiz.current else 0
    return Row(quiz, title, questions, writing.is_changed(quiz))
