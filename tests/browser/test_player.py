"""Answering in a real browser: saving, losing the connection, coming back."""

import re

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, Route, expect

from tests.browser.conftest import fill
from tests.learner import RIGHT, Course, new_course
from tests.system import System, wait_for

SAVED = (
    "select count(*) from assessment_response r join assessment_attempt a on a.id = r.attempt_id"
    " where a.id = %s and r.answer <> '{}'"
)
TEXT = "select r.answer->>'text' from assessment_response r where r.attempt_id = %s and r.answer ? 'text'"


@pytest.fixture
def course(system: System) -> Course:
    return new_course(system)


@pytest.fixture
def player(course: Course, context: BrowserContext) -> Page:
    """The player of a new attempt, in a tab of its own."""
    page = context.new_page()
    page.goto(course.launch("alice").page.url)
    page.get_by_role("button", name="Start the check").click()
    page.locator("#q10").wait_for()
    return page


def test_every_answer_is_saved_as_it_is_given(player: Page, system: System) -> None:
    fill(player)

    for number in range(1, 11):
        expect(player.locator(f"#q{number} .saved")).to_contain_text("Saved")
    expect(player.locator("[data-answered]")).to_have_text("10")
    assert system.query(SAVED, _attempt(player)) == [(10,)]


def test_saving_speaks_the_language_of_the_launch(course: Course, context: BrowserContext, system: System) -> None:
    course.people["heidi"] = system.sandbox.add_person(
        f"heidi-{course.id}", course=course.id, role="learner", given_name="Heidi", family_name="Tester", locale="de_CH"
    )
    page = context.new_page()
    page.goto(course.launch("heidi").page.url)
    page.get_by_role("button", name="Test beginnen").click()
    page.get_by_label(RIGHT[0], exact=True).check()

    expect(page.locator("#q1 .saved")).to_have_text(re.compile(r"^Gespeichert \d\d:\d\d$"))
    context.set_offline(True)
    page.get_by_label(RIGHT[1], exact=True).check()
    expect(page.locator("[data-trouble]")).to_contain_text("Keine Verbindung. Ihre Antworten bleiben hier erhalten")
    expect(page.locator("#q2 .saved")).to_have_text("Noch nicht gespeichert")


def test_an_answer_given_before_the_script_has_come_is_saved(player: Page, system: System) -> None:
    player.route("**/save.js", lambda route: (player.wait_for_timeout(700), route.continue_()))
    player.reload(wait_until="commit")
    player.get_by_label(RIGHT[0], exact=True).check()

    expect(player.locator("#q1 .saved")).to_contain_text("Saved")
    assert system.query(SAVED, _attempt(player)) == [(1,)]


def test_an_answer_given_without_connection_is_kept_and_sent_later(
    player: Page, context: BrowserContext, system: System
) -> None:
    context.set_offline(True)
    fill(player, (*RIGHT[:3], *[""] * 7))
    expect(player.locator("[data-trouble]")).to_contain_text("No connection. Your answers are kept here")
    assert system.query(SAVED, _attempt(player)) == [(0,)]

    context.set_offline(False)

    expect(player.locator("#q3 .saved")).to_contain_text("Saved")
    expect(player.locator("[data-trouble]")).to_be_empty()
    assert system.query(SAVED, _attempt(player)) == [(3,)]


def test_an_answer_that_was_never_sent_survives_a_reload(player: Page, context: BrowserContext, system: System) -> None:
    player.route("**/responses", lambda route: route.abort())
    fill(player, (RIGHT[0], *[""] * 9))
    expect(player.locator("[data-trouble]")).to_contain_text("No connection")
    player.unroute("**/responses")
    player.on("dialog", lambda dialog: dialog.accept())

    player.reload()

    expect(player.get_by_label(RIGHT[0], exact=True)).to_be_checked()
    wait_for(lambda: system.query(SAVED, _attempt(player)) == [(1,)])


def test_an_answer_that_overtakes_a_slow_one_is_kept_as_it_is_typed_on(player: Page, system: System) -> None:
    held: list[Route] = []

    def hold_the_first(route: Route) -> None:
        if held:
            route.continue_()
        else:
            held.append(route)

    player.route("**/responses", hold_the_first)
    box = player.locator("#q8 textarea")
    box.press_sequentially("First")
    while not held:
        player.wait_for_timeout(50)
    box.press_sequentially(" second")
    player.evaluate("dispatchEvent(new Event('pagehide'))")  # the page is left, and comes back
    while system.query(SAVED, _attempt(player)) != [(1,)]:
        player.wait_for_timeout(50)
    box.press_sequentially(" third")
    held[0].continue_()

    while system.query(TEXT, _attempt(player)) != [("First second third",)]:
        player.wait_for_timeout(50)
    expect(player.locator("#q8 .saved")).to_contain_text("Saved")
    expect(box).to_have_value("First second third")


def test_what_two_windows_could_not_send_is_kept_of_both(player: Page, context: BrowserContext, system: System) -> None:
    other = context.new_page()
    other.goto(player.url)
    other.locator("#q10").wait_for()
    for page in (player, other):
        page.route("**/responses", lambda route: route.abort())
        page.on("dialog", lambda dialog: dialog.accept())
    player.locator("#q8 textarea").press_sequentially("My long answer")
    other.get_by_label(RIGHT[0], exact=True).check()
    address = player.url
    for page in (player, other):
        expect(page.locator("[data-trouble]")).to_contain_text("No connection")
        page.goto("about:blank")

    back = context.new_page()
    back.goto(address)

    expect(back.locator("#q8 textarea")).to_have_value("My long answer")
    expect(back.get_by_label(RIGHT[0], exact=True)).to_be_checked()
    wait_for(lambda: system.query(SAVED, _attempt(back)) == [(2,)])


def test_submitting_without_connection_says_so_and_loses_nothing(
    player: Page, context: BrowserContext, course: Course
) -> None:
    fill(player)
    context.set_offline(True)
    player.get_by_role("button", name="Submit").click()
    expect(player.locator("[data-trouble]")).to_contain_text("nothing has been submitted yet")
    said, pressed = player.locator("[data-trouble-below] .notice"), player.get_by_role("button", name="Submit")
    expect(said).to_contain_text("nothing has been submitted yet")
    assert apart(pressed, said) < 100, "a frame as high as its page does not scroll to the bar"

    context.set_offline(False)
    player.get_by_role("button", name="Submit").click()

    expect(player.locator("body")).to_contain_text("9 of 10 points so far")
    wait_for(lambda: course.score("alice"))


def test_what_is_not_saved_any_more_is_marked_where_it_is_answered(player: Page) -> None:
    fill(player, (RIGHT[0], *[""] * 9))
    expect(player.locator("#q1 .saved")).to_contain_text("Saved")
    player.route("**/responses", lambda route: route.fulfill(status=410, content_type="application/json", body="{}"))
    player.get_by_label("Avoid checking the answer once it sounds polished", exact=True).check()

    expect(player.locator("#q1 .saved")).to_contain_text("Not saved. Your session has ended.")
    player.locator("#q2 input").first.check()
    expect(player.locator("#q2 .saved")).to_contain_text("Not saved. Your session has ended.")
    expect(player.locator("[data-trouble-below]")).to_contain_text("Your session has ended.")


def test_what_is_answered_after_another_window_submitted_is_marked(player: Page, context: BrowserContext) -> None:
    fill(player)
    other = context.new_page()
    other.goto(player.url)
    expect(player.locator("#q10 .saved")).to_contain_text("Saved")
    other.get_by_role("button", name="Submit").click()
    expect(other.locator("body")).to_contain_text("points so far")

    player.get_by_label("Avoid checking the answer once it sounds polished", exact=True).check()

    expect(player.locator("#q1 .saved")).to_contain_text("Not saved. This attempt has already been submitted")
    player.locator("[data-trouble-below]").get_by_role("link", name="See the result").click()
    expect(player.locator("body")).to_contain_text("9 of 10 points so far")


@pytest.mark.parametrize("trouble", ["begins", "ends"])
def test_press_on_submit_counts_whatever_appears_at_that_moment(player: Page, trouble: str) -> None:
    """What appears above or below moves the button: not between press and release, also soon after another press."""
    player.clock.install()
    player.reload()
    fill(player)
    player.set_viewport_size({"width": 1000, "height": 7_000})  # as in a frame of full height
    expect(player.locator("#q10 .saved")).to_contain_text("Saved")
    held: list[Route] = []
    player.route("**/responses", lambda route: held.append(route))
    player.locator("#q8 textarea").press_sequentially("x")
    if trouble == "ends":
        busy(asked(player, held))
        expect(player.locator("[data-trouble-below] .notice")).to_be_visible()
    player.clock.pause_at(player.evaluate("Date.now() + 5000"))
    player.locator("#q8 textarea").click()
    player.clock.run_for(2_000)
    box = player.get_by_role("button", name="Submit").bounding_box()
    assert box
    player.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    player.mouse.down()
    player.clock.run_for(2_000)
    route = asked(player, held)
    if trouble == "begins":
        busy(route)
    else:
        route.continue_()
    player.evaluate("document.querySelector('answer-saver').sending")
    player.unroute("**/responses")
    player.mouse.up()

    expect(player.get_by_role("heading", name="Your result")).to_be_visible()


def asked(page: Page, held: list[Route]) -> Route:
    """The next request to save, held until it is answered."""
    while not held:
        page.wait_for_timeout(100)
    return held.pop()


def busy(route: Route) -> None:
    route.fulfill(status=503, content_type="application/json", body="{}")


def test_what_is_typed_after_the_visit_ended_is_there_on_the_next(player: Page) -> None:
    player.route("**/responses", lambda route: route.fulfill(status=410, content_type="application/json", body="{}"))
    text = player.locator("#q8 textarea")
    text.fill("First half.")
    expect(player.locator("#q8 .saved")).to_contain_text("Not saved. Your session has ended.")
    text.fill("First half. Second half.")
    player.unroute("**/responses")
    player.reload()

    expect(text).to_have_value("First half. Second half.")
    expect(player.locator("#q8 .saved")).to_contain_text("Saved")


def apart(first: Locator, second: Locator) -> float:
    """Pixels between the two, from the one's end to the other's beginning."""
    above, below = first.bounding_box(), second.bounding_box()
    assert above
    assert below
    return below["y"] - above["y"] - above["height"]


def test_a_newer_answer_from_another_window_is_not_overwritten(player: Page, context: BrowserContext) -> None:
    other = context.new_page()
    other.goto(player.url)
    fill(player, ("Focus only on speed instead of judgment", *[""] * 9))
    expect(player.locator("#q1 .saved")).to_contain_text("Saved")
    player.get_by_label("Avoid checking the answer once it sounds polished", exact=True).check()
    expect(player.locator("#q1 .saved")).to_contain_text("Saved")

    fill(other, (RIGHT[0], *[""] * 9))

    expect(other.locator("#q1 .saved")).to_contain_text("You changed this answer in another window")
    other.reload()
    expect(other.get_by_label("Avoid checking the answer once it sounds polished", exact=True)).to_be_checked()


def test_the_whole_check_works_by_keyboard_alone(player: Page) -> None:
    player.locator("#q1 input").first.focus()
    player.keyboard.press("Space")
    player.keyboard.press("ArrowDown")
    expect(player.locator("#q1 input").nth(1)).to_be_checked()
    player.keyboard.press("Tab")
    assert player.evaluate("document.activeElement.closest('fieldset').id") == "q2"
    player.keyboard.press("Space")
    player.keyboard.press("Enter")
    expect(player.locator("#q2 .saved")).to_contain_text("Saved")
    expect(player.locator("#q2 input").first).to_be_focused()


def test_the_check_works_without_script(course: Course, chromium) -> None:  # type: ignore[no-untyped-def]
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(course.launch("bob").page.url)
    page.get_by_role("button", name="Start the check").click()
    fill(page)
    page.get_by_role("button", name="Submit").click()
    wait_for(lambda: course.score("bob"))
    page.reload()
    expect(page.locator("body")).to_contain_text("9 of 10 points so far")
    context.close()


SECONDS = "select position, seconds from assessment_response where attempt_id = %s and seconds > 0 order by position"


def test_time_on_a_question_is_the_time_it_was_in_sight(player: Page, system: System) -> None:
    """By a stopped clock, and the server is made to believe that enough time has passed."""
    player.clock.install()
    player.reload()
    player.clock.pause_at(player.evaluate("Date.now() + 1000"))
    player.evaluate("document.querySelectorAll('fieldset').forEach((each) => { each.style.minHeight = '200vh'; })")
    in_sight(player, 1)
    start_counting(player, system)
    player.clock.run_for(7_000)
    in_sight(player, 2)
    player.clock.run_for(12_000)
    player.evaluate("Object.defineProperty(document, 'hidden', {value: true, configurable: true})")
    player.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    wait_for(lambda: system.query(SECONDS, _attempt(player)) == [(1, 7), (2, 12)])
    player.clock.run_for(60_000)  # in another tab
    player.evaluate("delete document.hidden; document.dispatchEvent(new Event('visibilitychange'))")
    player.clock.run_for(5_000)
    player.locator("#q2 input").first.check()
    player.clock.run_for(1_000)

    wait_for(lambda: system.query(SECONDS, _attempt(player)) == [(1, 7), (2, 17)])


def test_time_that_never_reached_the_server_goes_with_the_next_save(player: Page, system: System) -> None:
    player.clock.install()
    player.reload()
    player.clock.pause_at(player.evaluate("Date.now() + 1000"))
    in_sight(player, 1)
    start_counting(player, system)
    player.route("**/responses", lambda route: route.abort())
    player.clock.run_for(9_000)
    player.locator("#q1 input").first.check()
    player.clock.run_for(100)
    expect(player.locator("[data-trouble]")).to_contain_text("No connection")
    player.unroute("**/responses")
    player.clock.run_for(40_000)

    expect(player.locator("#q1 .saved")).to_contain_text("Saved")
    [(_, counted)] = [row for row in system.query(SECONDS, _attempt(player)) if row[0] == 1]
    assert counted >= 9


def in_sight(page: Page, number: int) -> None:
    """Scroll there, and wait until the page has seen it."""
    page.evaluate(f"document.querySelector('#q{number}').scrollIntoView({{block: 'start', behavior: 'instant'}})")
    item = page.locator(f"#q{number}").get_attribute("data-item")
    page.wait_for_function(
        "item => { const sight = document.querySelector('answer-saver').sight.inSight; return sight.has(item) }",
        arg=item,
    )


def start_counting(page: Page, system: System) -> None:
    """From 0, in an attempt that began an hour ago."""
    page.evaluate("document.querySelector('answer-saver').sight.take([])")
    page.evaluate("document.querySelector('answer-saver').sight.spent.clear()")
    earlier = "interval '1 hour' where {} = %s returning 1"
    system.query(f"update assessment_attempt set started_at = started_at - {earlier.format('id')}", _attempt(page))
    system.query(
        f"update assessment_response set seconds = 0, saved_at = saved_at - {earlier.format('attempt_id')}",
        _attempt(page),
    )


def _attempt(page: Page) -> str:
    return page.url.split("/attempts/")[1].split("/")[0]
