"""On paper: the sheet to print with its key, and the upload of what was answered on it."""

from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_http_methods

from assessment import paper
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only
from content import places, printing
from content.models import QuizVersion


@instructors_only
@require_http_methods(["GET", "POST"])
def class_paper(request: LaunchRequest) -> HttpResponse:
    assignment = assignment_or_404(request)
    sent, report, error = request.FILES.get("file"), None, ""
    if request.method == "POST" and sent is None:
        error = gettext("Choose a file first.")
    elif sent is not None and (sent.size or 0) > paper.MOST_BYTES:
        error = gettext("The file is larger than {most} MB.").format(most=paper.MOST_BYTES // 1_000_000)
    elif sent is not None:
        try:
            report = paper.take(assignment=assignment, data=sent.read(), now=timezone.now())
        except paper.Unreadable as unreadable:
            error = str(unreadable)
    current = assignment.quiz.current_id
    names = [place.item_version.item.identifier for place in places.of(current)] if current else []
    shown = {"assignment": assignment, "report": report, "error": error, "identifiers": names}
    return render(request, "assessment/paper.html", shown, status=422 if error else 200)


@instructors_only
@require_GET
def print_check(request: LaunchRequest) -> HttpResponse:
    """The current version of the check to print, with its lesson by `?lesson=1`; `?key=1` is the key sheet."""
    assignment = assignment_or_404(request)
    versions = QuizVersion.objects.select_related("quiz__institution", "lesson_version__lesson")
    version = versions.filter(quiz=assignment.quiz_id, pk=F("quiz__current")).first()
    if version is None:
        raise Http404("The check is not published.")
    key = request.GET.get("key") == "1"
    lesson = version.lesson_version if "lesson" in request.GET else None
    response = printing.sheet(request, version=version, lesson=lesson, key=key)
    response["Cache-Control"] = "no-store, private"
    return response
