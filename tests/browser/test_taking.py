"""Time, one question at a time and the bar in a tall frame, in a real browser. The page's clock is stopped."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from playwright.sync_api import Error as PlaywrightError

from tests.axe import violations
from tests.browser.conftest import tool_frame
from tests.learner import RIGHT, Course, new_course
from tests.system import System, wait_for

MORE_TIME = (
    "from assessment.models import Attempt; from assessment.placement import accommodations;"
    "found = Attempt.objects.select_related('assignment', 'person').get(pk='{}');"
    "accommodations.give(assignment=found.assignment, person=found.person, extra_minutes=10)"
)
TAKEN = "select jsonb_array_length(extensions) from assessment_attempt where id = %s"
TEXT = "select r.answer->>'text' from assessment_response r where r.attempt_id = %s and r.answer ? 'text'"


@pytest.fixture
def course(system: System) -> Course:
    return new_course(system)


@pytest.fixture
def begin(course: Course, context: BrowserContext, system: System) -> Callable[..., Page]:
    """Alice's player, with these settings of the assignment; the test can let its clock run ahead."""

    def begun(**policy: object) -> Page:
        page = context.new_page()
        page.clock.install()
        page.goto(course.launch("alice").page.url)
        for name, value in policy.items():
            system.query(
                f"update assessment_assignment set {name} = %s where id ="
                " (select id from assessment_assignment order by created_at desc limit 1) returning 1",
                value,
            )
        page.get_by_role("button", name="Start the check").click()
        page.locator("#q1").wait_for()
        return page

    return begun


def attempt_of(page: Page) -> str:
    return page.url.split("/attempts/")[1].split("/")[0]


def set_deadline(system: System, page: Page, seconds: int) -> None:
    """So many seconds from now, by the server's clock."""
    system.query(
        "update assessment_attempt set deadline_at = now() + %s * interval '1 second' where id = %s returning 1",
        seconds,
        attempt_of(page),
    )


def beat(page: Page) -> None:
    """Let four seconds pass on the page, and its question to the server be answered."""
    with page.expect_response("**/clock"):
        page.clock.run_for(4_000)


def test_time_is_shown_on_demand_and_counts_down(begin: Callable[..., Page]) -> None:
    page = begin(time_limit=30)
    left = page.locator("[data-left]")
    expect(left).to_be_hidden()
    page.get_by_role("button", name="Show time").click()
    expect(left).to_be_visible()
    before = left.inner_text()
    page.clock.run_for(60_000)
    assert int(before.split(":")[0]) - int(left.inner_text().split(":")[0]) >= 1
    assert violations(page) == []
    page.get_by_role("button", name="Hide time").click()
    expect(left).to_be_hidden()


def test_a_browser_clock_that_is_years_off_changes_nothing(begin: Callable[..., Page]) -> None:
    page = begin(time_limit=30)
    page.clock.set_system_time(0)
    page.reload()
    page.get_by_role("button", name="Show time").click()
    minutes = int(page.locator("[data-left]").inner_text().split(":")[0])
    assert 20 <= minutes <= 30


def test_end_is_announced_at_five_minutes_and_at_one(begin: Callable[..., Page], system: System) -> None:
    page = begin(time_limit=30)
    set_deadline(system, page, 400)
    beat(page)
    news = page.locator("[data-news]")
    expect(news).to_have_text("Your teacher changed when your time ends.")
    assert news.get_attribute("role") == "status"
    page.clock.run_for(110_000)
    expect(news).to_have_text("5 minutes left")
    page.clock.run_for(60_000)
    expect(news).to_be_empty()
    page.clock.run_for(180_000)
    expect(news).to_have_text("1 minute left")


def test_learner_takes_more_time_in_the_last_minute_by_space(begin: Callable[..., Page], system: System) -> None:
    page = begin(time_limit=30, extensions=10)
    more = page.get_by_role("button", name="Take 5 more minutes")
    expect(more).to_be_hidden()
    set_deadline(system, page, 90)
    beat(page)
    page.locator("#q1 input").first.focus()
    page.clock.run_for(40_000)
    expect(page.locator("[data-news]")).to_have_text("1 minute left. You can take more time.")
    page.clock.run_for(21_000)
    expect(more).to_be_visible()
    assert violations(page) == []
    more.focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-news]")).to_have_text("You have more time.")
    expect(more).to_be_hidden()
    expect(page.locator("#q1 input").first).to_be_focused()
    assert system.query(TAKEN, attempt_of(page)) == [(1,)]


def test_more_time_from_a_teacher_is_there_within_five_seconds(begin: Callable[..., Page], system: System) -> None:
    page = begin(time_limit=30)
    page.get_by_role("button", name="Show time").click()
    system.manage("shell", "-c", MORE_TIME.format(attempt_of(page)))

    beat(page)

    expect(page.locator("[data-news]")).to_have_text("Your teacher gave you more time.")
    assert int(page.locator("[data-left]").inner_text().split(":")[0]) >= 31


def test_at_the_end_the_page_saves_what_it_has_and_hands_in(begin: Callable[..., Page], system: System) -> None:
    page = begin(time_limit=30)
    attempt = attempt_of(page)
    system.query("update assessment_attempt set grace = 3600 where id = %s returning 1", attempt)  # no sweeper comes
    set_deadline(system, page, -1)
    page.locator("#q8 textarea").fill("Typed, and not sent yet")
    beat(page)
    with suppress(PlaywrightError):  # after a quick answer it is on its way to the result already
        page.clock.run_for(4_000)

    expect(page.get_by_role("heading", name="Your result")).to_be_visible()
    expect(page.locator("body")).to_contain_text("Your time was over")
    assert system.query(TEXT, attempt) == [("Typed, and not sent yet",)]


def test_a_page_that_stays_open_shows_what_the_server_handed_in(begin: Callable[..., Page], system: System) -> None:
    page = begin(time_limit=30, grace=0)
    attempt = attempt_of(page)
    page.get_by_label(RIGHT[0], exact=True).check()
    page.clock.run_for(10)
    expect(page.locator("#q1 .saved")).to_contain_text("Saved")
    set_deadline(system, page, -60)
    wait_for(lambda: system.query("select 1 from assessment_attempt where id = %s and state <> 'in_progress'", attempt))

    beat(page)

    expect(page.locator("body")).to_contain_text("This attempt has already been submitted")


def test_without_a_limit_the_server_is_never_asked_for_the_time(begin: Callable[..., Page]) -> None:
    page = begin()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.clock.run_for(60_000)
    expect(page.locator("time-left")).to_be_hidden()
    assert not [url for url in asked if url.endswith("/clock")]


def test_one_question_at_a_time_by_keyboard_alone(begin: Callable[..., Page], system: System) -> None:
    page = begin(one_at_a_time=True)
    page.clock.resume()
    for number in range(1, 4):
        expect(page.locator(f"#q{number}")).to_be_visible()
        assert page.locator("fieldset.question").count() == 1
        page.locator(f"#q{number} input[type=radio]").first.focus()
        page.keyboard.press("Space")
        page.keyboard.press("Tab")
        while page.evaluate("document.activeElement.textContent.trim()") != "Next question":
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
    expect(page.locator("#q4")).to_be_visible()
    expect(page.locator("[data-answered]")).to_have_text("3")
    assert violations(page) == []
    page.locator("#q4 input").first.check()
    expect(page.locator("[data-answered]")).to_have_text("4")
    page.locator(".steps button").first.click()
    expect(page.locator("#q1 input").first).to_be_checked()


def test_bar_is_at_the_question_in_sight_in_a_frame_as_high_as_its_page(
    system: System, sign_in: Callable[..., Page]
) -> None:
    page = sign_in(new_course(system), "alice")
    frame = tool_frame(page)
    frame.get_by_role("button", name="Start the check").click()
    frame.locator("#q10").wait_for()
    wait_for(lambda: frame.evaluate("document.documentElement.scrollHeight <= innerHeight + 40"))
    for number in (6, 9, 3):
        question = frame.locator(f"#q{number}")
        question.evaluate("one => one.scrollIntoView({block: 'center', behavior: 'instant'})")
        wait_for(lambda: is_in_window(page, frame.locator(".bar").bounding_box()))
        assert is_in_window(page, question.bounding_box())
    page.evaluate("scrollTo(0, 0)")
    wait_for(lambda: frame.evaluate("document.querySelector('.bar').style.translate === ''"))


def is_in_window(page: Page, box: object) -> bool:
    assert isinstance(box, dict)
    assert page.viewport_size
    return box["y"] + box["height"] > 0 and box["y"] < page.viewport_size["height"]


def test_receipt_pages_are_accessible(course: Course, context: BrowserContext) -> None:
    alice = course.launch("alice")
    alice.start()
    alice.submit()
    result = alice.result().url
    page = context.new_page()
    page.goto(result)
    receipt = page.locator("code").inner_text()
    assert violations(page) == []
    page.goto(course.launch("tess", "instructor").page.url)
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Check a receipt").click()
    page.get_by_label("Receipt").fill(receipt)
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("status")).to_contain_text("This receipt is genuine.")
    assert violations(page) == []
