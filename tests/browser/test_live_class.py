"""A teacher's page in the frame of an LMS, while a learner works in another browser."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import tool_frame
from tests.learner import Course, new_course
from tests.system import System


def test_teacher_sees_a_learner_start_submit_and_get_a_score(
    system: System, sign_in: Callable[[Course, str, str], Page]
) -> None:
    course = new_course(system)
    course.person("alice")
    teacher = tool_frame(sign_in(course, "tess", "instructor"))
    tiles = teacher.get_by_role("navigation", name="Learners by state")
    expect(tiles.get_by_role("link", name="1 Not started")).to_be_visible()
    teacher.evaluate("document.body.id = 'never-left'")

    learner = course.launch("alice")
    learner.start()
    expect(tiles.get_by_role("link", name="1 In progress")).to_be_visible()
    learner.submit()

    expect(tiles.get_by_role("link", name="1 Submitted")).to_be_visible()
    expect(teacher.get_by_role("cell", name="In the gradebook")).to_be_visible()
    expect(teacher.locator("#never-left")).to_be_attached()
