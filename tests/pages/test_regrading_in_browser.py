"""A question is marked again, in Chromium: every page of it on a phone and wide, and progress that shows by itself."""

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from assessment.models import Attempt, Regrade
from assessment.regrading import batches
from content.models import ItemVersion
from lti.models import Score
from tests.axe import violations
from tests.cast import Cast, all_right, at, hand_in
from tests.pages.conftest import key_of, take_picture


def look(page: Page, name: str, width: int) -> None:
    take_picture(page, f"regrade-{name}-{width}")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_a_key_is_corrected_and_that_undone_on_pages_that_fit_and_show_how_far_it_is(
    acting: Cast, page: Page, live_server: LiveServer, width: int
) -> None:
    for viewer, option in ((acting.alice, "a"), (acting.bob, "c")):
        hand_in(viewer, **all_right(q1=option))
    Score.objects.filter(platform_user__person=acting.alice.person).update(
        state="held", live="graded", live_given=10, live_maximum=10
    )
    item = ItemVersion.objects.get(item__identifier="q1")
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(f"{live_server.url}/s/{key_of(acting.tess)}/class/regrade/{item.pk}/")
    look(page, "form", width)

    page.get_by_role("radio", name="Drop the question").check()
    expect(page.get_by_label("Credit in %").first).to_be_hidden()
    page.get_by_role("radio", name="Correct the key").check()
    page.get_by_label("Credit in %").nth(0).fill("0")
    page.get_by_label("Credit in %").nth(2).fill("100")
    page.get_by_role("button", name="Show who would move").click()
    expect(page.get_by_role("heading", name="Who would move")).to_be_visible()
    look(page, "dry-run", width)

    page.get_by_label("Reason").fill("Option c was right all along.")
    page.get_by_role("button", name="Mark again").click()
    expect(page.get_by_role("status")).to_contain_text("0 %")
    batches.run_batch(Regrade.objects.get().pk, at(80), 1)
    expect(page.get_by_role("status")).to_contain_text("50 %")
    look(page, "running", width)
    page.evaluate("document.body.id = 'never-left'")
    batches.run(regrade_id=Regrade.objects.get().pk, now=at(81))
    expect(page.get_by_role("status")).to_contain_text("Marked again")
    expect(page.locator("#never-left")).to_be_attached()
    look(page, "done", width)

    page.get_by_role("button", name="Undo").click()
    batches.run(regrade_id=Regrade.objects.get().pk, now=at(90))
    expect(page.get_by_role("status")).to_contain_text("Undone")
    look(page, "undone", width)
    assert sorted(Attempt.objects.values_list("points", flat=True)) == [8, 9]
