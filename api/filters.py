"""What lists can be narrowed by. A value that does not fit is refused, naming its parameter."""

from typing import Any

import django_filters as filters

from assessment.models import Assignment, Attempt, AttemptState, Grade, GradeState


class AssignmentFilter(filters.FilterSet):  # type: ignore[misc]
    course = filters.UUIDFilter("course_id", help_text="Id of a course.")
    quiz = filters.CharFilter("quiz__slug", help_text="Slug of a quiz.")

    class Meta:
        model = Assignment
        fields: list[str] = []


class AttemptFilter(filters.FilterSet):  # type: ignore[misc]
    assignment = filters.UUIDFilter("assignment_id", help_text="Id of an assignment.")
    person = filters.UUIDFilter("person_id", help_text="Id of a person.")
    state = filters.ChoiceFilter(choices=AttemptState.choices, help_text="State of the attempt.")
    submitted_from = filters.IsoDateTimeFilter(
        "submitted_at", lookup_expr="gte", help_text="Submitted at or after (ISO 8601)."
    )
    submitted_to = filters.IsoDateTimeFilter("submitted_at", lookup_expr="lt", help_text="Submitted before (ISO 8601).")

    class Meta:
        model = Attempt
        fields: list[str] = []


class GradeFilter(filters.FilterSet):  # type: ignore[misc]
    assignment = filters.UUIDFilter("assignment_id", help_text="Id of an assignment.")
    person = filters.UUIDFilter("person_id", help_text="Id of a person.")
    state = filters.ChoiceFilter(choices=GradeState.choices, help_text="Provisional while something can still rise.")
    updated_since = filters.IsoDateTimeFilter(
        "updated_at", lookup_expr="gte", help_text="Changed at or after (ISO 8601): what to fetch since the last time."
    )

    class Meta:
        model = Grade
        fields: list[str] = []


def parameters(filterset: type[Any] | None) -> set[str]:
    return set(filterset.base_filters) if filterset else set()
