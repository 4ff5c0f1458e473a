"""A teacher marks the answers that no rule may decide."""

from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from assessment import access, marking, review
from assessment.models import Attempt, Response
from assessment.templatetags.assay import points as points_text
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only, see_other
from content import item_types

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
        group = questions.setdefault(item.item.identifier, {"stem": response.body["stem"], "responses": []})
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
    """One answer beside what earns credit; saving goes on to the next that waits, or back to the learner's attempt."""
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
        return _form(
            request,
            response,
            gettext("Someone else has marked this answer in the meantime, see below. Save to replace that mark."),
        )
    except review.InvalidPoints as error:
        return _form(request, response, str(error))
    if _from_attempt(request):
        here = f"{_attempt_page(request, response, saved='1')}#q{response.position}"
        return HttpResponseRedirect(here, status=303)
    following = access.waiting_responses(request.viewer).first()
    if following:
        return see_other("review_response", following.pk, after="?saved=1")
    return see_other("review", after="?saved=1")


def _form(request: LaunchRequest, response: Response, error: str = "") -> HttpResponse:
    item = response.item_version
    kind = item_types.get(item.kind)
    levels = _levels(response)
    level, written = request.POST.get("level", ""), request.POST.get("points", "").strip()
    marks = response.marks.select_related("person")
    context = {
        "assignment": response.attempt.assignment,
        "response": response,
        "item": item,
        "body": response.body,
        "text": _text(response),
        "templates": kind.TEMPLATES,
        "key": [(text, points_text(credit)) for text, credit in kind.key(response.body)],
        "levels": list(levels.values()),
        "back": _attempt_page(request, response) if _from_attempt(request) else "",
        "query": f"?{request.GET.urlencode()}" if _from_attempt(request) else "",
        "mark": marks.order_by("created_at", "pk").last(),
        "waiting": access.waiting_responses(request.viewer).count(),
        "error": error,
        "at_points": error and (level == "other" or (level not in levels and written)),
        "posted": request.POST,
        "saved": request.method == "GET" and "saved" in request.GET,
    }
    return render(request, "assessment/review_response.html", context, status=422 if error else 200)


def _levels(response: Response) -> dict[str, dict[str, Any]]:
    """The credits to choose from, each with the points it earns and the ideas that earn it."""
    item = response.item_version
    return {
        level.id: {
            "id": level.id,
            "label": level.label,
            "ideas": level.ideas,
            "points": marking.points(level.credit, item),
        }
        for level in item_types.get(item.kind).levels(response.body)
    }


def _points(data: QueryDict, response: Response) -> Decimal:
    """The chosen level's points, or the number written below, which needs no choice beside it. Raises InvalidPoints."""
    level, written, levels = data.get("level", ""), data.get("points", "").strip(), _levels(response)
    if level in levels and written:
        raise review.InvalidPoints(gettext("Choose a credit or enter other points, not both."))
    if level in levels:
        points: Decimal = levels[level]["points"]
        return points
    if level != "other" and not written:
        raise review.InvalidPoints(gettext("Choose how much credit the answer earns."))
    try:
        return Decimal(written.replace(",", "."))
    except InvalidOperation as error:
        raise review.InvalidPoints(gettext("Enter the points as a number.")) from error


def _from_attempt(request: LaunchRequest) -> bool:
    """Whether the answer was opened on the page of a learner's attempt, to which the teacher then returns."""
    return request.GET.get("from") == "attempt"


def _attempt_page(request: LaunchRequest, response: Response, **query: str) -> str:
    if group := request.GET.get("group"):
        query["group"] = group
    page = reverse("class_attempt", args=[response.attempt_id])
    return f"{page}?{urlencode(query)}" if query else page


def _text(response: Response) -> str:
    item = response.item_version
    return item_types.get(item.kind).text(response.body, response.answer)
