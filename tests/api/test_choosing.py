"""Columns and orders that a caller chooses, answers as rows, and statistics as rows."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from api.views import records, roster
from assessment.models import Response
from assessment.statistics import folding
from tests import cast
from tests.api.conftest import ALL, Caller, School

pytestmark = pytest.mark.django_db
SORTED = [
    (view.filename, sort)
    for view in (
        roster.Courses, roster.People, roster.Enrollments, roster.Groups, roster.Changes, records.Assignments,
        records.Attempts, records.Responses, records.Marks, records.Grades, records.Deliveries,
    )
    for sort in view.sorts
]  # fmt: skip


@pytest.fixture
def reader(north: School) -> Caller:
    """Alice and Bob took the check twice, with different answers."""
    for number, (person, answers) in enumerate(zip(north.people * 2, ["aab", "abb", "bbb", "aaa"], strict=True)):
        cast.take(north.assignment, person, answers, 30 * number)
    folding.fold(assignment_id=north.assignment.pk, now=cast.NOW)
    return Caller(north.key(*ALL))


@pytest.mark.parametrize(("path", "sort"), SORTED)
def test_pages_of_every_order_show_each_row_once_forwards_and_backwards(reader: Caller, path: str, sort: str) -> None:
    whole = [row["id"] for row in reader.get(path, sort=sort, limit=200).json()["results"]]
    for order, expected in ((sort, whole), (f"-{sort}", whole[::-1])):
        answer, seen, last = reader.get(path, sort=order, limit=1), [], None
        while True:
            seen += [row["id"] for row in answer.json()["results"]]
            last = answer
            if not (url := answer.json()["next"]):
                break
            answer = reader.get(url)
        assert seen == expected
        if last.json()["previous"]:
            assert reader.get(last.json()["previous"]).json()["results"][0]["id"] == seen[-2]


def test_chosen_columns_come_in_the_order_asked_for(reader: Caller) -> None:
    rows = reader.get("responses", fields="item,points,credit").json()["results"]
    assert [list(row) for row in rows] == [["item", "points", "credit"]] * 12
    lines = reader.get("responses", fields="item,points", format="csv").getvalue().decode().splitlines()
    assert lines[0] == "item,points"
    assert "q1,1.0" in lines
    for wrong in ("nothing", "item,item", "item,"):
        assert list(reader.get("responses", fields=wrong).json()["errors"]) == ["fields"]
    assert list(reader.get("responses", sort="answer").json()["errors"]) == ["sort"]


def test_response_is_a_row_with_answer_points_credit_and_options(reader: Caller, north: School) -> None:
    rows = reader.get("responses", limit=3).json()["results"]
    first, second, third = sorted(rows, key=lambda row: row["position"])
    assert (first["item"], first["answer"], first["answer_text"], first["options"]) == (
        "q1", {"option": "a"}, "Option 0", ["a"],
    )  # fmt: skip
    assert (first["points"], first["points_max"], first["credit"], first["marked_by"]) == (1, 1, 1, "rule")
    assert (third["points"], third["credit"], third["waiting"], third["options"]) == (None, None, True, [])
    assert (first["assignment_title"], first["person_name"]) == ("The check", "Alice A")
    assert second["position"] == 2
    assert "Alice" not in Caller(north.key("attempts:read")).get("responses").content.decode()


def test_answers_that_learners_still_work_on_are_not_among_the_responses(reader: Caller, north: School) -> None:
    from assessment import attempts

    attempts.start(assignment=north.assignment, person=north.people[0], preview=False, now=cast.at(9_000))
    assert Response.objects.count() == 15
    assert len(reader.get("responses").json()["results"]) == 12


def test_responses_are_narrowed_as_attempts_are(reader: Caller, north: School) -> None:
    def ids(**query: Any) -> list[int]:
        answer = reader.get("responses", item="q1", **query)
        return [row["attempt_number"] for row in answer.json()["results"]]

    assert ids(attempt="first") == [1, 1]
    assert ids(attempt="last") == [2, 2]
    assert ids(person=north.people[1].pk) == [1, 2]
    assert ids(version=2) == []
    assert ids(to="2026-11-23T09:10:00Z") == [1]
    assert len(reader.get("responses", waiting="true").json()["results"]) == 4


@pytest.mark.parametrize("path", ["responses", "marks", "deliveries", "groups"])
def test_number_of_queries_is_the_same_for_any_number_of_rows(reader: Caller, north: School, path: str) -> None:
    used = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            reader.get(path, limit=200)
        used.append(len(queries))
        cast.take(north.assignment, cast.make_learner(north.institution), "aab", 500)
    assert used[1] <= used[0] <= 7


def shown(reader: Caller, path: str, **query: Any) -> list[dict[str, Any]]:
    answer = reader.get(f"statistics/{path}", **query)
    assert answer.status_code == 200, answer.content
    rows: list[dict[str, Any]] = answer.json()["results"]
    return rows


def test_rows_of_statistics_are_the_figures_of_the_report(reader: Caller, north: School) -> None:
    report = reader.get(f"assignments/{north.assignment.pk}/statistics").json()
    [whole] = shown(reader, "assignments")
    assert (whole["n"], whole["mean"], whole["alpha"]) == (
        report["n"], report["score"]["mean"]["value"], report["machine_marked"]["alpha"]["value"],
    )  # fmt: skip
    rows = shown(reader, "items")
    assert [row["facility"] for row in rows] == [item["facility"]["value"] for item in report["items"]]
    assert [row["facility_low"] for row in rows] == [(item["facility"]["ci"] or [None])[0] for item in report["items"]]
    counts = [(row["identifier"], row["category"], row["count"]) for row in shown(reader, "options")]
    assert counts == [
        (item["identifier"], one["category"], one["count"]) for item in report["items"] for one in item["categories"]
    ]
    bars = shown(reader, "distribution")
    assert [(row["from"], row["n"]) for row in bars] == [
        (bar["from"], bar["n"]) for bar in report["score"]["histogram"]
    ]


def test_statistics_by_quiz_take_all_its_assignments_together(reader: Caller, north: School) -> None:
    assert [(row["assignment"], row["n"]) for row in shown(reader, "quizzes", population="all")] == [(None, 4)]
    assert {row["assignment"] for row in shown(reader, "items", by="quiz")} == {None}
    assert reader.get("statistics/items", by="quiz", course=north.assignment.course_id).status_code == 400
    days = shown(reader, "over-time", population="all")
    assert [(row["day"], row["n"]) for row in days] == [("2026-11-23", 4)]
    assert shown(reader, "over-time", **{"from": "2026-11-24"}) == []


def test_page_of_statistics_has_a_strong_etag(reader: Caller, north: School) -> None:
    first = reader.get("statistics/items")
    again = reader.get("statistics/items", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    table = reader.get("statistics/items", format="csv", fields="identifier,n")
    assert table.content.decode().splitlines()[0] == "identifier,n"


def test_small_cells_are_hidden_from_keys_that_read_no_attempts(reader: Caller, north: School) -> None:
    few = Caller(north.key("statistics:read"))
    for path, figure in (("assignments", "mean"), ("items", "facility"), ("options", "share"), ("over-time", "mean")):
        assert {row[figure] for row in shown(few, path)} == {None}, path
    assert shown(few, "distribution") == []
