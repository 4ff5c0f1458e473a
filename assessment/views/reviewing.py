"""A teacher marks the answers that no rule may decide."""

from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from assessment import access, review
from assessment.models import Attempt, Response
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only, see_other
from content import item_types
from content.item_types.open_text import CREDIT

LEVELS = (("full", _("Full credit")), ("half", _("Half credit")), ("none", _("No credit")))
LONGEST_NOTE = 2000
PER_PAGE = 100


@instructors_only
@require_GET
def waiting(request: LaunchRequest) -> HttpResponse:
    """The waiting answers, the oldest first; those of a page by question."""
    questions: dict[str, dict[str, Any]] = {}
    page: Page[Response] = Paginator(access.waiting_responses(request.viewer), PER_PAGE).get_page(
        request.GET.get("page", 1)
    )
    for response in page:
        item = response.item_version
        group = questions.setdefault(item.item.identifier, {"stem": item.body["stem"], "responses": []})
        group["responses"].append({"row": response, "text": _text(response)})
    context = {
        "assignment": assignment_or_404(request),
        "questions": list(questions.values()),
        "page": page,
        "saved": "saved" in request.GET,
    }
    return render(request, "assessment/review.html", context)


@instructors_only
@require_http_methods(["GET", "POST"])
def review_response(request: LaunchRequest, response_id: UUID) -> HttpResponse:
    """One answer beside what earns credit; saving goes on to the next that waits."""
    response = access.class_responses(request.viewer).filter(pk=response_id).first()
    if response is None:
        raise Http404("No such answer.")
    if request.method == "GET":
        return _form(request, response)
    try:
        points = _points(request.POST, response)
        note = request.POST.get("note", "")[:LONGEST_NOTE]
        seen = request.POST.get("seen")
        review.confirm(
            response=response, points=points, note=note, by=request.viewer.person, now=timezone.now(), seen=seen
        )
    except Attempt.DoesNotExist as error:  # the learner was erased meanwhile
        raise Http404("No such answer.") from error
    except review.MarkedMeanwhile:
        return _form(request, response, gettext("Someone marked this answer meanwhile: see below. Save to replace it."))
    except review.InvalidPoints as error:
        return _form(request, response, str(error))
    following = access.waiting_responses(request.viewer).first()
    if following:
        return see_other("review_response", following.pk, after="?saved=1")
    return see_other("review", after="?saved=1")


def _form(request: LaunchRequest, response: Response, error: str = "") -> HttpResponse:
    item = response.item_version
    level, written = request.POST.get("level", ""), request.POST.get("points", "").strip()
    marks = response.marks.select_related("person")
    context = {
        "assignment": response.attempt.assignment,
        "response": response,
        "item": item,
        "text": _text(response),
        "levels": _levels(response),
        "mark": marks.order_by("created_at", "pk").last(),
        "waiting": access.waiting_responses(request.viewer).count(),
        "error": error,
        "at_points": error and (level == "other" or (level not in CREDIT and written)),
        "posted": request.POST,
        "saved": request.method == "GET" and "saved" in request.GET,
    }
    return render(request, "assessment/review_response.html", context, status=422 if error else 200)


def _levels(response: Response) -> list[dict[str, Any]]:
    """The rubric by level, each with the points it earns; an item without a rubric offers all or nothing."""
    rubric = response.item_version.body.get("rubric", [])
    most = response.item_version.points
    grouped = [(key, label, [line for line in rubric if line["level"] == key]) for key, label in LEVELS]
    return [
        {"level": key, "label": label, "points": most * CREDIT[key], "lines": lines}
        for key, label, lines in grouped
        if lines or key in ("full", "none")
    ]


def _points(data: QueryDict, response: Response) -> Decimal:
    """The chosen level's points, or the number written below, which needs no choice beside it. Raises InvalidPoints."""
    level, written = data.get("level", ""), data.get("points", "").strip()
    if level in CREDIT and written:
        raise review.InvalidPoints(gettext("You chose a credit and wrote other points: keep one of the two."))
    if level in CREDIT:
        return (response.item_version.points * CREDIT[level]).quantize(Decimal("0.001"))
    if level != "other" and not written:
        raise review.InvalidPoints(gettext("Choose how much credit the answer earns."))
    try:
        return Decimal(written.replace(",", "."))
    except InvalidOperation as error:
        raise review.InvalidPoints(gettext("Write the points as a number.")) from error


def _text(response: Response) -> str:
    item = response.item_version
    return str(item_types.get(item.kind).feedback(item.body, response.answer)["answer_text"])
