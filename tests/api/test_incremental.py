"""A script that fetches only what changed since its last run gets every grade once it can be seen."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from assessment import grades
from assessment.models import Grade
from tests import cast
from tests.api.conftest import Caller, School

pytestmark = pytest.mark.django_db(transaction=True)


def points(answer: Any) -> list[float]:
    assert answer.status_code == 200
    return sorted(row["points"] for row in answer.json()["results"])


@contextmanager
def unfinished(grade: Grade, points: str) -> Iterator[None]:
    """Another transaction that has changed the grade; it commits when the block ends."""
    changed, go = Event(), Event()

    def work() -> None:
        with transaction.atomic():
            Grade.objects.filter(pk=grade.pk).update(points=points, updated_at=timezone.now())
            changed.set()
            go.wait(60)
        connection.close()

    thread = Thread(target=work)
    thread.start()
    try:
        assert changed.wait(60)
        yield
    finally:
        go.set()
        thread.join(60)


@pytest.fixture
def grade(north: School) -> Grade:
    cast.take(north.assignment, north.people[0], ("a", "a", ""))
    return Grade.objects.get()


@pytest.mark.parametrize("format", ["json", "csv"])
def test_every_answer_says_until_when_it_knows_all_changes(script: Caller, grade: Grade, format: str) -> None:
    until = parse_datetime(script.get("grades", format=format)["Updated-Until"])
    assert until
    assert grade.updated_at < until


@pytest.mark.parametrize("by_own_clock", [True, False])
def test_a_grade_changed_before_a_run_and_committed_after_it_is_in_the_next(
    script: Caller, grade: Grade, by_own_clock: bool
) -> None:
    with unfinished(grade, "0.5"):
        began = timezone.now().isoformat().replace("+00:00", "Z")
        answer = script.get("grades")
        assert 0.5 not in points(answer)
    since = began if by_own_clock else answer["Updated-Until"]

    assert points(script.get("grades", updated_since=since)) == [0.5]
    last = script.get("grades")["Updated-Until"]
    assert points(script.get("grades", updated_since=last)) == []


def test_a_run_waits_for_a_commit_that_has_stamped_its_grades(script: Caller, grade: Grade) -> None:
    """Held here between stamp and commit, as a slow disk would: the stamp lies before the run."""
    answers: list[Any] = []

    def run() -> None:
        answers.append((timezone.now(), script.get("grades")))
        connection.close()

    reader = Thread(target=run)
    with transaction.atomic():
        Grade.objects.filter(pk=grade.pk).update(points="0.5")
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # fires what would fire at the commit
        reader.start()
        while not _somebody_waits():
            assert reader.is_alive()
    reader.join(60)

    began, answer = answers[0]
    assert points(answer) == [0.5]
    assert Grade.objects.get().updated_at < began


def test_a_run_does_not_wait_for_work_that_has_not_come_to_its_commit(grade: Grade) -> None:
    with unfinished(grade, "0.5"):
        assert isinstance(grades.wait_for_stamps(), datetime)


def _somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'advisory'")
        return bool(cursor.fetchone()[0])
