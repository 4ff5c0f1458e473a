"""A teacher's change in the LMS, found by reading the gradebook back, and what the teacher then decides."""

import pytest

from tests.learner import Course, new_course
from tests.system import System, wait_for

READ_BACK = """
from django.utils import timezone
from lti.gradebook import reconcile
print(reconcile.reconcile(now=timezone.now()))
"""
LATER = "UPDATE lti_score SET delivered_at = delivered_at - interval '1 hour' RETURNING 1"


@pytest.mark.parametrize("mode", ["canvas", "moodle"])
def test_grade_changed_in_the_lms_is_found_shown_and_replaced_only_on_the_teachers_word(
    system: System, mode: str
) -> None:
    course = _graded(system, mode)
    system.sandbox.set_grade(course.line_item, course.people["alice"], final=3)
    system.query(LATER)
    system.manage("shell", "-c", READ_BACK)

    teacher = course.launch("tess", role="instructor")
    assert "Our score is 9 of 10. The LMS shows 3 of 10: someone changed it there." in teacher.page.text
    assert course.score("alice")["final"] == 3
    teacher.press(teacher.page.form("/resend"))
    if mode == "canvas":
        wait_for(lambda: course.score("alice")["final"] == 9)
    else:  # Moodle says yes, keeps the override, and is found out at once
        wait_for(lambda: "Remove that override in the gradebook" in teacher.get(teacher.page.url).text)
        assert course.score("alice")["final"] == 3


def _graded(system: System, mode: str) -> Course:
    course = new_course(system, mode)
    visit = course.launch("alice")
    visit.start()
    visit.submit()
    visit.result()
    wait_for(lambda: (course.score("alice") or {}).get("final") == 9)
    wait_for(lambda: system.query("SELECT count(*) FROM lti_score WHERE state IN ('due', 'sending')")[0][0] == 0)
    return course
