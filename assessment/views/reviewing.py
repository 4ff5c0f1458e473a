"""The answers that wait for a person, by question; requests of learners; the second person's sample."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from assessment import access, review
from assessment.models import Attempt, Mark, Response
from assessment.reviewing import comments, queue, second_marks
from assessment.views.marking_room import Place, not_there
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only, see_other

LONGEST_COMMENT = 2000


@instructors_only
@require_GET
def waiting(request: LaunchRequest) -> HttpResponse:
    """Each question with how far it is marked, requests of learners, and the second person's marks."""
    place, me = Place.of(request), request.viewer.person
    rows = place.rows(request.viewer)
    agreed = second_marks.agreed(rows)
    found = queue.questions(queue.entries(rows, "", me))
    stems = _stems(rows, [question.start for question in found])
    lists = {show: queue.entries(rows, show, me) for show in ("asked", "second", "differ")}
    context = {
        "assignment": assignment_or_404(request),
        "place": place,
        "questions": [{"row": question, "stem": stems[question.start]} for question in found],
        "nothing": not any(question.waiting for question in found),
        "starts": {show: (len(listed), listed[0].pk) for show, listed in lists.items() if listed},
        "agreed": _with_stems(agreed, found, stems),
        "shares": second_marks.SHARES,
        "saved": request.GET.get("saved", ""),
        "undone": request.GET.get("undone", ""),
        "may_undo": bool(request.viewer.settings.get("marked")),
    }
    return render(request, "assessment/review.html", context)


@instructors_only
@require_POST
def share(request: LaunchRequest) -> HttpResponse:
    """Ask a second person about a share of the answers of this activity."""
    percent = request.POST.get("percent", "")
    if percent in map(str, second_marks.SHARES):
        assignment = assignment_or_404(request)
        second_marks.set_share(assignment=assignment, percent=int(percent), now=timezone.now())
    return see_other("review", after="?saved=share")


@instructors_only
@require_POST
def settings(request: LaunchRequest, response_id: UUID) -> HttpResponse:
    """Names beside the answers, and keys that act alone: remembered for this launch."""
    viewer = request.viewer
    viewer.settings |= {name: request.POST[name] == "1" for name in ("names", "keys") if name in request.POST}
    viewer.save(update_fields=["settings"])
    return see_other("review_response", response_id, after=Place.of(request).query())


@instructors_only
@require_POST
def undo(request: LaunchRequest) -> HttpResponse:
    """Take back the marks that this launch gave last, and go to their answer."""
    viewer, place = request.viewer, Place.of(request)
    batches = viewer.settings.get("marked", [])
    if not batches:
        return see_other("review", after=place.query(undone="none"))
    viewer.settings |= {"marked": batches[:-1]}
    viewer.save(update_fields=["settings"])
    rows = access.class_responses(viewer) | access.taught_responses(viewer)
    marks = Mark.objects.filter(response__in=rows.values("pk")).select_related("response", "person")
    found = marks.in_bulk([UUID(pk) for pk in batches[-1]])
    given = [found[UUID(pk)] for pk in batches[-1] if UUID(pk) in found]  # the answer that was in sight first
    done = [mark.response_id for mark in given if _undone(request, mark)]
    if not done:
        return see_other("review", after=place.query(undone="none"))
    return see_other("review_response", done[0], after=place.query(undone=str(len(done))))


@instructors_only
@require_POST
def comment(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    """A comment to the learner on the whole attempt."""
    try:
        found = access.class_attempt(request.viewer, attempt_id)
    except Attempt.DoesNotExist as error:
        raise not_there() from error
    comments.comment(attempt=found, text=request.POST.get("comment", "")[:LONGEST_COMMENT])
    return see_other("class_attempt", found.pk, after="?saved=comment")


def _undone(request: LaunchRequest, mark: Mark) -> bool:
    try:
        review.undo(mark=mark, by=request.viewer.person, now=timezone.now())
    except (review.MarkedMeanwhile, Attempt.DoesNotExist):
        return False
    return True


def _stems(rows: Any, starts: list[UUID]) -> dict[UUID, str]:
    """The question as each of these responses shows it."""
    found: dict[UUID, Response] = rows.in_bulk(starts)
    return {pk: response.body["stem"] for pk, response in found.items()}


def _with_stems(
    agreed: list[second_marks.Agreed], questions: list[queue.Question], stems: dict[UUID, str]
) -> list[dict[str, Any]]:
    by_item = {question.item: stems[question.start] for question in questions}
    return [{"row": one, "stem": by_item.get(one.item, "")} for one in agreed]
