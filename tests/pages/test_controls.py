"""Controls and editors of kinds in Chromium: by keyboard alone, without script, and what their scripts add."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.template.loader import render_to_string
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from assessment import attempts
from assessment.models import Attempt
from content import item_types
from tests.axe import violations
from tests.cast import Cast, begin, make_cast, quiz_of
from tests.content import test_file_upload, test_hotspot, test_matching, test_ordering
from tests.pages.conftest import key_of

TEX = {"choices": [*test_matching.BODY["choices"], {"id": "v", "text": r"**Bern** and $\frac{1}{2}$"}]}
ASKED: list[tuple[str, dict[str, Any]]] = [
    ("matching", test_matching.BODY),
    ("ordering", test_ordering.BODY),
    ("hotspot", test_hotspot.BODY),
    ("hotspot", test_hotspot.SEVERAL),
    ("file_upload", test_file_upload.BODY),
    ("matching", test_matching.BODY | TEX),
]
IDS = {"First": "a", "Second": "b", "Third": "c", "Fourth": "d"}
MATCHING, ORDERING, PICTURE, SEVERAL, UPLOAD, STYLED = (f"#q{number}" for number in range(1, 7))


@pytest.fixture
def acting(chromium: Browser, transactional_db: None) -> Cast:
    version = quiz_of(*({"kind": kind, "points": "2", "body": body} for kind, body in ASKED), slug="all-kinds")
    return make_cast(quiz=version.quiz)


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Callable[..., Page]]:
    contexts = []

    def page(**options: Any) -> Page:
        context = chromium.new_context(**options)
        contexts.append(context)
        return context.new_page()

    yield page
    for context in contexts:
        context.close()


def player(page: Page, live_server: LiveServer, cast: Cast) -> Attempt:
    attempt = begin(cast.alice)
    page.goto(f"{live_server.url}/s/{key_of(cast.alice)}/attempts/{attempt.pk}/")
    return attempt


def answers(attempt: Attempt) -> list[dict[str, Any]]:
    return [question.answer for question in attempts.questions(attempt)]


def shown(page: Page) -> list[str]:
    """The entries as they stand, once the script is there: each learner finds them in an order of their own."""
    expect(page.get_by_role("button", name="Move up: First")).to_be_visible()
    return page.locator(f"{ORDERING} [data-text]").all_inner_texts()


def order(texts: list[str]) -> dict[str, list[str]]:
    return {"order": [IDS[text] for text in texts]}


def saved(page: Page, question: str) -> None:
    expect(page.locator(f"{question} .saved")).to_contain_text("Saved")


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_no_control_has_an_axe_violation_or_scrolls_sideways(
    acting: Cast, opened: Callable[..., Page], live_server: LiveServer, width: int, scheme: str
) -> None:
    page, faults = opened(viewport={"width": width, "height": 800}, color_scheme=scheme), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    player(page, live_server, acting)
    expect(page.get_by_role("button", name="Move up: First")).to_be_visible()
    assert violations(page) == []
    wide = """[...document.querySelectorAll("main *")].filter((one) => one.getBoundingClientRect().right > innerWidth)
      .map((one) => one.outerHTML.slice(0, 99))"""
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.evaluate(wide)
    small = """[...document.querySelectorAll(".question :is(select, button, input:not([type=hidden]))")]
      .map((field) => field.closest("label.option") || field).map((field) => field.getBoundingClientRect())
      .filter((box) => box.width < 24 || box.height < 24).length"""
    assert page.evaluate(small) == 0
    assert faults == []


def test_everything_is_answered_by_keyboard_alone(
    acting: Cast, opened: Callable[..., Page], live_server: LiveServer
) -> None:
    page = opened()
    attempt = player(page, live_server, acting)
    page.locator(MATCHING).get_by_label("Norway", exact=True).focus()
    page.keyboard.type("Oslo")
    page.keyboard.press("Tab")
    page.keyboard.type("Lima")
    saved(page, MATCHING)
    first, second, *others = shown(page)
    up = page.locator(ORDERING).get_by_role("button", name=f"Move up: {second}")
    up.focus()
    page.keyboard.press("Enter")
    expect(up).to_be_focused()
    expect(page.locator(f"{ORDERING} [role=status]")).to_have_text("Now at position 1")
    saved(page, ORDERING)
    page.locator(PICTURE).get_by_label("Area B").focus()
    page.keyboard.press("Space")
    saved(page, PICTURE)
    for label in ("Area A", "Area C"):
        page.locator(SEVERAL).get_by_label(label).focus()
        page.keyboard.press("Space")
    saved(page, SEVERAL)
    page.reload()  # what is shown now is what is stored
    assert answers(attempt)[:4] == [
        {"pairs": {"p1": "x", "p2": "y"}},
        order([second, first, *others]),
        {"areas": ["b"]},
        {"areas": ["a", "c"]},
    ]
    expect(page.locator(MATCHING).get_by_label("Norway", exact=True)).to_have_value("x")
    expect(page.locator(f"{ORDERING} [data-text]")).to_have_text([second, first, *others])
    expect(page.locator(f"{SEVERAL} .area.chosen text")).to_have_text(["1", "3"])


def test_everything_is_answered_without_script(
    acting: Cast, opened: Callable[..., Page], live_server: LiveServer
) -> None:
    page = opened(java_script_enabled=False)
    attempt = player(page, live_server, acting)
    page.locator(MATCHING).get_by_label("Chad").select_option("N'Djamena")
    for entry, position in {"First": "1", "Second": "2", "Third": "4", "Fourth": "3"}.items():
        page.locator(ORDERING).get_by_label(entry).select_option(position)
    page.locator(PICTURE).get_by_label("Area A").check()
    page.locator(SEVERAL).get_by_label("Area D").check()
    page.locator(STYLED).get_by_label("Chad").select_option("v")
    page.get_by_role("button", name="Save and finish later").click()
    page.wait_for_url(lambda address: not address.endswith(f"{attempt.pk}/"))
    assert answers(attempt) == [
        {"pairs": {"p4": "z"}},
        {"order": ["a", "b", "d", "c"]},
        {"areas": ["a"]},
        {"areas": ["d"]},
        {},
        {"pairs": {"p4": "v"}},
    ]


def test_entry_goes_to_the_position_that_is_chosen_and_the_others_make_room(
    acting: Cast, opened: Callable[..., Page], live_server: LiveServer
) -> None:
    page = opened()
    attempt = player(page, live_server, acting)
    *others, last = shown(page)
    chosen = page.locator(ORDERING).get_by_label(f"Position of: {last}")
    chosen.select_option("1")
    expect(page.locator(f"{ORDERING} [data-text]")).to_have_text([last, *others])
    expect(chosen).to_be_focused()
    saved(page, ORDERING)
    assert answers(attempt)[1] == order([last, *others])
    chosen.select_option("")
    expect(page.locator("[data-answered]")).to_have_text("0")


def test_entry_is_dragged_to_its_place(acting: Cast, opened: Callable[..., Page], live_server: LiveServer) -> None:
    page = opened()
    attempt = player(page, live_server, acting)
    *others, last = shown(page)
    entries = page.locator(f"{ORDERING} .entry")
    entries.nth(3).drag_to(entries.nth(0), source_position={"x": 200, "y": 5}, target_position={"x": 200, "y": 5})
    expect(page.locator(f"{ORDERING} [data-text]")).to_have_text([last, *others])
    saved(page, ORDERING)
    assert answers(attempt)[1] == order([last, *others])


def test_area_is_chosen_on_the_picture(acting: Cast, opened: Callable[..., Page], live_server: LiveServer) -> None:
    page = opened()
    attempt = player(page, live_server, acting)
    for question, area in ((PICTURE, "b"), (SEVERAL, "a"), (SEVERAL, "b"), (SEVERAL, "a")):
        page.locator(f'{question} [data-area="{area}"] :is(circle, polygon)').click(force=True)
    for question in (PICTURE, SEVERAL):
        expect(page.locator(f"{question} .area.chosen")).to_have_attribute("data-area", "b")
        expect(page.locator(question).get_by_label("Area B")).to_be_checked()
        saved(page, question)
    page.reload()
    assert answers(attempt)[2:4] == [{"areas": ["b"]}, {"areas": ["b"]}]


def test_chosen_file_keeps_no_other_answer_from_being_saved(
    acting: Cast, opened: Callable[..., Page], live_server: LiveServer
) -> None:
    page = opened()
    attempt = player(page, live_server, acting)
    chosen = {"name": "a.pdf", "mimeType": "application/pdf", "buffer": test_file_upload.PDF}
    page.locator(UPLOAD).get_by_label("Choose files").set_input_files(chosen)  # type: ignore[arg-type]
    page.locator(PICTURE).get_by_label("Area A").check()
    saved(page, PICTURE)
    expect(page.locator(f"{UPLOAD} .saved")).to_have_text("")
    assert answers(attempt)[2] == {"areas": ["a"]}


def test_practice_checks_an_answer_beside_a_question_for_files_and_goes_to_the_field_that_is_wrong(
    acting: Cast, opened: Callable[..., Page], live_server: LiveServer
) -> None:
    page = opened()
    page.goto(f"{live_server.url}/learn/quiz/all-kinds")
    expect(page.get_by_role("button", name="Move up: First")).to_be_visible()
    page.locator(ORDERING).get_by_role("button", name="Check this answer").click()
    expect(page.locator(ORDERING).get_by_role("combobox").first).to_be_focused()
    page.locator(ORDERING).get_by_label("Position of: First").select_option("4")
    page.locator(ORDERING).get_by_role("button", name="Check this answer").click()
    expect(page.locator(ORDERING)).to_contain_text("of 4 entries are at their position.")
    page.locator(ORDERING).get_by_text("Show the right order").click()
    expect(page.locator(f"{ORDERING} details li").last).to_have_text("4. Fourth")
    expect(page.locator(".error")).to_have_count(0)


def editors(page: Page, live_server: LiveServer) -> None:
    """Every kind's editor on a page with the rules that a page of the site has."""
    parts = [
        render_to_string(templates.editor, {"body": body, "name": f"{kind}-"})
        for kind, body in dict(ASKED).items()
        if (templates := item_types.get(kind).TEMPLATES)
    ]
    html = f"""<!doctype html><html lang="en"><head><title>Editors</title>
      <link rel="stylesheet" href="{settings.STATIC_URL}assay/style.css">
      <script type="module" src="{settings.STATIC_URL}assay/rows.js"></script></head>
      <body><main><h1>Editors</h1><form action="/sent">{"".join(parts)}</form></main></body></html>"""
    policy = "default-src 'none'; script-src 'self'; style-src 'self'; form-action 'self'"
    headers = {"Content-Security-Policy": policy, "Content-Type": "text/html; charset=utf-8"}
    page.route(f"{live_server.url}/editors", lambda route: route.fulfill(body=html, headers=headers))
    page.goto(f"{live_server.url}/editors")


def sent(page: Page, kind: str) -> dict[str, Any]:
    """The body that the fields on the page say."""
    pairs = page.evaluate("[...new FormData(document.querySelector('form'))]")
    fields: dict[str, list[str]] = {}
    for name, value in pairs:
        fields.setdefault(name.removeprefix(f"{kind}-"), []).append(value)
    return item_types.get(kind).from_editor(fields)


def test_no_editor_has_an_axe_violation_and_each_says_the_body_it_shows(
    opened: Callable[..., Page], live_server: LiveServer
) -> None:
    page = opened()
    editors(page, live_server)
    assert violations(page) == []
    for kind, body in dict(ASKED).items():
        shown = sent(page, kind)
        if kind == "ordering":  # its editor shows the right order
            by_id = {entry["id"]: entry for entry in body["entries"]}
            body = body | {"entries": [by_id[name] for name in body["key"]]}
        if kind == "matching":  # choices that match no prompt come last
            body = body | {"choices": [*body["choices"][1:4], body["choices"][0], *body["choices"][4:]]}
        assert shown == {name: body[name] for name in shown}


def test_rows_are_added_and_moved_without_a_request(opened: Callable[..., Page], live_server: LiveServer) -> None:
    page = opened()
    editors(page, live_server)
    page.get_by_role("button", name="Add an entry").click()
    fresh = page.locator('[name="ordering-entry-text"]').last
    expect(fresh).to_be_focused()
    expect(fresh).to_have_value("")
    fresh.fill("Fifth")
    page.locator("[data-rows=ordered] [data-row]").last.get_by_role("button", name="Move up").click()
    body = sent(page, "ordering")
    assert [entry["text"] for entry in body["entries"]] == ["*First*", "Second", "Third", "Fifth", "Fourth"]
    assert body["key"] == ["a", "b", "c", "p4", "d"]
    page.get_by_role("button", name="Add a pair").click()
    expect(page.get_by_label("Prompt 5", exact=True)).to_have_value("")
    assert page.url == f"{live_server.url}/editors"


def test_without_script_the_button_for_more_rows_names_its_list(
    opened: Callable[..., Page], live_server: LiveServer
) -> None:
    page = opened(java_script_enabled=False)
    editors(page, live_server)
    with page.expect_request(lambda request: "/sent?" in request.url) as asked:
        page.get_by_role("button", name="Add an entry").click()
    assert "more=ordering-entry-text" in asked.value.url
