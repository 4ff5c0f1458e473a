"""The sandbox adds sample learners at a click, and `make run` has them answer."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from dev import samples
from dev.samples import Samples
from tests.learner import Course, new_course
from tests.system import System, wait_for


def test_sample_learners_are_added_by_a_click_and_their_scores_reach_the_gradebook(
    system: System, sign_in: Callable[[Course, str, str], Page]
) -> None:
    course, requests = new_course(system), samples.folder(system.folder)
    page = sign_in(course, "tess", "instructor")
    page.goto(f"{system.sandbox_url}/courses/{course.id}")
    page.get_by_role("button", name="Add 30 sample learners").click()
    expect(page.get_by_role("status")).to_contain_text("30 sample learners were added")

    (system.folder / "logs").mkdir(exist_ok=True)
    filling = Samples(system.folder, system.env)
    wait_for(lambda: (filling.look(), not any(requests.iterdir()))[1])

    said = (system.folder / "logs" / "samples.log").read_text()
    assert said.startswith("30 sample learners: ")
    handed_in = int(said.split(": ")[1].split()[0])
    assert 15 < handed_in < 30
    teacher = course.launch("tess", "instructor")
    assert "30 learners, " in teacher.page.text
    assert "Statistics appear with" not in teacher.page.text
    wait_for(lambda: len(system.sandbox.gradebook(course.id)) == handed_in)


def test_student_is_offered_no_sample_learners(system: System, sign_in: Callable[[Course, str, str], Page]) -> None:
    course = new_course(system)
    page = sign_in(course, "alice", "learner")
    page.goto(f"{system.sandbox_url}/courses/{course.id}")
    expect(page.get_by_role("heading", name="Activities")).to_be_visible()
    assert page.get_by_role("button", name="sample learners").count() == 0
