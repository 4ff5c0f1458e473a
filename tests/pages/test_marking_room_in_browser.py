"""The marking room in Chromium: forty answers by keyboard alone, sums of credits, no connection, narrow and wide."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from assessment import access, review
from assessment.models import Mark, MarkedBy, Response
from assessment.reviewing import comments, second_looks, second_marks
from lti.models import Launch
from roster.models import Role
from tests.axe import violations
from tests.cast import NOW, Cast, all_right, at, hand_in, make_cast, make_launch, make_person, open_body, published_quiz
from tests.pages.conftest import key_of, take_picture
from tests.patience import PATIENCE

MANY = 40
RUBRIC = [
    {"level": "full", "idea": "Checks it against a source that others wrote.", "example": "I look it up elsewhere."},
    {"level": "half", "idea": "Names a source.", "example": "Wikipedia"},
    {"level": "half", "idea": "Says what would prove it wrong.", "example": ""},
    {"level": "none", "idea": "Trusts the tone of the answer.", "example": "It sounded sure."},
]


@pytest.fixture
def acting(chromium: Browser, transactional_db: None) -> Cast:
    return make_cast(quiz=published_quiz("the-check", q8={"body": open_body() | {"rubric": RUBRIC}, "points": 2}))


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE * 1000)
    yield context.new_page()
    context.close()


def sit(cast: Cast, name: str, text: str, second: int) -> Response:
    link = cast.assignment.resource_link
    hand_in(make_launch(link, make_person(link, name)), at(second), **all_right(q8=text))
    return access.waiting_responses(cast.tess).get(attempt__person__name=name)


def opened(page: Page, live_server: LiveServer, launch: Launch, path: str) -> str:
    base = f"{live_server.url}/s/{key_of(launch)}"
    page.goto(base + path)
    return base


def by_person() -> Any:
    return Mark.objects.filter(by=MarkedBy.PERSON)


def test_forty_answers_are_marked_by_keyboard_alone(acting: Cast, page: Page, live_server: LiveServer) -> None:
    found = [sit(acting, f"Learner {n}", f"My source number {n}", n) for n in range(MANY)]
    base = opened(page, live_server, acting.tess, f"/review/{found[0].pk}/")
    page.evaluate("document.body.id = 'never-left'")
    wanted = {}
    for number, response in enumerate(found):
        expect(page.locator("[data-progress]")).to_have_text(f"{number} of {MANY} marked")
        expect(page.locator("[data-start]")).to_have_text(f"Answer {number + 1} of {MANY}")
        key = "123"[number % 3]
        page.keyboard.press(key)
        expect(page.locator(f"[data-key='{key}']")).to_be_checked()
        page.keyboard.press("Enter")
        wanted[response.pk] = Decimal(2 - number % 3)
    page.wait_for_url(f"{base}/review/?saved=1")

    assert not access.waiting_responses(acting.tess).exists()
    assert dict(by_person().values_list("response", "points")) == wanted


def test_keys_undo_go_back_and_forth_and_never_act_while_somebody_writes(
    acting: Cast, page: Page, live_server: LiveServer
) -> None:
    found = [sit(acting, f"Learner {n}", f"My source number {n}", n) for n in range(3)]
    opened(page, live_server, acting.tess, f"/review/{found[0].pk}/")
    start = page.locator("[data-start]")
    page.keyboard.press("j")
    expect(start).to_have_text("Answer 2 of 3")
    page.keyboard.press("k")
    expect(start).to_have_text("Answer 1 of 3")
    page.keyboard.press("n")
    expect(page.locator("#note")).to_be_focused()
    page.keyboard.type("j 1 u")
    page.keyboard.press("Escape")
    expect(start).to_be_focused()
    expect(page.locator("#note")).to_have_value("j 1 u")
    expect(page.locator("[data-key='1']")).not_to_be_checked()
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    expect(start).to_have_text("Answer 2 of 3")
    assert by_person().get().note == "j 1 u"

    page.keyboard.press("u")

    expect(page.get_by_text("Your last mark is undone.")).to_be_visible()
    expect(start).to_have_text("Answer 1 of 3")
    assert not by_person().exists()

    page.get_by_role("button", name="Turn single-key shortcuts off").click()
    expect(page.get_by_role("button", name="Turn single-key shortcuts on")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("j")
    expect(page.locator("[data-key='1']")).not_to_be_checked()
    expect(start).to_have_text("Answer 1 of 3")


def test_ideas_add_up_a_whole_credit_stands_alone_and_written_points_replace_both(
    acting: Cast, page: Page, live_server: LiveServer
) -> None:
    only = sit(acting, "Ann", "My source", 0)
    opened(page, live_server, acting.tess, f"/review/{only.pk}/")
    total, points = page.locator("[data-sum] output"), page.get_by_label("Other points, 0 to 2")
    names, proves = page.get_by_label("Names a source."), page.get_by_label("Says what would prove it wrong.")
    names.check()
    expect(total).to_have_text("1")
    proves.check()
    expect(total).to_have_text("2")
    page.get_by_label("No credit").check()
    expect(total).to_have_text("0")
    expect(names).not_to_be_checked()
    points.fill("0.25")
    expect(page.get_by_label("No credit")).not_to_be_checked()
    names.check()
    expect(points).to_have_value("")
    points.fill("0.25")
    page.get_by_role("button", name="Save").click()
    page.wait_for_url("**/review/?saved=1")
    assert by_person().get().points == Decimal("0.25")


def test_mark_that_cannot_be_sent_stays_in_the_form(acting: Cast, page: Page, live_server: LiveServer) -> None:
    sit(acting, "Ann", "My source", 0)
    sit(acting, "Ben", "Another", 1)
    first = access.waiting_responses(acting.tess)[0]
    opened(page, live_server, acting.tess, f"/review/{first.pk}/")
    page.keyboard.press("Enter")
    expect(page.locator(".errors[tabindex]")).to_contain_text("Choose how much credit the answer earns.")
    page.locator("#note").fill("A note")
    page.keyboard.press("Escape")
    page.keyboard.press("1")
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.get_by_text("No connection: the mark is not saved.")).to_be_visible()
    expect(page.locator("#note")).to_have_value("A note")
    page.context.set_offline(False)
    page.keyboard.press("Enter")
    expect(page.locator("[data-start]")).to_have_text("Answer 2 of 2")
    assert by_person().get().note == "A note"


@pytest.mark.parametrize(("width", "scheme"), [(390, "light"), (1280, "light"), (1280, "dark")])
def test_room_fits_the_window_and_everybody_can_use_it(
    acting: Cast, chromium: Browser, live_server: LiveServer, width: int, scheme: Any
) -> None:
    link = acting.assignment.resource_link
    uli = make_launch(link, make_person(link, "Uli Second"), Role.INSTRUCTOR)
    second_marks.set_share(assignment=acting.assignment, percent=100, now=NOW)
    found = [sit(acting, f"Learner {n}", f"Checked it, in source {n % 3}.", n) for n in range(8)]
    for n, response in enumerate(found[:4]):
        review.confirm(response=response, points=Decimal(n % 3), note="Well.", by=acting.tess.person, now=at(10))
        second_marks.give(response=response, points=Decimal(n // 2), by=uli.person, now=at(20)) if n < 3 else None
    second_looks.ask(response=found[0], text="I did name a source, in the second sentence.", now=at(30))
    comments.save(person=acting.tess.person, item=found[0].item_version.item, text="Which source?", now=NOW)
    context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    context.set_default_timeout(PATIENCE * 1000)
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    base, other = (f"{live_server.url}/s/{key_of(launch)}" for launch in (acting.tess, uli))
    paths = {
        "queue": f"{base}/review/",
        "answer": f"{base}/review/{found[4].pk}/",
        "asked": f"{base}/review/{found[0].pk}/?show=asked",
        "differ": f"{base}/review/{found[1].pk}/?show=differ",
        "second": f"{other}/review/{found[3].pk}/?show=second",
        "attempt": f"{base}/class/attempts/{found[0].attempt_id}",
        "class": f"{base}/class/",
    }
    for name, path in paths.items():
        page.goto(path)
        expect(page.locator("h1").first).to_be_visible()
        take_picture(page, f"room-{name}-{width}-{scheme}")
        page.evaluate("scrollTo(0, document.body.scrollHeight)")  # there the bar with *Save* covers no option
        faults += [f"{name}: {fault}" for fault in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth") > width:
            faults.append(f"{name} scrolls sideways")
    context.close()
    assert faults == []


def test_learner_asks_for_a_second_look_in_the_browser(acting: Cast, page: Page, live_server: LiveServer) -> None:
    hand_in(acting.alice, **all_right(q8="My source"))
    response = access.waiting_responses(acting.tess).get()
    review.confirm(response=response, points=Decimal(1), note="Half.", by=acting.tess.person, now=at(10))
    opened(page, live_server, acting.alice, f"/attempts/{response.attempt_id}/result")
    page.get_by_text("Ask for a second look").click()
    page.get_by_label("What should your teacher look at again?").fill("It is in the second sentence.")
    assert violations(page) == []
    take_picture(page, "room-learner")
    page.get_by_role("button", name="Send to your teacher").click()
    expect(page.get_by_text(re.compile("Your teacher sees that you ask"))).to_be_visible()
    expect(page.locator("#q8")).to_contain_text("It is in the second sentence.")
    assert violations(page) == []
