"""What an open class page asks every two seconds: whether anything happened since."""

from hashlib import sha256
from typing import cast

from django.db.models import Count, Max, Q, Sum
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import etag, require_GET

from assessment import access
from assessment.models import AttemptState
from assessment.reviewing import second_looks
from assessment.views.requests import LaunchRequest, instructors_only
from lti.gradebook import lookups
from lti.models import Launch, ScoreState


def version(viewer: Launch) -> str:
    """Changes with every attempt that is begun, handed in or marked, with every step of a score, and with every request
    for a second look.

    Three queries, whatever the size of the class.
    """
    states = {state: Count("pk", filter=Q(state=state)) for state in AttemptState}
    voided = {"voided": Count("voided_at"), "voided_at": Max("voided_at")}
    made = access.class_attempts(viewer).aggregate(
        Count("pk"), Max("started_at"), Max("submitted_at"), Max("marked_at"), Sum("points"), **voided, **states
    )
    sent = lookups.of_link(viewer.resource_link_id).aggregate(
        Max("timestamp"), Sum("tries"), **{state: Count("pk", filter=Q(state=state)) for state in ScoreState}
    )
    asked = second_looks.still_open().filter(response__in=access.class_responses(viewer).order_by())
    waits = asked.aggregate(Count("pk"), Max("asked_at"))
    parts = [sorted(part.items()) for part in (made, sent, waits)]
    return sha256(f"{parts}".encode()).hexdigest()[:16]


def _etag(request: HttpRequest) -> str:
    return f'"{version(cast(LaunchRequest, request).viewer)}"'


@instructors_only
@require_GET
@etag(_etag)
def changes(request: LaunchRequest) -> HttpResponse:
    """304 to a page that names the version it shows, while nothing happened since; else 204 with the new one."""
    return HttpResponse(status=204)
