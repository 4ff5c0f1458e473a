"""The staff's view of assignments and of what learners did. Only the policy of an assignment can be changed here."""

from decimal import Decimal
from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest

from assessment.models import Accommodation, Assignment, Attempt, Erasure, Grade, Mark, Response
from assessment.placement import accommodations, placing, policy
from lti.models import Score, ScoreState
from roster.admin import OwnRows, ReadOnlyRows


@admin.register(Assignment)
class AssignmentAdmin(OwnRows):
    list_display = ["title", "quiz", "course", "max_attempts", "counts", "time_limit", "scores_held"]
    list_select_related = ["quiz", "course"]
    list_filter = [("quiz", admin.RelatedOnlyFieldListFilter), "counts", "while_waiting"]
    search_fields = ["title", "course__title"]
    fields = [
        *["title", "institution", "course", "resource_link", "quiz"],
        *placing.POLICY,
        *placing.DATES,
    ]
    readonly_fields = ["institution", "course", "resource_link", "quiz"]

    def get_readonly_fields(self, request: HttpRequest, obj: Assignment | None = None) -> list[str]:
        """A title that the LMS gives is changed there."""
        return [*self.readonly_fields, *(["title"] if obj and obj.resource_link.title else [])]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An assignment is made by the first launch of its link."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Assignment | None = None) -> bool:
        """Its attempts would go with it."""
        return False

    def save_model(self, request: HttpRequest, obj: Assignment, form: ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        """The policy goes by the one door that also brings the grades in line."""
        Assignment.objects.filter(pk=obj.pk).update(title=obj.title)
        policy.change(assignment=obj, **{name: getattr(obj, name) for name in (*placing.POLICY, *placing.DATES)})


@admin.register(Accommodation)
class AccommodationAdmin(OwnRows):
    """Standing accommodations are given here; those of one assignment come from its teachers and can be taken back."""

    list_display = ["person", "group", "assignment", "time_factor", "extra_minutes", "no_time_limit", "given_by"]
    list_select_related = ["person", "group", "assignment"]
    list_filter = [("assignment", admin.EmptyFieldListFilter)]
    search_fields = ["person__name", "person__email", "assignment__title", "reason"]
    autocomplete_fields = ["person"]
    readonly_fields = ["institution", "assignment", "group", *placing.DATES, "given_by", "created_at"]

    def get_fields(self, request: HttpRequest, obj: Accommodation | None = None) -> Any:
        given = ["person", "time_factor", "extra_minutes", "no_time_limit", "extra_attempts", "reason"]
        return [*given, *self.readonly_fields] if obj else given

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        for name in ("person", "reason"):
            if name in form.base_fields:
                form.base_fields[name].required = True
        return form

    def has_change_permission(self, request: HttpRequest, obj: Accommodation | None = None) -> bool:
        """It is taken back and given again, so that who gave what stays true."""
        return False

    def save_model(self, request: HttpRequest, obj: Accommodation, form: ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        """By the door that brings running attempts in step."""
        assert obj.person is not None
        names = ("time_factor", "extra_minutes", "no_time_limit", "extra_attempts", "reason")
        made = accommodations.give_standing(
            person=obj.person, given_by=str(request.user), **{name: getattr(obj, name) for name in names}
        )
        obj.pk = made.pk

    def delete_model(self, request: HttpRequest, obj: Accommodation) -> None:
        accommodations.withdraw(accommodation=obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Accommodation]) -> None:
        for row in queryset:
            accommodations.withdraw(accommodation=row)


class ResponsesOfAttempt(admin.TabularInline):  # type: ignore[type-arg]
    model = Response
    fields = ["question", "answer", "seq", "saved_at", "waiting", "marks_so_far"]
    readonly_fields = ["question", "answer", "seq", "saved_at", "waiting", "marks_so_far"]
    extra = 0
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Response]:
        rows = super().get_queryset(request).select_related("item_version__item")
        return rows.prefetch_related("marks__person")

    @admin.display(description="question")
    def question(self, response: Response) -> str:
        return response.item_version.item.identifier

    @admin.display(description="marks, the oldest first")
    def marks_so_far(self, response: Response) -> str:
        marks = sorted(response.marks.all(), key=lambda mark: mark.created_at)
        return "; ".join(f"{mark.points.normalize():f} by {mark.person or mark.tier}" for mark in marks)


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyRows):
    list_display = ["person", "assignment", "number", "state", "earned", "submitted_at"]
    list_select_related = ["person", "assignment"]
    list_filter = ["state", "preview"]
    search_fields = ["person__name", "person__email", "assignment__title"]
    date_hierarchy = "started_at"
    inlines = [ResponsesOfAttempt]
    exclude = ["key_hash", "counted"]

    @admin.display(description="points", ordering="points")
    def earned(self, attempt: Attempt) -> str:
        return f"{_of(attempt.points, attempt.points_max)}{' so far' if attempt.points_waiting else ''}"


@admin.register(Response)
class ResponseAdmin(ReadOnlyRows):
    institution_path = "attempt__institution"
    list_display = ["person", "assignment", "question", "waiting", "saved_at"]
    list_select_related = ["attempt__person", "attempt__assignment", "item_version__item"]
    list_filter = ["waiting"]
    search_fields = ["attempt__person__name", "attempt__person__email", "attempt__assignment__title"]

    @admin.display(ordering="attempt__person__name")
    def person(self, response: Response) -> str:
        return _learner(response)

    @admin.display(ordering="attempt__assignment__title")
    def assignment(self, response: Response) -> str:
        return str(response.attempt.assignment or "–")

    @admin.display(ordering="item_version__item__identifier")
    def question(self, response: Response) -> str:
        return response.item_version.item.identifier


@admin.register(Mark)
class MarkAdmin(ReadOnlyRows):
    institution_path = "response__attempt__institution"
    list_display = ["learner", "question", "given", "by", "tier", "person", "created_at"]
    list_select_related = ["response__attempt__person", "response__item_version__item", "person"]
    list_filter = ["by", "tier"]

    @admin.display(ordering="response__attempt__person__name")
    def learner(self, mark: Mark) -> str:
        return _learner(mark.response)

    @admin.display(ordering="response__item_version__item__identifier")
    def question(self, mark: Mark) -> str:
        return mark.response.item_version.item.identifier

    @admin.display(description="points", ordering="points")
    def given(self, mark: Mark) -> str:
        return _of(mark.points, mark.response.item_version.points)


@admin.register(Grade)
class GradeAdmin(ReadOnlyRows):
    list_display = ["person", "assignment", "earned", "state", "in_the_lms", "updated_at"]
    list_select_related = ["person", "assignment"]
    list_filter = ["state"]
    search_fields = ["person__name", "person__email", "assignment__title"]
    readonly_fields = ["in_the_lms", "unsent_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        newest = Score.objects.filter(
            line_item__resource_link=OuterRef("assignment__resource_link"), platform_user__person=OuterRef("person")
        ).order_by("-timestamp")
        score = {f"lms_{name}": Subquery(newest.values(name)[:1]) for name in ("state", "hint")}
        rows: QuerySet[Any] = super().get_queryset(request).annotate(**score)
        return rows

    @admin.display(description="points", ordering="points")
    def earned(self, grade: Grade) -> str:
        return _of(grade.points, grade.points_max)

    @admin.display(description="in the LMS")
    def in_the_lms(self, grade: Any) -> str:
        """The state of the newest score on its way, and what can be done about it."""
        if grade.lms_state is None:
            return "no column yet" if grade.unsent_at else "held back"
        state = ScoreState(grade.lms_state).label
        return f"{state}: {grade.lms_hint}" if grade.lms_hint else state


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyRows):
    list_display = ["reference", "institution", "by", "erased", "at"]
    list_select_related = ["institution", "by"]


def _learner(response: Response) -> str:
    return str(response.attempt.person or "practice")


def _of(points: Decimal | None, most: Decimal) -> str:
    return "–" if points is None else f"{points.normalize():f} of {most.normalize():f}"
