"""Kinds of launches beside the plain one, through the sandbox LMS over HTTP, on the real processes."""

import pytest

from tests.learner import Visit, browser, new_course
from tests.page import Page
from tests.system import System, wait_for

LTI = "https://purl.imsglobal.org/spec/lti/claim/"
TEST_USER = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"
LEARNER = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
NOBODY = ["sub", "name", "given_name", "middle_name", "family_name", "email", LTI + "lis"]


@pytest.mark.parametrize("mode", ["strict", "moodle"])
def test_click_on_a_grade_opens_the_work_behind_it(system: System, mode: str) -> None:
    course = new_course(system, mode)
    alice, bob = course.launch("alice"), course.person("bob")
    alice.start()
    alice.submit()
    wait_for(lambda: course.score("alice"))
    click = {"for_person": course.people["alice"]}
    teacher = course.person("tess", "instructor")

    seen = Page(system.sandbox.launch(teacher, course.activity, browser(), **click))
    own = Page(system.sandbox.launch(course.people["alice"], course.activity, browser(), **click))
    others = system.sandbox.launch(bob, course.activity, browser(), **click)

    assert "/class/attempts/" in seen.url
    assert "Alice Tester" in seen.text
    assert own.url.endswith("/result")
    assert others.status_code == 403
    assert "someone else" in others.text


def test_guest_and_student_view_take_the_check_and_reach_no_gradebook(system: System) -> None:
    course = new_course(system)
    guest = {"without": NOBODY}
    test_user = {"claims": {LTI + "roles": [LEARNER, TEST_USER]}}
    for name, odd in (("guest", guest), ("tester", test_user)):
        answer = system.sandbox.launch(course.person(name), course.activity, browser(), **odd)
        assert answer.status_code == 200, answer.text[:500]
        visit = Visit(browser(), Page(answer))
        visit.start()
        visit.submit()
        assert "9 of 10" in visit.result().text
    alice = course.launch("alice")
    alice.start()
    alice.submit()
    wait_for(lambda: course.score("alice"))

    assert not course.score("guest")
    assert not course.score("tester")
    shown = course.launch("tess", "instructor").page.text
    # The LMS's class list may have come in meanwhile; it names the guest, who has begun nothing there.
    assert "Learners 1," in shown or "Guest Tester 0 – Not started" in shown
