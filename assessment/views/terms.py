"""The front page of an EULA launch: the terms of use, and a button."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from assessment.views.requests import LaunchRequest
from lti import eula


def front(request: LaunchRequest) -> HttpResponse:
    """Read, then accept. Only what was read can be accepted: a newer version that came meanwhile is shown first."""
    now = timezone.now()
    terms = eula.current(request.viewer.institution_id, now=now)
    was_read = request.POST.get("version") == terms.version
    if request.method == "POST" and was_read:
        eula.accept(viewer=request.viewer, terms=terms, now=now)
        return render(request, "assessment/terms_accepted.html", {"terms": terms})
    context = {"terms": terms, "text": eula.spoken(terms), "built_in": terms.pk == eula.BUILT_IN}
    context |= {"accepted": eula.accepted(request.viewer, terms), "changed": request.method == "POST"}
    return render(request, "assessment/terms.html", context)
