"""Launches in a frame of a browser that blocks third-party cookies, as the LMS lends storage, or does not."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, Route, expect

from tests.learner import Course, new_course
from tests.system import System

SignIn = Callable[..., Page]


USES_COOKIE = re.compile(r"/lti/(continue|authorize)")  # the next step, or the one after it, would carry our cookie


@pytest.fixture
def no_cookies(context: BrowserContext) -> None:
    """A browser that keeps no cookie of ours at all, not even a partitioned one."""

    def forget(route: Route) -> None:
        context.clear_cookies(name=re.compile("^assay_"))
        route.continue_()

    context.route(USES_COOKIE, forget)


@pytest.mark.parametrize(("mode", "target"), [("strict", "_parent"), ("canvas", "post_message_forwarding")])
@pytest.mark.usefixtures("no_cookies")
def test_launch_opens_in_the_frame_by_the_storage_of_the_lms(
    system: System, sign_in: SignIn, mode: str, target: str
) -> None:
    course = new_course(system, mode)
    started = system.sandbox.start_launch(course.person("alice"), course.activity)
    assert started["params"]["lti_storage_target"] == target

    page = sign_in(course, "alice")

    expect(page.frame_locator("#tool").get_by_role("button", name="Start the check")).to_be_visible()


@pytest.mark.parametrize("storage", ["silent", "error"])
def test_launch_goes_on_with_the_cookie_where_storage_fails(system: System, sign_in: SignIn, storage: str) -> None:
    page = sign_in(new_course(system, storage=storage), "alice")

    expect(page.frame_locator("#tool").get_by_role("button", name="Start the check")).to_be_visible()


@pytest.mark.parametrize("storage", ["silent", "wrong"])
def test_launch_goes_on_in_a_new_tab_where_storage_and_cookie_fail(
    system: System, sign_in: SignIn, context: BrowserContext, no_cookies: None, storage: str
) -> None:
    """The hint of a Moodle course works once only, so the tab opens only if the LMS was not asked in the frame."""
    page = sign_in(new_course(system, "moodle", storage=storage), "alice")
    frame = page.frame_locator("#tool")
    frame.get_by_role("link", name="Open in a new tab").wait_for()
    context.unroute(USES_COOKIE)

    with page.expect_popup() as opened:
        frame.get_by_role("link", name="Open in a new tab").click()

    expect(opened.value.get_by_role("button", name="Start the check")).to_be_visible()
    expect(frame.get_by_role("heading")).to_have_text("Open in another tab")
    expect(frame.get_by_role("link", name="Reload")).to_be_visible()


def test_launches_at_once_in_two_frames_do_not_mix_though_the_named_frame_is_missing(
    system: System, sign_in: SignIn, no_cookies: None
) -> None:
    """As in Canvas's editor: no frame of the name that the login gave, but the page above answers."""
    course = new_course(system, storage="frame")
    activities = [course.activity, system.sandbox.add_activity(course.id, "Another")["id"]]
    page = sign_in(course, "alice")
    page.route("**/two", lambda route: route.fulfill(content_type="text/html", body=_two_frames(course, activities)))

    page.goto(f"{system.sandbox_url}/two")

    for number, title in enumerate(("When to Fine-Tune", "Another")):
        frame = page.frame_locator("iframe").nth(number)
        expect(frame.get_by_role("heading", level=1)).to_have_text(title)
    opened = [frame.url for frame in page.frames[1:]]
    assert len(set(opened)) == 2
    assert all(url.startswith(f"{system.url}/s/") for url in opened)


def _two_frames(course: Course, activities: list[int]) -> str:
    frames = "".join(
        f'<iframe class="tool" data-origin="{course.system.url}" data-storage="parent" src="/activities/{each}/launch">'
        "</iframe>"
        for each in activities
    )
    return f'<!doctype html>{frames}<script type="module" src="/static/sandbox/frame.js"></script>'
