"""The pages in Chromium: no axe violation, nothing wider than the window, and what the scripts promise."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from assessment import access, attempts, marking
from assessment.models import Attempt
from lti.launch.messages.privacy import TYPES
from lti.models import Launch, Score, ScoreState
from tests.axe import violations
from tests.cast import NOW, Cast, all_right, answer, begin, hand_in, make_launch
from tests.pages.conftest import key_of, stored
from tests.pages.test_picking import picker

PRIVACY = TYPES[0]


def addresses(cast: Cast, attempt: Attempt) -> list[str]:
    """One address of every page."""
    alice, bob, tess = (f"/s/{key_of(launch)}" for launch in (cast.alice, cast.bob, cast.tess))
    picking = picker().base
    running = begin(cast.bob)
    waiting = access.waiting_responses(cast.tess).get().pk
    return [
        "/",
        "/learn/lesson/" + cast.quiz.lesson.slug if cast.quiz.lesson else "/",
        "/learn/quiz/the-check",
        "/nothing-here",
        "/lti/launch",
        "/s/abcdefghijklmnopqrstuvwxyz/",
        f"{alice}/",
        f"{alice}/lesson/",
        f"{alice}/attempts/{attempt.pk}/result",
        f"{alice}/class/",
        f"{bob}/attempts/{running.pk}/",
        f"{bob}/attempts/{running.pk}/submit",
        f"{tess}/",
        f"{tess}/class/policy",
        f"{tess}/class/column",
        f"{tess}/class/attempts/{attempt.pk}",
        f"{tess}/review/",
        f"{tess}/review/{waiting}/",
        f"{tess}/preview/",
        f"{picking}/",
        f"{picking}/pick/quiz-the-check",
        f"{opened_by(cast, PRIVACY)}/",
        f"{opened_by(cast, PRIVACY)}/privacy/erase",
    ]


def opened_by(cast: Cast, message_type: str) -> str:
    """Where a launch of another message lands, of someone with a long address."""
    person = cast.alice.person
    person.email = f"{'ada.' * 20}lovelace@example.test"
    person.save()
    launch = make_launch(None, person)
    Launch.objects.filter(pk=launch.pk).update(message_type=message_type, for_person=person)
    return f"/s/{key_of(launch)}"


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_no_page_has_an_axe_violation_or_scrolls_sideways(
    acting: Cast, chromium: Browser, live_server: LiveServer, width: int, scheme: Any
) -> None:
    attempt = hand_in(acting.alice, **all_right(q3="c", q4="b"))
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if _is_fault(line) else None)
    for path in addresses(acting, attempt):
        page.goto(live_server.url + path)
        faults += [f"{path}: {fault}" for fault in violations(page)]
        for wide in (390, width):
            page.set_viewport_size({"width": wide, "height": 800})
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                faults.append(f"{path} {page.title()} scrolls sideways at {wide}")
    context.close()
    assert faults == []


def _is_fault(line: ConsoleMessage) -> bool:
    """An error, but for the browser's own line about a page that is refused or not there."""
    return line.type == "error" and "status of 4" not in line.text


def player(page: Page, live_server: LiveServer, cast: Cast) -> Attempt:
    attempt = begin(cast.alice)
    page.goto(f"{live_server.url}/s/{key_of(cast.alice)}/attempts/{attempt.pk}/")
    return attempt


def test_choice_is_saved_at_once_and_says_so(acting: Cast, page: Page, live_server: LiveServer) -> None:
    attempt = player(page, live_server, acting)
    page.locator("#q1").get_by_label("The wrong one").check()
    expect(page.locator("#q1 .saved")).to_have_text(re.compile(r"^Saved \d"))
    expect(page.locator("[data-answered]")).to_have_text("1")
    page.locator("#q8 textarea").fill("Some words")
    expect(page.locator("#q8 .saved")).to_have_text(re.compile(r"^Saved \d"))
    assert (stored(attempt)["q1"], stored(attempt)["q8"]) == ("c", "Some words")


def test_lost_connection_keeps_answers_and_sends_them_when_it_is_back(
    acting: Cast, page: Page, live_server: LiveServer
) -> None:
    attempt = player(page, live_server, acting)
    page.context.set_offline(True)
    page.locator("#q1").get_by_label("The wrong one").check()
    page.locator("#q2").get_by_label("The right one").check()
    expect(page.locator("[data-trouble]")).to_contain_text("No connection. Your answers are kept here")
    page.get_by_role("button", name="Submit").click()
    expect(page.locator("[data-trouble]")).to_contain_text("nothing has been submitted yet")
    assert stored(attempt)["q1"] is None
    page.context.set_offline(False)
    expect(page.locator("#q2 .saved")).to_have_text(re.compile(r"^Saved \d"))
    expect(page.locator("[data-trouble]")).to_be_empty()
    assert (stored(attempt)["q1"], stored(attempt)["q2"]) == ("c", "a")


def test_reload_while_nothing_gets_through_loses_no_answer(acting: Cast, page: Page, live_server: LiveServer) -> None:
    attempt = player(page, live_server, acting)
    page.route("**/responses", lambda route: route.abort())
    page.locator("#q1").get_by_label("The wrong one").check()
    page.locator("#q8 textarea").fill("Half a sentence")
    expect(page.locator("#q1 .saved")).to_have_text("Not saved yet")
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("#q8 textarea")).to_have_value("Half a sentence")
    page.unroute("**/responses")
    expect(page.locator("#q8 .saved")).to_have_text(re.compile(r"^Saved \d"))
    assert (stored(attempt)["q1"], stored(attempt)["q8"]) == ("c", "Half a sentence")


def test_server_in_trouble_is_asked_again_and_the_lost_word_costs_nothing(
    acting: Cast, page: Page, live_server: LiveServer
) -> None:
    attempt = player(page, live_server, acting)
    tries = []

    def stumble(route: Route) -> None:
        """The first answer arrives and its acknowledgement is lost; then a 503; then all is well."""
        tries.append(route.request.post_data)
        if len(tries) == 1:
            route.fetch()
            route.abort()
        elif len(tries) == 2:
            route.fulfill(status=503, body="busy")
        else:
            route.continue_()

    page.route("**/responses", stumble)
    page.locator("#q1").get_by_label("The wrong one").check()
    expect(page.locator("#q1 .saved")).to_have_text(re.compile(r"^Saved \d"))
    assert len(tries) >= 3
    assert stored(attempt)["q1"] == "c"


def test_what_is_typed_while_an_older_answer_is_refused_is_saved(
    acting: Cast, page: Page, live_server: LiveServer
) -> None:
    attempt = player(page, live_server, acting)
    page.evaluate(
        """() => {
          const send = window.fetch;
          window.fetch = async (url, options) => {
            window.fetch = send;
            const field = document.querySelector("#q8 textarea");
            field.value = "the newer answer";
            field.dispatchEvent(new Event("input", { bubbles: true }));
            const item = JSON.parse(options.body).responses[0].item;
            const results = [{ item, state: "invalid", detail: "Too long." }];
            return new Response(JSON.stringify({ results }), { headers: { "Content-Type": "application/json" } });
          };
        }"""
    )
    page.locator("#q8 textarea").fill("the older answer")
    expect(page.locator("#q8 .saved")).to_have_text(re.compile(r"^Saved \d"))
    assert stored(attempt)["q8"] == "the newer answer"


def test_second_window_learns_of_the_newer_answer(acting: Cast, page: Page, live_server: LiveServer) -> None:
    attempt = player(page, live_server, acting)
    answer(attempt, q1="b")
    page.locator("#q1").get_by_label("The wrong one").check()
    expect(page.locator("#q1 .saved")).to_contain_text("another window")
    page.get_by_role("link", name="Show the newest answer").click()
    expect(page.locator("#q1").get_by_label("The half right one")).to_be_checked()
    assert stored(attempt)["q1"] == "b"


def test_window_left_open_after_submit_says_so(acting: Cast, page: Page, live_server: LiveServer) -> None:
    attempt = player(page, live_server, acting)
    attempts.submit(attempt=attempt, now=NOW)
    page.locator("#q1").get_by_label("The wrong one").check()
    expect(page.locator("[data-trouble]")).to_contain_text("already been submitted")
    page.get_by_role("status").get_by_role("link", name="See the result").click()
    expect(page.get_by_role("heading", name="Your result")).to_be_visible()


def test_submit_sends_what_is_still_being_typed_and_the_result_appears_by_itself(
    acting: Cast, page: Page, live_server: LiveServer
) -> None:
    attempt = player(page, live_server, acting)
    page.locator("#q8 textarea").fill("Typed and submitted in one breath")
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_role("heading", name="Submit your answers?")).to_be_visible()
    page.get_by_role("button", name="Submit anyway").click()
    expect(page.get_by_text("Being marked")).to_be_visible()
    assert stored(attempt)["q8"] == "Typed and submitted in one breath"
    marking.mark_attempt(attempt.pk, NOW)
    expect(page.locator("[data-score]")).to_contain_text("of 10 points so far")


def test_class_page_shows_without_a_reload_that_a_score_arrived(
    acting: Cast, page: Page, live_server: LiveServer
) -> None:
    hand_in(acting.alice, **all_right())
    page.goto(f"{live_server.url}/s/{key_of(acting.tess)}/class/")
    expect(page.get_by_text("1 score on the way to the LMS.")).to_be_visible()
    page.evaluate("document.body.id = 'never-left'")
    Score.objects.update(state=ScoreState.SYNCED, delivered_at=NOW)

    expect(page.get_by_role("cell", name="In the gradebook")).to_be_visible()
    expect(page.locator("class-waiter")).not_to_contain_text("on the way")
    expect(page.locator("#never-left")).to_be_attached()


def test_page_in_a_frame_tells_its_height_and_shows_no_header(
    acting: Cast, page: Page, live_server: LiveServer
) -> None:
    key = key_of(acting.alice)
    lms = f"""<script>heights = []; addEventListener("message", (event) => heights.push(event.data))</script>
        <iframe src="/s/{key}/"></iframe>"""
    page.route("**/lms", lambda route: route.fulfill(body=lms, content_type="text/html"))
    page.goto(f"{live_server.url}/lms")
    page.wait_for_function("heights.some((message) => message.subject === 'lti.frameResize' && message.height > 300)")
    assert page.frames[1].locator("header.site").count() == 0


def test_practice_gives_feedback_in_place(acting: Cast, page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + "/learn/quiz/the-check")
    for question, option, verdict in (("#q1", "The wrong one", "Incorrect"), ("#q2", "The right one", "Correct")):
        page.locator(question).get_by_label(option, exact=True).check()
        page.locator(question).get_by_role("button", name="Check this answer").click()
        expect(page.locator(f"{question} .verdict .state")).to_contain_text(verdict)
    expect(page).to_have_url(re.compile("/learn/practice/"))
    expect(page.locator("#progress")).to_contain_text("2 of 10 checked")
    page.reload()
    expect(page.locator("#q1 .verdict .state")).to_contain_text("Incorrect")
    page.locator("#q1").get_by_role("button", name="Try again").click()
    expect(page.locator("#q1").get_by_role("button", name="Check this answer")).to_be_visible()
    expect(page.locator("#progress")).to_contain_text("1 of 10 checked")
    page.get_by_role("button", name="Finish").click()
    expect(page.get_by_role("heading", name="How it went")).to_be_visible()
    assert page.context.cookies() == []
