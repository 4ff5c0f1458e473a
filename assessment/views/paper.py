"""Answers from paper: the upload of a teacher, and the report on each row."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods

from assessment import paper
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only
from content import places


@instructors_only
@require_http_methods(["GET", "POST"])
def class_paper(request: LaunchRequest) -> HttpResponse:
    assignment = assignment_or_404(request)
    sent, report, error = request.FILES.get("file"), None, ""
    if request.method == "POST" and sent is None:
        error = gettext("Choose a file first.")
    elif sent is not None and sent.size > paper.MOST_BYTES:
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
