"""Accommodations by REST: standing ones and those of one assignment, and whose they are."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from assessment import attempts
from assessment.models import Accommodation, Assignment, Attempt
from assessment.placement import accommodations
from lti.models import PlatformUser
from roster.models import Group, Person
from tests import cast
from tests.api.conftest import ALL, Caller, School
from tests.api.test_taking import FrontEnd, enroll, problem

pytestmark = pytest.mark.django_db
READ, WRITE = "accommodations:read", "accommodations:write"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def office(north: School) -> FrontEnd:
    for person in north.people:
        enroll(north, person)
    Assignment.objects.update(time_limit=30)
    north.assignment.refresh_from_db()
    return FrontEnd(north.key(WRITE))


@pytest.fixture
def alice(north: School) -> Person:
    return north.people[0]


def give(office: FrontEnd, **given: Any) -> Any:
    return office.send("post", "accommodations", {"reason": "Letter of 3 May"} | given)


def begin(school: School, person: Person) -> Attempt:
    return attempts.start(assignment=school.assignment, person=person, preview=False, now=cast.NOW)


def minutes(attempt: Attempt) -> int | None:
    ends = Attempt.objects.get(pk=attempt.pk).deadline_at
    return ends and (ends - cast.NOW) // MINUTE


def test_standing_accommodation_reaches_a_running_attempt_until_it_is_taken_back(
    office: FrontEnd, north: School, alice: Person
) -> None:
    attempt, other = begin(north, alice), begin(north, north.people[1])
    answer = give(office, person=str(alice.pk), time_factor=1.5)
    assert answer.status_code == 201
    body = answer.json()
    assert (body["person"], body["assignment"], body["time_factor"]) == (str(alice.pk), None, 1.5)
    assert (minutes(attempt), minutes(other)) == (45, 30)
    assert answer["Location"].endswith(f"/api/v1/accommodations/{body['id']}")
    taken = office.client.delete(answer["Location"], headers=office.headers)
    assert (taken.status_code, taken.content) == (204, b"")
    assert minutes(attempt) == 30
    assert office.client.delete(answer["Location"], headers=office.headers).status_code == 404


def test_accommodation_of_one_assignment_is_for_a_learner_as_the_lms_says_a_group_or_everyone(
    office: FrontEnd, north: School, alice: Person
) -> None:
    attempt, other = begin(north, alice), begin(north, north.people[1])
    here = {"assignment": str(north.assignment.pk)}
    registration = north.assignment.resource_link.deployment.registration
    PlatformUser.objects.create(institution=north.institution, registration=registration, sub="lms-alice", person=alice)
    group = Group.objects.create(institution=north.institution, course=north.assignment.course, group_id="red")
    group.members.add(alice)
    assert give(office, **here, person={"sub": "lms-alice"}, extra_minutes=1).json()["person"] == str(alice.pk)
    assert (minutes(attempt), minutes(other)) == (31, 30)
    assert give(office, **here, group="red", extra_minutes=5).json()["group"] == "red"
    assert (minutes(attempt), minutes(other)) == (35, 30)
    assert give(office, **here, everyone=True, extra_minutes=10).status_code == 201
    assert (minutes(attempt), minutes(other)) == (40, 40)
    everything = {"no_time_limit": True, "extra_attempts": 2, "due_at": "2027-01-31T18:00:00Z", "given_by": "Office"}
    assert give(office, **here, person=str(alice.pk), **everything).status_code == 201
    assert minutes(attempt) is None
    made = Accommodation.objects.latest("created_at")
    assert (made.extra_attempts, made.given_by, made.reason) == (2, "Office", "Letter of 3 May")


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"extra_minutes": 5},
        {"person": "alice", "extra_minutes": 5},
        {"person": {"sub": "u"}, "extra_minutes": 5},
        {"everyone": True, "extra_minutes": 5},
        {"group": "red", "extra_minutes": 5},
        {"person": "PERSON"},
        {"person": "PERSON", "time_factor": 1},
        {"person": "PERSON", "time_factor": 0.5},
        {"person": "PERSON", "extra_minutes": -1},
        {"person": "PERSON", "extra_minutes": 5, "due_at": "2027-01-31T18:00:00Z"},
        {"person": "PERSON", "extra_minutes": 5, "reason": ""},
        {"person": "PERSON", "extra_minutes": 5, "unknown": 1},
        {"assignment": "ASSIGNMENT", "person": "PERSON", "everyone": True, "extra_minutes": 5},
        {"assignment": "ASSIGNMENT", "everyone": True, "due_at": "9999-01-31T18:00:00Z"},
    ],
)
def test_what_is_incomplete_or_says_nothing_is_refused(
    office: FrontEnd, north: School, alice: Person, given: dict[str, Any]
) -> None:
    real = {"PERSON": str(alice.pk), "ASSIGNMENT": str(north.assignment.pk)}
    sent = {name: real.get(value, value) if isinstance(value, str) else value for name, value in given.items()}
    assert problem(give(office, **sent)) == (400, "invalid-request")
    assert not Accommodation.objects.exists()


def test_rows_of_another_institution_are_neither_given_nor_listed_nor_taken_back(
    office: FrontEnd, north: School, south: School, alice: Person
) -> None:
    dora = south.people[0]
    enroll(south, dora)
    theirs = accommodations.give_standing(person=dora, extra_minutes=5)
    foreign, own = str(south.assignment.pk), str(north.assignment.pk)
    group = Group.objects.create(institution=south.institution, course=south.assignment.course, group_id="blue")
    for given in (
        {"person": str(dora.pk)},
        {"assignment": foreign, "person": str(alice.pk)},
        {"assignment": foreign, "everyone": True},
        {"assignment": own, "person": str(dora.pk)},
        {"assignment": own, "group": group.group_id},
        {"person": str(uuid4())},
    ):
        assert problem(give(office, **given, extra_minutes=5)) == (404, "not-found")
    assert problem(office.send("delete", f"accommodations/{theirs.pk}")) == (404, "not-found")
    assert Caller(north.key(*ALL)).get("accommodations").json()["results"] == []
    assert Accommodation.objects.get() == theirs


def test_reading_and_writing_need_scopes_of_their_own(north: School, alice: Person) -> None:
    row = accommodations.give_standing(person=alice, extra_minutes=5)
    writer, reader = FrontEnd(north.key(WRITE)), FrontEnd(north.key(READ))
    assert writer.get("accommodations").status_code == 403
    assert reader.get("accommodations").status_code == 200
    assert problem(give(reader, person=str(alice.pk), extra_minutes=1)) == (403, "missing-scope")
    assert problem(reader.send("delete", f"accommodations/{row.pk}")) == (403, "missing-scope")
    assert Accommodation.objects.get() == row


def test_list_is_narrowed_and_names_people_only_with_the_scope(north: School, alice: Person) -> None:
    standing = accommodations.give_standing(person=alice, time_factor=Decimal("1.5"), given_by="Office")
    here = accommodations.give(assignment=north.assignment, person=north.people[1], extra_minutes=5)

    def listed(**query: Any) -> list[str]:
        return [row["id"] for row in Caller(north.key(READ)).get("accommodations", **query).json()["results"]]

    assert listed() == [str(standing.pk), str(here.pk)]
    assert listed(standing="true") == [str(standing.pk)]
    assert listed(standing="false") == listed(assignment=north.assignment.pk) == [str(here.pk)]
    assert listed(person=alice.pk) == [str(standing.pk)]
    unnamed = Caller(north.key(READ)).get("accommodations").json()["results"][0]
    assert (unnamed["person_name"], unnamed["given_by"]) == (None, None)
    named = Caller(north.key(READ, "people:read")).get("accommodations").json()["results"][0]
    assert (named["person_name"], named["given_by"]) == ("Alice A", "Office")


def test_list_costs_the_same_for_any_number(north: School, django_assert_max_num_queries: Any) -> None:
    script = Caller(north.key(*ALL))

    def add(number: int) -> None:
        for at in range(number):
            person = cast.make_learner(north.institution)
            accommodations.give_standing(person=person, extra_minutes=at + 1)
            accommodations.give(assignment=north.assignment, person=person, extra_minutes=at + 1)

    add(2)
    script.get("accommodations")
    with django_assert_max_num_queries(10) as few:
        script.get("accommodations")
    add(20)
    with django_assert_max_num_queries(len(few)):
        script.get("accommodations")


def test_request_that_is_sent_again_gives_one_accommodation(office: FrontEnd, alice: Person) -> None:
    body = {"person": str(alice.pk), "extra_minutes": 5, "reason": "Letter"}
    headers = office.headers | {"Idempotency-Key": "once"}
    first, second = (office.send("post", "accommodations", body, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
    assert Accommodation.objects.count() == 1
