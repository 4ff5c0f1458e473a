"""The class as a teacher sees it: everyone whom the LMS lists, what they have done here, and how fresh the list is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q, QuerySet
from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from assessment import access
from assessment.models import Attempt, AttemptState, Grade
from assessment.views import gradebook
from assessment.views.requests import LaunchRequest, instructors_only, see_other
from lti.gradebook import reconcile
from lti.models import Context
from lti.people import rosters
from roster.models import Group, Person

PER_PAGE = 100

LineOf = Callable[[UUID, Grade], gradebook.Line]


@dataclass(frozen=True)
class Row:
    """One person in the class table. `newest` is None until they begin, `grade` until an attempt is marked.

    `beside` tells people of one name apart. `waits`: an answer of one of the attempts waits for a person.
    """

    person: Person
    beside: str
    attempts: int
    left: bool
    newest: Attempt | None
    waits: bool
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


def context(request: LaunchRequest, line: LineOf) -> dict[str, Any]:
    """What the class table needs; the same number of queries for any class. `line` tells of a person's grade."""
    groups = list(access.class_groups(request.viewer))
    group = next((known for known in groups if str(known.pk) == request.GET.get("group")), None)
    people = _of(access.class_people(request.viewer), group)
    counts = _counts(people)  # before the rows, which then show everyone counted though a list is read meanwhile
    listed = access.with_namesakes(request.viewer, people)
    page: Page[Any] = Paginator(listed, PER_PAGE).get_page(request.GET.get("page", 1))
    return {
        "page": page,
        "rows": _rows(request, list(page), line),
        "counts": counts,
        "groups": groups,
        "group": group,
        "source": _source(access.class_context(request.viewer)),
        "reading": "update" in request.GET
        and reconcile.is_under_way(request.viewer.resource_link_id, now=timezone.now()),
    }


@instructors_only
@require_POST
def update(request: LaunchRequest) -> HttpResponse:
    """Ask the LMS for its list and its grades again."""
    course, now = access.class_context(request.viewer), timezone.now()
    if course is not None:
        rosters.ask(course, now=now)
    reconcile.ask(request.viewer.resource_link_id, now=now)
    group = request.POST.get("group", "")
    return see_other("class", after=f"?{urlencode({'update': 1} | ({'group': group} if group else {}))}#class")


def _of(people: QuerySet[Person], group: Group | None) -> QuerySet[Person]:
    return people if group is None else people.filter(groups=group)


def _counts(people: QuerySet[Any]) -> dict[str, int]:
    counted = people.order_by().values_list("left").annotate(Count("pk"), idle=Count("pk", filter=Q(made=0)))
    found = {left: (n, idle) for left, n, idle in counted}
    learners, idle = found.get(False, (0, 0))
    return {"learners": learners, "idle": idle, "left": found.get(True, (0, 0))[0]}


def _rows(request: LaunchRequest, people: list[Any], line: LineOf) -> list[Row]:
    made = list(access.class_attempts(request.viewer).filter(person__in=people).order_by("number"))
    newest = {attempt.person_id: attempt for attempt in made}
    waits = {attempt.person_id for attempt in made if attempt.state == AttemptState.NEEDS_REVIEW}
    grades = {grade.person_id: grade for grade in access.class_grades(request.viewer).filter(person__in=people)}
    return [
        Row(
            person=one,
            beside=_beside(one),
            attempts=one.made,
            left=one.left,
            newest=newest.get(one.pk),
            waits=one.pk in waits,
            grade=grade,
            line=line(one.pk, grade) if grade else None,
        )
        for one in people
        for grade in [grades.get(one.pk)]
    ]


def _beside(person: Any) -> str:
    """The mail address or the LMS's id of a person whose name another person of the class has too."""
    named = person.name or person.given_name or person.family_name
    return str(person.email or person.sub or "") if named and person.namesakes > 1 else ""


def _source(course: Context | None) -> Source | None:
    """None where the LMS does not offer its list."""
    if course is None or not course.memberships_url:
        return None
    return Source(course.roster_read_at, course.roster_words, rosters.is_under_way(course, now=timezone.now()))
