"""A check as it is being written, on paper: the sheet for learners, and the key for its author."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from content import printing, writing
from content.models import LessonVersion, Quiz, QuizVersion
from content.publishing import PublishingBlocked
from content.room.doors import Door, quiz_or_404
from content.room.previews import Place
from content.room.quizzes import problems


@require_safe
def sheet(request: HttpRequest, door: Door, quiz: UUID) -> HttpResponse:
    """The published version, or where something was written since the draft; `?key=1` is the key sheet.

    A question that is not finished cannot be printed: the page says how many were left out.
    """
    found = quiz_or_404(door, quiz)
    version = found.current
    draft, left_out = None, 0
    if version is None or writing.is_changed(found):
        written = writing.items_of(found)
        draft = [Place(item, pool) for item, pool in written if not problems(item)]
        left_out = len(written) - len(draft)
        version = _unsaved(found)
    lesson = version.lesson_version if "lesson" in request.GET else None
    wants: dict[str, Any] = {"version": version, "lesson": lesson, "draft": draft, "left_out": left_out}
    back = reverse("room:quiz", args=[found.pk])
    return printing.sheet(request, **wants, key=request.GET.get("key") == "1", back=back)


def _unsaved(quiz: Quiz) -> QuizVersion:
    draft = writing.open_draft(quiz)
    return QuizVersion(
        quiz=quiz, title=draft["title"], pools=draft["pools"], lesson_version=_lesson(quiz, draft["lesson"])
    )


def _lesson(quiz: Quiz, lesson: str | None) -> LessonVersion | None:
    """Its published text, if there is one."""
    try:
        return writing.lesson_version(quiz, lesson)
    except PublishingBlocked:
        return None
