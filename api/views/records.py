"""What an institution's learners did: assignments, attempts, answers, marks, grades, and what the LMS has of them."""

from typing import Any, ClassVar, cast
from uuid import UUID

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404
from django_filters.utils import translate_validation
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response as HttpResponse

from api import filters, rows, serializers
from api.keyset import BY_ID, BY_UPDATE, KEY, MOMENT, POINTS, TEXT, Sort
from api.paging import given_place
from api.rows import counting_mark
from api.views.base import Keyed, KeyedList, listed
from assessment import access
from assessment.models import Assignment, Attempt, Grade, Mark, Response
from content import item_types
from lti.models import Score

INCLUDE = OpenApiParameter(
    "include", enum=["names"], description="Insist on names and e-mails: refused without the scope `people:read`."
)
OF_ASSIGNMENT = ("assignment__course", "assignment__quiz__current", "person")


@listed("listAssignments", "Records")
class Assignments(KeyedList):
    """The institution's assignments, oldest first."""

    scope = "assignments:read"
    filename = "assignments"
    serializer_class = serializers.AssignmentSerializer
    filterset_class = filters.AssignmentFilter
    sorts: ClassVar[dict[str, Sort]] = {"id": BY_ID, "updated_at": BY_UPDATE, "title": Sort("title", TEXT)}
    queryset = Assignment.objects.none()

    def get_queryset(self) -> QuerySet[Assignment]:
        return access.assignments_of(self.institution).select_related("quiz__current", "course")


class AssignmentDetail(Keyed):
    scope = "assignments:read"

    @extend_schema(operation_id="getAssignment", tags=["Records"], responses=serializers.AssignmentSerializer)
    def get(self, request: Request, id: UUID) -> HttpResponse:
        """One assignment with its policy."""
        found = access.assignments_of(self.institution).select_related("quiz__current", "course")
        return HttpResponse(serializers.AssignmentSerializer(get_object_or_404(found, pk=id)).data)


@listed("listAttempts", "Records")
class Attempts(KeyedList):
    """Learners' attempts, oldest first. Previews by teachers and public practice are never among them."""

    scope = "attempts:read"
    filename = "attempts"
    named = True
    serializer_class = serializers.AttemptSerializer
    filterset_class = filters.AttemptFilter
    sorts: ClassVar[dict[str, Sort]] = {
        "id": BY_ID,
        "updated_at": BY_UPDATE,
        "started_at": Sort("started_at", MOMENT),
        "points": Sort("points", POINTS),
    }
    queryset = Attempt.objects.none()

    def get_queryset(self) -> QuerySet[Attempt]:
        return attempts_of(self)


def attempts_of(view: Keyed) -> QuerySet[Attempt]:
    return access.attempts_of(view.institution).select_related(*OF_ASSIGNMENT, "quiz_version")


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
        attempt = get_object_or_404(attempts_of(self), pk=id)
        context = {"names": names, "responses": responses(attempt)}
        return HttpResponse(serializers.AttemptDetailSerializer(attempt, context=context).data)


class OfAttempts(KeyedList):
    """Rows that belong to attempts which were handed in. They come attempt by attempt and change with it."""

    scope = "attempts:read"
    named = True
    way = "attempt"

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        attempts, place = access.handed_in(self.institution), given_place(self.request, self.order)
        if (
            place is not None and self.order.sort.path == f"{self.way}_id"
        ):  # so that no page begins at the first attempt
            side = "lte" if self.order.descending != place.backwards else "gte"
            attempts = attempts.filter(**{f"pk__{side}": place.value})
        # The attempts say so too, but the database reads the rows in order only by an index of what it joins to them.
        queryset = queryset.filter(**{f"{self.way}__institution": self.institution})
        data = self.request.query_params
        filterset = cast(Any, self).filterset_class(data, queryset, request=self.request, attempts=attempts)
        if not filterset.is_valid():
            raise translate_validation(filterset.errors)
        found: QuerySet[Any] = filterset.qs
        return found


@listed("listResponses", "Records")
class Responses(OfAttempts):
    """A row an answer that was handed in, with the points that count, attempt by attempt.

    An answer changes with its attempt: when it is marked, and marked again, the whole attempt comes once more.
    """

    filename = "responses"
    serializer_class = rows.ResponseRowSerializer
    filterset_class = filters.ResponseFilter
    sorts: ClassVar[dict[str, Sort]] = {
        "attempt": Sort("attempt_id", KEY),
        "updated_at": Sort("attempt__updated_at", MOMENT),
    }
    queryset = Response.objects.none()

    def get_queryset(self) -> QuerySet[Response]:
        of_attempt = [f"attempt__{one}" for one in (*OF_ASSIGNMENT, "quiz_version")]
        return Response.objects.select_related(*of_attempt, "item_version__item").prefetch_related("marks")


@listed("listMarks", "Records")
class Marks(OfAttempts):
    """Every mark that an answer ever got, attempt by attempt; of an answer the newest counts."""

    filename = "marks"
    way = "response__attempt"
    serializer_class = rows.MarkRowSerializer
    filterset_class = filters.MarkFilter
    sorts: ClassVar[dict[str, Sort]] = {
        "attempt": Sort("response__attempt_id", KEY),
        "updated_at": Sort("response__attempt__updated_at", MOMENT),
        "created_at": Sort("created_at", MOMENT),
    }
    queryset = Mark.objects.none()

    def get_queryset(self) -> QuerySet[Mark]:
        of_attempt = [f"response__attempt__{one}" for one in OF_ASSIGNMENT]
        return Mark.objects.select_related(*of_attempt, "response__item_version__item")


@listed("listGrades", "Records")
class Grades(KeyedList):
    """What counts for each learner on each assignment."""

    scope = "grades:read"
    filename = "grades"
    named = True
    serializer_class = serializers.GradeSerializer
    filterset_class = filters.GradeFilter
    sorts: ClassVar[dict[str, Sort]] = {"id": BY_ID, "updated_at": BY_UPDATE, "points": Sort("points", POINTS)}
    queryset = Grade.objects.none()

    def get_queryset(self) -> QuerySet[Grade]:
        return access.grades_of(self.institution).select_related(*OF_ASSIGNMENT)


@listed("listDeliveries", "Records")
class Deliveries(KeyedList):
    """A row a score on its way to a gradebook: whether it arrived, in the LMS's own words."""

    scope = "grades:read"
    filename = "deliveries"
    named = True
    serializer_class = rows.DeliverySerializer
    filterset_class = filters.DeliveryFilter
    sorts: ClassVar[dict[str, Sort]] = {"id": BY_ID, "updated_at": BY_UPDATE}
    queryset = Score.objects.none()

    def get_queryset(self) -> QuerySet[Score]:
        on = "line_item__resource_link__assignment"
        return access.scores_of(self.institution).select_related(
            f"{on}__course", f"{on}__quiz__current", "platform_user__person"
        )


def responses(attempt: Attempt) -> list[dict[str, Any]]:
    """The responses of an attempt in the order shown; two queries."""
    rows = attempt.responses.select_related("item_version__item").prefetch_related("marks").order_by("position")
    return [response(row) for row in rows]


def response(row: Response) -> dict[str, Any]:
    marks, counting = sorted(row.marks.all(), key=lambda mark: (mark.created_at, mark.pk)), counting_mark(row)
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
