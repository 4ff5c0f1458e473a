"""What dies, answers wrongly or is lost on the way never makes a gradebook wrong."""

import signal
from typing import Any

import pytest

from tests.learner import RIGHT, Course, Visit, new_course
from tests.system import System, wait_for

SYNCED, HELD = ("synced",), ("held",)


def submitted(course: Course, name: str = "alice") -> Visit:
    visit = course.launch(name)
    visit.start()
    visit.submit()
    return visit


def test_a_killed_worker_and_a_flushed_broker_lose_nothing(system: System) -> None:
    course = new_course(system)
    for name in ("worker", "passback", "beat"):
        system.stop(name, signal.SIGKILL)
    try:
        submitted(course)
        assert course.score("alice") is None
        system.redis.flushdb()
    finally:
        for name in ("worker", "passback", "beat"):
            system.start(name)

    wait_for(lambda: course.score("alice"))
    assert [row["final"] for row in course.history("alice")] == [9.0]


def test_a_worker_killed_while_many_attempts_are_marked_marks_each_once(system: System) -> None:
    course = new_course(system)
    names = [f"learner{number}" for number in range(8)]
    for name in names:
        visit = course.launch(name)
        visit.start()
        visit.press(visit.answer())
    system.stop("worker", signal.SIGKILL)
    system.start("worker")

    wait_for(lambda: all(course.score(name) for name in names))
    assert [[row["final"] for row in course.history(name)] for name in names] == [[9.0]] * len(names)
    assert (
        system.query(
            "select count(*) from assessment_mark m join assessment_response r on r.id = m.response_id"
            " group by m.response_id having count(*) > 1"
        )
        == []
    )


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "status": 500},
        {"kind": "status", "status": 503},
        {"kind": "drop"},
        {"kind": "status", "status": 429, "headers": {"Retry-After": "2"}},
    ],
    ids=["500", "503", "dropped", "429"],
)
def test_a_platform_in_trouble_gets_the_score_once_it_recovers(system: System, fault: dict[str, Any]) -> None:
    course = new_course(system)
    system.sandbox.fault("scores", **fault, count=1)
    submitted(course)

    wait_for(lambda: course.score("alice"))
    wait_for(lambda: _states(course) == [SYNCED])
    assert [row["final"] for row in course.history("alice") if row["accepted"]] == [9.0]


@pytest.mark.parametrize("mode", ["strict", "moodle"])
def test_a_score_whose_answer_was_lost_is_found_to_have_arrived(system: System, mode: str) -> None:
    course = new_course(system, mode)
    system.sandbox.fault("scores", "accept_drop", count=1)
    submitted(course)

    wait_for(lambda: _states(course) == [SYNCED])
    assert course.score("alice")["final"] == 9.0
    stamps = {row["timestamp"] for row in course.history("alice") if row["accepted"]}
    assert len(stamps) == 1, "a retry is the same fact, with the same time"


def test_a_grade_that_a_teacher_changed_in_moodle_is_shown_and_never_forced(system: System) -> None:
    course = new_course(system, "moodle")
    first = submitted(course)
    wait_for(lambda: course.score("alice"))
    system.sandbox.turn_clock(60)
    try:
        system.sandbox.set_grade(course.line_item, course.people["alice"], final=3)
    finally:
        system.sandbox.turn_clock(0)

    teacher = course.launch("tess", "instructor")
    review = teacher.get(next(link for link in teacher.page.links if link.endswith("/review/")))
    link = next(link for link in review.links if link.startswith(review.url) and link != review.url and "#" not in link)
    form = next(form for form in teacher.get(link).forms if "points" in form.order)
    teacher.press(form, level="full")

    wait_for(lambda: HELD in _states(course))
    assert course.score("alice")["final"] == 3.0
    assert "Changed in the gradebook" in first.get(first.page.url).text
    page = teacher.get(teacher.page.url.split("/review")[0] + "/class/")
    assert "Needs attention" in page.text


def test_a_page_of_yesterday_cannot_overwrite_what_was_saved_since(system: System) -> None:
    course = new_course(system)
    old, new = course.launch("alice"), course.launch("alice")
    old.start()
    new.start()
    old_form = old.answer(("Focus only on speed instead of judgment", *RIGHT[1:]))
    new.press(new.answer())

    page = old.press(old_form)

    assert page.status in (200, 409, 422)
    wait_for(lambda: course.score("alice"))
    assert course.score("alice")["final"] == 9.0


def _states(course: Course) -> list[tuple[Any, ...]]:
    return course.system.query(
        "select e.state from lti_score e join lti_lineitem l on l.id = e.line_item_id"
        " join lti_resourcelink r on r.id = l.resource_link_id where r.resource_link_id = %s",
        str(course.activity),
    )
