"""Launches in a browser that blocks third-party cookies."""

from collections.abc import Callable

from playwright.sync_api import BrowserContext, Page, expect

from tests.browser.conftest import fill, tool_frame
from tests.learner import RIGHT, Course, new_course
from tests.system import System, wait_for

SignIn = Callable[..., Page]


def test_the_whole_path_inside_the_frame_of_another_site(system: System, sign_in: SignIn) -> None:
    course = new_course(system)
    page = sign_in(course, "alice")
    frame = tool_frame(page)
    assert "127.0.0.1" in frame.url
    assert "localhost" in page.url

    frame.get_by_role("button", name="Start the check").click()
    frame.locator("#q10").wait_for()
    fill(frame)
    expect(frame.locator("#q10 .saved")).to_contain_text("Saved")
    frame.get_by_role("button", name="Submit").click()

    expect(frame.locator("body")).to_contain_text("9 of 10 points so far")
    expect(frame.locator("#gradebook")).to_contain_text("In your gradebook since")
    expect(page.locator("#grade")).to_contain_text("9 of 10")  # the sandbox's own strip, not reloaded
    expect(frame.locator("body")).to_contain_text("9 of 10 points so far")
    assert course.score("alice")["final"] == 9.0


def test_the_whole_path_in_a_new_tab(system: System, sign_in: SignIn) -> None:
    course = new_course(system, "moodle")
    page = sign_in(course, "alice")
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open in new tab").click()
    tab = opened.value

    tab.get_by_role("button", name="Start the check").click()
    fill(tab)
    tab.get_by_role("button", name="Submit").click()

    expect(tab.locator("body")).to_contain_text("9 of 10 points so far")
    wait_for(lambda: course.score("alice"))


def test_a_frame_that_keeps_no_cookie_at_all_offers_a_new_tab(system: System, sign_in: SignIn) -> None:
    course = new_course(system, "moodle")  # its message hint works once only
    page = sign_in(course, "alice")
    page.route("**/lti/continue*", _without_cookies)
    page.reload()
    frame = page.frame_locator("#tool")

    with page.expect_popup() as opened:
        frame.get_by_role("link", name="Open in a new tab").click()

    expect(opened.value.get_by_role("button", name="Start the check")).to_be_visible()


def test_pages_of_a_growing_frame_begin_at_their_top_and_links_lead_to_their_question(
    system: System, sign_in: SignIn
) -> None:
    """The LMS's page scrolls, not the frame: each new page would begin where the last one was left."""
    page = sign_in(new_course(system), "alice")
    page.set_viewport_size({"width": 360, "height": 740})
    frame = page.frame_locator("#tool")
    frame.get_by_role("button", name="Start the check").click()
    frame.get_by_role("button", name="Submit").last.click()

    title = frame.get_by_role("heading", name="Submit your answers?")
    expect(title).to_be_in_viewport(ratio=1)
    frame.get_by_role("link", name="Question 7").click()
    expect(frame.locator("#q7-stem")).to_be_in_viewport(ratio=0.9)
    expect(frame.locator("#q7")).to_be_focused()


def test_two_students_in_one_browser_in_two_tabs_stay_apart(
    system: System, sign_in: SignIn, context: BrowserContext
) -> None:
    course = new_course(system)
    tabs = {name: _new_tab(sign_in(course, name)) for name in ("alice", "bob")}
    for tab in tabs.values():
        tab.bring_to_front()  # Chromium draws a tab that nobody sees about once a second
        tab.get_by_role("button", name="Start the check").click()
    answers = {"alice": RIGHT, "bob": ("Focus only on speed instead of judgment", *RIGHT[1:])}
    for name, tab in tabs.items():
        tab.bring_to_front()
        fill(tab, answers[name])
    for tab in tabs.values():
        tab.bring_to_front()
        tab.get_by_role("button", name="Submit").click()

    expect(tabs["alice"].locator("body")).to_contain_text("9 of 10 points so far")
    expect(tabs["bob"].locator("body")).to_contain_text("8 of 10 points so far")
    wait_for(lambda: course.score("alice") and course.score("bob"))
    assert (_final(course, "alice"), _final(course, "bob")) == (9.0, 8.0)


def test_reload_and_back_button_never_launch_twice_or_fail(system: System, sign_in: SignIn) -> None:
    tab = _new_tab(sign_in(new_course(system), "alice"))
    tab.get_by_role("button", name="Start the check").click()
    tab.locator("#q1").wait_for()

    tab.reload()
    expect(tab.locator("#q1")).to_be_visible()
    tab.go_back()
    expect(tab.locator("h1")).to_be_visible()
    expect(tab.get_by_role("link", name="Continue the check")).to_be_visible()


def _new_tab(page: Page) -> Page:
    with page.expect_popup() as opened:
        page.get_by_role("link", name="Open in new tab").click()
    opened.value.locator("h1").wait_for()
    return opened.value


def _without_cookies(route) -> None:  # type: ignore[no-untyped-def]
    headers = {name: value for name, value in route.request.headers.items() if name != "cookie"}
    answer = route.fetch(headers={**headers, "cookie": ""}, max_redirects=0)
    route.fulfill(response=answer)


def _final(course: Course, name: str) -> float:
    return float(course.score(name)["final"])
