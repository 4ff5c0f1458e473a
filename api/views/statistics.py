"""Statistics of an assignment, ready to be asked for often: a strong ETag answers 304."""

from hashlib import sha256
from typing import Any, cast
from uuid import UUID

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request

from api.access import Access
from api.rendering import JsonRenderer
from api.serializers import StatisticsSerializer
from api.views.base import Keyed
from assessment import access
from assessment.models import Assignment, Population
from assessment.statistics.report import UnknownVersion, report

PARAMETERS = [
    OpenApiParameter("population", enum=Population.values, default="first", description="Whose attempts count."),
    OpenApiParameter(
        "version",
        {"type": "integer", "minimum": 1},
        description="Number of a quiz version; by default the newest answered one.",
    ),
    OpenApiParameter("If-None-Match", location="header", description="An ETag of an earlier answer."),
]


class Statistics(Keyed):
    scope = "statistics:read"
    extra_parameters = frozenset({"population", "version"})

    @extend_schema(
        operation_id="getStatistics",
        tags=["Statistics"],
        parameters=PARAMETERS,
        responses={200: StatisticsSerializer, 304: OpenApiResponse(description="Nothing changed since that ETag.")},
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        """n, mean, SD, alpha and SEM; per item facility, discrimination and option counts, each with its interval.

        Reads sums, never attempts: it costs the same at any size.
        """
        rows = access.assignments_of(self.institution).select_related("quiz")
        body = JsonRenderer().render(shown(get_object_or_404(rows, pk=id), request))
        return answer_with_etag(request, body, "application/json")


def answer_with_etag(request: Request, body: bytes, content_type: str, link: str | None = None) -> HttpResponseBase:
    """The body, or 304 where the caller has it already."""
    etag = f'"{sha256(body).hexdigest()}"'
    headers = {"ETag": etag, "Cache-Control": "private, no-cache"} | ({"Link": link} if link else {})
    response = HttpResponse(body, content_type=content_type, headers=headers)
    return get_conditional_response(request._request, etag=etag, response=response) or response


def shown(assignment: Assignment, request: Request) -> dict[str, Any]:
    """The report. Equal figures give equal bytes, as a strong ETag promises (RFC 9110 section 8.8.1): so
    `generated_at` is when they last changed; the header `Date` says when they were read.
    """
    population = request.query_params.get("population", Population.FIRST)
    if population not in Population.values:
        raise ValidationError({"population": [f"Must be one of: {', '.join(Population.values)}."]})
    # Who may read the attempts has the figures of small classes anyway.
    small = "attempts:read" in cast(Access, request.auth).scopes
    try:
        found = report(
            scope=assignment, population=population, now=timezone.now(), version=_version(request), small=small
        )
    except UnknownVersion:
        raise NotFound("The quiz of this assignment has no such version.") from None
    return found | {"generated_at": found["folded_at"] or assignment.created_at}


def _version(request: Request) -> int | None:
    given = request.query_params.get("version")
    if given is None:
        return None
    if not (given.isascii() and given.isdigit() and len(given) < 100 and int(given) > 0):
        raise ValidationError({"version": ["Must be a whole number from 1."]})
    return int(given)
