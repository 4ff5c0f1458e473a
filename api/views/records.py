"""What an institution's learners did: assignments, attempts, grades."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_view
from rest_framework.request import Request
from rest_framework.response import Response as HttpResponse

from api import filters, serializers
from api.views.base import Keyed, KeyedList
from assessment import access, grades
from assessment.models import Assignment, Attempt, Grade, Mark, Response
from content import item_types
from roster.models import Institution

INCLUDE = OpenApiParameter(
    "include", enum=["names"], description="Insist on names and e-mails: refused without the scope `people:read`."
)
FORMAT = OpenApiParameter(
    "format", enum=["json", "csv"], description="Instead of `Accept`. CSV without `limit` and `cursor` is the whole."
)

BOM = OpenApiParameter(
    "bom", enum=["true", "false"], description="CSV with a byte order mark, by which Excel knows that it is UTF-8."
)
UPDATED_UNTIL = OpenApiParameter(
    "Updated-Until",
    {"type": "string", "format": "date-time"},
    location="header",
    response=[200],
    description="Every change before this moment is in the answer: the `updated_since` of your next run.",
)


@extend_schema_view(
    get=extend_schema(operation_id="listAssignments", tags=["Records"], parameters=[FORMAT, BOM]),
)
class Assignments(KeyedList):
    """The institution's assignments, oldest first."""

    scope = "assignments:read"
    filename = "assignments"
    serializer_class = serializers.AssignmentSerializer
    filterset_class = filters.AssignmentFilter
    queryset = Assignment.objects.none()

    def get_queryset(self) -> QuerySet[Assignment]:
        return access.assignments_of(self.institution).select_related("quiz", "course")


class AssignmentDetail(Keyed):
    scope = "assignments:read"

    @extend_schema(operation_id="getAssignment", tags=["Records"], responses=serializers.AssignmentSerializer)
    def get(self, request: Request, id: UUID) -> HttpResponse:
        """One assignment with its policy."""
        rows = access.assignments_of(self.institution).select_related("quiz", "course")
        return HttpResponse(serializers.AssignmentSerializer(get_object_or_404(rows, pk=id)).data)


class LearnerRecords(KeyedList):
    """Rows about learners, as `rows` finds those of an institution; named where the key may."""

    extra_parameters = frozenset({"include"})
    rows: Callable[[Institution], QuerySet[Any]]

    def get_queryset(self) -> QuerySet[Any]:
        return type(self).rows(self.institution)


@extend_schema_view(get=extend_schema(operation_id="listAttempts", tags=["Records"], parameters=[INCLUDE, FORMAT, BOM]))
class Attempts(LearnerRecords):
    """Learners' attempts, oldest first. Previews by teachers and public practice are never among them."""

    scope = "attempts:read"
    filename = "attempts"
    serializer_class = serializers.AttemptSerializer
    filterset_class = filters.AttemptFilter
    queryset = Attempt.objects.none()

    @staticmethod
    def rows(institution: Institution) -> QuerySet[Attempt]:
        return access.attempts_of(institution).select_related("person", "quiz_version__quiz")


class AttemptDetail(Keyed):
    scope = "attempts:read"
    extra_parameters = frozenset({"include"})

    @extend_schema(
        operation_id="getAttempt",
        tags=["Records"],
        parameters=[INCLUDE],
        responses=serializers.AttemptDetailSerializer,
    )
    def get(self, request: Request, id: UUID) -> HttpResponse:
        """One attempt with every response and all its marks."""
        names = self.names()
        attempt = get_object_or_404(Attempts.rows(self.institution), pk=id)
        context = {"names": names, "responses": responses(attempt)}
        return HttpResponse(serializers.AttemptDetailSerializer(attempt, context=context).data)


@extend_schema_view(
    get=extend_schema(operation_id="listGrades", tags=["Records"], parameters=[INCLUDE, FORMAT, BOM, UPDATED_UNTIL])
)
class Grades(LearnerRecords):
    """What counts for each learner on each assignment.

    To fetch changes only, give `updated_since` the header `Updated-Until` of the first page of your last run. No grade
    is ever missed by that, and one that changes while you read comes again.
    """

    scope = "grades:read"
    filename = "grades"
    serializer_class = serializers.GradeSerializer
    filterset_class = filters.GradeFilter
    queryset = Grade.objects.none()

    @staticmethod
    def rows(institution: Institution) -> QuerySet[Grade]:
        return access.grades_of(institution).select_related("person")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        read_at = grades.wait_for_stamps()
        answer = super().list(request, *args, **kwargs)
        answer.headers[UPDATED_UNTIL.name] = read_at.isoformat().replace("+00:00", "Z")
        return answer


def responses(attempt: Attempt) -> list[dict[str, Any]]:
    """The responses of an attempt in the order shown; two queries."""
    rows = attempt.responses.select_related("item_version__item").prefetch_related("marks").order_by("position")
    return [response(row) for row in rows]


def response(row: Response) -> dict[str, Any]:
    marks = sorted(row.marks.all(), key=lambda mark: (mark.created_at, mark.pk))
    counting: Mark | None = marks[-1] if marks else None
    return {
        "position": row.position,
        "item": row.item_version.item.identifier,
        "item_version": row.item_version_id,
        "kind": row.item_version.kind,
        "answer": row.answer,
        "answer_text": _text(row),
        "saved_at": row.saved_at,
        "waiting": row.waiting,
        "points": counting and counting.points,
        "points_max": row.item_version.points,
        "marked_by": counting and counting.by,
        "marks": marks,
    }


def _text(row: Response) -> str:
    item = row.item_version
    return item_types.get(item.kind).text(row.body, row.answer)
