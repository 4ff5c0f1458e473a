"""The writing room in Chromium: what is typed is kept and shown, nobody is overwritten, and axe finds nothing."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from content import import_jobs, item_types, key_review, writing
from content.models import Import, Item, Media, Quiz
from content.writing import Author
from tests.axe import violations
from tests.cast import NOW
from tests.pages.test_picking import picker
from tests.pages.test_room import PNG, SHEET, Room, behind_launch, upload


@pytest.fixture
def room(chromium: Browser, transactional_db: None) -> Room:
    return behind_launch(picker())


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def editing(room: Room, page: Page, live_server: LiveServer) -> tuple[Quiz, Item]:
    """A finished question, open in the editor."""
    quiz = room.new()
    item = room.write(quiz)
    page.goto(f"{live_server.url}{room.base}checks/{quiz.pk}/?open={item.pk}")
    return quiz, item


def test_what_is_typed_is_saved_after_a_pause_and_shown_as_learners_get_it(
    editing: tuple[Quiz, Item], page: Page
) -> None:
    page.get_by_label("Question", exact=True).fill("Is it *really* so?")
    expect(page.locator("form .saved").last).to_have_text(re.compile(r"^Saved \d"))
    expect(page.locator("[data-preview] em")).to_have_text("really")
    page.locator("[name=body-option-text]").nth(1).fill("It is $x^2$.")
    expect(page.locator("[data-preview] math")).to_be_visible()
    item = Item.objects.get(pk=editing[1].pk)
    assert (item.body["stem"], item.body["options"][1]["text"]) == ("Is it *really* so?", "It is $x^2$.")
    page.get_by_role("button", name="Save and close").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    assert Item.objects.get(pk=editing[1].pk).body["stem"] == "Is it *really* so?"


def test_failed_save_says_so_and_is_tried_again(editing: tuple[Quiz, Item], page: Page) -> None:
    page.context.set_offline(True)
    page.get_by_label("Question", exact=True).fill("Offline?")
    expect(page.locator("form .saved").last).to_contain_text("Not saved. It stays on this page")
    page.context.set_offline(False)
    expect(page.locator("form .saved").last).to_have_text(re.compile(r"^Saved \d"))
    assert Item.objects.get(pk=editing[1].pk).body["stem"] == "Offline?"


def test_second_editor_is_told_at_once_and_decides(editing: tuple[Quiz, Item], page: Page) -> None:
    item = Item.objects.get(pk=editing[1].pk)
    writing.save_item(
        item=item,
        body=item.body | {"stem": "Theirs?"},
        points=item.points,
        tags=[],
        revision=item.revision,
        author=Author("Olga"),
        now=NOW,
    )
    page.get_by_label("Question", exact=True).fill("Mine?")
    expect(page.get_by_role("alert")).to_contain_text("Olga has changed this meanwhile.")
    assert Item.objects.get(pk=item.pk).body["stem"] == "Theirs?"
    expect(page.get_by_label("Question", exact=True)).to_have_value("Mine?")
    page.get_by_role("button", name="Replace theirs with mine").click()
    expect(page.get_by_role("heading", name="Mine?").first).to_be_visible()
    assert Item.objects.get(pk=item.pk).body["stem"] == "Mine?"


def test_question_is_dragged_to_another_place(room: Room, page: Page, live_server: LiveServer) -> None:
    quiz = room.new()
    for stem in ("One", "Two", "Three"):
        room.write(quiz, stem)
    page.goto(f"{live_server.url}{room.base}checks/{quiz.pk}/")
    last, first = page.locator(".written > li").nth(2), page.locator(".written > li").nth(0)
    last.locator(".said").drag_to(first, target_position={"x": 20, "y": 4})
    expect(page.locator(".written > li h3").first).to_contain_text("Three")
    expect(page).to_have_url(re.compile(r"#q-"))
    stems = [item.body["stem"] for item, _pool in writing.items_of(Quiz.objects.get(pk=quiz.pk))]
    assert stems == ["Three", "One", "Two"]


def test_picture_goes_where_the_cursor_was(editing: tuple[Quiz, Item], page: Page) -> None:
    option = page.locator("[name=body-option-text]").first
    option.focus()
    page.get_by_text("Add a picture").click()
    page.get_by_label("Picture (PNG").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": PNG})
    page.get_by_label("The picture in words").fill("A cell")
    page.get_by_role("button", name="Add the picture").click()
    expect(option).to_have_value(re.compile(r"!\[A cell\]\(media:[0-9a-f]{64}\)"))
    expect(page.locator("[data-preview] img")).to_have_attribute("src", f"/learn/media/{Media.objects.get().digest}")


def pages_of(room: Room) -> list[str]:
    """One address of every page, with something on it."""
    quiz = room.new("Cells")
    one, two, three = room.write(quiz, "One?", tags="cells"), room.write(quiz, "Two?"), room.add(quiz, "open_text")
    olga = Author("Olga")
    key_review.record(item=one, answer={"option": "b"}, note="Hm.", author=olga, now=NOW)
    Item.objects.filter(pk=two.pk).update(provenance={"key": {"by": "Olga"}})
    lesson = room.post("lessons/new", {"title": "Cells"})["Location"].removeprefix(room.base)
    report = upload(room, "sheet.txt", SHEET)["Location"].removeprefix(room.base)
    check = f"checks/{quiz.pk}/"
    opened = [f"{check}?open={item.pk}" for item in (one, three)]
    found = [f"{check}{name}" for name in ("", "preview", "publish", "review", "reviews")]
    opened += [f"{check}?open={room.add(quiz, kind).pk}" for kind in item_types.KINDS]
    return ["", "imports/", report, "bank/", f"bank/?for={quiz.pk}", f"bank/{one.pk}", lesson, *found, *opened]


@pytest.mark.parametrize(("width", "scheme"), [(320, "dark"), (1280, "light")])
def test_no_page_of_the_room_has_an_axe_violation_or_scrolls_sideways(
    room: Room, chromium: Browser, live_server: LiveServer, width: int, scheme: Any
) -> None:
    context = chromium.new_context(viewport={"width": width, "height": 800}, color_scheme=scheme)
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    for path in pages_of(room):
        page.goto(live_server.url + room.base + path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => (one.open = true))")
        faults += [f"{path}: {fault}" for fault in violations(page)]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            faults.append(f"{path} scrolls sideways")
    context.close()
    assert not faults, "\n".join(faults)


def test_unfit_picture_says_why(editing: tuple[Quiz, Item], page: Page) -> None:
    page.get_by_text("Add a picture").click()
    page.get_by_label("Picture (PNG").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"<svg/>"})
    page.get_by_label("The picture in words").fill("A cell")
    page.get_by_role("button", name="Add the picture").click()
    expect(page.locator("[data-picture-error]")).to_contain_text("Only PNG, JPEG, GIF and WebP")
    assert not Media.objects.exists()


def test_fields_of_a_gap_appear_while_its_text_is_written(room: Room, page: Page, live_server: LiveServer) -> None:
    quiz = room.new()
    item = room.add(quiz, "cloze")
    page.goto(f"{live_server.url}{room.base}checks/{quiz.pk}/?open={item.pk}")
    text = page.locator("[name=body-text]")
    text.press_sequentially("Paris lies in [[a]].")
    answer = page.locator("[data-live=answers-a] [name=body-answer-text]")
    answer.fill("France")
    text.focus()
    text.press("End")
    text.press_sequentially(" And [[b]].")
    expect(page.locator("[data-live=answers-b]")).to_be_visible()
    expect(answer).to_have_value("France")
    page.locator("[data-live=gap-b] [name=body-gap-kind]").select_option("dropdown")
    expect(page.locator("[data-live=answers-b] [name=body-answer-text]")).to_have_count(3)
    text.fill("Paris lies in [[a]].")
    expect(page.locator("[data-live=gap-b]")).to_have_count(0)
    gaps = Item.objects.get(pk=item.pk).body["gaps"]
    assert [(gap["id"], gap["answers"][0]["text"]) for gap in gaps] == [("a", "France")]


def test_who_waits_for_a_large_file_sees_it_come_and_its_report(
    room: Room, page: Page, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "SMALL", 10)
    report = upload(room, "bank.gift", b"::One::Is it so?{T}\n\n::Two::Is it not?{F}")["Location"]
    page.goto(live_server.url + report)
    expect(page.get_by_role("progressbar")).to_have_attribute("value", "0")
    assert violations(page) == []
    job = Import.objects.get()
    Import.objects.update(progress=40)
    expect(page.locator("[data-percent]")).to_have_text("40 %")
    import_jobs.run(job_id=job.pk, now=NOW)
    expect(page.get_by_role("button", name="Take it into the room")).to_be_visible()
