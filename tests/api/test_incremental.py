"""A script that fetches only what changed since its last run gets every row once it can be seen."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import QuerySet
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from assessment import privacy, teachers
from assessment.models import Assignment, Attempt, Grade, Mark, Response
from lti.models import Score
from roster import changes
from roster.models import Change, Course, Enrollment, Group, Person, Role
from tests import cast
from tests.api.conftest import ALL, Caller, School
from tests.patience import PATIENCE
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)
LISTS = {
    "courses": Course,
    "people": Person,
    "enrollments": Enrollment,
    "groups": Group,
    "assignments": Assignment,
    "attempts": Attempt,
    "responses": Response,
    "marks": Mark,
    "grades": Grade,
    "deliveries": Score,
}
CHANGES: dict[str, dict[str, Any]] = {
    "courses": {"title": "Renamed"},
    "people": {"family_name": "Renamed"},
    "enrollments": {"active": False},
    "groups": {"name": "Renamed"},
    "assignments": {"title": "Renamed"},
    "attempts": {"points": "0.5"},
    "grades": {"points": "0.5"},
    "deliveries": {"hint": "Look there."},
}


@contextmanager
def unfinished(work: Callable[[], Any]) -> Iterator[None]:
    """Another transaction that has done the work; it commits when the block ends."""
    changed, go = Event(), Event()

    def run() -> None:
        with transaction.atomic():
            work()
            changed.set()
            go.wait(PATIENCE)
        connection.close()

    thread = Thread(target=run)
    thread.start()
    try:
        assert changed.wait(PATIENCE)
        yield
    finally:
        go.set()
        thread.join(PATIENCE)


@pytest.fixture
def reader(north: School) -> Caller:
    return Caller(north.key(*ALL))


@pytest.fixture
def filled() -> cast.Cast:
    """A row or more for every list, with a score on its way."""
    made = cast.make_cast()
    cast.hand_in(made.alice, **cast.all_right())
    course = made.assignment.course
    assert course is not None
    Enrollment.objects.create(
        institution=course.institution, course=course, person=made.alice.person, role=Role.LEARNER
    )
    Group.objects.create(institution=course.institution, course=course, group_id="g", name="Reds")
    return made


def ids(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["results"]}


def key_of(made: cast.Cast) -> Caller:
    return Caller(School(made.assignment.institution, made.assignment).key(*ALL))


@pytest.mark.parametrize("path", [*LISTS, "changes"])
@pytest.mark.parametrize("format", ["json", "csv"])
def test_every_list_says_until_when_it_knows_all_changes(reader: Caller, path: str, format: str) -> None:
    before = timezone.now()
    until = parse_datetime(reader.get(path, format=format)["Updated-Until"])
    assert until is not None
    assert before <= until <= timezone.now()


@pytest.mark.parametrize("path", ["attempts", "responses", "marks", "grades", "deliveries", "changes"])
def test_changes_are_read_by_an_index_in_the_order_in_which_they_were_made(filled: cast.Cast, path: str) -> None:
    with CaptureQueriesContext(connection) as captured:
        answer = key_of(filled).get(path, updated_since="2026-01-01T00:00:00Z", limit=7)
    assert answer.status_code == 200
    [page] = [query["sql"] for query in captured if query["sql"].endswith(" LIMIT 8")]
    with transaction.atomic(), connection.cursor() as cursor:
        for other in ("seqscan", "bitmapscan", "hashjoin", "mergejoin", "sort"):  # where rows are few, those are faster
            cursor.execute(f"SET LOCAL enable_{other} = off")
        cursor.execute("EXPLAIN (FORMAT JSON) " + page.replace("%", "%%"))
        plan = json.dumps(cursor.fetchone()[0])
    assert '"Node Type": "Sort"' not in plan, "all rows would be read before the first is given"
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("path", CHANGES)
def test_row_stamped_before_a_run_and_committed_after_it_is_in_the_next(filled: cast.Cast, path: str) -> None:
    script, rows = key_of(filled), LISTS[path]._base_manager.filter(institution=filled.assignment.institution)
    row = rows.order_by("pk")[0]
    first = script.get(path)
    assert str(row.pk) in ids(first)
    with unfinished(lambda: rows.filter(pk=row.pk).update(**CHANGES[path])):
        answer = script.get(path, updated_since=first["Updated-Until"])
        assert ids(answer) == set(), "nobody sees it yet, and nobody waited for it"

    assert ids(script.get(path, updated_since=answer["Updated-Until"])) == {str(row.pk)}
    last = script.get(path)["Updated-Until"]
    assert ids(script.get(path, updated_since=last)) == set()


@pytest.mark.parametrize("path", ["attempts", "responses", "marks", "grades", "deliveries"])
def test_new_rows_of_a_late_commit_are_in_the_next_run(filled: cast.Cast, path: str) -> None:
    script = key_of(filled)
    first = script.get(path)
    teacher = filled.tess.person
    attempt = Attempt.objects.get()
    with unfinished(lambda: cast.confirm(attempt, "q8", "1", teacher)):
        answer = script.get(path, updated_since=first["Updated-Until"])
        assert ids(answer) == set()
    assert ids(script.get(path, updated_since=answer["Updated-Until"])) >= ids(first)


def test_deleted_row_of_a_late_commit_is_in_the_next_run(filled: cast.Cast) -> None:
    script, pk = key_of(filled), Grade.objects.get().pk
    with unfinished(lambda: Grade.objects.filter(pk=pk).delete()):
        answer = script.get("changes")
        assert ids(answer) == set()
    rows = script.get("changes", updated_since=answer["Updated-Until"]).json()["results"]
    assert [(row["kind"], row["row"]) for row in rows] == [("grade", str(pk))]


def test_the_moment_is_no_later_than_any_stamp_that_is_still_to_come(filled: cast.Cast) -> None:
    """Many writers stamp and commit at once; whatever a reader did not see lies after its moment."""
    assignment, missed = filled.assignment, []

    def write() -> None:
        for number in range(60):
            Course.objects.create(institution=assignment.institution, title=f"{number}")

    def read() -> None:
        for _ in range(60):
            until = changes.visible_until()
            seen = set(Course.objects.values_list("pk", flat=True))
            missed.append((until, seen))

    assert [one for one in race(write, write, write, read) if one is not None] == []
    stamps = dict(Course.objects.values_list("pk", "updated_at"))
    for until, seen in missed:
        assert all(stamp >= until for pk, stamp in stamps.items() if pk not in seen)


def test_roster_reading_that_changes_nothing_stamps_nothing(filled: cast.Cast) -> None:
    place, group = Enrollment.objects.get(), Group.objects.get()
    Enrollment.objects.filter(pk=place.pk).update(listed_at=timezone.now(), role=place.role)
    Group.objects.filter(pk=group.pk).update(name=group.name)
    assert Enrollment.objects.get().updated_at == place.updated_at
    assert Group.objects.get().updated_at == group.updated_at
    group.members.add(filled.alice.person)
    joined = Group.objects.get().updated_at
    assert joined > group.updated_at
    group.members.clear()
    assert Group.objects.get().updated_at > joined


def test_application_cannot_set_a_stamp(filled: cast.Cast) -> None:
    grade = Grade.objects.get()
    Grade.objects.filter(pk=grade.pk).update(points="0.5", updated_at=cast.NOW)
    assert Grade.objects.get().updated_at > grade.updated_at


def test_attempt_that_becomes_a_preview_is_gone_with_its_answers_and_marks(filled: cast.Cast) -> None:
    attempt, grade = Attempt.objects.get(), Grade.objects.get()
    gone = {("attempt", attempt.pk), ("grade", grade.pk)}
    gone |= {("response", pk) for pk in Response.objects.values_list("pk", flat=True)}
    gone |= {("mark", pk) for pk in Mark.objects.values_list("pk", flat=True)}
    gone |= {("delivery", pk) for pk in Score.objects.values_list("pk", flat=True)}
    Score.objects.update(state="refused")
    Enrollment.objects.update(role=Role.INSTRUCTOR)
    teachers.set_aside(assignment=filled.assignment, now=cast.NOW)
    assert Attempt.objects.get().preview
    assert set(Change.objects.values_list("kind", "row")) == gone
    Attempt.objects.get().delete()  # a preview that goes was in no list
    assert Change.objects.count() == len(gone)


def test_erased_person_leaves_every_list_and_keeps_no_name(filled: cast.Cast) -> None:
    script = key_of(filled)
    before = {path: ids(script.get(path, limit=200)) for path in LISTS}
    assert all(before.values())
    until = script.get("changes")["Updated-Until"]
    privacy.erase(person=filled.alice.person, by=None, now=cast.NOW)
    gone = {row["row"] for row in script.get("changes", limit=200, updated_since=until).json()["results"]}
    after = {path: ids(script.get(path, limit=200)) for path in LISTS}
    for path in LISTS:
        assert before[path] - after[path] <= gone, path
    for path in ("attempts", "responses", "marks", "grades", "deliveries", "enrollments"):
        assert after[path] == set()
    assert "Alice" not in script.get("people").content.decode()


class Warehouse:
    """What an analyst keeps: rows by list and id, brought up to date run by run."""

    def __init__(self, script: Caller) -> None:
        self.script = script
        self.rows: dict[str, dict[str, Any]] = {path: {} for path in LISTS}
        self.since: dict[str, str] = {}

    def pull(self) -> None:
        """First the rows, then what is gone: a row never comes back under its id."""
        for path in LISTS:
            self.rows[path] |= {row["id"]: row for row in self._changed(path)}
        gone = {row["row"] for row in self._changed("changes")}
        for rows in self.rows.values():
            for pk in gone & rows.keys():
                del rows[pk]

    def _changed(self, path: str) -> list[dict[str, Any]]:
        query = {"updated_since": self.since[path]} if path in self.since else {}
        answer = self.script.get(path, limit=40, **query)
        self.since[path] = answer["Updated-Until"]
        found = list(answer.json()["results"])
        while answer.json()["next"]:
            answer = self.script.get(answer.json()["next"])
            found += answer.json()["results"]
        return found


LEARNERS = 50


def test_reader_that_pulls_while_learners_answer_are_marked_again_and_erased_ends_with_what_the_database_holds(
    filled: cast.Cast,
) -> None:
    course, over = filled.assignment.course, Event()
    assert course is not None
    link = filled.alice.resource_link
    assert link is not None
    launches = [cast.make_launch(link, cast.make_person(link, f"Learner {n}")) for n in range(LEARNERS)]
    warehouse = Warehouse(key_of(filled))

    def learn() -> None:
        for launch in launches:
            cast.hand_in(launch, **cast.all_right(q1="b"))

    def mark_again() -> None:
        for launch in launches:
            attempt = waited_for(Attempt.objects.filter(person=launch.person, state="needs_review"))
            cast.confirm(attempt, "q8", "1", filled.tess.person)
            cast.confirm(attempt, "q8", "0.5", filled.tess.person, 20)

    def erase() -> None:
        for launch in launches[::3]:
            waited_for(Mark.objects.filter(response__attempt__person=launch.person, by="person", points="0.5"))
            privacy.erase(person=launch.person, by=None, now=cast.NOW)

    def pull() -> None:
        while not over.is_set():
            warehouse.pull()

    reader = Thread(target=lambda: (pull(), connection.close()))
    reader.start()
    try:
        results = race(learn, mark_again, erase)
    finally:
        over.set()
        reader.join(PATIENCE)
    assert results == [None, None, None]
    warehouse.pull()

    fresh = Warehouse(key_of(filled))
    fresh.pull()
    for path in LISTS:
        assert warehouse.rows[path] == fresh.rows[path], path
    institution = filled.assignment.institution
    assert set(fresh.rows["attempts"]) == texts(Attempt.objects.filter(institution=institution))
    assert set(fresh.rows["responses"]) == texts(Response.objects.filter(attempt__institution=institution))
    assert set(fresh.rows["marks"]) == texts(Mark.objects.filter(response__attempt__institution=institution))
    assert len(fresh.rows["attempts"]) == 1 + LEARNERS - len(launches[::3])
    assert {row["marked_by"] for row in fresh.rows["responses"].values() if row["item"] == "q8"} == {None, "person"}


def waited_for(rows: QuerySet[Any]) -> Any:
    give_up = timezone.now() + timedelta(seconds=PATIENCE)
    while timezone.now() < give_up:
        if (found := rows.first()) is not None:
            return found
    raise TimeoutError


def texts(rows: QuerySet[Any]) -> set[str]:
    return {str(pk) for pk in rows.values_list("pk", flat=True)}
