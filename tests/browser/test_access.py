"""WCAG 2.2 AA, as far as axe can tell, on every page; sizes, languages and weights of pages."""

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.learner import Course, new_course
from tests.system import LESSON, QUIZ, System, wait_for

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
MOST_BYTES = 30 * 1024


@pytest.fixture(scope="module")
def course(system: System) -> Course:
    return new_course(system)


@pytest.fixture(scope="module")
def addresses(system: System, course: Course) -> dict[str, str]:
    """Every kind of page, by name."""
    started = course.launch("alice")
    overview = started.page.url
    lesson = next(link for link in started.page.links if link.endswith("/lesson/"))
    player = started.start().url
    handed_in = course.launch("bob")
    handed_in.start()
    handed_in.submit()
    result = handed_in.result().url
    wait_for(lambda: course.score("bob"))
    teacher = course.launch("tess", "instructor")
    top = teacher.page.url.split("/class")[0].rstrip("/")
    review = teacher.get(f"{top}/review/")
    answer = next(link for link in review.links if link.removeprefix(review.url)[:1].isalnum() and "/review/" in link)
    public = {name: system.url + path for name, path in PUBLIC.items()}
    return public | {
        "overview": overview,
        "lesson in a launch": lesson,
        "player": player,
        "result": result,
        "class": f"{top}/class/",
        "policy": f"{top}/class/policy",
        "review": review.url,
        "answer to mark": answer,
    }


PUBLIC = {
    "front page": "/",
    "lesson": f"/learn/lesson/{LESSON}",
    "public check": f"/learn/quiz/{QUIZ}",
    "launch that is over": "/s/abcdefghijklmnopqrstuvwxyz/",
    "not found": "/nothing-here",
    "refused launch": "/lti/launch",
    "API pages": "/api/docs",
    "admin sign-in": "/admin/login/",
}


NAMES = [*PUBLIC, "overview", "lesson in a launch", "player", "result", "class", "policy", "review", "answer to mark"]
OWN = [name for name in NAMES if name not in ("API pages", "admin sign-in")]


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """A phone in light colours; the tests of the pages look at small and large windows in dark and light."""
    context = chromium.new_context(color_scheme="light", viewport={"width": 360, "height": 800})
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("name", OWN)
def test_axe_finds_nothing(page: Page, addresses: dict[str, str], name: str) -> None:
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(addresses[name])

    found = Axe().run(page, options=RULES)

    assert found.violations_count == 0, found.generate_report()
    assert not [text for text in complaints if "status of 4" not in text]


def test_the_api_pages_load_without_outside_assets_or_errors(chromium: Browser, addresses: dict[str, str]) -> None:
    page = chromium.new_page()
    asked: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    page.goto(addresses["API pages"])
    page.get_by_text("/api/v1/lessons").first.wait_for()

    assert not [url for url in asked if not url.startswith(("http://127.0.0.1", "data:", "blob:"))]
    assert complaints == []
    page.close()


@pytest.mark.parametrize("name", ["overview", "lesson in a launch", "player", "result", "public check"])
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
