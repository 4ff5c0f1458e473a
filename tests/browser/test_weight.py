"""What a page of the running system weighs over the wire, with styles and scripts."""

import pytest
from playwright.sync_api import Browser

from tests.learner import new_course
from tests.system import QUIZ, System, wait_for

MOST_BYTES = 30 * 1024


@pytest.fixture(scope="module")
def addresses(system: System) -> dict[str, str]:
    """The pages that a learner waits for, by name."""
    course = new_course(system)
    started = course.launch("alice")
    overview = started.page.url
    lesson = next(link for link in started.page.links if link.endswith("/lesson/"))
    player = started.start().url
    handed_in = course.launch("bob")
    handed_in.start()
    handed_in.submit()
    result = handed_in.result().url
    wait_for(lambda: course.score("bob"))
    check = f"{system.url}/learn/quiz/{QUIZ}"
    return {"overview": overview, "lesson": lesson, "player": player, "result": result, "public check": check}


@pytest.mark.parametrize("name", ["overview", "lesson", "player", "result", "public check"])
def test_a_page_weighs_less_than_thirty_kilobytes(chromium: Browser, addresses: dict[str, str], name: str) -> None:
    context = chromium.new_context()
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(event["encodedDataLength"]))
    page.goto(addresses[name], wait_until="networkidle")
    context.close()

    assert 0 < sum(sizes) < MOST_BYTES
