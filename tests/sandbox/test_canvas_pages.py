"""The pages of a course in Canvas mode: what teachers arrange, what the gradebook shows, guests."""

from typing import Any

import pytest
import requests
from playwright.sync_api import Page, expect

from tests.axe import violations
from tests.patience import PATIENCE
from tests.sandbox.rig import LTI, Rig, form, moment, verified
from tests.sandbox.test_pages import enter, page, signed_in  # noqa: F401 (a fixture)


@pytest.fixture
def rig(canvas: Rig) -> Rig:
    """A course of its own: these tests change it."""
    return Rig(canvas.url, canvas.tool, "canvas")


def arrange(rig: Rig, session: requests.Session, path: str, **values: str) -> int:
    token = {"csrfmiddlewaretoken": session.cookies["sandbox_csrf"]}
    url = f"{rig.url}/courses/{rig.course}/settings/{path}"
    return session.post(url, data={**token, **values}, timeout=PATIENCE).status_code


def test_a_teacher_changes_the_habits_of_a_course_by_a_click(rig: Rig) -> None:
    session = signed_in(rig, rig.tess)
    assert "Like Canvas" in session.get(f"{rig.url}/courses/{rig.course}/settings", timeout=PATIENCE).text
    assert rig.score(rig.alice).status_code == 200
    assert arrange(rig, session, "course", mode="strict") == 200
    assert rig.score(rig.alice).status_code == 404, "the services have other addresses now"
    assert arrange(rig, session, "course", mode="canvas", concluded="on") == 200
    assert rig.score(rig.alice).status_code == 422
    assert arrange(rig, session, "course", mode="nonsense") == 200
    assert rig.score(rig.alice, at=moment(1)).status_code == 200, "still like Canvas, and not concluded any more"


def test_a_teacher_arranges_how_an_assignment_is_graded(rig: Rig) -> None:
    session, item = signed_in(rig, rig.tess), str(rig.activity["line_item"])
    arrange(rig, session, item, attempts="1")
    assert "unpublished" in rig.score(rig.alice).text
    arrange(rig, session, item, published="on", attempts="1", pass_fail="on")
    assert rig.score(rig.alice, 1).status_code == 200
    assert rig.grade(rig.alice)["final"] == 8
    assert "number of allowed attempts" in rig.score(rig.alice, 1, at=moment(1)).text
    arrange(rig, session, item, published="on", attempts="")
    assert rig.score(rig.alice, 1, at=moment(1)).status_code == 200
    assert rig.grade(rig.alice)["final"] == 1


def test_a_student_arranges_nothing(rig: Rig) -> None:
    session = signed_in(rig, rig.alice)
    assert session.get(f"{rig.url}/courses/{rig.course}/settings", timeout=PATIENCE).status_code == 404
    assert arrange(rig, session, "course", mode="strict") == 404
    assert arrange(rig, session, str(rig.activity["line_item"]), attempts="1") == 404
    assert rig.score(rig.alice).status_code == 200


def test_the_gradebook_shows_what_needs_review_attempts_and_comments(rig: Rig) -> None:
    for number in range(2):
        rig.score(rig.alice, 4, at=moment(number), gradingProgress="PendingManual", comment=f"<b>{number}</b> read")
    session, book = signed_in(rig, rig.tess), f"{rig.url}/courses/{rig.course}/grades"
    shown = session.get(book, timeout=PATIENCE).text
    assert all(text in shown for text in ("Needs review", "2 attempts", "2 comments"))
    shown = session.get(f"{book}/{rig.activity['line_item']}/{rig.alice}", timeout=PATIENCE).text
    assert all(f"&lt;b&gt;{number}&lt;/b&gt; read" in shown for number in range(2))
    rig.lms.set_grade(rig.activity["line_item"], rig.alice, final=5)
    assert "Needs review" not in session.get(book, timeout=PATIENCE).text


def test_a_guest_looks_in_where_a_course_is_public_only(rig: Rig) -> None:
    where = f"{rig.url}/guest/{rig.activity['id']}"
    link = f'href="/guest/{rig.activity["id"]}"'
    assert (
        requests.get(where, timeout=PATIENCE).status_code,
        link in requests.get(rig.url, timeout=PATIENCE).text,
    ) == (404, False)
    assert requests.get(f"{where}/launch", timeout=PATIENCE).status_code == 404
    rig.lms.change_course(rig.course, public=True)
    assert (
        requests.get(where, timeout=PATIENCE).status_code,
        link in requests.get(rig.url, timeout=PATIENCE).text,
    ) == (200, True)
    begun = form(requests.get(f"{where}/launch", timeout=PATIENCE).text)[1]
    assert (begun["client_id"], begun["login_hint"].isalnum()) == (rig.client_id, True)
    rig.lms.change_course(rig.course, mode="strict")
    assert requests.get(where, timeout=PATIENCE).status_code == 404


def test_a_guest_opens_the_tool_in_a_browser(page: Page, rig: Rig, tool: Any) -> None:  # noqa: F811
    rig.lms.change_course(rig.course, public=True)
    page.goto(f"{rig.url}/guest/{rig.activity['id']}")
    expect(page.frame_locator("#tool").get_by_text("launched")).to_be_visible()
    assert "sub" not in verified(rig.url, tool.posts[-1]["id_token"])


def test_the_settings_page_works_for_everyone(page: Page, sandbox_url: str, tool: Any) -> None:  # noqa: F811
    """On a phone, by name and role, without a fault that axe would find."""
    enter(page, sandbox_url, "Tess")
    page.get_by_role("link", name="summer school").click()
    page.get_by_role("link", name="Settings").click()
    page.wait_for_url("**/settings")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert violations(page) == []
    page.get_by_label("Attempts allowed").fill("3")
    with page.expect_event("load"):
        page.get_by_role("button", name="Save").nth(1).click()
    expect(page.get_by_label("Attempts allowed")).to_have_value("3")
    page.get_by_role("link", name="Activities").click()
    page.get_by_role("link", name="When to Fine-Tune").click()
    expect(page.frame_locator("#tool").get_by_text("launched")).to_be_visible()
    platform = verified(sandbox_url, tool.posts[-1]["id_token"])[LTI + "tool_platform"]
    assert platform["product_family_code"] == "canvas"
