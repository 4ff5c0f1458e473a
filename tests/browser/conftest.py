"""A person at the sandbox LMS in a real browser."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page

from tests.learner import RIGHT, Course
from tests.patience import PATIENCE


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    yield context
    context.close()


@pytest.fixture
def sign_in(context: BrowserContext) -> Callable[[Course, str, str], Page]:
    """Sign in to the sandbox as a person of a course and open the activity."""

    def signed_in(course: Course, name: str, role: str = "learner") -> Page:
        page = context.new_page()
        page.goto(course.system.sandbox_url)
        page.evaluate(
            """person => {
              const form = document.querySelector("form[action*='sign-in']");
              const field = form.querySelector("[name=person]");
              field.value = person;
              form.requestSubmit(field.tagName === "BUTTON" ? field : undefined);
            }""",
            str(course.person(name, role)),
        )
        page.wait_for_url("**/courses")
        page.goto(f"{course.system.sandbox_url}/activities/{course.activity}")
        return page

    return signed_in


def tool_frame(page: Page) -> Frame:
    """The tool's frame once the launch has come through."""
    page.frame_locator("#tool").locator("h1").wait_for()
    return page.query_selector("#tool").content_frame()  # type: ignore[union-attr, return-value]


def fill(place: Page | Frame, texts: tuple[str, ...] = RIGHT) -> None:
    """Answer every question whose text is not empty, as a person does: by clicking and typing."""
    place.get_by_role("button", name="Submit").last.wait_for()  # which stands below the last question
    for number, text in enumerate(texts, 1):
        question = place.locator(f"#q{number}")
        if text and question.locator("textarea").count():
            question.locator("textarea").fill(text)
        elif text:
            question.get_by_label(text, exact=True).check()
