"""Pages of a Data Privacy launch: what is kept about a person, to take along, to erase."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_noop as _
from django.views.decorators.http import require_GET, require_http_methods

from assessment import access, privacy
from assessment.views.requests import LaunchRequest
from roster.models import Role

# A person's place in a course, as it stands behind the course's name.
PLACES = {Role.LEARNER.value: _("learner"), Role.INSTRUCTOR.value: _("instructor"), Role.OTHER.value: _("other")}


def front(request: LaunchRequest) -> HttpResponse:
    person = access.data_subject(request.viewer)
    about_another = access.asks_about_another(request.viewer)
    kept = privacy.summary(person) if person else None
    courses = [(place.course, PLACES[place.role]) for place in kept["enrollments"]] if kept else []
    context = {"person": person, "about_another": about_another, "kept": kept, "courses": courses}
    return render(request, "assessment/privacy.html", context)


@require_GET
def export(request: LaunchRequest) -> HttpResponse:
    """Everything in one file."""
    person = access.known_data_subject(request.viewer)
    found = privacy.export(person, for_administrator=access.asks_about_another(request.viewer))
    response = JsonResponse(found, json_dumps_params={"ensure_ascii": False, "indent": 1})
    response["Content-Disposition"] = 'attachment; filename="assay-my-data.json"'
    return response


@require_http_methods(["GET", "POST"])
def erase(request: LaunchRequest) -> HttpResponse:
    """Ask once more, then erase. The launch that asked ends with it, so the last page is the answer itself."""
    viewer = request.viewer
    person = access.known_data_subject(viewer)
    about_another = access.asks_about_another(viewer)
    context = {"person": person, "about_another": about_another}
    if request.method == "GET" or "sure" not in request.POST:
        return render(request, "assessment/privacy_erase.html", {**context, "kept": privacy.summary(person)})
    done = privacy.erase(person=person, by=viewer.person if about_another else None, now=timezone.now())
    return render(request, "assessment/privacy_erased.html", {"about_another": about_another, "done": done})
