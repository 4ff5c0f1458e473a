"""The list of a course's people on the way from the sandbox LMS to the teacher's page, by the real worker."""

import re
from typing import Any

import psycopg
import pytest

from tests.learner import Course, Visit, new_course
from tests.system import System, wait_for


@pytest.mark.parametrize("mode", ["strict", "moodle", "canvas"])
def test_teacher_sees_who_has_not_started_and_who_has_left(system: System, mode: str) -> None:
    course = new_course(system, mode, nrps_page=2)
    for name in ("alice", "bob", "cem", "dee"):
        course.person(name)

    teacher = course.launch("tess", "instructor")

    wait_for(lambda: "4 learners, 4 not started" in teacher.get(teacher.page.url).text)
    course.launch("dee").start()
    assert "Working on attempt 1" in teacher.get(teacher.page.url).text
    for name in ("bob", "dee"):
        system.sandbox.unenrol(course.id, course.people[name])
    _let_the_quiet_pass(system, course)
    teacher.press(teacher.page.form("/class/list"))

    page = wait_for(lambda: _says(teacher, "2 learners, 2 not started; 1 no longer in the course"))
    assert page.index("Cem Tester") < page.index("Dee Tester No longer in the course")
    assert "Bob" not in page
    if mode == "strict":
        assert len(_asked(system, course)) == 3 + 2


def test_assistant_in_moodle_keeps_the_class_page_when_the_list_is_read(system: System) -> None:
    course = new_course(system, "moodle")
    course.person("alice")
    assistant = course.launch("theo", "assistant")

    wait_for(lambda: "1 learner, 1 not started" in assistant.get(assistant.page.url).text)
    assert assistant.page.status == 200


def test_teacher_sees_one_group_of_the_lms_at_a_time(system: System) -> None:
    course = new_course(system)
    alice, _bob = course.person("alice"), course.person("bob")
    system.sandbox.set_group(course.id, "Crimson", [alice], set="Teams")
    teacher = course.launch("tess", "instructor")

    wait_for(lambda: "Crimson" in _says(teacher, "2 learners, 2 not started"))
    [group] = re.findall(r'<option value="([^"]+)">[^<]*Crimson', teacher.page.html)
    alone = teacher.press(teacher.page.form("/class/#class"), group=group).text

    assert "Alice Tester" in alone
    assert "Bob Tester" not in alone


def _says(visit: Visit, words: str) -> str:
    text = visit.get(visit.page.url.split("#")[0]).text
    return text if words in text else ""


def _asked(system: System, course: Course) -> list[Any]:
    log = system.sandbox.request_log()
    return [one for one in log if f"/courses/{course.id}/memberships" in one["path"]]


def _let_the_quiet_pass(system: System, course: Course) -> None:
    """After a reading the list is left alone for some seconds; here they are over."""
    with psycopg.connect(system.env["DATABASE_URL"]) as connection:
        connection.execute("UPDATE lti_context SET roster_lease = NULL WHERE context_id = %s", [str(course.id)])
