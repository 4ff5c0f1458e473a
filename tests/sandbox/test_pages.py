"""The pages: who sees what, and a tool in a cross-site frame of a real browser."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from playwright.sync_api import Browser, Page, expect

from tests.axe import violations
from tests.patience import PATIENCE
from tests.sandbox.rig import LTI, Rig, form, moment, verified


def signed_in(rig: Rig, person: int) -> requests.Session:
    """A plain HTTP session of this person."""
    session = requests.Session()
    fields = form(session.get(rig.url, timeout=PATIENCE).text)[1]
    answer = session.post(f"{rig.url}/sign-in", data={**fields, "person": person}, timeout=PATIENCE)
    assert answer.url == f"{rig.url}/courses"
    return session


def test_signing_in_needs_the_forms_own_token(strict: Rig) -> None:
    answer = requests.post(f"{strict.url}/sign-in", data={"person": strict.alice}, timeout=PATIENCE)
    assert answer.status_code == 403


@pytest.mark.parametrize("person", ["", "x", "0", "9" * 40, "²"])
def test_nobody_is_not_signed_in(strict: Rig, person: str) -> None:
    session = requests.Session()
    fields = form(session.get(strict.url, timeout=PATIENCE).text)[1]
    assert session.post(f"{strict.url}/sign-in", data={**fields, "person": person}, timeout=PATIENCE).status_code == 404


def test_strangers_are_sent_to_the_front_page(strict: Rig) -> None:
    for path in ("courses", f"courses/{strict.course}", f"activities/{strict.activity['id']}/launch"):
        assert requests.get(f"{strict.url}/{path}", timeout=PATIENCE).url == f"{strict.url}/"


def test_a_student_sees_their_own_grade_only(strict: Rig) -> None:
    strict.score(strict.alice, 3.25, comment="for alice", at=moment(100))
    strict.score(strict.bob, 7.75, comment="for bob", at=moment(100))
    session, book = signed_in(strict, strict.alice), f"{strict.url}/courses/{strict.course}/grades"
    place = f"{book}/{strict.activity['line_item']}"
    page = session.get(book, timeout=PATIENCE).text
    assert ("3.25" in page, "7.75" in page) == (True, False)
    assert "for alice" in session.get(f"{place}/{strict.alice}", timeout=PATIENCE).text
    assert session.get(f"{place}/{strict.bob}", timeout=PATIENCE).status_code == 404


def test_a_student_can_change_neither_grades_nor_people(strict: Rig) -> None:
    session = signed_in(strict, strict.alice)
    fields = form(session.get(f"{strict.url}/courses", timeout=PATIENCE).text)[1]
    own = f"{strict.url}/courses/{strict.course}/grades/{strict.activity['line_item']}/{strict.alice}/edit"
    people = f"{strict.url}/courses/{strict.course}/people/{strict.bob}"
    assert session.post(own, data={**fields, "action": "override", "points": "8"}, timeout=PATIENCE).status_code == 404
    assert session.post(people, data={**fields, "status": "removed"}, timeout=PATIENCE).status_code == 404


def test_a_student_cannot_review_another(strict: Rig) -> None:
    launch = f"{strict.url}/activities/{strict.activity['id']}/launch"
    session = signed_in(strict, strict.alice)
    assert session.get(f"{launch}?for={strict.alice}", timeout=PATIENCE).status_code == 200
    assert session.get(f"{launch}?for={strict.bob}", timeout=PATIENCE).status_code == 404
    page = f"{strict.url}/courses/{strict.course}/grades/{strict.activity['line_item']}"
    assert session.get(f"{page}/{strict.alice}/review", timeout=PATIENCE).status_code == 200
    assert session.get(f"{page}/{strict.bob}/review", timeout=PATIENCE).status_code == 404


def test_a_course_is_closed_to_those_outside(strict: Rig, moodle: Rig) -> None:
    session = signed_in(strict, strict.alice)
    for path in (f"courses/{moodle.course}", f"activities/{moodle.activity['id']}"):
        assert session.get(f"{strict.url}/{path}", timeout=PATIENCE).status_code == 404


def test_a_teacher_overrides_unenrols_and_enrols(moodle: Rig) -> None:
    person = moodle.student()
    moodle.score(person, 4, at=moment(-60))
    session = signed_in(moodle, moodle.tess)
    place = f"{moodle.url}/courses/{moodle.course}/grades/{moodle.activity['line_item']}/{person}"
    token = {"csrfmiddlewaretoken": session.cookies["sandbox_csrf"]}
    session.post(
        f"{place}/edit", data={**token, "action": "override", "points": "6,5", "comment": "read"}, timeout=PATIENCE
    )
    assert moodle.grade(person)["final"] == 6.5
    history = [row["verdict"] for row in moodle.lms.history(moodle.course, person)]
    assert history == ["Recorded", "Set by hand"]
    roster = f"{moodle.url}/courses/{moodle.course}/people/{person}"
    session.post(roster, data={**token, "status": "removed"}, timeout=PATIENCE)
    assert moodle.score(person).status_code == 400
    session.post(roster, data={**token, "status": "active"}, timeout=PATIENCE)
    assert moodle.score(person).status_code == 200


def test_text_from_the_tool_is_never_markup(strict: Rig) -> None:
    person = strict.student("mallory", family_name="<img src=x>")
    strict.score(person, 1, comment="<script>alert(1)</script>")
    strict.score("<script>x</script>")
    session = signed_in(strict, strict.tess)
    book = f"{strict.url}/courses/{strict.course}/grades"
    pages = [
        session.get(f"{book}{end}", timeout=PATIENCE).text for end in ("", f"/{strict.activity['line_item']}/{person}")
    ]
    back = session.get(f"{strict.url}/return?lti_errormsg=<script>x</script>", timeout=PATIENCE).text
    for page in (*pages, back):
        assert "<script>x" not in page
        assert "<script>alert" not in page
        assert "<img src=x" not in page


def test_every_page_has_a_strict_policy(strict: Rig) -> None:
    session = signed_in(strict, strict.alice)
    for path in ("courses", f"activities/{strict.activity['id']}", "nowhere"):
        policy = session.get(f"{strict.url}/{path}", timeout=PATIENCE).headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
    framed = session.get(f"{strict.url}/activities/{strict.activity['id']}", timeout=PATIENCE)
    assert strict.tool.url in framed.headers["Content-Security-Policy"]


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 360, "height": 760})
    yield context.new_page()
    context.close()


def enter(page: Page, url: str, name: str) -> None:
    page.goto(url)
    page.get_by_role("button", name=re.compile(f"^{name}")).click()
    page.wait_for_url("**/courses")


@pytest.mark.parametrize("course", ["AI 101", "AI 102", "AI 103"])
def test_the_tool_opens_in_a_cross_site_frame(page: Page, sandbox_url: str, course: str) -> None:
    """The page is on localhost, the tool on 127.0.0.1, third-party cookies blocked: all modes must get through."""
    enter(page, sandbox_url, "Alice")
    page.get_by_role("listitem").filter(has_text=course).get_by_role("link").click()
    page.get_by_role("link", name="When to Fine-Tune").click()
    expect(page.frame_locator("#tool").get_by_text("launched")).to_be_visible()


def test_a_student_reviews_the_work_behind_the_own_grade(page: Page, sandbox_url: str, tool: Any) -> None:
    enter(page, sandbox_url, "Alice")
    page.get_by_role("link", name="AI for Creators").first.click()
    page.get_by_role("link", name="My grades").click()
    page.get_by_role("link", name="Alice Andersen: When to Fine-Tune").click()
    page.get_by_role("link", name="Review the work").click()
    expect(page.frame_locator("#tool").get_by_text("launched")).to_be_visible()
    claims = verified(sandbox_url, tool.posts[-1]["id_token"])
    assert claims[LTI + "message_type"] == "LtiSubmissionReviewRequest"
    assert claims[LTI + "for_user"]["user_id"] == claims["sub"]


def test_the_tool_opens_in_a_new_tab(page: Page, sandbox_url: str, tool: Any) -> None:
    enter(page, sandbox_url, "Alice")
    page.get_by_role("link", name="AI for Creators").first.click()
    page.get_by_role("link", name="When to Fine-Tune").click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Open in new tab").click()
    expect(opened.value.get_by_text("launched")).to_be_visible()
    assert opened.value.url.startswith(tool.url)


def test_without_script_a_button_carries_the_launch(chromium: Browser, sandbox_url: str) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    enter(page, sandbox_url, "Bob")
    page.get_by_role("link", name="AI for Creators").first.click()
    page.get_by_role("link", name="When to Fine-Tune").click()
    frame = page.frame_locator("#tool")
    frame.get_by_role("button", name="Open When to Fine-Tune").click()
    frame.get_by_role("button", name="Continue").click()
    expect(frame.get_by_text("launched")).to_be_visible()
    context.close()


def test_the_page_keeps_data_for_the_frame_and_gives_it_room(page: Page, sandbox_url: str) -> None:
    """Platform storage and lti.frameResize, asked from inside the tool's frame."""
    enter(page, sandbox_url, "Alice")
    page.get_by_role("link", name="AI for Creators").first.click()
    page.get_by_role("link", name="When to Fine-Tune").click()
    expect(page.frame_locator("#tool").get_by_text("launched")).to_be_visible()
    ask = """message => new Promise(resolve => {
        addEventListener("message", event => resolve(event.data), { once: true });
        parent.postMessage(message, "*");
    })"""
    frame = page.frames[1]
    kept = frame.evaluate(ask, {"subject": "lti.put_data", "message_id": "1", "key": "state", "value": "abc"})
    assert kept == {"subject": "lti.put_data.response", "message_id": "1", "key": "state", "value": "abc"}
    found = frame.evaluate(ask, {"subject": "lti.get_data", "message_id": "2", "key": "state"})
    assert (found["value"], found["message_id"]) == ("abc", "2")
    frame.evaluate("parent.postMessage({ subject: 'lti.frameResize', height: 1234 }, '*')")
    expect(page.locator("#tool")).to_have_css("height", "1234px")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_fault_or_scrolls_sideways(
    chromium: Browser, sandbox_url: str, strict: Rig, scheme: Any
) -> None:
    context = chromium.new_context(viewport={"width": 360, "height": 760}, color_scheme=scheme)
    page = context.new_page()
    enter(page, sandbox_url, "Tess")
    for path in (
        "courses",
        "courses/1",
        "activities/1",
        "courses/1/grades",
        "courses/1/grades/1/1",
        "courses/1/grades/1/1/review",
        "courses/1/people",
    ):
        page.goto(f"{sandbox_url}/{path}")
        assert violations(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    context.close()
