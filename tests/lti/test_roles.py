"""Who may what: from a platform's role list to ours, and what happens when it changes (core 1.3 appendix A.2)."""

from typing import Any

import pytest

from lti.models import Launch
from lti.words.roles import role
from roster.models import Enrollment, Role
from tests.lti.conftest import Browser
from tests.lti.platform import MEMBERSHIP

VOCABULARY = "http://purl.imsglobal.org/vocab/lis/v2/"
INSTITUTION, SYSTEM = VOCABULARY + "institution/person", VOCABULARY + "system/person"
CASES: list[tuple[list[str], Role]] = [
    ([MEMBERSHIP + "#Learner", INSTITUTION + "#Administrator", INSTITUTION + "#Instructor"], Role.LEARNER),
    ([MEMBERSHIP + "#Instructor", INSTITUTION + "#Student"], Role.INSTRUCTOR),
    ([MEMBERSHIP + "/Instructor#TeachingAssistant"], Role.INSTRUCTOR),
    ([MEMBERSHIP + "/Instructor#Grader"], Role.INSTRUCTOR),
    ([MEMBERSHIP + "#TeachingAssistant"], Role.INSTRUCTOR),
    ([MEMBERSHIP + "/Learner#GuestLearner"], Role.LEARNER),
    ([MEMBERSHIP + "/Administrator#Support"], Role.INSTRUCTOR),
    ([MEMBERSHIP + "#Mentor"], Role.OTHER),
    ([MEMBERSHIP + "/Mentor#Advisor", INSTITUTION + "#Administrator"], Role.OTHER),
    ([MEMBERSHIP + "#Mentor", MEMBERSHIP + "#Learner"], Role.LEARNER),
    ([MEMBERSHIP + "#ContentDeveloper"], Role.OTHER),
    (["Learner"], Role.LEARNER),
    (["Instructor"], Role.INSTRUCTOR),
    (["Instructor", INSTITUTION + "#Student"], Role.INSTRUCTOR),
    (["instructor"], Role.OTHER),
    ([INSTITUTION + "#Instructor"], Role.OTHER),
    ([INSTITUTION + "#Student"], Role.LEARNER),
    ([SYSTEM + "#Administrator"], Role.INSTRUCTOR),
    ([SYSTEM + "#User"], Role.OTHER),
    (["https://lms.example/roles#Instructor"], Role.OTHER),
    ([MEMBERSHIP + "#Instructor2"], Role.OTHER),
]


@pytest.mark.parametrize(("given", "expected"), CASES, ids=lambda case: str(case)[-60:])
def test_context_role_decides_and_unknown_ones_may_least(given: list[str], expected: Role) -> None:
    assert role(given) == expected


def _launch(browser: Browser, as_role: str, **changes: Any) -> str:
    return browser.launch(roles=[f"{MEMBERSHIP}#{as_role}"], **changes)["Location"]


def _status(browser: Browser, front: str) -> int:
    return browser.client.get(front).status_code


def test_demoted_instructor_loses_the_page_opened_before(browser: Browser) -> None:
    before = _launch(browser, "Instructor")
    assert _status(browser, f"{before}class/") != 410

    now = _launch(browser, "Learner")

    assert _status(browser, f"{before}class/") == 410
    assert _status(browser, now) == 200
    assert Enrollment.objects.get().role == Role.LEARNER


def test_learner_who_becomes_a_mentor_stops_being_one(browser: Browser) -> None:
    before = _launch(browser, "Learner")

    _launch(browser, "Mentor")

    assert _status(browser, before) == 410


def test_rise_another_course_and_another_person_end_nothing(browser: Browser) -> None:
    learner = _launch(browser, "Learner")
    teacher = _launch(browser, "Instructor")
    elsewhere = {"context": {"id": "course-2"}, "resource_link": {"id": "link-2"}}
    _launch(browser, "Learner", **elsewhere)
    _launch(browser, "Learner", sub="user-2")

    assert [_status(browser, front) for front in (learner, teacher)] == [200, 200]


def test_launch_that_changes_no_role_ends_no_other(browser: Browser) -> None:
    tabs = [_launch(browser, "Learner") for _ in range(3)]

    assert {_status(browser, front) for front in tabs} == {200}
    assert Launch.objects.count() == 3
