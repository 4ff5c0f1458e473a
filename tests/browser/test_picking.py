"""A teacher adds the check in a frame of another site; a learner's score reaches the column made for it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, TimeoutError, expect

from tests.browser.conftest import fill, tool_frame
from tests.learner import new_course
from tests.system import System, wait_for

SignIn = Callable[..., Page]


@pytest.mark.parametrize("mode", ["strict", "moodle"])
def test_check_is_picked_by_a_teacher_taken_by_a_learner_and_scored_in_its_own_column(
    system: System, sign_in: SignIn, mode: str
) -> None:
    course = new_course(system, mode)
    teacher = sign_in(course, "tess", "instructor")
    teacher.goto(f"{system.sandbox_url}/courses/{course.id}")
    # Other tests register more tools of this name; then the client id stands beside it.
    teacher.get_by_role("link", name=re.compile(r"^Add content from Assay( assay-sandbox)?$")).click()
    frame = tool_frame(teacher)
    expect(frame.get_by_role("checkbox")).to_be_checked()  # one published thing: one click
    frame.get_by_text("Title, points, dates, attempts").click()
    frame.get_by_label("Title", exact=True).fill("Picked in the frame")
    frame.get_by_label("Points", exact=True).fill("50")
    frame.get_by_role("button", name="Add").click()

    try:
        teacher.wait_for_url("**/selections/*")
    except TimeoutError as error:
        shown = [frame.locator("body").inner_text(timeout=1_000) for frame in teacher.frames]
        raise AssertionError(f"the choice did not come back to the LMS; shown instead: {shown}") from error
    expect(teacher.get_by_text("1 activity from Assay.")).to_be_visible()
    teacher.get_by_role("button", name="Add to course").click()
    teacher.wait_for_url("**/activities/*")

    page = sign_in(course, "alice")
    page.goto(f"{system.sandbox_url}/courses/{course.id}")
    page.get_by_role("link", name="Picked in the frame").click()
    taken = tool_frame(page)
    taken.get_by_role("button", name="Start the check").click()
    taken.locator("#q10").wait_for()
    fill(taken)
    expect(taken.locator("#q10 .saved")).to_contain_text("Saved")
    taken.get_by_role("button", name="Submit").click()
    expect(taken.locator("#gradebook")).to_contain_text("In your gradebook since")

    alice = course.people["alice"]
    rows = wait_for(lambda: [row for row in system.sandbox.gradebook(course.id) if row["person"] == alice])
    assert [(row["final"], row["line_item"] == course.line_item) for row in rows] == [(45.0, False)]  # 9 of 10, of 50
