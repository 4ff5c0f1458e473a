"""Publishing a check from the writing room: what stands in its way, then the version."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from content import check_list, writing
from content.models import KeyState, Quiz
from content.publishing import PublishingBlocked, Reason
from content.room.doors import Door, go_on, quiz_or_404
from content.room.quizzes import Row, rows


@dataclass(frozen=True)
class Line:
    """A reason with the question that it is about, if any."""

    text: str
    row: Row | None


@require_http_methods(["GET", "POST"])
def publish(request: HttpRequest, door: Door, quiz: UUID) -> HttpResponse:
    """The check list; errors block, warnings do not."""
    found = quiz_or_404(door, quiz)
    errors: list[Reason] = []
    if request.method == "POST":
        try:
            writing.publish(quiz=found, author=door.author, now=timezone.now())
            return go_on(door.leave(found))
        except PublishingBlocked as blocked:
            errors = blocked.reasons
    seen = check_list.of(found)
    all_rows = rows(door, found)
    context = {
        "door": door,
        "quiz": found,
        "draft": writing.open_draft(found),
        "rows": all_rows,
        "errors": _lines(found, all_rows, errors or seen.errors),
        "warnings": _lines(found, all_rows, seen.warnings),
        "confirms": [row for row in all_rows if row.kind.SCORED and row.item.key_state == KeyState.PROPOSED],
    }
    return render(request, "room/publish.html", context, status=422 if errors else 200)


def _lines(quiz: Quiz, all_rows: list[Row], reasons: Sequence[Reason]) -> list[Line]:
    named = dict(zip((one.identifier for one in writing.drafts(quiz)), all_rows, strict=True))
    return [Line(reason.text, named.get(reason.item)) for reason in reasons]
