"""The class as a teacher sees it: everyone whom the LMS lists, what they have done here, and how fresh the list is."""

import csv
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Page, Paginator
from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Concat
from django.http import HttpResponse
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_POST

from assessment import access
from assessment.models import Assignment, Attempt, AttemptState, Grade
from assessment.templatetags.assay import plain
from assessment.views import gradebook
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only, see_other
from lti.gradebook import lookups, reconcile
from lti.models import Context
from lti.people import rosters
from roster.models import Group, Person
from roster.spreadsheets import BOM, safe

PER_PAGE = 50

LineOf = Callable[[UUID, Grade], gradebook.Line]

STATES = {
    "not_started": Q(made=0),
    "in_progress": Q(working=True),
    "submitted": Q(submitted=True),
    "waiting": Q(waiting=True),
}
# The order by state: what needs the teacher first.
STAGE = Case(When(waiting=True, then=0), When(working=True, then=1), When(made=0, then=2), default=3)
SORTS = {
    "": _("Name"),
    "state": _("State"),
    "-score": _("Score, highest first"),
    "score": _("Score, lowest first"),
    "-submitted": _("Submitted, newest first"),
    "submitted": _("Submitted, oldest first"),
}
ORDERS: dict[str, list[Any]] = {
    "": [],
    "state": [STAGE],
    "-score": [F("share").desc(nulls_last=True)],
    "score": [F("share").asc(nulls_last=True)],
    "-submitted": [F("submitted_at").desc(nulls_last=True)],
    "submitted": [F("submitted_at").asc(nulls_last=True)],
}
SHOWN = ("person", "number", "state", "voided_at", "due_at", "submitted_at")  # of an attempt in the table
CALLED = Concat("given_name", Value(" "), "family_name")


@dataclass(frozen=True)
class Filter:
    """Which people of the class are listed, and in what order."""

    show: str = ""
    q: str = ""
    sort: str = ""
    group: Group | None = None

    def of(self, people: QuerySet[Any]) -> QuerySet[Any]:
        """The people of the class who are listed."""
        found = people.filter(STATES[self.show]) if self.show else people
        if self.q:
            named = Q(name__icontains=self.q) | Q(email__icontains=self.q) | Q(called__icontains=self.q)
            found = found.annotate(called=CALLED).filter(named)
        return found.order_by("left", *ORDERS[self.sort], "sort_name", "pk")

    @property
    def query(self) -> str:
        """The same as the query of an address."""
        named = {"show": self.show, "q": self.q, "sort": self.sort, "group": self.group.pk if self.group else ""}
        return urlencode({name: value for name, value in named.items() if value})

    @property
    def narrows(self) -> bool:
        return bool(self.show or self.q or self.group)


@dataclass(frozen=True)
class Tile:
    """How many learners are in a state, and the query that lists them."""

    show: str
    label: str
    number: int
    query: str
    chosen: bool


@dataclass(frozen=True)
class Row:
    """One person in the class table. `newest` is None until they begin, `grade` until an attempt is marked.

    `beside` tells people of one name apart. `waits`: an answer of one of the attempts waits for a person. `excepted`:
    an exception from the policy holds for the person. `late`: an attempt was submitted after the due date.
    """

    person: Person
    beside: str
    attempts: int
    left: bool
    newest: Attempt | None
    waits: bool
    submitted_at: datetime | None
    grade: Grade | None
    line: gradebook.Line | None
    excepted: bool = False
    late: bool = False

    @property
    def points(self) -> str:
        return gradebook.points_of(self.grade.points, self.grade.points_max) if self.grade else ""

    @property
    def url(self) -> str:
        return _address("class_person", self.person.pk)

    @property
    def attempt_url(self) -> str:
        return _address("class_attempt", self.grade.attempt_id) if self.grade else ""

    @property
    def state(self) -> str:
        """In words, for a file."""
        return gettext("Waiting for your mark") if self.waits else self._progress or gettext("Marked")

    @property
    def stage(self) -> SafeString:
        """The same on the page. Somebody may work on an attempt while an earlier one waits."""
        lines = [self._progress] if self._progress else []
        if self.waits:
            lines.append(format_html('<span class="state wait">… {}</span>', gettext("Waiting for your mark")))
        elif not lines:
            lines.append(format_html('<span class="state ok">✓ {}</span>', gettext("Marked")))
        return format_html_join(SafeString("<br>"), "{}", ((line,) for line in lines))

    @property
    def _progress(self) -> str:
        """Empty once the newest attempt is marked, as far as rules go."""
        if self.newest is None:
            return gettext("Not started")
        if self.newest.state == AttemptState.IN_PROGRESS:
            return gettext("Working on attempt {number}").format(number=self.newest.number)
        return gettext("Being marked") if self.newest.state == AttemptState.SUBMITTED else ""


@dataclass(frozen=True)
class Source:
    """Where the list of names comes from: the LMS, when it was read last, and what went wrong since."""

    read_at: datetime | None
    words: str
    under_way: bool


def wanted(request: LaunchRequest, groups: list[Group]) -> Filter:
    """What the query of the address asks for; whatever it cannot mean is left out."""
    given = request.GET
    group = next((known for known in groups if str(known.pk) == given.get("group")), None)
    show, sort = given.get("show", ""), given.get("sort", "")
    return Filter(
        show=show if show in STATES else "",
        q=given.get("q", "").strip()[:200],
        sort=sort if sort in SORTS else "",
        group=group,
    )


def context(request: LaunchRequest, assignment: Assignment, paused: datetime | None) -> dict[str, Any]:
    """What the class table needs; the same number of queries for any class. `paused` as `gradebook.pause` gives it."""
    groups = list(access.class_groups(request.viewer))
    chosen = wanted(request, groups)
    people = _of(access.class_people(request.viewer), chosen.group)
    counts = _counts(people)  # before the rows, which then show everyone counted though a list is read meanwhile
    listed = access.with_namesakes(request.viewer, chosen.of(people))
    known = None if chosen.q else counts[chosen.show] if chosen.show else counts["learners"] + counts["left"]
    pages = Paginator(listed, PER_PAGE)
    if known is not None:
        pages.count = known
    page: Page[Any] = pages.get_page(request.GET.get("page", 1))
    return {
        "page": page,
        "rows": _rows(request, list(page), assignment, paused),
        "counts": counts,
        "tiles": _tiles(chosen, counts),
        "chosen": chosen,
        "sorts": SORTS,
        "groups": groups,
        "group": chosen.group,
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


@instructors_only
@require_GET
def download(request: LaunchRequest) -> HttpResponse:
    """The people who are listed, as a table for a spreadsheet."""
    assignment = assignment_or_404(request)
    chosen = wanted(request, list(access.class_groups(request.viewer)))
    people = chosen.of(_of(access.class_people(request.viewer), chosen.group))
    answer = HttpResponse(BOM, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="class.csv"'
    table = csv.writer(answer)
    table.writerow(map(str, COLUMNS))
    listed = list(access.with_namesakes(request.viewer, people))
    unsettled = lookups.unsettled(lookups.newest(assignment.resource_link))
    paused = gradebook.pause(assignment, lookups.by_person(unsettled).values())
    for row in _rows(request, listed, assignment, paused):
        table.writerow(map(safe, _cells(row)))
    return answer


COLUMNS = (
    *(_("Name"), _("E-mail"), _("ID in the LMS"), _("Attempts"), _("State"), _("Submitted (UTC)")),
    *(_("Points"), _("Most points"), _("Gradebook"), _("In the course")),
)


def _cells(row: Row) -> list[Any]:
    person: Any = row.person
    return [
        person.display_name,
        person.email,
        person.sub or "",
        row.attempts,
        row.state,
        f"{row.submitted_at:%Y-%m-%d %H:%M}" if row.submitted_at else "",
        plain(row.grade.points) if row.grade else "",
        plain(row.grade.points_max) if row.grade else "",
        gettext(row.line.words) if row.line else "",
        gettext("no") if row.left else gettext("yes"),
    ]


def lines_of(assignment: Assignment, people: Collection[UUID], paused: datetime | None) -> LineOf:
    """What the gradebook says of each of these people; one query for any number."""
    scores = lookups.newest(assignment.resource_link).filter(platform_user__person__in=people)
    found = lookups.by_person(scores.only("state", "tries", "last_answer", "platform_user__person"))
    return lambda person, grade: gradebook.class_line(found.get(person), assignment, grade, paused)


NOBODY = UUID(int=0)


def _address(name: str, pk: UUID) -> str:
    """As `reverse` makes it, which is slow for hundreds of rows."""
    return _pattern(name, get_script_prefix()).replace(str(NOBODY), str(pk))


@lru_cache(maxsize=64)
def _pattern(name: str, prefix: str) -> str:
    return reverse(name, args=[NOBODY])


def _of(people: QuerySet[Person], group: Group | None) -> QuerySet[Person]:
    return people if group is None else people.filter(groups=group)


def _counts(people: QuerySet[Any]) -> dict[str, int]:
    """How many learners there are, how many of them in each state, and how many left the course."""
    states = {f"in_{name}": Count("pk", filter=state) for name, state in STATES.items()}
    counted = people.order_by().values("left").annotate(learners=Count("pk"), **states)
    found = {row["left"]: row for row in counted}
    everyone = {name: sum(row[f"in_{name}"] for row in found.values()) for name in STATES}
    here = found.get(False, {})
    idle = here.get("in_not_started", 0)
    left = found.get(True, {}).get("learners", 0)
    return everyone | {"learners": here.get("learners", 0), "idle": idle, "left": left}


def _tiles(chosen: Filter, counts: dict[str, int]) -> list[Tile]:
    labels = {
        "not_started": gettext("Not started"),
        "in_progress": gettext("In progress"),
        "submitted": gettext("Submitted"),
        "waiting": gettext("Waiting for review"),
    }
    return [
        Tile(
            show,
            label,
            counts[show],
            replace(chosen, show="" if show == chosen.show else show).query,
            show == chosen.show,
        )
        for show, label in labels.items()
    ]


def _rows(request: LaunchRequest, people: list[Any], assignment: Assignment, paused: datetime | None) -> list[Row]:
    rows = access.class_attempts(request.viewer).select_related(None).filter(person__in=people).order_by("number")
    made = list(rows.only(*SHOWN))
    newest = {attempt.person_id: attempt for attempt in made}
    late = {attempt.person_id for attempt in made if attempt.is_late and attempt.voided_at is None}
    excepted = access.class_exceptions(request.viewer, people)
    found = access.class_grades(request.viewer).select_related(None).filter(person__in=people).order_by()
    grades = {grade.person_id: grade for grade in found}
    line = lines_of(assignment, grades.keys(), paused)
    return [
        Row(
            person=one,
            beside=_beside(one),
            attempts=one.made,
            left=one.left,
            newest=newest.get(one.pk),
            waits=one.waiting,
            submitted_at=one.submitted_at,
            grade=grade,
            line=line(one.pk, grade) if grade else None,
            excepted=one.pk in excepted,
            late=one.pk in late,
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
