"""Where a launch lands: by the type of its message, then by who came."""

from collections.abc import Callable

from django.http import HttpResponse
from django.views.decorators.http import require_http_methods

from assessment import access, activity
from assessment.views import learner, picking, privacy, submission, teacher
from assessment.views.requests import LaunchRequest, see_other
from lti.launch import deep_linking
from lti.launch.messages.privacy import TYPES
from lti.words import claims

Page = Callable[[LaunchRequest], HttpResponse]


@require_http_methods(["GET", "POST"])
def home(request: LaunchRequest) -> HttpResponse:
    """The front page of a launch."""
    return FRONTS[request.viewer.message_type](request)


def _activity(request: LaunchRequest) -> HttpResponse:
    """The overview for learners, the class for teachers."""
    work = activity.open_work(request.viewer) if request.method == "GET" else None
    if work is not None:
        return see_other("class_attempt" if access.is_instructor(request.viewer) else "result", work.pk)
    lesson = access.lesson_only(request.viewer)
    if lesson is not None:
        return learner.lesson_only(request, lesson)
    return teacher.front(request) if access.is_instructor(request.viewer) else learner.home(request)


# One for every message type that `lti.launch` handles.
FRONTS: dict[str, Page] = {
    claims.RESOURCE_LINK: _activity,
    claims.REVIEW: submission.front,
    **dict.fromkeys(TYPES, privacy.front),
    deep_linking.REQUEST: picking.front,
}
