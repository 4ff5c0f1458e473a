"""A trusted front end takes checks for learners, under the rules of the pages."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from assessment import attempts, marking, review
from assessment.models import Assignment, Attempt, AttemptState, Shown
from assessment.placement.placing import SHOWN
from assessment.regrading import batches, decisions
from content.writing import Author
from lti.models import PlatformUser
from roster.models import Enrollment, Person, Role
from tests import cast
from tests.api.conftest import ALL, Caller, School

pytestmark = pytest.mark.django_db


class FrontEnd(Caller):
    """What a front end does for one learner."""

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        options = {"content_type": "application/json", "headers": self.headers} | options
        return getattr(self.client, method)(f"/api/v1/{path}", {} if body is None else body, **options)

    def begin(self, assignment: Assignment, person: Any) -> Any:
        named = str(person.pk) if isinstance(person, Person) else person
        return self.send("post", f"assignments/{assignment.pk}/attempts", {"person": named})

    def save(self, attempt: Any, position: int, answer: Any, **more: Any) -> Any:
        return self.send("patch", f"attempts/{attempt}/responses/{position}", {"answer": answer, **more})

    def check(self, attempt: Any, position: int) -> Any:
        return self.send("post", f"attempts/{attempt}/responses/{position}/check")

    def extend(self, attempt: Any, taken: int = 0) -> Any:
        return self.send("post", f"attempts/{attempt}/extend", {"taken": taken})

    def submit(self, attempt: Any) -> Any:
        return self.send("post", f"attempts/{attempt}/submit")

    def result(self, attempt: Any) -> Any:
        return self.get(f"attempts/{attempt}/result")


def enroll(school: School, person: Person, role: Role = Role.LEARNER, active: bool = True) -> None:
    course = school.assignment.course
    assert course is not None
    Enrollment.objects.create(institution=course.institution, course=course, person=person, role=role, active=active)


def problem(answer: Any) -> tuple[int, str]:
    assert answer["Content-Type"] == "application/problem+json", answer.content
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[1]


@pytest.fixture
def front(north: School) -> FrontEnd:
    for person in north.people:
        enroll(north, person)
    return FrontEnd(north.key("attempts:write"))


@pytest.fixture
def alice(north: School) -> Person:
    return north.people[0]


@pytest.fixture
def begun(front: FrontEnd, north: School, alice: Person) -> str:
    return str(front.begin(north.assignment, alice).json()["id"])


def change(north: School, **policy: Any) -> None:
    Assignment.objects.filter(pk=north.assignment.pk).update(**policy)


def test_a_whole_check_is_taken_marked_and_read(front: FrontEnd, north: School, alice: Person) -> None:
    answer = front.begin(north.assignment, alice)
    assert answer.status_code == 201
    attempt = answer.json()
    assert answer["Location"].endswith(f"/api/v1/attempts/{attempt['id']}")
    assert [one["stem"] for one in attempt["questions"]] == ["Which?", "Which?", "Why?"]
    assert "secret" not in answer.content.decode()
    assert "credit" not in answer.content.decode()

    assert front.save(attempt["id"], 1, "a", seq=1).json()["answer"] == {"option": "a"}
    assert front.save(attempt["id"], 2, "b", seq=1).status_code == 200
    assert problem(front.result(attempt["id"])) == (409, "not-submitted")
    assert front.submit(attempt["id"]).json()["state"] == "submitted"
    being_marked = front.result(attempt["id"]).json()
    assert (being_marked["state"], being_marked["points"], being_marked["items"]) == ("submitted", None, [])
    marking.mark_attempt(attempt["id"], timezone.now())

    shown = front.result(attempt["id"]).json()
    assert [one["state"] for one in shown["items"]] == ["right", "wrong", "wrong"]
    assert (shown["points"], shown["grade"]["attempt"]) == (1.0, attempt["id"])


def test_a_lost_answer_to_begin_can_be_asked_for_again(front: FrontEnd, north: School, alice: Person) -> None:
    first = front.begin(north.assignment, alice)
    front.save(first.json()["id"], 1, "a")
    again = front.begin(north.assignment, alice)
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["id"] == first.json()["id"]
    assert again.json()["questions"][0]["answer"] == {"option": "a"}
    assert Attempt.objects.count() == 1


@pytest.mark.parametrize("name", ["sub", "lms_id"])
def test_a_learner_is_named_as_the_lms_does(front: FrontEnd, north: School, alice: Person, name: str) -> None:
    registration = north.assignment.resource_link.deployment.registration
    PlatformUser.objects.create(institution=north.institution, registration=registration, sub="alice-7", person=alice)
    answer = front.begin(north.assignment, {name: "alice-7"})
    assert (answer.status_code, answer.json()["person"]) == (201, str(alice.pk))


def test_the_name_that_another_lms_gives_finds_nobody(front: FrontEnd, north: School, alice: Person) -> None:
    other = cast.make_deployment(north.institution).registration
    PlatformUser.objects.create(institution=north.institution, registration=other, sub="alice-7", person=alice)
    assert problem(front.begin(north.assignment, {"sub": "alice-7"})) == (404, "not-found")


def test_only_an_active_learner_of_the_course_can_begin(front: FrontEnd, north: School, south: School) -> None:
    stranger, teacher, gone = (cast.make_learner(north.institution) for _ in range(3))
    enroll(north, teacher, Role.INSTRUCTOR)
    enroll(north, gone, active=False)
    enroll(south, south.people[0])
    for person in (stranger, teacher, gone, south.people[0], str(uuid4())):
        assert problem(front.begin(north.assignment, person)) == (404, "not-found")
    assert not Attempt.objects.exists()


def test_another_institution_finds_no_assignment_and_no_attempt(
    front: FrontEnd, north: School, south: School, alice: Person, begun: str
) -> None:
    enroll(south, south.people[0])
    theirs = FrontEnd(south.key(*ALL))
    front.save(begun, 1, "a")
    for answer in (
        theirs.begin(north.assignment, alice),
        theirs.begin(north.assignment, south.people[0]),
        theirs.begin(south.assignment, alice),
        theirs.save(begun, 1, "b"),
        theirs.check(begun, 1),
        theirs.extend(begun),
        theirs.submit(begun),
        theirs.result(begun),
    ):
        assert problem(answer) == (404, "not-found")
    attempt = Attempt.objects.get()
    assert attempt.state == AttemptState.IN_PROGRESS
    assert attempt.responses.get(position=1).answer == {"option": "a"}


def test_every_address_needs_the_scope(front: FrontEnd, north: School, alice: Person, begun: str) -> None:
    reader = FrontEnd(north.key(*[scope for scope in ALL if scope != "attempts:write"]))
    for caller, code in ((reader, 403), (FrontEnd(), 401)):
        for answer in (
            caller.begin(north.assignment, alice),
            caller.save(begun, 1, "b"),
            caller.check(begun, 1),
            caller.extend(begun),
            caller.submit(begun),
            caller.result(begun),
        ):
            assert answer.status_code == code
    assert Attempt.objects.get().state == AttemptState.IN_PROGRESS


def test_a_preview_is_in_nobodys_reach(front: FrontEnd, north: School, alice: Person) -> None:
    now = timezone.now()
    preview = attempts.start(assignment=north.assignment, person=alice, preview=True, now=now)
    for answer in (
        front.save(preview.pk, 1, "a"),
        front.check(preview.pk, 1),
        front.submit(preview.pk),
        front.result(preview.pk),
    ):
        assert problem(answer) == (404, "not-found")
    assert front.begin(north.assignment, alice).json()["id"] != str(preview.pk)


@pytest.mark.parametrize(
    ("policy", "code"),
    [({"opens_at": timedelta(days=1)}, "not-open-yet"), ({"closes_at": timedelta(days=-1)}, "closed")],
)
def test_the_window_holds(
    front: FrontEnd, north: School, alice: Person, policy: dict[str, timedelta], code: str
) -> None:
    change(north, **{name: timezone.now() + away for name, away in policy.items()})
    assert problem(front.begin(north.assignment, alice)) == (409, code)


def test_what_was_begun_in_time_may_be_finished(front: FrontEnd, north: School, begun: str) -> None:
    change(north, closes_at=timezone.now() - timedelta(seconds=1))
    assert front.save(begun, 1, "a").status_code == 200
    assert front.submit(begun).status_code == 200


def test_no_more_attempts_than_the_assignment_allows(front: FrontEnd, north: School, alice: Person, begun: str) -> None:
    change(north, max_attempts=1)
    front.submit(begun)
    assert problem(front.begin(north.assignment, alice)) == (409, "no-attempt-left")


def test_an_unpublished_quiz_cannot_be_begun(front: FrontEnd, north: School, alice: Person) -> None:
    quiz = north.assignment.quiz
    quiz.current = None
    quiz.save()
    assert problem(front.begin(north.assignment, alice)) == (409, "not-published")


def test_a_submitted_attempt_takes_no_answer_and_a_second_submission_changes_nothing(
    front: FrontEnd, begun: str
) -> None:
    front.save(begun, 1, "a", seq=1)
    first = front.submit(begun).json()
    assert problem(front.save(begun, 1, "b", seq=2)) == (409, "attempt-closed")
    assert front.submit(begun).json() == first


def test_a_late_answer_is_refused_and_says_what_is_stored(front: FrontEnd, begun: str) -> None:
    front.save(begun, 1, "b", seq=5)
    late = front.save(begun, 1, "a", seq=4)
    assert problem(late) == (409, "stale-answer")
    assert "number 5" in late.json()["detail"]
    assert front.save(begun, 1, "b", seq=5).status_code == 200  # its acknowledgement was lost
    assert front.save(begun, 1, "c").json()["seq"] == 6


@pytest.mark.parametrize(
    "answer", ["z", 7, ["a"], {"option": "z"}, {"option": {"a": []}}, "a\x00b", "\ud800", "x" * 9999]
)
def test_an_answer_that_does_not_fit_is_named(front: FrontEnd, begun: str, answer: Any) -> None:
    assert problem(front.save(begun, 1, answer)) == (422, "invalid-answer")
    assert Attempt.objects.get().responses.get(position=1).answer == {}


def test_null_takes_an_answer_back(front: FrontEnd, begun: str) -> None:
    front.save(begun, 1, "a")
    assert front.save(begun, 1, None).json()["answer"] == {}


def test_seconds_in_sight_are_kept_as_far_as_they_can_be(front: FrontEnd, begun: str) -> None:
    attempt = Attempt.objects.get()
    before = timezone.now() - timedelta(seconds=50)
    Attempt.objects.update(started_at=before)
    attempt.responses.update(saved_at=before)
    front.save(begun, 1, "a", seq=1, seconds=20)
    front.save(begun, 2, "a", seq=1, seconds=10**12)
    first, second, third = attempt.responses.order_by("position").values_list("seconds", flat=True)
    assert (first, third) == (20, 0)
    assert 50 <= second <= (timezone.now() - before).total_seconds()


@pytest.mark.parametrize("position", [0, 4, 2**31, 10**30])
def test_a_question_that_is_not_there_is_not_found(front: FrontEnd, begun: str, position: int) -> None:
    assert problem(front.save(begun, position, "a")) == (404, "not-found")


BAD = [
    "",
    "{",
    "null",
    "[]",
    "7",
    "[" * 100_000,
    b"\xff\xfe",
    '{"answer": "a", "seq": 0}',
    '{"answer": "a", "seq": 2147483648}',
    '{"answer": "a", "seq": true}',
    '{"answer": "a", "seq": 1.5}',
    '{"answer": "a", "seq": "1"}',
    '{"answer": "a", "seq": 1e400}',
    '{"answer": "a", "seconds": -1}',
    '{"answer": "a", "seconds": "x"}',
    '{"answer": NaN}',
    '{"seq": 1}',
    '{"answer": "a", "sequence": 1}',
]


@pytest.mark.parametrize("body", BAD)
def test_a_bad_body_is_refused_and_nothing_stored(front: FrontEnd, begun: str, body: str | bytes) -> None:
    assert problem(front.send("patch", f"attempts/{begun}/responses/1", body)) == (400, "invalid-request")
    assert Attempt.objects.get().responses.get(position=1).answer == {}


@pytest.mark.parametrize(
    "person",
    [None, "", "alice", 7, [], {}, {"sub": ""}, {"sub": "a", "lms_id": "a"}, {"sub": 7.5e300}, {"sub": ["a"]},
     {"sub": "a\x00"}, {"sub": "\ud800"}, {"email": "a@b.example"}, {"sub": "x" * 256}],
)  # fmt: skip
def test_a_person_who_is_badly_named_is_a_problem_of_the_request(front: FrontEnd, north: School, person: Any) -> None:
    answer = front.begin(north.assignment, person)
    assert problem(answer) in ((400, "invalid-request"), (404, "not-found"))
    assert not Attempt.objects.exists()


def test_a_file_cannot_be_handed_in_here(front: FrontEnd, north: School, alice: Person) -> None:
    body = {"stem": "Hand it in.", "types": [".pdf"], "max_files": 1, "max_size": 1000, "rubric": [], "section": None}
    north.assignment.quiz = cast.quiz_of({"kind": "file_upload", "points": 1, "body": body}, slug="files").quiz
    north.assignment.save()
    attempt = front.begin(north.assignment, alice).json()["id"]
    answer = front.save(attempt, 1, {"files": []})
    assert problem(answer) == (422, "invalid-answer")
    assert "Assay's own pages" in answer.json()["detail"]


def test_a_learner_takes_the_time_that_the_policy_offers_once_for_each_asking(
    front: FrontEnd, north: School, alice: Person
) -> None:
    change(north, time_limit=30, extensions=1, extension_minutes=5)
    begun = front.begin(north.assignment, alice).json()
    assert (begun["offer"], begun["taken"]) == (5, 0)
    extended = front.extend(begun["id"])
    assert extended.status_code == 200
    assert front.extend(begun["id"]).json() == extended.json(), "the answer was lost on the way"
    before, after = (datetime.fromisoformat(one["deadline_at"]) for one in (begun, extended.json()))
    assert after - before == timedelta(minutes=5)
    assert (extended.json()["offer"], extended.json()["taken"]) == (0, 1)
    assert problem(front.extend(begun["id"], taken=1)) == (409, "no-more-time")
    front.submit(begun["id"])
    assert problem(front.extend(begun["id"], taken=1)) == (409, "attempt-closed")


# --- one answer is checked before the end


def test_a_checked_answer_shows_what_the_policy_names_and_no_longer_changes(
    front: FrontEnd, north: School, alice: Person, begun: str
) -> None:
    change(north, show_mark=Shown.EACH_QUESTION, show_rationale=Shown.EACH_QUESTION)
    assert problem(front.check(begun, 1)) == (422, "invalid-answer")
    front.save(begun, 1, "b")
    checked = front.check(begun, 1)
    assert checked.status_code == 200
    shown = checked.json()
    assert (shown["position"], shown["answer"], shown["state"]) == (1, {"option": "b"}, "wrong")
    assert shown["feedback"] == {"rationale": "secret rationale 1", "expected": [], "section": None}
    assert front.check(begun, 1).json() == shown
    assert problem(front.save(begun, 1, "a")) == (422, "invalid-answer")
    assert [one["checked"] for one in front.begin(north.assignment, alice).json()["questions"]] == [True, False, False]
    assert problem(front.check(begun, 9)) == (404, "not-found")
    front.submit(begun)
    front.save(begun, 2, "a")
    assert problem(front.check(begun, 2)) == (409, "attempt-closed")


@pytest.mark.parametrize("policy", [{}, dict.fromkeys(SHOWN, Shown.EACH_QUESTION) | {"scores_held": True}])
def test_nothing_is_checked_before_the_end_where_the_policy_shows_nothing_by_then(
    front: FrontEnd, north: School, begun: str, policy: dict[str, Any]
) -> None:
    change(north, **policy)
    front.save(begun, 1, "a")
    answer = front.check(begun, 1)
    assert problem(answer) == (409, "not-checked")
    assert "secret" not in answer.content.decode()
    assert front.save(begun, 1, "b").status_code == 200


# --- the result is what the learner's own page shows


@pytest.fixture
def marked(front: FrontEnd, begun: str, alice: Person) -> Callable[[], dict[str, Any]]:
    front.save(begun, 1, "b")
    front.save(begun, 3, "because")
    front.submit(begun)
    marking.mark_attempt(begun, timezone.now())
    return lambda: front.result(begun).json()


def test_what_would_be_right_stays_back_while_another_attempt_may_follow(
    north: School, marked: Callable[[], dict[str, Any]]
) -> None:
    assert marked()["items"][0]["feedback"]["expected"] == []
    change(north, max_attempts=1)
    assert marked()["items"][0]["feedback"]["expected"] == ["Option 0"]
    change(north, max_attempts=None, closes_at=timezone.now() - timedelta(seconds=1))
    assert marked()["items"][0]["feedback"]["expected"] == ["Option 0"]


def test_an_attempt_under_way_holds_the_key_back(
    front: FrontEnd, north: School, alice: Person, marked: Callable[[], dict[str, Any]]
) -> None:
    front.begin(north.assignment, alice)
    change(north, max_attempts=2, closes_at=timezone.now() - timedelta(seconds=1))
    assert marked()["items"][0]["feedback"]["expected"] == []


def test_the_policy_that_shows_the_score_only_holds(north: School, marked: Callable[[], dict[str, Any]]) -> None:
    change(north, **dict.fromkeys(SHOWN, Shown.NEVER), max_attempts=1)
    shown = marked()
    assert {item["state"] for item in shown["items"]} == {"hidden", "waiting"}
    assert [(item["points"], item["feedback"]) for item in shown["items"]] == [(None, None)] * 3
    assert "secret" not in str(shown)


def test_a_dropped_question_says_why(north: School, alice: Person, marked: Callable[[], dict[str, Any]]) -> None:
    assert [item["regrade"] for item in marked()["items"]] == [None] * 3
    item, now = Attempt.objects.get().responses.get(position=1).item_version, timezone.now()
    planned = decisions.plan(
        assignment=north.assignment, item_version=item, choice="drop", everywhere=False, body=None, by=alice, now=now
    )
    author = Author(alice.name, north.institution, alice)
    decisions.commit(regrade=planned, reason="Two options were right.", by=author, now=now)
    batches.run(regrade_id=planned.pk, now=now)

    shown = marked()["items"][0]

    assert (shown["state"], shown["points"]) == ("dropped", 0)
    assert (shown["regrade"]["choice"], shown["regrade"]["reason"]) == ("drop", "Two options were right.")
    change(north, **dict.fromkeys(SHOWN, Shown.NEVER))
    assert marked()["items"][0]["regrade"] is None


def test_an_open_answer_waits_and_then_shows_the_teachers_note(
    alice: Person, marked: Callable[[], dict[str, Any]]
) -> None:
    shown = marked()
    assert (shown["state"], shown["points_waiting"], shown["items"][2]["state"]) == ("needs_review", 2.0, "waiting")
    response = Attempt.objects.get().responses.get(position=3)
    review.confirm(
        response=response, points=response.item_version.points, note="Well put.", by=alice, now=timezone.now()
    )
    shown = marked()
    assert (shown["items"][2]["state"], shown["items"][2]["note"], shown["points"]) == ("right", "Well put.", 2.0)


def test_a_save_costs_few_queries(front: FrontEnd, begun: str, django_assert_max_num_queries: Any) -> None:
    front.save(begun, 1, "a", seq=1)
    with django_assert_max_num_queries(2 + 2 + 2):  # key and response; the save's; a savepoint with its release
        assert front.save(begun, 1, "b", seq=2, seconds=3).status_code == 200
