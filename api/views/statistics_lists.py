"""Statistics over many assignments or quizzes as flat rows. Each page has a strong ETag; equal figures, equal bytes."""

from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar, cast

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from django_filters.utils import translate_validation
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import generics, serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from api import choosing, figures, paging
from api.filters import ScopeFilter
from api.rendering import CSV, CsvRenderer, JsonRenderer
from api.serializers import quiz_title, title_of
from api.views.base import BOM, FORMAT, Keyed, wants_bom
from api.views.statistics import answer_with_etag
from assessment import access
from assessment.models import Assignment, Population
from assessment.statistics import over_time
from assessment.statistics.report import QuizScope, UnknownVersion, report
from content.models import Quiz

Scope = Assignment | QuizScope
Get = TypeVar("Get", bound=Callable[..., Any])


class Query(serializers.Serializer[Any]):
    """What the figures are about."""

    population = serializers.ChoiceField(Population.choices, default="first", help_text="Whose attempts count.")
    version = serializers.IntegerField(
        required=False, min_value=1, max_value=999_999_999, help_text="Of the quiz; by default the newest answered one."
    )
    group = serializers.UUIDField(required=False, help_text="Id of a group: its members only.")
    vars()["from"] = serializers.DateField(required=False, help_text="Submitted on this day or later (UTC).")
    to = serializers.DateField(required=False, help_text="Submitted on this day or before it (UTC).")


class StatisticsList(Keyed, generics.GenericAPIView[Any]):
    """Rows by assignment, or by quiz over all its assignments. `limit` counts assignments or quizzes."""

    scope = "statistics:read"
    renderer_classes = [JsonRenderer, CsvRenderer]
    pagination_class = paging.CursorPaging
    filter_backends: list[Any] = []
    queryset = Assignment.objects.none()
    by_choice = True
    by = "assignment"

    def get(self, request: Request) -> HttpResponseBase:
        wants_bom(request)
        self.chosen = choosing.chosen_fields(request, self.columns())
        scopes = self.paginate_queryset(self.scopes()) or []
        rows = [self.row(row, scope) for scope in scopes for row in self.of(self.as_scope(scope))]
        page = self.get_paginated_response(rows)
        renderer = cast(Any, request).accepted_renderer
        body = renderer.render(page.data, renderer_context={"view": self})
        kind = CSV if renderer.format == "csv" else "application/json"
        return answer_with_etag(request, body, kind, link=page.headers.get("Link"))

    def columns(self) -> list[str]:
        return getattr(self, "chosen", None) or list(cast(Any, self.serializer_class)().fields)

    def wants_bom(self) -> bool:
        return wants_bom(self.request)

    @cached_property
    def query(self) -> dict[str, Any]:
        given = Query(data=self.request.query_params.dict())
        given.is_valid(raise_exception=True)
        return dict(given.validated_data)

    @cached_property
    def over_quizzes(self) -> bool:
        asked = self.request.query_params.get("by", self.by)
        if asked not in ("assignment", "quiz"):
            raise ValidationError({"by": ["Must be `assignment` or `quiz`."]})
        return asked == "quiz"

    def scopes(self) -> QuerySet[Any]:
        filterset = ScopeFilter(self.request.query_params, access.assignments_of(self.institution))
        if not filterset.is_valid():
            raise translate_validation(filterset.errors)
        if not self.over_quizzes:
            return filterset.qs.select_related("course", "quiz__current")  # type: ignore[no-any-return]
        if wrong := {"assignment", "course"} & self.request.query_params.keys():
            raise ValidationError({name: ["Not by quiz: its figures are of all assignments."] for name in wrong})
        return Quiz.objects.filter(pk__in=filterset.qs.values("quiz")).select_related("current")

    def as_scope(self, found: Any) -> Scope:
        return QuizScope(self.institution, found) if isinstance(found, Quiz) else found

    def of(self, scope: Scope) -> Iterable[dict[str, Any]]:
        """The rows of one report; none where the quiz has no such version."""
        query = self.query
        try:
            found = report(
                scope=scope,
                population=query["population"],
                version=query.get("version"),
                group=query.get("group"),
                period=(query.get("from"), query.get("to")),
                now=timezone.now(),
                small=self.small,
            )
        except UnknownVersion:
            return
        for row in self.rows(found):
            yield {"quiz_version": found["quiz_version"]["number"], "generated_at": found["folded_at"], **row}

    @property
    def small(self) -> bool:
        """Who may read the attempts has the figures of small classes anyway."""
        return "attempts:read" in cast(Any, self.request.auth).scopes

    def rows(self, found: figures.Report) -> Iterable[dict[str, Any]]:
        raise NotImplementedError

    def row(self, row: dict[str, Any], found: Any) -> dict[str, Any]:
        on = None if isinstance(found, Quiz) else found
        quiz = found.quiz if on else found
        full = row | {
            "assignment": on and on.pk,
            "assignment_title": on and on.title,
            "course": on and on.course_id,
            "course_title": on and title_of(on.course),
            "quiz": quiz.slug,
            "quiz_title": quiz_title(quiz),
            "population": self.query["population"],
        }
        return {name: full[name] for name in self.columns()}

    def known_parameters(self) -> set[str]:
        own = {"bom", "fields", *Query().fields, *ScopeFilter.base_filters}
        return super().known_parameters() | own | ({"by"} if self.by_choice else set())

    def list_parameters(self) -> Any:
        by = paging.parameter("by", {"type": "string", "enum": ["assignment", "quiz"]}, "Rows by what.")
        return [
            choosing.fields_parameter(self.columns()),
            *([by] if self.by_choice else []),
            *[_uuid("assignment"), _uuid("course"), SLUG],
            FORMAT,
            BOM,
            IF_NONE_MATCH,
        ]


def _uuid(name: str) -> dict[str, Any]:
    return paging.parameter(
        name, {"type": "string", "format": "uuid"}, f"Id of {(name[:1] == 'a' and 'an') or 'a'} {name}."
    )


SLUG = paging.parameter("quiz", {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"}, "Slug of a quiz.")
IF_NONE_MATCH = paging.parameter("If-None-Match", {"type": "string"}, "An ETag of an earlier answer.") | {
    "in": "header"
}


def listed(operation_id: str, row: Any) -> Callable[[Get], Get]:
    return extend_schema(
        operation_id=operation_id,
        tags=["Statistics"],
        parameters=[Query],
        responses={200: row(many=True), 304: OpenApiResponse(description="Nothing changed since that ETag.")},
    )


class OfAssignments(StatisticsList):
    serializer_class = figures.WholeRow
    by_choice = False

    @listed("listAssignmentStatistics", figures.WholeRow)
    def get(self, request: Request) -> HttpResponseBase:
        """A row an assignment: mean, spread, quantiles, reliability and time, each with its interval."""
        return super().get(request)

    def rows(self, found: figures.Report) -> Iterable[dict[str, Any]]:
        return figures.whole(found)


class OfQuizzes(OfAssignments):
    by = "quiz"

    @listed("listQuizStatistics", figures.WholeRow)
    def get(self, request: Request) -> HttpResponseBase:
        """A row a quiz, over all its assignments of the institution."""
        return super().get(request)


class OfItems(StatisticsList):
    serializer_class = figures.ItemRow

    @listed("listItemStatistics", figures.ItemRow)
    def get(self, request: Request) -> HttpResponseBase:
        """A row a question of each assignment, or of each quiz over all its assignments."""
        return super().get(request)

    def rows(self, found: figures.Report) -> Iterable[dict[str, Any]]:
        return figures.items(found)


class OfOptions(StatisticsList):
    serializer_class = figures.OptionRow

    @listed("listOptionStatistics", figures.OptionRow)
    def get(self, request: Request) -> HttpResponseBase:
        """A row an option of each question: how many chose it, and how those did otherwise."""
        return super().get(request)

    def rows(self, found: figures.Report) -> Iterable[dict[str, Any]]:
        return figures.options(found)


class Distribution(StatisticsList):
    serializer_class = figures.DistributionRow

    @listed("listDistribution", figures.DistributionRow)
    def get(self, request: Request) -> HttpResponseBase:
        """The histogram of scores: ten bars of equal width for each assignment or quiz."""
        return super().get(request)

    def rows(self, found: figures.Report) -> Iterable[dict[str, Any]]:
        return figures.distribution(found)


class OverTime(StatisticsList):
    serializer_class = figures.DayRow

    @listed("listStatisticsOverTime", figures.DayRow)
    def get(self, request: Request) -> HttpResponseBase:
        """A row a day on which somebody handed in: how many did, and their mean."""
        return super().get(request)

    def of(self, scope: Scope) -> Iterable[dict[str, Any]]:
        query = self.query
        found = over_time.days(
            scope=scope,
            population=query["population"],
            version=query.get("version"),
            group=query.get("group"),
            period=(query.get("from"), query.get("to")),
            small=self.small,
        )
        for day in found:
            yield day | figures.columns(day, ["mean"])
