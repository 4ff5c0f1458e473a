"""A teacher writes a question of every kind in the LMS; a learner answers all of it by keyboard alone."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, ConsoleMessage, Frame, Locator, Page, expect

from content import item_types
from tests import every_kind
from tests.axe import violations
from tests.browser.conftest import tool_frame
from tests.browser.keyboard import Keyboard
from tests.every_kind import PICTURE, PICTURE_TEXT, STEMS, TYPED
from tests.learner import Course, new_course
from tests.system import System, wait_for

SignIn = Callable[..., Page]
TITLE = "Every kind of question"
SCORED = [kind for kind in item_types.KINDS if item_types.get(kind).SCORED]
BY_PEOPLE = [kind for kind in SCORED if not item_types.get(kind).BY_RULE]
STORED = "SELECT kind, body FROM content_item WHERE quiz_id = %s"


@pytest.fixture
def errors(context: BrowserContext) -> list[str]:
    """What the pages complain of: scripts that fail, and what their policy of content forbids."""
    found: list[str] = []

    def said(message: ConsoleMessage) -> None:
        if message.type == "error":
            found.append(f"{message.text} {message.location}")

    context.on("console", said)
    context.on("weberror", lambda error: found.append(str(error.error)))
    return found


def test_every_kind_is_written_published_answered_by_keyboard_and_scored(
    system: System, sign_in: SignIn, context: BrowserContext, errors: list[str]
) -> None:
    course = new_course(system)
    teacher = sign_in(course, "tess", "instructor")
    teacher.goto(f"{system.sandbox_url}/courses/{course.id}")
    teacher.get_by_role("link", name=re.compile(r"^Add content from Assay( assay-sandbox)?$")).click()
    room = tool_frame(teacher)
    press(room, room.get_by_role("link", name="Write a new check"))
    room.get_by_label("Title of a new check").fill(TITLE)
    press(room, room.get_by_role("button", name="Write a new check"))
    room.get_by_label("Only its authors").check()  # else it stands in every picker of the tests that follow
    press(room, room.locator("#settings").get_by_role("button", name="Save"))
    beside = context.new_page()
    for kind in item_types.KINDS:
        write(room, kind, beside)
    assert stored(system, room) == {kind: every_kind.body(kind) for kind in item_types.KINDS}
    see_as_a_learner(room, beside)
    publish(room, beside)
    add_to_course(teacher, room)

    answer_by_keyboard(begin(system, sign_in(course, "alice"), course, context))

    alice = course.people["alice"]
    rows = wait_for(lambda: [row for row in system.sandbox.gradebook(course.id) if row["person"] == alice])
    assert [row["final"] for row in rows] == [len(SCORED) - len(BY_PEOPLE)]
    assert errors == []


# The writing room


def write(room: Frame, kind: str, beside: Page) -> None:
    """A new question of the kind, typed in as its table says, looked at with axe, saved and closed."""
    press(room, room.locator(f"button.kind[value={kind}]"))
    if kind == "hotspot":
        add_picture(editor(room))
    editor(room).locator("[name=stem]").fill(STEMS[kind])
    for number, fields in enumerate(TYPED[kind]):
        if number:
            press(room, editor(room).get_by_role("button", name="Save", exact=True))
        for name, values in fields.items():
            fill_in(editor(room), f"body-{name}", values)
    press(room, editor(room).get_by_role("button", name="Save", exact=True))
    expect(room.locator("[data-preview] .notice")).to_have_count(0)
    beside.goto(room.url)
    assert violations(beside) == [], kind
    press(room, editor(room).get_by_role("button", name="Save and close"))


def editor(room: Frame) -> Locator:
    return room.locator("#questions draft-saver form")


def press(room: Frame, button: Locator) -> None:
    """Press what leads to another page, and be there."""
    with room.expect_navigation():
        button.click()


def fill_in(form: Locator, name: str, values: list[str]) -> None:
    """The fields of this name in turn; where there are too few, the last list of them gets another row."""
    fields = form.locator(f"[name='{name}']")
    for at, value in enumerate(values):
        if fields.count() <= at:
            form.locator(f"[data-rows]:has([name='{name}'])").last.locator("[data-more]").click()
        field = fields.nth(at)
        shape = field.evaluate("field => field.type")
        if shape == "radio":
            form.locator(f"[name='{name}'][value='{value}']").check()
        elif shape.startswith("select"):
            field.select_option(value)
        elif shape != "hidden":
            field.fill(value)


def add_picture(form: Locator) -> None:
    form.get_by_text("Add a picture").click()
    form.get_by_label("Picture (PNG").set_input_files(as_file(PICTURE.name, PICTURE.content_type))
    form.locator("details.adding").get_by_label("The picture in words").fill(PICTURE_TEXT)
    form.get_by_role("button", name="Add the picture").click()
    expect(form.locator("[name=body-width]")).to_have_value(str(every_kind.WIDTH))


def as_file(name: str, content_type: str) -> Any:
    return {"name": name, "mimeType": content_type, "buffer": PICTURE.data}


def stored(system: System, room: Frame) -> dict[str, Any]:
    quiz = re.search(r"/checks/([^/]+)/", room.url)
    assert quiz
    return dict(system.query(STORED, quiz[1]))


def see_as_a_learner(room: Frame, beside: Page) -> None:
    press(room, room.get_by_role("link", name="View as a learner"))
    expect(room.locator("fieldset.question")).to_have_count(len(SCORED))
    beside.goto(room.url)
    assert violations(beside) == []


def publish(room: Frame, beside: Page) -> None:
    press(room, room.get_by_role("link", name="Check and publish"))
    expect(room.locator("body")).to_contain_text("Nothing stands in the way.")
    beside.goto(room.url)
    assert violations(beside) == []
    press(room, room.get_by_role("button", name="Publish"))


def add_to_course(teacher: Page, room: Frame) -> None:
    expect(room.get_by_role("checkbox", name=TITLE)).to_be_checked()
    room.get_by_role("button", name="Add").click()
    teacher.wait_for_url("**/selections/*")
    teacher.get_by_role("button", name="Add to course").click()
    teacher.wait_for_url("**/activities/*")


# The learner


def begin(system: System, page: Page, course: Course, context: BrowserContext) -> Page:
    """The player, in a tab of its own after a launch from the course."""
    page.goto(f"{system.sandbox_url}/courses/{course.id}")
    page.get_by_role("link", name=TITLE).click()
    launched = tool_frame(page)
    launched.get_by_role("button", name="Start the check").wait_for()
    player = context.new_page()
    player.goto(launched.url)
    keyboard = Keyboard(player)
    keyboard.reach(player.get_by_role("button", name="Start the check"))
    keyboard.press("Enter")
    player.locator("fieldset.question").first.wait_for()
    return player


def answer_by_keyboard(player: Page) -> None:
    """Every question, from the first Tab to the result."""
    assert violations(player) == []
    expect(player.locator("fieldset.question")).to_have_count(len(SCORED))
    expect(player.locator(".between")).to_have_text("The next questions are about plants.")
    keyboard = Keyboard(player)
    for position, kind in enumerate(SCORED, start=1):
        ANSWERED[kind](keyboard, player.locator(f"#q{position}"))
        if kind != "file_upload":  # which comes with the form
            expect(player.locator(f"#q{position} .saved"), kind).to_contain_text("Saved")
    keyboard.reach(player.get_by_role("button", name="Submit"))
    keyboard.press("Enter")
    by_rule = len(SCORED) - len(BY_PEOPLE)
    expect(player.locator("body")).to_contain_text(f"{by_rule} of {len(SCORED)} points so far")
    expect(player.locator("#gradebook")).to_contain_text("In your gradebook since")
    assert violations(player) == []


def keys(*pressed: str) -> Callable[[Keyboard, Locator], None]:
    """From the first field of the question on."""

    def answered(keyboard: Keyboard, question: Locator) -> None:
        keyboard.reach(question.locator("input:not([type=hidden]), select, textarea").first)
        keyboard.press(*pressed)

    return answered


def put_in_order(keyboard: Keyboard, question: Locator) -> None:
    """Each entry gets its position; learners see them in another order each."""
    for position, text in enumerate(TYPED["ordering"][0]["entry-text"], start=1):
        keyboard.reach(question.get_by_label(f"Position of: {text}", exact=True))
        keyboard.press(str(position))


def hand_in(keyboard: Keyboard, question: Locator) -> None:
    """The browser's own window to choose a file is not a part of the page."""
    field = question.locator("input[type=file]")
    keyboard.reach(field)
    field.set_input_files(as_file("plant.png", "image/png"))


ANSWERED: dict[str, Callable[[Keyboard, Locator], None]] = {
    "choice": keys("Space", "ArrowDown"),
    "true_false": keys("Space"),
    "multiple_response": keys("Space", "Tab", "Tab", "Space"),
    "short_text": keys(*"Paris"),
    "numeric": keys(*"12.5"),
    "matching": keys(*"Ca", "Tab", *"Ch"),
    "ordering": put_in_order,
    "cloze": keys("g", "Tab", "3", "Tab", *"light"),
    "hotspot": keys("Space"),
    "open_text": keys(*"Light and water"),
    "file_upload": hand_in,
}
