"""Exceptions and a learner's attempts in Chromium, wide and on a phone."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from assessment import corrections
from assessment.models import Accommodation, Assignment
from assessment.placement import accommodations
from roster.models import Group
from tests.axe import violations
from tests.cast import Cast, all_right, begin, hand_in, make_cast, published_quiz
from tests.pages.conftest import key_of, take_picture
from tests.pages.test_class_list import place


@pytest.fixture
def acting(chromium: Browser, transactional_db: None) -> Cast:
    cast = make_cast(
        quiz=published_quiz("the-check"),
        time_limit=30,
        max_attempts=2,
        scores_held=True,
        late_percent=50,
        due_at=timezone.now() + timedelta(days=3),
    )
    for viewer in (cast.alice, cast.bob):
        place(viewer, viewer.person)
    assert cast.assignment.course
    group = Group.objects.create(
        institution=cast.assignment.institution, course=cast.assignment.course, group_id="g", name="Evening group"
    )
    accommodations.give_standing(
        person=cast.alice.person, time_factor=Decimal("1.5"), reason="Letter of 3 May", given_by="Office"
    )
    accommodations.give(
        assignment=cast.assignment, group=group, extra_minutes=10, extra_attempts=1, reason="Late bus", given_by="Tess"
    )
    return cast


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(timezone_id="Europe/Berlin")
    yield context.new_page()
    context.close()


def look(page: Page, name: str, width: int) -> None:
    take_picture(page, f"{name}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert violations(page) == [], name


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_teacher_gives_more_time_and_sets_an_attempt_aside(
    acting: Cast, page: Page, live_server: LiveServer, width: int, height: int
) -> None:
    done = hand_in(acting.alice, timezone.now(), **all_right())
    running = begin(acting.bob, timezone.now())
    teacher = f"{live_server.url}/s/{key_of(acting.tess)}"
    page.set_viewport_size({"width": width, "height": height})

    page.goto(f"{teacher}/class/")
    look(page, "class", width)
    page.get_by_text("More", exact=True).click()
    page.get_by_role("link", name="Exceptions").click()
    look(page, "exceptions", width)
    page.get_by_role("button", name="Give the exception").click()
    expect(page.get_by_role("alert")).to_be_visible()
    look(page, "exceptions-errors", width)
    page.get_by_label("Learner", exact=True).fill("Bob")
    page.get_by_label("Multiply the time limit by").fill("2")
    page.get_by_label("Closes").fill("2099-01-31T18:00")
    page.get_by_label("Reason").fill("New to the language")
    page.get_by_role("button", name="Give the exception").click()
    expect(page.get_by_text("Saved. Applies to 1 attempt under way.")).to_be_visible()
    look(page, "exceptions-saved", width)
    made = Accommodation.objects.get(person=acting.bob.person)
    assert made.closes_at
    assert f"{made.closes_at:%H:%M}" == "17:00", "in the zone of the browser"

    page.goto(f"{teacher}/class/people/{acting.alice.person_id}/")
    look(page, "person", width)
    page.get_by_role("link", name="Reopen").click()
    look(page, "reopen", width)
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Set aside").click()
    look(page, "void", width)
    page.get_by_label("Reason").fill("Fire alarm")
    page.get_by_role("button", name="Set aside").click()
    expect(page.get_by_text("Set aside by Tess")).to_be_visible()
    look(page, "person-voided", width)
    page.get_by_role("button", name="Count it again").click()
    expect(page.get_by_text("Counted again by Tess")).to_be_visible()
    done.refresh_from_db()
    assert done.voided_at is None

    page.goto(f"{teacher}/class/people/{acting.bob.person_id}/")
    page.get_by_role("link", name="Submit now").click()
    look(page, "end", width)
    page.get_by_label("Reason").fill("The lesson is over")
    page.get_by_role("button", name="Submit now").click()
    expect(page.get_by_text("Submitted by Tess")).to_be_visible()
    running.refresh_from_db()
    assert running.submitted_at

    page.goto(f"{teacher}/class/")
    page.get_by_role("button", name="Release scores").click()
    expect(page.get_by_text("Scores were released on")).to_be_visible()
    look(page, "class-released", width)
    assert Assignment.objects.get(pk=acting.assignment.pk).released_at


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_learner_sees_what_is_special_and_what_does_not_count(
    acting: Cast, page: Page, live_server: LiveServer, width: int, height: int
) -> None:
    done = hand_in(acting.alice, timezone.now(), **all_right())
    corrections.void(attempt=done, by=acting.tess.person, reason="Fire alarm", now=timezone.now())
    page.set_viewport_size({"width": width, "height": height})
    page.goto(f"{live_server.url}/s/{key_of(acting.alice)}/")
    expect(page.get_by_text("You have 1.5 times the time.")).to_be_visible()
    expect(page.get_by_text("Late work keeps 50 % of its points.")).to_be_visible()
    look(page, "overview", width)
