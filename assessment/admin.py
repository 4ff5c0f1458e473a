"""The staff's view of assignments and of what learners did. Only the policy of an assignment can be changed here."""

from django.contrib import admin
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest

from assessment import policy
from assessment.models import Assignment, Attempt, Erasure, Grade, Mark, Response
from assessment.views import gradebook
from lti import scores
from roster.admin import OwnRows, ReadOnlyRows


@admin.register(Assignment)
class AssignmentAdmin(OwnRows):
    list_display = ["title", "quiz", "course", "max_attempts", "counts", "feedback", "while_waiting"]
    list_select_related = ["quiz", "course"]
    list_filter = ["quiz", "counts", "while_waiting"]
    search_fields = ["title", "course__title"]
    fields = [
        *["title", "institution", "course", "resource_link", "quiz"],
        *["max_attempts", "counts", "feedback", "while_waiting", "opens_at", "due_at", "closes_at"],
    ]
    readonly_fields = ["institution", "course", "resource_link", "quiz"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """An assignment is made by the first launch of its link."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Assignment | None = None) -> bool:
        """Its attempts would go with it."""
        return False

    def save_model(self, request: HttpRequest, obj: Assignment, form: ModelForm, change: bool) -> None:  # type: ignore[type-arg]
        """The policy goes by the one door that also brings the grades in line."""
        Assignment.objects.filter(pk=obj.pk).update(title=obj.title)
        policy.change(
            assignment=obj,
            max_attempts=obj.max_attempts,
            counts=obj.counts,
            feedback=obj.feedback,
            while_waiting=obj.while_waiting,
            opens_at=obj.opens_at,
            due_at=obj.due_at,
            closes_at=obj.closes_at,
        )


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
    list_display = ["person", "assignment", "number", "state", "points", "points_waiting", "points_max", "submitted_at"]
    list_select_related = ["person", "assignment"]
    list_filter = ["state", "preview"]
    search_fields = ["person__name", "person__email", "assignment__title"]
    date_hierarchy = "started_at"
    inlines = [ResponsesOfAttempt]
    exclude = ["key_hash", "counted"]


@admin.register(Response)
class ResponseAdmin(ReadOnlyRows):
    institution_path = "attempt__institution"
    list_display = ["attempt", "item_version", "waiting", "saved_at"]
    list_select_related = ["attempt", "item_version__item__quiz"]
    list_filter = ["waiting"]


@admin.register(Mark)
class MarkAdmin(ReadOnlyRows):
    institution_path = "response__attempt__institution"
    list_display = ["response", "points", "by", "tier", "person", "created_at"]
    list_select_related = ["response", "person"]
    list_filter = ["by", "tier"]


@admin.register(Grade)
class GradeAdmin(ReadOnlyRows):
    list_display = ["person", "assignment", "points", "points_max", "state", "in_the_lms", "updated_at"]
    list_select_related = ["person", "assignment__resource_link"]
    list_filter = ["state"]
    search_fields = ["person__name", "person__email", "assignment__title"]
    readonly_fields = ["in_the_lms", "unsent_at"]

    @admin.display(description="in the LMS")
    def in_the_lms(self, grade: Grade) -> str:
        """The state of the newest score on its way, with the LMS's own words where it gave any."""
        event = scores.latest(resource_link=grade.assignment.resource_link, person=grade.person)
        if event is None:
            return "no column yet" if grade.unsent_at else "held back"
        words = gradebook.seen(event) if event.drift else event.last_answer or event.hint
        return f"{event.get_state_display()}: {words}" if words else event.get_state_display()


@admin.register(Erasure)
class ErasureAdmin(ReadOnlyRows):
    list_display = ["reference", "institution", "by", "erased", "at"]
    list_select_related = ["institution", "by"]
