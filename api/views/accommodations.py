"""What is different for a learner, a group or a course: listed, given and taken back."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from api import idempotency
from api.parsing import JsonParser
from api.rendering import JsonRenderer
from api.serializers import WithPerson
from api.taking_shapes import PersonField, Strict, WholeField
from api.views.base import Keyed, KeyedList, listed
from api.views.taking import PROBLEM, learner
from assessment import access
from assessment.models import Accommodation, Assignment
from assessment.placement import accommodations
from roster.models import Institution, Person

READ, WRITE = "accommodations:read", "accommodations:write"
DATES = ("opens_at", "due_at", "closes_at")
VALUES = ("time_factor", "extra_minutes", "no_time_limit", "extra_attempts", *DATES)
NAMES_ONLY = "Null without the scope `people:read`."


class AccommodationFilter(django_filters.FilterSet):  # type: ignore[misc]
    assignment = django_filters.UUIDFilter("assignment_id", help_text="Id of an assignment.")
    person = django_filters.UUIDFilter("person_id", help_text="Id of a person.")
    standing = django_filters.TypedChoiceFilter(
        "assignment",
        lookup_expr="isnull",
        choices=[("true", "true"), ("false", "false")],
        coerce=lambda given: given == "true",
        help_text="`true`: only those for all assignments; `false`: only the others.",
    )

    class Meta:
        model = Accommodation
        fields: list[str] = []


class AccommodationSerializer(WithPerson, serializers.ModelSerializer[Accommodation]):
    assignment = serializers.UUIDField(
        source="assignment_id", read_only=True, allow_null=True, help_text="Null: it is for all assignments."
    )
    person = serializers.UUIDField(
        source="person_id", read_only=True, allow_null=True, help_text="Null: it is for a group, else for everyone."
    )
    group = serializers.SerializerMethodField(help_text="What the LMS calls the group, or null.")
    time_factor = serializers.FloatField(read_only=True, help_text="Of the time limit: 1.5 is half as much again.")
    given_by = serializers.SerializerMethodField(help_text=NAMES_ONLY)

    class Meta:
        model = Accommodation
        fields = [
            "id", "assignment", "person", "person_name", "person_email", "group", "time_factor", "extra_minutes",
            "no_time_limit", "extra_attempts", *DATES, "reason", "given_by", "created_at",
        ]  # fmt: skip

    def get_group(self, row: Accommodation) -> str | None:
        return row.group.group_id if row.group else None

    def get_given_by(self, row: Accommodation) -> str | None:
        return row.given_by if self.context.get("names") else None


def _near(moment: datetime) -> None:
    if not 2000 <= moment.year < 2200:
        raise serializers.ValidationError("Choose a year from 2000 to 2199.")


class AccommodationRequest(Strict):
    assignment = serializers.UUIDField(required=False, help_text="Left out: for all assignments of one person.")
    person = PersonField(required=False, help_text="An id; with an assignment also what its LMS calls the learner.")
    group = serializers.CharField(
        required=False, max_length=255, help_text="What the LMS calls a group of the assignment's course."
    )
    everyone = serializers.BooleanField(default=False, help_text="For everyone in the assignment's course.")
    time_factor = serializers.FloatField(default=1, min_value=1, max_value=10, help_text="Of the time limit.")
    extra_minutes = WholeField(default=0, min_value=0, max_value=10_000)
    no_time_limit = serializers.BooleanField(default=False)
    extra_attempts = WholeField(default=0, min_value=0, max_value=1000)
    opens_at = serializers.DateTimeField(required=False, validators=[_near])
    due_at = serializers.DateTimeField(required=False, validators=[_near])
    closes_at = serializers.DateTimeField(required=False, validators=[_near])
    reason = serializers.CharField(max_length=500, help_text="For teachers and administrators.")
    given_by = serializers.CharField(default="API", max_length=255, help_text="Who decided it, as teachers read it.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if [bool(attrs.get(name)) for name in ("person", "group", "everyone")].count(True) != 1:
            raise serializers.ValidationError("Give one of `person`, `group` and `everyone`.")
        if "assignment" not in attrs:
            _require_standing(attrs)
        if not _different(attrs):
            raise serializers.ValidationError(f"Give at least one of {', '.join(f'`{name}`' for name in VALUES)}.")
        return attrs


def _require_standing(attrs: dict[str, Any]) -> None:
    if not isinstance(attrs.get("person"), UUID):
        raise serializers.ValidationError({"person": ["Without an assignment it must be the id of a person."]})
    if dated := [name for name in DATES if name in attrs]:
        raise serializers.ValidationError({name: ["Only with an assignment."] for name in dated})


def _different(attrs: dict[str, Any]) -> dict[str, Any]:
    """What is to be stored of what was sent; nothing where all is as for everyone."""
    given = {name: attrs[name] for name in VALUES if attrs.get(name)}
    if "time_factor" in given:
        given["time_factor"] = round(Decimal(str(given["time_factor"])), 2)
    return {name: value for name, value in given.items() if name != "time_factor" or value != 1}


EXAMPLES = [
    OpenApiExample(
        "On all assignments",
        {"person": "01939f5e-0000-7000-8000-000000000001", "time_factor": 1.5, "reason": "Letter of 3 May"},
        request_only=True,
    ),
    OpenApiExample(
        "On one assignment",
        {
            "assignment": "01939f5e-0000-7000-8000-000000000002",
            "person": {"sub": "a6d5c443"},
            "due_at": "2027-01-31T18:00:00Z",
            "reason": "Was ill",
        },
        request_only=True,
    ),
]


@listed("listAccommodations", "Accommodations")
class Accommodations(KeyedList):
    """Accommodations of the institution, oldest first: for a person, a group or everyone in a course."""

    scope = READ
    scope_by_method: ClassVar[dict[str, str]] = {"POST": WRITE}
    filename = "accommodations"
    named = True
    serializer_class = AccommodationSerializer
    filterset_class = AccommodationFilter
    parser_classes = [JsonParser]
    queryset = Accommodation.objects.none()

    def get_renderers(self) -> list[Any]:
        posts = self.request is not None and self.request.method == "POST"
        return [JsonRenderer()] if posts else super().get_renderers()

    def known_parameters(self) -> set[str]:
        return {"format"} if self.request.method == "POST" else super().known_parameters()

    def get_queryset(self) -> QuerySet[Accommodation]:
        return access.accommodations_of(self.institution)

    @extend_schema(
        operation_id="giveAccommodation",
        tags=["Accommodations"],
        parameters=[idempotency.PARAMETER],
        request=AccommodationRequest,
        examples=EXAMPLES,
        responses={201: AccommodationSerializer, 404: PROBLEM},
    )
    @idempotency.idempotent
    def post(self, request: Request) -> Response:
        """Give an accommodation.

        Attempts that are under way get their new times at once. Of several accommodations the most generous value of
        each kind holds.
        """
        sent = AccommodationRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        made = _give(self.institution, sent.validated_data)
        where = reverse("api:accommodation", args=[made.pk], request=request)
        shown = AccommodationSerializer(made, context={"names": self.names()}).data
        return Response(shown, status=status.HTTP_201_CREATED, headers={"Location": where})


class AccommodationDetail(Keyed):
    scope = WRITE

    @extend_schema(operation_id="withdrawAccommodation", tags=["Accommodations"], responses={204: None})
    def delete(self, request: Request, id: UUID) -> Response:
        """Take an accommodation back. Attempts that are under way get the times that hold without it."""
        row = get_object_or_404(access.accommodations_of(self.institution), pk=id)
        accommodations.withdraw(accommodation=row)
        return Response(status=status.HTTP_204_NO_CONTENT)


def _give(institution: Institution, sent: dict[str, Any]) -> Accommodation:
    values = {"reason": sent["reason"], "given_by": sent["given_by"], **_different(sent)}
    if "assignment" not in sent:
        return accommodations.give_standing(person=_person(institution, sent["person"]), **values)
    rows = access.assignments_of(institution).select_related("resource_link__deployment")
    assignment = get_object_or_404(rows, pk=sent["assignment"])
    person = learner(assignment, sent["person"]) if "person" in sent else None
    group = _group(assignment, sent["group"]) if "group" in sent else None
    return accommodations.give(assignment=assignment, person=person, group=group, **values)


def _person(institution: Institution, person_id: UUID) -> Person:
    found = access.person_of(institution, person_id)
    if found is None:
        raise Http404("There is no such person.")
    return found


def _group(assignment: Assignment, group_id: str) -> Any:
    found = access.group_of(assignment, group_id)
    if found is None:
        raise Http404("The course has no such group.")
    return found
