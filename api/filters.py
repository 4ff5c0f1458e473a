"""What lists can be narrowed by. A value that does not fit is refused, naming its parameter."""

from datetime import UTC, datetime
from typing import Any

import django_filters as filters
from django.core.exceptions import ValidationError
from django.core.validators import validate_slug
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field

from assessment.models import Assignment, Attempt, AttemptState, Grade, GradeState


class MomentField(IsoDateTimeField):  # type: ignore[misc]
    """A point in time, kept in UTC: PostgreSQL refuses offsets that ISO 8601 allows."""

    def to_python(self, value: Any) -> datetime | None:
        moment: datetime | None = super().to_python(value)
        try:
            return moment and moment.astimezone(UTC)
        except OverflowError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error


class MomentFilter(filters.IsoDateTimeFilter):  # type: ignore[misc]
    field_class = MomentField


@extend_schema_field({"type": "string", "pattern": "^[-a-zA-Z0-9_]+$", "description": "Slug of a quiz."})
class SlugFilter(filters.CharFilter):  # type: ignore[misc]
    pass


class AssignmentFilter(filters.FilterSet):  # type: ignore[misc]
    course = filters.UUIDFilter("course_id", help_text="Id of a course.")
    quiz = SlugFilter("quiz__slug", validators=[validate_slug])

    class Meta:
        model = Assignment
        fields: list[str] = []


class AttemptFilter(filters.FilterSet):  # type: ignore[misc]
    assignment = filters.UUIDFilter("assignment_id", help_text="Id of an assignment.")
    person = filters.UUIDFilter("person_id", help_text="Id of a person.")
    state = filters.ChoiceFilter(choices=AttemptState.choices, help_text="State of the attempt.")
    submitted_from = MomentFilter("submitted_at", lookup_expr="gte", help_text="Submitted at or after (ISO 8601).")
    submitted_to = MomentFilter("submitted_at", lookup_expr="lt", help_text="Submitted before (ISO 8601).")

    class Meta:
        model = Attempt
        fields: list[str] = []


class GradeFilter(filters.FilterSet):  # type: ignore[misc]
    assignment = filters.UUIDFilter("assignment_id", help_text="Id of an assignment.")
    person = filters.UUIDFilter("person_id", help_text="Id of a person.")
    state = filters.ChoiceFilter(choices=GradeState.choices, help_text="Provisional while something can still rise.")
    updated_since = MomentFilter(
        "updated_at",
        lookup_expr="gte",
        help_text="Changed at or after (ISO 8601): the header `Updated-Until` of your last run, or when that began.",
    )

    class Meta:
        model = Grade
        fields: list[str] = []


def parameters(filterset: type[Any] | None) -> set[str]:
    return set(filterset.base_filters) if filterset else set()
