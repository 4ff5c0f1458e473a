"""What lists can be narrowed by. A value that does not fit is refused, naming its parameter."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import django_filters as filters
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator, validate_slug
from django.db.models import Exists, OuterRef, QuerySet
from django_filters.fields import IsoDateTimeField
from drf_spectacular.utils import extend_schema_field

from assessment.models import Attempt, AttemptState, GradeState, MarkedBy
from content.item_types import KINDS
from lti.models import ScoreState
from roster.models import Enrollment, Group, Role


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


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": 999_999_999})
class NumberFilter(filters.CharFilter):  # type: ignore[misc]
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, validators=[RegexValidator(r"\A[1-9][0-9]{0,8}\Z")], strip=False, **kwargs)


UPDATED_SINCE = "Changed at or after (ISO 8601): the header `Updated-Until` of your last run, or when that began."


class RowFilter(filters.FilterSet):  # type: ignore[misc]
    updated_since = MomentFilter("updated_at", lookup_expr="gte", help_text=UPDATED_SINCE)


class ChangeFilter(filters.FilterSet):  # type: ignore[misc]
    updated_since = MomentFilter("at", lookup_expr="gte", help_text=UPDATED_SINCE)


class PersonFilter(RowFilter):
    course = filters.UUIDFilter(method="in_course", help_text="Id of a course: everyone who has or had a place there.")
    group = filters.UUIDFilter(method="in_group", help_text="Id of a group.")

    def in_course(self, rows: QuerySet[Any], name: str, value: UUID) -> QuerySet[Any]:
        return rows.filter(pk__in=Enrollment.objects.filter(course=value).values("person"))

    def in_group(self, rows: QuerySet[Any], name: str, value: UUID) -> QuerySet[Any]:
        return rows.filter(pk__in=members(value))


class EnrollmentFilter(RowFilter):
    course = filters.UUIDFilter("course_id", help_text="Id of a course.")
    person = filters.UUIDFilter("person_id", help_text="Id of a person.")
    role = filters.ChoiceFilter(choices=Role.choices, help_text="What the person may do there.")


class GroupFilter(RowFilter):
    course = filters.UUIDFilter("course_id", help_text="Id of a course.")


class AssignmentFilter(RowFilter):
    course = filters.UUIDFilter("course_id", help_text="Id of a course.")
    quiz = SlugFilter("quiz__slug", validators=[validate_slug])


class ScopeFilter(filters.FilterSet):  # type: ignore[misc]
    assignment = filters.UUIDFilter("pk", help_text="Id of an assignment.")
    course = filters.UUIDFilter("course_id", help_text="Id of a course.")
    quiz = SlugFilter("quiz__slug", validators=[validate_slug])


class LearnerFilter(RowFilter):
    """Of rows that name a person."""

    assignment = filters.UUIDFilter("assignment_id", help_text="Id of an assignment.")
    course = filters.UUIDFilter("assignment__course_id", help_text="Id of a course.")
    quiz = SlugFilter("assignment__quiz__slug", validators=[validate_slug])
    person = filters.UUIDFilter("person_id", help_text="Id of a person.")
    group = filters.UUIDFilter(method="in_group", help_text="Id of a group: its members of now.")

    def in_group(self, rows: QuerySet[Any], name: str, value: UUID) -> QuerySet[Any]:
        return rows.filter(person__in=members(value))


class AttemptFilter(LearnerFilter):
    version = NumberFilter("quiz_version__number", help_text="Number of the version that was answered.")
    state = filters.ChoiceFilter(choices=AttemptState.choices, help_text="State of the attempt.")
    attempt = filters.ChoiceFilter(
        choices=[("first", "first"), ("last", "last")],
        method="of_each",
        help_text="Of those that each person handed in on an assignment, the first or the last only.",
    )
    submitted_from = MomentFilter("submitted_at", lookup_expr="gte", help_text="Submitted at or after (ISO 8601).")
    submitted_to = MomentFilter("submitted_at", lookup_expr="lt", help_text="Submitted before (ISO 8601).")
    vars()["from"] = MomentFilter("submitted_at", lookup_expr="gte", help_text="The same as `submitted_from`.")
    to = MomentFilter("submitted_at", lookup_expr="lt", help_text="The same as `submitted_to`.")

    def of_each(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        same = {one: OuterRef(one) for one in ("assignment", "person", "preview")}
        side = {f"number__{'lt' if value == 'first' else 'gt'}": OuterRef("number")}
        others = Attempt.objects.filter(**same, **side, submitted_at__isnull=False)
        return rows.filter(~Exists(others), submitted_at__isnull=False)


class PartFilter(AttemptFilter):
    """Of rows that belong to an attempt: they are narrowed as attempts are, and by filters of their own."""

    def __init__(self, *args: Any, attempts: QuerySet[Attempt], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.attempts = attempts

    def filter_queryset(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        attempts, rows = self.attempts, queryset
        for name, value in self.form.cleaned_data.items():
            if name in AttemptFilter.base_filters:
                attempts = self.filters[name].filter(attempts, value)
            else:
                rows = self.filters[name].filter(rows, value)
        if since := self.form.cleaned_data["updated_since"]:  # said of the row too, for the index on it
            rows = rows.filter(**{f"{self.way}__updated_at__gte": since})
        return rows.filter(**{f"{self.way}__in": attempts})

    way = "attempt"


class ResponseFilter(PartFilter):
    item = SlugFilter("item_version__item__identifier", validators=[validate_slug])
    kind = filters.ChoiceFilter(
        "item_version__kind", choices=[(kind, kind) for kind in KINDS], help_text="Of question."
    )
    waiting = filters.ChoiceFilter(
        choices=[("true", "true"), ("false", "false")], method="that_wait", help_text="Whether a person has to mark it."
    )

    def that_wait(self, rows: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return rows.filter(waiting=value == "true")


class MarkFilter(PartFilter):
    way = "response__attempt"
    item = SlugFilter("response__item_version__item__identifier", validators=[validate_slug])
    by = filters.ChoiceFilter(choices=MarkedBy.choices, help_text="Who gave it.")


class GradeFilter(LearnerFilter):
    state = filters.ChoiceFilter(choices=GradeState.choices, help_text="Provisional while something can still rise.")


class DeliveryFilter(RowFilter):
    assignment = filters.UUIDFilter("line_item__resource_link__assignment__pk", help_text="Id of an assignment.")
    course = filters.UUIDFilter("line_item__resource_link__assignment__course_id", help_text="Id of a course.")
    quiz = SlugFilter("line_item__resource_link__assignment__quiz__slug", validators=[validate_slug])
    person = filters.UUIDFilter("platform_user__person_id", help_text="Id of a person.")
    state = filters.ChoiceFilter(choices=ScoreState.choices, help_text="How far the score has come.")


def members(group: UUID) -> QuerySet[Any]:
    return Group.members.through.objects.filter(group=group).values("person")


def parameters(filterset: type[Any] | None) -> set[str]:
    return set(filterset.base_filters) if filterset else set()
