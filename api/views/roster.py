"""Who is who in an institution, and which rows are gone."""

from typing import Any, ClassVar, cast

from django.db.models import Prefetch, QuerySet
from rest_framework.request import Request

from api import filters, rows
from api.keyset import BY_ID, BY_UPDATE, MOMENT, TEXT, Sort
from api.problems import MissingScope
from api.views.base import KeyedList, listed
from roster.models import Change, Course, Enrollment, Group, Person


@listed("listCourses", "People")
class Courses(KeyedList):
    """The institution's courses, as the LMS named them."""

    scope = "assignments:read"
    filename = "courses"
    serializer_class = rows.CourseSerializer
    filterset_class = filters.RowFilter
    sorts: ClassVar[dict[str, Sort]] = {"id": BY_ID, "updated_at": BY_UPDATE, "title": Sort("title", TEXT)}
    queryset = Course.objects.none()

    def get_queryset(self) -> QuerySet[Course]:
        return Course.objects.filter(institution=self.institution)


@listed("listPeople", "People")
class People(KeyedList):
    """The institution's people, as the LMS named them. Who was erased stands here without a name."""

    scope = "people:read"
    filename = "people"
    serializer_class = rows.PersonSerializer
    filterset_class = filters.PersonFilter
    sorts: ClassVar[dict[str, Sort]] = {"id": BY_ID, "updated_at": BY_UPDATE, "name": Sort("sort_name", TEXT)}
    queryset = Person.objects.none()

    def get_queryset(self) -> QuerySet[Person]:
        return Person.objects.filter(institution=self.institution)


@listed("listEnrollments", "People")
class Enrollments(KeyedList):
    """Who has or had which place in which course."""

    scope = "people:read"
    filename = "enrollments"
    named = True
    serializer_class = rows.EnrollmentSerializer
    filterset_class = filters.EnrollmentFilter
    sorts: ClassVar[dict[str, Sort]] = {"id": BY_ID, "updated_at": BY_UPDATE}
    queryset = Enrollment.objects.none()

    def get_queryset(self) -> QuerySet[Enrollment]:
        return Enrollment.objects.filter(institution=self.institution).select_related("course", "person")


@listed("listGroups", "People")
class Groups(KeyedList):
    """The groups of courses, as the LMS made them."""

    scope = "assignments:read"
    filename = "groups"
    serializer_class = rows.GroupSerializer
    filterset_class = filters.GroupFilter
    sorts: ClassVar[dict[str, Sort]] = {"id": BY_ID, "updated_at": BY_UPDATE, "name": Sort("name", TEXT)}
    queryset = Group.objects.none()

    def get_queryset(self) -> QuerySet[Group]:
        members = Prefetch("members", Person.objects.only("pk"))
        return Group.objects.filter(institution=self.institution).select_related("course").prefetch_related(members)


@listed("listChanges", "Records")
class Changes(KeyedList):
    """Rows that are gone from the lists: erased, deleted, or made previews. Drop them when you read incrementally.

    Shown are those of the lists that the key may read; any scope that reads a list will do.
    """

    scope = ""
    filename = "changes"
    serializer_class = rows.ChangeSerializer
    filterset_class = filters.ChangeFilter
    sorts: ClassVar[dict[str, Sort]] = {"at": Sort("at", MOMENT)}
    queryset = Change.objects.none()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not self.kinds():
            raise MissingScope("attempts:read")

    def kinds(self) -> list[str]:
        scopes = cast(Any, self.request.auth).scopes
        return [kind for kind, scope in rows.KINDS.items() if scope in scopes]

    def get_queryset(self) -> QuerySet[Change]:
        return Change.objects.filter(institution=self.institution, kind__in=self.kinds())
