"""Paging, filters, CSV, and what they cost."""

import csv
from datetime import UTC, datetime, timedelta, timezone
from io import StringIO
from itertools import chain
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from assessment.models import Attempt, Grade
from tests import cast
from tests.api.conftest import ALL, Caller, School

pytestmark = pytest.mark.django_db


def fill(school: School, n: int) -> None:
    """Attempts and grades in one go: only their number matters here."""
    people = [cast.make_learner(school.institution) for _ in range(n)]
    version = school.assignment.quiz.current
    made = Attempt.objects.bulk_create(
        Attempt(
            institution=school.institution, assignment=school.assignment, person=person, quiz_version=version,
            started_at=cast.NOW, submitted_at=cast.NOW + timedelta(minutes=number), items_total=3, points_max=4,
            state="marked", points="2.125",
        )
        for number, person in enumerate(people)
    )  # fmt: skip
    Grade.objects.bulk_create(
        Grade(
            institution=school.institution, assignment=school.assignment, person=attempt.person, attempt=attempt,
            points=attempt.points, points_max=4, state="final",
        )
        for attempt in made
    )  # fmt: skip


def table(response: Any) -> list[dict[str, str]]:
    content = response.getvalue().decode()
    return list(csv.DictReader(StringIO(content, newline="")))


@pytest.mark.parametrize("path", ["attempts", "grades", "assignments", "lessons", "quizzes"])
@pytest.mark.parametrize("format", ["json", "csv"])
def test_the_number_of_queries_does_not_grow(north: School, path: str, format: str) -> None:
    if format == "csv" and path in ("lessons", "quizzes"):
        pytest.skip("no CSV there")
    script, used = Caller(north.key(*ALL)), []
    script.get(path)  # writes when the key was last used
    for n in (10, 50):
        fill(north, n)
        for number in range(n // 5):
            cast.make_lesson(f"lesson-{n}-{number}")
            version = cast.quiz_of(cast.choice(), cast.open_text(), slug=f"quiz-{n}-{number}")
            cast.place_quiz(north.institution, version)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            response = script.get(path, format=format, **({"limit": 200} if format == "json" else {}))
            rows = response.json()["results"] if format == "json" else table(response)
        assert len(rows) >= n // 5
        used.append(len(queries))
    assert used[0] == used[1] <= 4


def test_an_attempt_in_full_costs_the_same_for_any_number_of_responses(north: School) -> None:
    script, used = Caller(north.key()), []
    script.get("attempts")
    for size in (2, 12):
        version = cast.quiz_of(*[cast.choice() for _ in range(size)], slug=f"quiz-{size}")
        on = cast.place_quiz(north.institution, version)
        attempt = cast.take(on, north.people[0], ["a"] * size)
        with CaptureQueriesContext(connection) as queries:
            assert len(script.get(f"attempts/{attempt.pk}").json()["responses"]) == size
        used.append(len(queries))
    assert used[0] == used[1] <= 6


def follow(script: Caller, url: str, relation: str) -> str | None:
    response = script.get(url)
    link = response.json()["next" if relation == "next" else "previous"]
    named = {
        part.split('rel="')[1][:-1]: part.strip()[1:].split(">")[0]
        for part in response.get("Link", "").split(",")
        if part
    }
    assert named.get(relation) == link
    return str(link) if link else None


def walk(script: Caller, url: str | None, relation: str = "next") -> list[list[str]]:
    pages = []
    while url:
        pages.append([row["id"] for row in script.get(url).json()["results"]])
        url = follow(script, url, relation)
    return pages


def test_walking_the_pages_sees_every_row_once_and_back_again(north: School, script: Caller) -> None:
    fill(north, 25)
    every = [str(pk) for pk in Attempt.objects.order_by("pk").values_list("pk", flat=True)]
    pages = walk(script, "/api/v1/attempts?limit=10")
    assert [len(page) for page in pages] == [10, 10, 5]
    assert list(chain.from_iterable(pages)) == every
    last = script.get("/api/v1/attempts?limit=10").json()["next"]
    last = script.get(last).json()["next"]
    back = walk(script, last, "prev")
    assert list(chain.from_iterable(reversed(back))) == every
    assert script.get("attempts").json()["previous"] is None


@pytest.mark.parametrize("n", [0, 1, 10])
def test_a_last_page_that_is_just_full_has_no_next(north: School, script: Caller, n: int) -> None:
    fill(north, n)
    response = script.get("attempts", limit=10)
    body = response.json()
    assert (len(body["results"]), body["next"], body["previous"]) == (n, None, None)
    assert "Link" not in response


def test_rows_that_arrive_while_paging_come_at_the_end(north: School, script: Caller) -> None:
    fill(north, 6)
    before = [str(pk) for pk in Attempt.objects.order_by("pk").values_list("pk", flat=True)]
    seen: list[str] = []
    url: str | None = "/api/v1/attempts?limit=4"
    while url:
        body = script.get(url).json()
        seen += [row["id"] for row in body["results"]]
        if len(seen) <= 4:
            fill(north, 3)
        url = body["next"]
    assert seen[:6] == before
    assert len(seen) == len(set(seen)) == Attempt.objects.count() == 9


def test_links_keep_the_filters(north: School, script: Caller) -> None:
    fill(north, 3)
    link = script.get("attempts", limit=1, state="marked").json()["next"]
    query = parse_qs(urlsplit(link).query)
    assert (query["limit"], query["state"]) == (["1"], ["marked"])


def test_filters_narrow(north: School, script: Caller) -> None:
    fill(north, 5)
    other = cast.place_quiz(north.institution, cast.quiz_of(cast.choice(), slug="other"))
    mine = cast.take(other, north.people[0], ("a",), minutes=100)
    ids = lambda **query: [row["id"] for row in script.get("attempts", **query).json()["results"]]  # noqa: E731
    assert ids(assignment=other.pk) == ids(person=north.people[0].pk) == [str(mine.pk)]
    assert len(ids(assignment=north.assignment.pk)) == 5
    assert ids(state="in_progress") == []
    assert len(ids(submitted_from="2026-11-23T09:03:00Z", submitted_to="2026-11-23T09:04:00Z")) == 1
    assert len(ids(submitted_from="2026-11-23T10:03:00+01:00")) == 3
    assert len(ids(submitted_from="2026-11-22T10:03:00-23:00")) == 3
    grades = lambda **query: [row["person"] for row in script.get("grades", **query).json()["results"]]  # noqa: E731
    assert grades(assignment=other.pk) == [str(north.people[0].pk)]
    since = Grade.objects.order_by("-updated_at").values_list("updated_at", flat=True)[2]
    assert len(grades(updated_since=since.isoformat().replace("+00:00", "Z"))) == 3
    assignments = script.get("assignments", quiz="other").json()["results"]
    assert [row["id"] for row in assignments] == [str(other.pk)]
    assert script.get("assignments", course=other.course_id).json()["results"] == assignments


def test_points_are_numbers_and_times_have_a_zone(north: School, script: Caller) -> None:
    fill(north, 1)
    row = script.get("attempts").json()["results"][0]
    assert (row["points"], row["points_max"], row["points_waiting"]) == (2.125, 4.0, 0.0)
    assert row["submitted_at"] == "2026-11-23T09:00:00Z"
    assert (row["quiz"], row["quiz_version"], row["state"]) == ("check", 1, "marked")


def test_assignment_says_when_it_opens_is_due_and_closes(north: School, script: Caller) -> None:
    north.assignment.opens_at = datetime(2026, 11, 1, 8, tzinfo=UTC)
    north.assignment.due_at = datetime(2026, 11, 30, 23, 59, tzinfo=timezone(timedelta(hours=1)))
    north.assignment.save()

    row = script.get(f"assignments/{north.assignment.pk}").json()
    dates = (row["opens_at"], row["due_at"], row["closes_at"])
    assert dates == ("2026-11-01T08:00:00Z", "2026-11-30T22:59:00Z", None)


@pytest.mark.parametrize("path", ["attempts", "grades", "assignments"])
def test_csv_has_the_same_rows_and_columns_as_json(north: School, script: Caller, path: str) -> None:
    fill(north, 3)
    rows = script.get(path).json()["results"]
    response = script.get(path, headers={"Accept": "text/csv"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert f'filename="{path}.csv"' in response["Content-Disposition"]
    exported = table(response)
    assert [list(row) for row in exported] == [list(row) for row in rows]
    assert [row["id"] for row in exported] == [row["id"] for row in rows]
    if path != "assignments":
        assert [float(row["points"]) for row in exported] == [row["points"] for row in rows]


def test_csv_is_streamed_whole_beyond_a_page_and_in_pages_when_asked(
    north: School, script: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(north, 260)
    response = script.get("attempts", format="csv")
    assert response.streaming
    assert len(table(response)) == 260
    page = script.get("attempts", format="csv", limit=100)
    assert len(table(page)) == 100
    assert 'rel="next"' in page["Link"]
    assert "format=csv" in page["Link"]


def test_csv_without_rows_keeps_its_header(north: School, script: Caller) -> None:
    lines = script.get("grades", format="csv").getvalue().decode().splitlines()
    assert lines == [
        "id,assignment,assignment_title,course,course_title,quiz,quiz_title,person,person_name,person_email,attempt,state,"
        "points,points_max,updated_at"
    ]


FULL_WIDTH = ["\uff1d1", "\uff0b1", "\uff0d1", "\uff20SUM(A1)", "\u3000\uff1d1", "\u00a0=1"]


@pytest.mark.parametrize("query", [{}, {"limit": 5}])
def test_csv_begins_with_a_byte_order_mark_where_asked_for(
    north: School, script: Caller, query: dict[str, Any]
) -> None:
    plain = script.get("grades", format="csv", **query).getvalue()
    assert script.get("grades", format="csv", bom="true", **query).getvalue() == b"\xef\xbb\xbf" + plain
    assert script.get("grades", format="csv", bom="false", **query).getvalue() == plain
    assert list(script.get("grades", bom="yes", **query).json()["errors"]) == ["bom"]


@pytest.mark.parametrize(
    "name", ["=1+1", "+49", "-2", "@SUM(A1)", "\t=1", "\r=1", "  =1", '=HYPERLINK("http://x")', *FULL_WIDTH]
)
def test_no_name_becomes_a_formula(north: School, name: str) -> None:
    north.people[0].name = name
    north.people[0].save()
    cast.take(north.assignment, north.people[0], ("a", "a", ""))
    for query in ({}, {"limit": 5}):
        row = table(Caller(north.key(*ALL)).get("grades", format="csv", **query))[0]
        assert row["person_name"] == "'" + name
    assert Caller(north.key(*ALL)).get("grades").json()["results"][0]["person_name"] == name


def test_names_of_any_script_and_with_commas_survive_csv(north: School) -> None:
    north.people[0].name = 'Ünal, "Ö" 李\nzwei'
    north.people[0].save()
    cast.take(north.assignment, north.people[0], ("a", "a", ""))
    assert table(Caller(north.key(*ALL)).get("grades", format="csv"))[0]["person_name"] == 'Ünal, "Ö" 李\nzwei'


def test_what_a_key_reads_is_not_kept_by_caches(script: Caller, north: School) -> None:
    for path in ("attempts", f"assignments/{north.assignment.pk}"):
        assert script.get(path)["Cache-Control"] == "private, no-store"
    assert "no-store" in script.get("attempts", format="csv")["Cache-Control"]
