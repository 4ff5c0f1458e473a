"""The class as a teacher sees it: everyone whom the LMS lists, what they have done here, and how fresh the list is."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from assessment import access
from assessment.models import Assignment, Attempt, Grade
from assessment.views import gradebook
from assessment.views.requests import LaunchRequest, instructors_only, see_other
from lti import rosters
from lti.models import Context, ScoreEvent
from roster.models import Group, Person

PER_PAGE = 100


@dataclass(frozen=True)
class Row:
    """One person in the class table. `newest` is None until they begin, `grade` until an attempt is marked."""

    person: Person
    attempts: int
    left: bool
    newest: Attempt | None
    grade: Grade | None
    line: gradebook.Line | None

    @property
    def shown(self) -> UUID | None:
        """The attempt that a click on the name opens: the one that counts, else the newest."""
        if self.grade:
            return self.grade.attempt_id
        return self.newest.pk if self.newest else None


@dataclass(frozen=True)
class Source:
    """Where the list of names comes from: the LMS, when it was read last, and what went wrong since."""

    read_at: datetime | None
    words: str
    under_way: bool


def context(request: LaunchRequest, assignment: Assignment, events: dict[UUID, ScoreEvent]) -> dict[str, Any]:
    """What the class table needs; the same number of queries for any class."""
    groups = list(access.class_groups(request.viewer))
    group = next((one for one in groups if str(one.pk) == request.GET.get("group")), None)
    people = _of(access.class_people(request.viewer), group)
    counts = _counts(people)  # before the rows, which then show everyone counted though a list is read meanwhile
    page: Page[Any] = Paginator(people, PER_PAGE).get_page(request.GET.get("page", 1))
    return {
        "page": page,
        "rows": _rows(request, list(page), events, assignment),
        "counts": counts,
        "groups": groups,
        "group": group,
        "source": _source(access.class_context(request.viewer)),
    }


@instructors_only
@require_POST
def update(request: LaunchRequest) -> HttpResponse:
    """Ask the LMS for its list again."""
    course = access.class_context(request.viewer)
    if course is not None:
        rosters.ask(course, now=timezone.now())
    return see_other("class", after="#class")


def _of(people: QuerySet[Person], group: Group | None) -> QuerySet[Person]:
    return people if group is None else people.filter(groups=group)


def _counts(people: QuerySet[Any]) -> dict[str, int]:
    counted = people.order_by().values_list("left").annotate(Count("pk"), idle=Count("pk", filter=Q(made=0)))
    found = {left: (n, idle) for left, n, idle in counted}
    learners, idle = found.get(False, (0, 0))
    return {"learners": learners, "idle": idle, "left": found.get(True, (0, 0))[0]}


def _rows(
    request: LaunchRequest, people: list[Any], events: dict[UUID, ScoreEvent], assignment: Assignment
) -> list[Row]:
    made = access.class_attempts(request.viewer).filter(person__in=people)
    newest = {one.person_id: one for one in made.order_by("number")}
    grades = {one.person_id: one for one in access.class_grades(request.viewer).filter(person__in=people)}
    return [
        Row(one, one.made, one.left, newest.get(one.pk), grade, _line(events.get(one.pk), assignment, grade))
        for one in people
        for grade in [grades.get(one.pk)]
    ]


def _line(event: ScoreEvent | None, assignment: Assignment, grade: Grade | None) -> gradebook.Line | None:
    return gradebook.class_line(event, assignment, grade) if grade else None


def _source(course: Context | None) -> Source | None:
    """None where the LMS does not offer its list."""
    if course is None or not course.memberships_url:
        return None
    return Source(course.roster_read_at, course.roster_words, rosters.is_under_way(course, now=timezone.now()))
