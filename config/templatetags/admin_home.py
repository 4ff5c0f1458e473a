"""What the home of the admin says first: what needs attention, the connections, the keys, the event feeds."""

from typing import Any

from django import template
from django.db.models import Case, F, QuerySet, When
from django.http import HttpRequest
from django.utils import timezone

from api.models import ApiKey
from events.models import Endpoint, EndpointState
from lti.connect import approval
from lti.gradebook import lookups
from lti.models import Registration, Score
from roster.admin import is_operator, own

register = template.Library()

SHOWN = 10


@register.simple_tag(takes_context=True)
def home(context: Any) -> dict[str, Any]:
    """Each part only for those who may see it; at most a query for each."""
    request: HttpRequest = context["request"]
    may, operator = request.user.has_perm, is_operator(request)
    return {
        "waiting": approval.waiting().count() if operator and may("lti.change_deployment") else 0,
        "troubled": _troubled(request) if may("lti.view_score") else 0,
        "connections": list(_connections()[:SHOWN]) if operator and may("lti.view_registration") else None,
        "keys": list(_keys(request)[:SHOWN]) if may("api.view_apikey") else None,
        "endpoints": list(_endpoints(request)[:SHOWN]) if may("events.view_endpoint") else None,
        "now": timezone.now(),
    }


def _troubled(request: HttpRequest) -> int:
    return lookups.in_trouble(own(Score.objects.all(), request, "institution")).count()


def _connections() -> QuerySet[Registration]:
    """Those whose last check failed come first, then those that were never checked."""
    checked = F("checked_at").asc(nulls_first=True)
    return Registration.objects.select_related("institution").order_by("-active", F("check_failed").desc(), checked)


def _keys(request: HttpRequest) -> QuerySet[ApiKey]:
    rows = own(ApiKey.objects.filter(revoked_at=None), request, "institution")
    return rows.select_related("institution").order_by(F("last_used_at").desc(nulls_last=True), "-pk")


def _endpoints(request: HttpRequest) -> QuerySet[Endpoint]:
    """Those that are paused come first, then those that fail."""
    rows = own(Endpoint.objects.select_related("institution"), request, "institution")
    return rows.order_by(Case(When(state=EndpointState.PAUSED, then=0), default=1), "-failures", "-pk")
