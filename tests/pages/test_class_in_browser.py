"""The class page of 300 learners in Chromium, wide and on a phone, and what it does by itself."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from assessment.samples import filling
from roster.models import Role
from tests.axe import violations
from tests.cast import Cast, all_right, begin, hand_in
from tests.pages.conftest import key_of, take_picture
from tests.pages.test_class_filter import make_class
from tests.pages.test_class_list import place


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_pages_of_three_hundred_learners_fit_the_window_and_show_first_what_matters(
    acting: Cast, page: Page, live_server: LiveServer, width: int, height: int
) -> None:
    place(acting.tess, acting.tess.person, Role.INSTRUCTOR)
    make_class(acting, 280)
    people = filling.enrol(assignment=acting.assignment, people=filling.names(20), now=timezone.now())
    filling.fill(assignment=acting.assignment, people=people, seed=1, now=timezone.now())
    learner = people[0].pk
    base = f"{live_server.url}/s/{key_of(acting.tess)}"
    page.set_viewport_size({"width": width, "height": height})
    listed = "/class/?show=submitted&sort=-score&q=learner"
    for at, path in enumerate(("/class/", listed, f"/class/people/{learner}/", "/courses/")):
        page.goto(base + path)
        take_picture(page, f"{at}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []

    page.goto(f"{base}/class/")
    tiles = page.get_by_role("navigation", name="Learners by state")
    assert tiles.get_by_role("link").count() == 4
    for place_ in (tiles, page.get_by_role("heading", name="Needs attention")):
        box = place_.bounding_box()
        assert box
        assert box["y"] + box["height"] < height, "in sight without scrolling"


def test_learner_who_starts_and_submits_is_seen_without_a_reload(
    acting: Cast, page: Page, live_server: LiveServer
) -> None:
    page.goto(f"{live_server.url}/s/{key_of(acting.tess)}/class/")
    tiles = page.get_by_role("navigation", name="Learners by state")
    page.evaluate("document.body.id = 'never-left'")

    begin(acting.bob)
    expect(tiles.get_by_role("link", name="1 In progress")).to_be_visible()
    hand_in(acting.alice, **all_right())
    expect(tiles.get_by_role("link", name="1 Submitted")).to_be_visible()

    expect(page.get_by_role("link", name="Alice")).to_be_visible()
    expect(page.get_by_role("link", name="Mark answers")).to_be_visible()
    expect(page.locator("#never-left")).to_be_attached()
    assert page.context.cookies() == []


def test_search_that_is_being_typed_is_left_alone_until_it_is_left(
    acting: Cast, page: Page, live_server: LiveServer
) -> None:
    begin(acting.bob)
    page.goto(f"{live_server.url}/s/{key_of(acting.tess)}/class/")
    page.get_by_label("Name or e-mail").fill("Ali")
    hand_in(acting.alice, **all_right())
    tiles = page.get_by_role("navigation", name="Learners by state")
    expect(tiles.get_by_role("link", name="1 Submitted")).to_be_visible()
    expect(page.get_by_label("Name or e-mail")).to_have_value("Ali")

    page.get_by_label("Name or e-mail").blur()
    expect(page.get_by_role("link", name="Alice")).to_be_visible()


def test_page_that_nobody_sees_asks_for_nothing(acting: Cast, page: Page, live_server: LiveServer) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{live_server.url}/s/{key_of(acting.tess)}/class/")
    with page.expect_request("**/class/changes"):
        pass
    page.evaluate(
        """() => {
          Object.defineProperty(document, "hidden", { get: () => window.away ?? true, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }"""
    )
    page.wait_for_timeout(500)  # what was on its way comes back
    asked.clear()
    page.wait_for_timeout(5000)
    assert not [url for url in asked if url.endswith("/changes")]

    with page.expect_request("**/class/changes"):
        page.evaluate("() => { window.away = false; document.dispatchEvent(new Event('visibilitychange')) }")
