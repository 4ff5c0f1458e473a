"""The gradebook of OneRoster 1.2, read by a program that knows nothing but the standard."""

from typing import Any
from uuid import uuid4

import pytest
from django.utils.http import urlencode

from api import applications
from api.oneroster.resources import ALL
from api.scopes import PURL
from assessment.models import Assignment, Attempt, Grade
from roster.models import Course
from tests import cast
from tests.api.conftest import ALL as SCOPES
from tests.api.conftest import Caller, School
from tests.api.test_oauth import ask

pytestmark = pytest.mark.django_db
BASE = "/ims/oneroster/gradebook/v1p2"
REQUIRED = {
    "lineItems": {"title", "assignDate", "dueDate", "class", "school", "category"},
    "results": {"lineItem", "student", "scoreStatus", "scoreDate"},
    "assessmentLineItems": {"title"},
    "assessmentResults": {"assessmentLineItem", "student", "scoreStatus", "scoreDate"},
    "categories": {"title"},
    "scoreScales": set(),
}
SCORE_STATUS = {"exempt", "fully graded", "not submitted", "partially graded", "submitted"}


class Client(Caller):
    def rows(self, path: str, **query: Any) -> list[dict[str, Any]]:
        response = self.get(f"{BASE}/{path}", **query)
        assert response.status_code == 200, response.content
        found: list[dict[str, Any]] = response.json()[path.split("/")[-1]]
        return found

    def ids(self, path: str, **query: Any) -> list[str]:
        return [row["sourcedId"] for row in self.rows(path, **query)]


@pytest.fixture
def client(north: School) -> Client:
    return Client(north.key("assignments:read", "grades:read", "attempts:read"))


@pytest.fixture
def marked(north: School) -> Attempt:
    """Alice's, without anything that waits."""
    return cast.take(north.assignment, north.people[0], ("a", "b", ""))


@pytest.fixture
def waiting(north: School) -> Attempt:
    """Bob's, with an open answer."""
    return cast.take(north.assignment, north.people[1], ("a", "a", "because"), 30)


def assert_failure(response: Any, status: int, minor: str) -> str:
    assert response.status_code == status
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert (body["imsx_codeMajor"], body["imsx_severity"]) == ("failure", "error")
    [field] = body["imsx_CodeMinor"]["imsx_codeMinorField"]
    assert field["imsx_codeMinorFieldValue"] == minor
    description: str = body["imsx_description"]
    return description


def test_every_row_has_what_the_standard_requires(client: Client, marked: Attempt, waiting: Attempt) -> None:
    for resource in ALL:
        for row in client.rows(resource.plural):
            assert row.keys() >= REQUIRED[resource.plural] | {"sourcedId", "status", "dateLastModified"}
            assert row["status"] == "active"
            assert row["dateLastModified"].endswith("Z")
            assert row.get("scoreStatus", "submitted") in SCORE_STATUS
            single = client.get(f"{BASE}/{resource.plural}/{row['sourcedId']}").json()
            assert single == {resource.singular: row}
            for value in row.values():
                if isinstance(value, dict):
                    assert value.keys() == {"href", "sourcedId", "type"}
                    if value["href"].startswith("http"):
                        assert client.get(value["href"]).status_code == 200


def test_a_line_item_is_an_assignment(client: Client, north: School) -> None:
    [row] = client.rows("lineItems")
    assignment = north.assignment
    assert row["sourcedId"] == str(assignment.pk)
    assert row["title"] == assignment.title
    assert row["class"]["sourcedId"] == str(assignment.course_id)
    assert row["school"]["sourcedId"] == str(north.institution.pk)
    assert (row["resultValueMin"], row["resultValueMax"]) == (0, 4)
    assert row["dueDate"].startswith("2099-")
    Assignment.objects.update(due_at=cast.NOW)
    assert client.rows("lineItems")[0]["dueDate"].startswith(cast.NOW.date().isoformat())


def test_a_result_is_a_grade(client: Client, north: School, marked: Attempt, waiting: Attempt) -> None:
    rows = {row["student"]["sourcedId"]: row for row in client.rows("results")}
    alice, bob = (rows[str(person.pk)] for person in north.people)
    assert (alice["scoreStatus"], alice["score"]) == ("fully graded", 1)
    assert (bob["scoreStatus"], bob["score"]) == ("partially graded", 2)
    assert alice["sourcedId"] == str(Grade.objects.get(person=north.people[0]).pk)
    assert {row["lineItem"]["sourcedId"] for row in rows.values()} == {str(north.assignment.pk)}


def test_assessment_line_items_are_the_check_and_its_items(client: Client, north: School) -> None:
    rows = client.rows("assessmentLineItems", sort="title")
    whole, *items = rows
    assert (whole["sourcedId"], whole["resultValueMax"]) == (str(north.assignment.pk), 4)
    assert "parentAssessmentLineItem" not in whole
    assert [row["title"] for row in items] == [f"{north.assignment.title}: q{at}" for at in (1, 2, 3)]
    assert [row["resultValueMax"] for row in items] == [1, 1, 2]
    assert {row["parentAssessmentLineItem"]["sourcedId"] for row in items} == {whole["sourcedId"]}


def test_an_item_stands_once_however_many_versions_the_quiz_has(client: Client, north: School, marked: Attempt) -> None:
    cast.quiz_of(cast.choice(points="5"))
    rows = client.rows("assessmentLineItems", sort="title")
    assert [row["resultValueMax"] for row in rows] == [5, 5, 1, 2]
    known = {row["sourcedId"] for row in rows}
    assert {row["assessmentLineItem"]["sourcedId"] for row in client.rows("assessmentResults")} <= known


def test_assessment_results_are_attempts_and_responses(
    client: Client, north: School, marked: Attempt, waiting: Attempt
) -> None:
    rows = {row["sourcedId"]: row for row in client.rows("assessmentResults")}
    assert len(rows) == 8
    assert (rows[str(marked.pk)]["scoreStatus"], rows[str(marked.pk)]["score"]) == ("fully graded", 1)
    assert (rows[str(waiting.pk)]["scoreStatus"], rows[str(waiting.pk)]["score"]) == ("partially graded", 2)
    found = [rows[str(response.pk)] for response in waiting.responses.order_by("position")]
    assert [(row["scoreStatus"], row.get("score")) for row in found] == [
        ("fully graded", 1),
        ("fully graded", 1),
        ("submitted", None),
    ]
    cast.confirm(waiting, "q3", "2", north.people[0])
    assert client.rows("assessmentResults", filter=f"sourcedId='{found[2]['sourcedId']}'")[0]["score"] == 2


def test_an_attempt_under_way_is_not_submitted(client: Client, north: School) -> None:
    link = north.assignment.resource_link
    viewer = cast.make_launch(link, cast.make_person(link, "Eve E"))
    attempt = cast.begin(viewer)
    rows = client.rows("assessmentResults")
    assert str(attempt.pk) in {row["sourcedId"] for row in rows}
    assert {row["scoreStatus"] for row in rows} == {"not submitted"}
    assert not any("score" in row for row in rows)


def test_previews_are_in_no_list(client: Client, north: School) -> None:
    cast.take(north.assignment, north.people[0], ("a", "b", ""), preview=True)
    assert client.rows("assessmentResults") == client.rows("results") == []


def test_pages_are_linked_and_the_total_is_said(client: Client, marked: Attempt, waiting: Attempt) -> None:
    everything = client.ids("assessmentResults")
    url: str | None = f"{BASE}/assessmentResults?limit=3"
    seen: list[str] = []
    while url:
        response = client.get(url)
        assert response["X-Total-Count"] == "8"
        seen += [row["sourcedId"] for row in response.json()["assessmentResults"]]
        links = {part.split('rel="')[1][:-1]: part.split(">")[0].strip("<") for part in response["Link"].split(", ")}
        assert {"first", "last"} <= links.keys()
        url = links.get("next")
    assert seen == everything == sorted(everything)
    assert [row["sourcedId"] for row in client.get(links["last"]).json()["assessmentResults"]] == everything[6:]
    assert client.ids("assessmentResults", offset=100) == []


def test_rows_are_sorted_as_asked(client: Client, marked: Attempt, waiting: Attempt) -> None:
    for order in ("asc", "desc"):
        scores = [row["score"] for row in client.rows("results", sort="score", orderBy=order)]
        assert scores == sorted(scores, reverse=order == "desc")


def test_only_the_fields_asked_for_come(client: Client, marked: Attempt) -> None:
    [row] = client.rows("results", fields="sourcedId,score")
    assert row.keys() == {"sourcedId", "score"}
    single = client.get(f"{BASE}/results/{row['sourcedId']}", fields="score").json()
    assert single == {"result": {"score": 1}}


@pytest.mark.parametrize(
    ("condition", "scores"),
    [
        ("score='1'", [1]),
        ("score!='1'", [2]),
        ("score>'1'", [2]),
        ("score>='1'", [1, 2]),
        ("score<'2'", [1]),
        ("score<='2'", [1, 2]),
        ("scoreStatus~'PARTIALLY'", [2]),
        ("scoreStatus='Fully Graded'", [1]),
        ("status='active' AND score>'1'", [2]),
        ("score='1' OR score='2'", [1, 2]),
        ("score='9' OR status='active' AND score='1'", [1]),
        ("score='2' AND status='tobedeleted' OR score='1'", [1]),
        ("dateLastModified>'2001-01-01'", [1, 2]),
        ("dateLastModified<'2001-01-01T00:00:00.000Z'", []),
        ("scoreDate>'2001-01-01'", [1, 2]),
    ],
)
def test_a_filter_compares_and_joins(
    client: Client, marked: Attempt, waiting: Attempt, condition: str, scores: list[float]
) -> None:
    assert [row["score"] for row in client.rows("results", filter=condition, sort="score")] == scores
    total = client.get(f"{BASE}/results", filter=condition)["X-Total-Count"]
    assert total == str(len(scores))


def test_a_filter_finds_by_reference_and_by_text_with_quotes(client: Client, north: School, marked: Attempt) -> None:
    alice = north.people[0].pk
    assert client.rows("results", filter=f"student.sourcedId='{alice}'") == client.rows("results")
    assert client.rows("results", filter=f"student='{uuid4()}'") == []
    Assignment.objects.update(title="What's 50% AND more")
    for text in ("title='What''s 50% AND more'", "title~'50% and'", "title~'t''s'"):
        assert len(client.rows("lineItems", filter=text)) == 1
    assert client.rows("lineItems", filter="title~'5_%'") == []


@pytest.mark.parametrize(
    ("path", "query", "minor"),
    [
        ("results", {"filter": "colour='red'"}, "invalid_filter_field"),
        ("results", {"filter": "score=1"}, "invalid_filter_field"),
        ("results", {"filter": "score='1' XOR score='2'"}, "invalid_filter_field"),
        ("results", {"filter": "score='1' AND"}, "invalid_filter_field"),
        ("results", {"filter": "score~'1'"}, "invalid_filter_field"),
        ("results", {"filter": " OR ".join(["score='1'"] * 21)}, "invalid_filter_field"),
        ("results", {"filter": "score='many'"}, "invaliddata"),
        ("results", {"filter": "score='NaN'"}, "invaliddata"),
        ("results", {"filter": "score='1e999999'"}, "invaliddata"),
        ("results", {"filter": "sourcedId='7'"}, "invaliddata"),
        ("results", {"filter": "dateLastModified>'yesterday'"}, "invaliddata"),
        ("results", {"filter": "scoreDate>'yesterday'"}, "invaliddata"),
        ("results", {"fields": "sourcedId,colour"}, "invalid_selection_field"),
        ("results", {"sort": "colour"}, "invaliddata"),
        ("results", {"orderBy": "up"}, "invaliddata"),
        ("results", {"limit": "0"}, "invaliddata"),
        ("results", {"offset": "-1"}, "invaliddata"),
        ("results", {"offset": "9" * 30}, "invaliddata"),
        ("results", {"colour": "red"}, "invaliddata"),
    ],
)
def test_a_bad_parameter_is_refused_in_the_words_of_the_standard(
    client: Client, path: str, query: dict[str, str], minor: str
) -> None:
    assert assert_failure(client.get(f"{BASE}/{path}?{urlencode(query)}"), 400, minor)


def test_rows_of_a_class_a_student_and_a_school(
    client: Client, north: School, marked: Attempt, waiting: Attempt
) -> None:
    other = cast.place_quiz(north.institution, north.assignment.quiz.current, "Another")  # type: ignore[arg-type]
    assert other.course is not None
    here, there = f"classes/{north.assignment.course_id}", f"classes/{other.course_id}"
    assert client.ids(f"{here}/lineItems") == [str(north.assignment.pk)]
    assert client.ids(f"{there}/lineItems") == [str(other.pk)]
    assert len(client.ids(f"{here}/results")) == 2
    assert client.ids(f"{there}/results") == []
    assert len(client.ids(f"{here}/lineItems/{north.assignment.pk}/results")) == 2
    assert len(client.ids(f"{here}/students/{north.people[0].pk}/results")) == 1
    assert len(client.ids(f"schools/{north.institution.pk}/lineItems")) == 2
    assert len(client.ids(f"{here}/categories")) == 1
    assert client.ids(f"{here}/scoreScales") == []
    for path in (f"{there}/lineItems/{north.assignment.pk}/results", f"classes/{uuid4()}/lineItems"):
        assert_failure(client.get(f"{BASE}/{path}"), 404, "unknownobject")


def test_another_institution_shows_no_row_no_number_and_no_page(
    client: Client, north: School, south: School, marked: Attempt
) -> None:
    theirs = cast.take(south.assignment, south.people[0], ("a", "a", ""))
    stranger = Client(south.key(*SCOPES))
    for resource in ALL:
        mine = stranger.ids(resource.plural)
        for sourced_id in client.ids(resource.plural):
            assert sourced_id not in mine
            assert_failure(stranger.get(f"{BASE}/{resource.plural}/{sourced_id}"), 404, "unknownobject")
        total = int(stranger.get(f"{BASE}/{resource.plural}")["X-Total-Count"])
        assert total == len(mine)
    assert client.rows("assessmentResults", filter=f"sourcedId='{theirs.pk}'") == []
    course: Course | None = north.assignment.course
    assert course is not None
    for path in (
        f"classes/{course.pk}/lineItems",
        f"classes/{course.pk}/results",
        f"classes/{course.pk}/categories",
        f"classes/{course.pk}/lineItems/{north.assignment.pk}/results",
        f"classes/{south.assignment.course_id}/students/{north.people[0].pk}/results",
        f"schools/{north.institution.pk}/lineItems",
    ):
        assert_failure(stranger.get(f"{BASE}/{path}"), 404, "unknownobject")


def test_the_scopes_of_the_standard_open_the_gradebook(north: School, marked: Attempt) -> None:
    given = ["assignments:read", "grades:read", "attempts:read"]
    row, secret = applications.create(institution=north.institution, name="SIS", scopes=given)
    everything = Client(ask(row, secret, scope=f"{PURL}gradebook.readonly").json()["access_token"])
    core = Client(ask(row, secret, scope=f"{PURL}gradebook-core.readonly").json()["access_token"])
    for resource in ALL:
        assert everything.get(f"{BASE}/{resource.plural}").status_code == 200
    assert core.get(f"{BASE}/results").status_code == 200
    assert_failure(core.get(f"{BASE}/assessmentResults"), 403, "forbidden")
    assert ask(row, secret, scope=f"{PURL}gradebook.createput").json()["error"] == "invalid_scope"


def test_every_refusal_has_the_form_of_the_standard(client: Client, public: Caller) -> None:
    refused = public.get(f"{BASE}/results")
    assert_failure(refused, 401, "unauthorisedrequest")
    assert refused["WWW-Authenticate"] == 'Bearer realm="api"'
    assert_failure(client.get(f"{BASE}/users"), 404, "unknownobject")
    assert_failure(client.get(f"{BASE}/results/7"), 404, "unknownobject")
    assert_failure(client.client.put(f"{BASE}/results/{uuid4()}", headers=client.headers), 405, "invaliddata")


@pytest.mark.parametrize("path", [resource.plural for resource in ALL])
def test_a_list_takes_as_many_queries_for_many_rows_as_for_few(
    north: School, client: Client, path: str, django_assert_max_num_queries: Any
) -> None:
    client.rows(path)  # which notes the use of the key
    for number in range(6):
        cast.take(north.assignment, cast.make_learner(north.institution), ("a", "b", ""), number)
    with django_assert_max_num_queries(3):
        client.rows(path)
