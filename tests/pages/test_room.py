"""The writing room without script, through both of its doors."""

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client

from assessment import access
from content import import_jobs, importing, item_types, writing
from content.formats.reading import Source
from content.models import Import, Item, Lesson, Media, Quiz, QuizVersion
from content.room.urls import PAGES
from content.writing import Author
from roster.models import Institution, Role, User
from tests.cast import NOW, Cast, make_institution
from tests.pages.conftest import Visit
from tests.pages.test_picking import fields_of, picker

Open = Callable[..., Visit]
OPTIONS = [("It is.", "100", "Because."), ("It is not.", "0", "It is.")]


def form_of(html: str, action: str) -> dict[str, Any]:
    """The fields of the form with this address, as a browser would send them."""
    found = re.search(rf'<form[^>]*action="{re.escape(action)}"[^>]*>(.*?)</form>', html, re.DOTALL)
    assert found, action
    data: dict[str, Any] = {}
    for tag in re.findall(r"<input[^>]*>", found[1]):
        given = {name: unescape(value) for name, value in re.findall(r'([\w-]+)="([^"]*)"', tag)}
        if given.get("type") == "file" or (given.get("type") in ("checkbox", "radio") and " checked" not in tag):
            continue
        data.setdefault(given["name"], []).append(given.get("value", "on"))
    for name, text in re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', found[1], re.DOTALL):
        data.setdefault(name, []).append(unescape(text))
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', found[1], re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        data.setdefault(name, []).append(chosen[1] if chosen else "")
    return data


class Room:
    """The writing room behind one door."""

    def __init__(self, base: str, client: Client) -> None:
        self.base, self.client = base, client

    def get(self, path: str = "", **options: Any) -> HttpResponse:
        return self.client.get(self.base + path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> HttpResponse:
        return self.client.post(self.base + path, data or {}, **options)

    def new(self, title: str = "Of my own") -> Quiz:
        answer = self.post("new", {"title": title})
        assert answer.status_code == 303
        return Quiz.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[1])

    def add(self, quiz: Quiz, kind: str = "choice") -> Item:
        answer = self.post(f"checks/{quiz.pk}/add", {"kind": kind})
        assert answer.status_code == 303
        return Item.objects.get(pk=re.search(r"open=([^#&]+)", answer["Location"])[1])  # type: ignore[index]

    def editor(self, quiz: Quiz, item: Item) -> dict[str, Any]:
        html = self.get(f"checks/{quiz.pk}/?open={item.pk}").content.decode()
        return form_of(html, f"{self.base}checks/{quiz.pk}/questions/{item.pk}/save")

    def save(self, quiz: Quiz, item: Item, changes: dict[str, Any], **options: Any) -> HttpResponse:
        data = self.editor(quiz, item) | changes
        return self.post(f"checks/{quiz.pk}/questions/{item.pk}/save", data, **options)

    def write(self, quiz: Quiz, stem: str = "Is it so?", **changes: Any) -> Item:
        """Add a choice and write it whole."""
        item = self.add(quiz)
        answer = self.save(quiz, item, choice_fields(stem) | changes)
        assert answer.status_code == 303
        return item


def choice_fields(stem: str = "Is it so?") -> dict[str, Any]:
    return {
        "stem": stem,
        "body-option-id": ["a", "b"],
        "body-option-text": [text for text, _, _ in OPTIONS],
        "body-option-credit": [credit for _, credit, _ in OPTIONS],
        "body-option-rationale": [why for _, _, why in OPTIONS],
    }


def behind_launch(visit: Visit) -> Room:
    return Room(f"{visit.base}/write/", visit.client)


def behind_sign_in(institution: Institution | None, name: str = "") -> Room:
    client = Client()
    client.force_login(
        User.objects.create_user(name or f"staff-{uuid4().hex[:8]}", is_staff=True, institution=institution)
    )
    return Room("/content/", client)


@pytest.fixture
def room(cast: Cast) -> Room:
    """Tess's, at the launch that opens the class page."""
    return behind_launch(Visit(cast.tess))


@pytest.mark.django_db
def test_teacher_writes_a_check_in_the_picker_publishes_it_and_finds_it_chosen() -> None:
    visit = picker()
    page = visit.get("/").content.decode()
    assert f'href="{visit.base}/write/"' in page
    room = behind_launch(visit)
    quiz = room.new("Cells")
    room.write(quiz, "Is a cell **alive**?")
    assert "<strong>alive</strong>" in room.get(f"checks/{quiz.pk}/preview").content.decode()
    page = room.get(f"checks/{quiz.pk}/publish").content.decode()
    assert "you confirm the key of" in page
    published = room.post(f"checks/{quiz.pk}/publish")
    assert published["Location"] == f"{visit.base}/?chosen=quiz-cells"
    chosen = visit.client.get(published["Location"])
    assert re.search(r'value="quiz-cells" checked', chosen.content.decode())
    added = visit.post("/", fields_of(chosen) | {"do": "add"})
    assert "Continue to your LMS" in added.content.decode()
    version = QuizVersion.objects.get(quiz=quiz)
    assert version.quiz.institution == visit.launch.institution
    assert [item.key_state for item in version.items.all()] == ["approved"]
    assert version.items.get().provenance["approved"] == {"by": "Tess"}


def test_what_is_typed_is_stored_as_the_kind_reads_it(room: Room) -> None:
    quiz = room.new()
    item = room.write(quiz, points="2,5", tags="cells, life , cells", feedback="See the lesson.")
    item.refresh_from_db()
    assert (item.body["stem"], item.points, item.tags) == ("Is it so?", Decimal("2.5"), ["cells", "life"])
    assert [(one["text"], one["credit"]) for one in item.body["options"]] == [("It is.", 1), ("It is not.", 0)]
    assert item.body["feedback"] == "See the lesson."
    assert room.editor(quiz, item)["body-option-text"] == ["It is.", "It is not."]


@pytest.mark.parametrize("kind", item_types.KINDS)
def test_editor_of_every_kind_says_what_is_stored(room: Room, kind: str) -> None:
    """Sent back as printed, it changes nothing."""
    quiz = room.new()
    item = room.add(quiz, kind)
    assert room.save(quiz, item, {"stem": "Is it so?"}).status_code == 303
    before = Item.objects.get(pk=item.pk).body
    assert room.save(quiz, item, {}).status_code == 303
    assert Item.objects.get(pk=item.pk).body == before
    assert before["stem"] == "Is it so?"


@pytest.mark.parametrize("kind", item_types.KINDS)
def test_every_list_of_every_editor_gets_another_row_without_script(room: Room, kind: str) -> None:
    quiz = room.new()
    item = room.add(quiz, kind)
    page = room.get(f"checks/{quiz.pk}/?open={item.pk}").content.decode()
    for name in set(re.findall(r'name="more" value="([^"]+)"', page)):
        before = len(room.editor(quiz, item).get(name, []))
        answer = room.save(quiz, item, {"more": name})
        after = form_of(answer.content.decode(), f"{room.base}checks/{quiz.pk}/questions/{item.pk}/save")
        assert "" in after[name], (name, before, after[name])


def test_check_is_printed_with_its_key_before_and_after_it_is_published(room: Room) -> None:
    quiz = room.new("On paper")
    room.write(quiz, "Finished?")
    room.add(quiz)
    sheet = room.get(f"checks/{quiz.pk}/print").content.decode()
    assert "Finished?" in sheet
    assert "Draft, not published" in sheet
    assert "1 question is not finished and not printed." in sheet
    assert "Because." not in sheet
    key = room.get(f"checks/{quiz.pk}/print?key=1").content.decode()
    assert "Because." in key
    assert "Draft key" in key
    quiz.refresh_from_db()
    (_finished, _pool), (unfinished, _none) = writing.items_of(quiz)
    room.post(f"checks/{quiz.pk}/questions/{unfinished.pk}/remove")
    assert room.post(f"checks/{quiz.pk}/publish").status_code == 303
    assert "Version 1 ·" in room.get(f"checks/{quiz.pk}/print").content.decode()
    assert "Draft key" not in room.get(f"checks/{quiz.pk}/print?key=1").content.decode()
    assert f'href="{room.base}checks/{quiz.pk}/print"' in room.get(f"checks/{quiz.pk}/").content.decode()


def test_another_row_is_there_without_script_and_what_was_typed_is_stored(room: Room) -> None:
    quiz = room.new()
    item = room.write(quiz)
    answer = room.save(quiz, item, {"stem": "Changed", "more": "body-option-text"})
    data = form_of(answer.content.decode(), f"{room.base}checks/{quiz.pk}/questions/{item.pk}/save")
    assert data["body-option-text"] == ["It is.", "It is not.", ""]
    item.refresh_from_db()
    assert (item.body["stem"], len(item.body["options"])) == ("Changed", 2)
    data["body-option-text"][2] = "Perhaps."
    room.post(f"checks/{quiz.pk}/questions/{item.pk}/save", data)
    item.refresh_from_db()
    assert [one["text"] for one in item.body["options"]] == ["It is.", "It is not.", "Perhaps."]


def test_second_editor_is_told_and_nothing_is_overwritten_until_they_say_so(cast: Cast, room: Room) -> None:
    quiz = room.new()
    item = room.write(quiz)
    mine = room.editor(quiz, item) | {"stem": "Mine"}
    other = behind_sign_in(cast.tess.institution, "Olga")
    assert other.save(quiz, item, {"stem": "Theirs"}).status_code == 303
    told = room.post(f"checks/{quiz.pk}/questions/{item.pk}/save", mine)
    html = told.content.decode()
    assert told.status_code == 409
    assert "Olga" in html
    assert "Theirs" in html
    typed = form_of(html, f"{room.base}checks/{quiz.pk}/questions/{item.pk}/save")
    assert typed["stem"] == ["Mine"]
    assert Item.objects.get(pk=item.pk).body["stem"] == "Theirs"
    again = room.post(f"checks/{quiz.pk}/questions/{item.pk}/save", typed)
    assert again.status_code == 409
    newest = re.search(r'name="replace" value="(\d+)"', html)
    assert newest
    answer = room.post(f"checks/{quiz.pk}/questions/{item.pk}/save", typed | {"replace": newest[1]})
    assert answer.status_code == 303
    assert Item.objects.get(pk=item.pk).body["stem"] == "Mine"


def test_second_editor_of_the_settings_is_told(cast: Cast, room: Room) -> None:
    quiz = room.new()
    settings = f"checks/{quiz.pk}/settings"
    mine = form_of(room.get(f"checks/{quiz.pk}/").content.decode(), room.base + settings)
    writing.save_settings(
        quiz=quiz, changes={"title": "Theirs"}, revision=quiz.revision, author=Author("Olga"), now=NOW
    )
    told = room.post(settings, mine | {"title": "Mine"})
    assert told.status_code == 409
    assert "Olga" in told.content.decode()
    quiz.refresh_from_db()
    assert quiz.draft["title"] == "Theirs"


def test_questions_are_moved_duplicated_taken_out_and_put_back(room: Room) -> None:
    quiz = room.new()
    one, two = room.write(quiz, "One"), room.write(quiz, "Two")

    def stems() -> list[str]:
        return [item.body["stem"] for item, _pool in writing.items_of(Quiz.objects.get(pk=quiz.pk))]

    room.post(f"checks/{quiz.pk}/questions/{two.pk}/move", {"to": "0"})
    assert stems() == ["Two", "One"]
    room.post(f"checks/{quiz.pk}/questions/{two.pk}/duplicate")
    assert stems() == ["Two", "Two", "One"]
    gone = room.post(f"checks/{quiz.pk}/questions/{one.pk}/remove")
    assert stems() == ["Two", "Two"]
    assert "Put it back" in room.client.get(gone["Location"]).content.decode()
    room.post(f"checks/{quiz.pk}/questions/{one.pk}/use")
    assert stems() == ["Two", "Two", "One"]


def test_settings_make_pools_and_sharing(room: Room) -> None:
    quiz = room.new()
    item = room.write(quiz)
    data = form_of(room.get(f"checks/{quiz.pk}/").content.decode(), f"{room.base}checks/{quiz.pk}/settings")
    data |= {"title": "Renamed", "shuffle_options": "on", "pool-name": ["Easy"], "pool-draw": ["1"]}
    data |= {"visibility": "private", "practice": "on"}
    assert room.post(f"checks/{quiz.pk}/settings", data).status_code == 303
    assert room.save(quiz, item, {"pool": "Easy"}).status_code == 303
    quiz.refresh_from_db()
    assert (quiz.draft["title"], quiz.draft["pools"], quiz.draft["shuffle_options"]) == ("Renamed", {"Easy": 1}, True)
    assert quiz.draft["places"][0]["pool"] == "Easy"
    assert (quiz.visibility, quiz.practice) == ("private", True)


def test_who_makes_a_check_private_can_still_open_it(cast: Cast, room: Room) -> None:
    quiz = behind_sign_in(cast.tess.institution).new()
    data = form_of(room.get(f"checks/{quiz.pk}/").content.decode(), f"{room.base}checks/{quiz.pk}/settings")
    room.post(f"checks/{quiz.pk}/settings", data | {"visibility": "private"})
    assert room.get(f"checks/{quiz.pk}/").status_code == 200


def test_errors_of_the_check_list_block_and_name_their_question(room: Room) -> None:
    quiz = room.new()
    item = room.add(quiz)
    page = room.get(f"checks/{quiz.pk}/publish").content.decode()
    assert f"?open={item.pk}#q-{item.pk}" in page
    assert ">Publish</button>" not in page
    refused = room.post(f"checks/{quiz.pk}/publish")
    assert refused.status_code == 422
    assert not QuizVersion.objects.filter(quiz=quiz).exists()


def test_warnings_do_not_block(room: Room) -> None:
    quiz = room.new()
    room.write(quiz, **{"body-option-rationale": ["", ""]})
    page = room.get(f"checks/{quiz.pk}/publish").content.decode()
    assert "An option has no rationale." in page
    assert room.post(f"checks/{quiz.pk}/publish").status_code == 303


def test_script_gets_the_new_revision_and_the_preview(room: Room) -> None:
    quiz = room.new()
    item = room.write(quiz)
    answer = room.save(quiz, item, {"stem": "Is it *so*?"}, headers={"accept": "application/json"})
    assert answer.json()["revision"] == Item.objects.get(pk=item.pk).revision
    assert "<em>so</em>" in answer.json()["preview"]
    stale = room.save(quiz, item, {"revision": "1"}, headers={"accept": "application/json"})
    assert (stale.status_code, stale.json()["by"]) == (409, "Tess")


@pytest.mark.parametrize("points", ["", "many", "-1", "nan", "1e9"])
def test_odd_points_are_refused_and_what_was_typed_stays(room: Room, points: str) -> None:
    quiz = room.new()
    item = room.add(quiz)
    answer = room.save(quiz, item, choice_fields("Typed") | {"points": points})
    assert answer.status_code == 422
    assert "Typed" in answer.content.decode()


def test_class_page_leads_to_the_questions_or_to_a_copy_of_them(cast: Cast, visit: Open) -> None:
    tess = visit(cast.tess)
    assert f"/write/copy/{cast.quiz.pk}" in tess.get("/class/").content.decode()
    room = behind_launch(tess)
    copied = Quiz.objects.get(pk=room.post(f"copy/{cast.quiz.pk}")["Location"].rstrip("/").rsplit("/", 1)[1])
    assert copied.institution == cast.tess.institution
    assert [item.body["stem"] for item, _ in writing.items_of(copied)] == [
        item.body["stem"] for item, _ in writing.items_of(cast.quiz)
    ]
    assert room.post(f"checks/{copied.pk}/publish")["Location"].startswith(f"{tess.base}/write/")
    cast.assignment.quiz = copied
    cast.assignment.save()
    assert f"/write/checks/{copied.pk}/" in tess.get("/class/").content.decode()
    assert room.post(f"checks/{copied.pk}/publish")["Location"] == f"{tess.base}/class/?done=published"


def test_learners_and_guests_find_no_door(cast: Cast, visit: Open) -> None:
    assert visit(cast.alice).get("/write/").status_code == 403
    assert visit(cast.alice).post("/write/new").status_code == 403
    guest = access.Launch.objects.get(pk=cast.tess.pk)
    guest.platform_user = None
    guest.save()
    assert visit(guest).get("/write/").status_code == 403


@pytest.mark.django_db
def test_staff_sign_in_first_and_only_staff_come_in(client: Client) -> None:
    assert client.get("/content/")["Location"].startswith("/admin/login/?next=/content/")
    client.force_login(User.objects.create_user("someone"))
    assert client.get("/content/").status_code == 403


@pytest.mark.django_db
def test_staff_pages_refuse_forms_of_other_sites() -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(User.objects.create_user("staff", is_staff=True))
    assert client.post("/content/new").status_code == 403


@pytest.mark.django_db
def test_staff_without_institution_write_the_library_and_others_their_own() -> None:
    school = make_institution()
    library, own = behind_sign_in(None).new(), behind_sign_in(school).new()
    assert (library.institution, own.institution) == (None, school)
    assert behind_sign_in(school).get(f"checks/{library.pk}/").status_code == 404
    assert behind_sign_in(None).get(f"checks/{own.pk}/").status_code == 404


SHEET = (Path(__file__).parents[2] / "content" / "demo" / "when-to-fine-tune.txt").read_bytes()
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000 1f15c489".replace(" ", "")
    + "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)


def upload(room: Room, name: str, data: bytes) -> HttpResponse:
    return room.post("imports/", {"file": SimpleUploadedFile(name, data)})


def test_file_is_reported_first_and_taken_on_the_authors_word(room: Room) -> None:
    sent = upload(room, "sheet.txt", SHEET)
    report = room.client.get(sent["Location"]).content.decode()
    assert "10 questions" in report
    assert "Question 10 has 3 options where most have 4." in report
    assert "It has no key yet." in report
    assert not Quiz.objects.filter(draft__source__file="sheet.txt").exists()
    taken = room.client.post(sent["Location"])
    quiz = Quiz.objects.get(draft__source__file="sheet.txt")
    assert taken["Location"] == f"{room.base}checks/{quiz.pk}/"
    assert len(writing.items_of(quiz)) == 10
    again = room.client.post(upload(room, "sheet.txt", SHEET)["Location"])
    assert again["Location"] == taken["Location"]


def test_lines_of_a_report_lead_to_the_question_where_there_is_one(room: Room) -> None:
    asked = "<questiontext><text>Well?</text></questiontext>"
    taken = (
        f'<question type="description"><name><text>taken</text></name>{asked}<hint><text>No.</text></hint></question>'
    )
    refused = f'<question type="ddmarker"><name><text>refused</text></name>{asked}</question>'
    answer = upload(room, "bank.xml", f"<quiz>{taken}{refused}</quiz>".encode())
    page = room.client.get(answer["Location"]).content.decode()
    assert 'href="#i-taken"' in page
    assert "refused" in page
    assert set(re.findall(r'href="#(i-[^"]+)"', page)) <= set(re.findall(r'id="(i-[^"]+)"', page))


KEY = (Path(__file__).parents[2] / "content" / "demo" / "answer-key.json").read_bytes()


def test_sheet_may_bring_its_key_along(room: Room) -> None:
    files = {"file": SimpleUploadedFile("sheet.txt", SHEET), "key": SimpleUploadedFile("key.json", KEY)}
    sent = room.post("imports/", files)
    assert "It has no key yet." not in room.client.get(sent["Location"]).content.decode()
    room.client.post(sent["Location"])
    quiz = Quiz.objects.get(draft__source__file="sheet.txt")
    assert {item.key_state for item, _pool in writing.items_of(quiz)} == {"approved", "reviewed"}


def bank(count: int) -> bytes:
    return "\n\n".join(f"::Q {at}::Is {at} a number?{{T}}" for at in range(count)).encode()


def worked(job: Import) -> Import:
    """The job, once a worker has done it."""
    import_jobs.run(job_id=job.pk, now=NOW)
    job.refresh_from_db()
    return job


def test_large_file_is_read_and_taken_by_a_worker_and_a_bar_says_how_far(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "SMALL", 1000)
    monkeypatch.setattr(import_jobs, "SMALL_BANK", 10)
    report = upload(room, "bank.gift", bank(150))["Location"]
    job = Import.objects.get()
    waiting = room.client.get(report).content.decode()
    assert '<progress max="100" value="0"' in waiting
    assert room.client.get(report, headers={"Accept": "application/json"}).json() == {"progress": 0, "next": ""}
    assert (worked(job).state, job.quiz) == ("done", None)
    assert room.client.get(report, headers={"Accept": "application/json"}).json()["next"] == report
    assert "150 questions" in room.client.get(report).content.decode()

    assert "Read, not taken yet" in room.get("imports/").content.decode()

    assert room.client.post(report)["Location"] == report
    assert "<progress" in room.client.get(report).content.decode()
    quiz = worked(Import.objects.get()).quiz
    assert quiz is not None
    assert (quiz.changed_by, len(writing.items_of(quiz))) == ("Tess", 150)
    check = f"{room.base}checks/{quiz.pk}/"
    assert room.client.get(report, headers={"Accept": "application/json"}).json()["next"] == check
    assert f'href="{check}"' in room.client.get(report).content.decode()


def test_large_file_that_cannot_be_read_says_so_where_its_author_waits(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_jobs, "SMALL", 1000)
    report = upload(room, "odd.txt", b"nothing of this is a question " * 100)["Location"]
    assert worked(Import.objects.get()).state == "failed"
    answer = room.client.get(report)
    assert answer.status_code == 422
    assert "No format was recognised in odd.txt." in answer.content.decode()


def test_progress_of_a_job_rises_with_the_questions_that_were_read(room: Room) -> None:
    source = Source("bank.gift", bank(200))
    job = import_jobs.queue(source=source, author=Author("Olga"), take=True)
    seen = []
    with pytest.MonkeyPatch.context() as patch:
        move = import_jobs._move
        patch.setattr(import_jobs, "_move", lambda job, **what: (move(job, **what), seen.append(job.progress)))
        import_jobs.run(job_id=job.pk, now=NOW)
    assert seen == sorted(seen)
    assert 20 < len(seen) < 60
    assert (seen[0], seen[-1]) == (2, 100)


def test_large_check_is_shown_page_by_page_and_opens_where_its_question_is(room: Room) -> None:
    author = Author("Olga", Quiz.objects.get(pk=room.new().pk).institution)
    source = Source("bank.gift", bank(250))
    quiz = importing.take(draft=importing.read(source)[1], source=source, author=author, now=NOW).quiz
    assert len({id(item.quiz) for item, _pool in writing.items_of(quiz)}) == 1, "its draft is long, and read once"
    first = room.get(f"checks/{quiz.pk}/").content.decode()
    assert first.count("data-item=") == 100
    assert "Questions 1 to 100 of 250" in first
    item = writing.items_of(quiz)[240][0]
    last = room.get(f"checks/{quiz.pk}/?open={item.pk}").content.decode()
    assert "Questions 201 to 250 of 250" in last
    assert "Is 240 a number?" in last
    moved = room.post(f"checks/{quiz.pk}/questions/{item.pk}/move", {"to": "0"})
    assert f'id="q-{item.pk}"' in room.client.get(moved["Location"]).content.decode()


@pytest.mark.parametrize("data", [b"", b"\x00\x01", b"\xff" * 100, b"nothing of this is a question"])
def test_file_that_no_format_knows_is_refused_with_a_sentence(room: Room, data: bytes) -> None:
    answer = upload(room, "odd.bin", data)
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert room.post("imports/").status_code == 422


def test_picture_is_known_by_its_content_and_needs_words(room: Room) -> None:
    quiz = room.new()
    item = room.write(quiz)

    def add(data: bytes, alt: str = "A cell") -> HttpResponse:
        return room.save(quiz, item, {"do": "picture", "picture": SimpleUploadedFile("a.png", data), "alt": alt})

    assert add(b"<svg xmlns='http://www.w3.org/2000/svg'/>").status_code == 422
    assert add(PNG, "").status_code == 422
    assert add(PNG).status_code == 303
    item.refresh_from_db()
    [media] = Media.objects.all()
    assert item.body["stem"].endswith(f"![A cell](media:{media.digest})")
    assert media.institution == quiz.institution
    shown = room.get(f"checks/{quiz.pk}/preview").content.decode()
    assert f'<img src="/learn/media/{media.digest}" alt="A cell">' in shown
    assert room.client.get(f"/learn/media/{media.digest}")["Content-Type"] == "image/png"


def test_picture_is_found_outside_of_the_launch_by_learners_too(cast: Cast, visit: Open) -> None:
    digest = "a" * 64
    room = behind_launch(visit(cast.tess))
    quiz = room.new()
    room.write(quiz, f"![A cell](media:{digest})")
    room.post(f"checks/{quiz.pk}/publish")
    cast.assignment.quiz = quiz
    cast.assignment.save()
    alice = visit(cast.alice)
    page = alice.get(f"/attempts/{alice.begin().pk}/").content.decode()
    assert f'src="/learn/media/{digest}"' in page


def test_bank_finds_by_text_tag_and_kind_and_says_where_a_question_is_used(room: Room) -> None:
    quiz, other = room.new("First"), room.new("Second")
    room.write(quiz, "Of cells?", tags="biology")
    item = room.write(quiz, "Of stars?", tags="physics")

    def found(query: str) -> set[str]:
        page = room.get(f"bank/?{query}").content.decode()
        return {stem for stem in ("Of cells?", "Of stars?") if stem in page}

    assert found("") == {"Of cells?", "Of stars?"}
    assert found("q=STARS") == {"Of stars?"}
    assert found("q=rationale") == set()  # the name of a field is no text
    assert found("tag=biology") == {"Of cells?"}
    assert found("kind=open_text") == set()
    page = room.get(f"bank/?for={other.pk}").content.decode()
    assert f"checks/{other.pk}/questions/{item.pk}/use" in page
    room.post(f"checks/{other.pk}/questions/{item.pk}/use")
    page = room.get(f"bank/{item.pk}").content.decode()
    assert "First" in page
    assert "Second" in page
    assert room.get("bank/?for=x").status_code == 404


def test_two_versions_of_a_question_are_compared_word_by_word(room: Room) -> None:
    quiz = room.new()
    item = room.write(quiz, "Is a cell alive?")
    room.post(f"checks/{quiz.pk}/publish")
    room.save(quiz, item, {"stem": "Is a virus alive?"})
    page = room.get(f"bank/{item.pk}").content.decode()
    assert "<del>cell</del>" in page
    assert "<ins>virus</ins>" in page


def test_colleague_answers_without_seeing_the_key_and_both_are_shown(cast: Cast, room: Room) -> None:
    quiz = room.new()
    one, two = room.write(quiz, "One?"), room.write(quiz, "Two?")
    assert "There is nothing for you to answer" in room.get(f"checks/{quiz.pk}/review").content.decode()
    olga = behind_sign_in(cast.tess.institution, "Olga")
    page = olga.get(f"checks/{quiz.pk}/review").content.decode()
    assert "Because." not in page
    assert "checked" not in page
    olga.post(f"checks/{quiz.pk}/review", {f"answer-{one.pk}": "a", f"answer-{two.pk}": "b", f"note-{two.pk}": "Hm."})
    both = room.get(f"checks/{quiz.pk}/reviews").content.decode()
    assert both.index("They disagree") < both.index("Both agree")
    assert "Hm." in both
    page = room.get(f"checks/{quiz.pk}/").content.decode()
    assert "Key reviewed" in page
    assert "A colleague disagrees with the key" in page
    room.post(f"checks/{quiz.pk}/questions/{two.pk}/settle")
    assert "the key was kept" in room.get(f"checks/{quiz.pk}/reviews").content.decode()


def test_no_order_gives_the_key_away_to_a_reviewer(cast: Cast, room: Room) -> None:
    quiz = room.new()
    item = room.add(quiz, "ordering")
    names = [f"entry {number}" for number in range(1, 9)]
    entries = {"body-entry-id": [""] * 8, "body-entry-text": names, "body-entry-position": [*map(str, range(1, 9))]}
    room.save(quiz, item, {"stem": "In which order?"} | entries)
    assert [entry["text"] for entry in Item.objects.get(pk=item.pk).body["entries"]] == names
    page = behind_sign_in(cast.tess.institution).get(f"checks/{quiz.pk}/review").content.decode()
    shown = list(dict.fromkeys(re.findall(r"entry \d", page)))
    assert sorted(shown) == names
    assert shown != names


def test_story_of_the_seeds_key_is_shown(db: None) -> None:
    call_command("load_demo_content")
    room = behind_sign_in(None)
    item = Item.objects.get(identifier="q2")
    page = room.get(f"bank/{item.pk}").content.decode()
    for words in ("First keyer", "decision framework", "Second keyer, without seeing the first", "doubtful"):
        assert words in page


def test_lesson_is_written_published_and_named_by_a_check(room: Room) -> None:
    made = room.post("lessons/new", {"title": "Cells"})["Location"]
    page = room.client.get(made).content.decode()
    data = form_of(page, f"{made}save") | {
        "summary": "In *short*.",
        "section-position": ["2", "1"],
        "section-title": ["Second", "First"],
        "section-id": ["", ""],
        "section-kind": ["points", "prose"],
        "section-text": ["one\ntwo", "Here.\n\nThere.\n\n- a list\n\n- goes on"],
    }
    answer = room.client.post(f"{made}save", data | {"do": "publish"})
    assert answer["Location"].endswith("?published=1")
    lesson = Lesson.objects.get(slug="cells")
    assert lesson.current is not None
    assert [(part["id"], part["paragraphs"]) for part in lesson.current.body["sections"]] == [
        ("first", ["Here.", "There.\n\n- a list\n\n- goes on"]),
        ("second", ["one", "two"]),
    ]
    again = form_of(room.client.get(made).content.decode(), f"{made}save")
    room.client.post(f"{made}save", again)
    lesson.refresh_from_db()
    assert lesson.draft == lesson.current.body
    quiz = room.new()
    item = room.write(quiz)
    settings = form_of(room.get(f"checks/{quiz.pk}/").content.decode(), f"{room.base}checks/{quiz.pk}/settings")
    room.post(f"checks/{quiz.pk}/settings", settings | {"lesson": str(lesson.pk)})
    room.save(quiz, item, {"section": "second"})
    room.post(f"checks/{quiz.pk}/publish")
    version = QuizVersion.objects.get(quiz=quiz)
    assert version.lesson_version == lesson.current
    assert version.items.get().body["section"] == "second"


def test_second_editor_of_a_lesson_is_told(cast: Cast, room: Room) -> None:
    made = room.post("lessons/new", {"title": "Cells"})["Location"]
    mine = form_of(room.client.get(made).content.decode(), f"{made}save")
    room.client.post(f"{made}save", mine | {"summary": "First"})
    told = room.client.post(f"{made}save", mine | {"summary": "Mine"})
    assert told.status_code == 409
    assert "Mine" in told.content.decode()
    assert Lesson.objects.get(slug="cells").draft["summary"] == "First"


def test_parameters_are_drawn_for_each_learner_and_bad_ones_are_named(room: Room) -> None:
    quiz = room.new()
    item = room.write(quiz, "What is {a}?")
    row = {"parameter-name": ["a"], "parameter-from": ["2"], "parameter-to": ["2"], "parameter-step": ["1"]}
    room.save(quiz, item, row)
    assert "What is 2?" in room.get(f"checks/{quiz.pk}/preview").content.decode()
    room.save(quiz, item, row | {"parameter-to": ["900"]})
    one, other, again = (room.get(f"checks/{quiz.pk}/preview?seed={seed}").content.decode() for seed in (1, 2, 1))
    drawn = [re.findall(r"What is \d+\?", page) for page in (one, other, again)]
    assert drawn[0] == drawn[2] != drawn[1]
    room.save(quiz, item, row | {"parameter-from": ["much"]})
    page = room.get(f"checks/{quiz.pk}/?open={item.pk}").content.decode()
    assert "The parameter a needs a range" in page
    assert room.editor(quiz, item)["parameter-from"][0] == "much"


def addresses(owner: Room) -> list[tuple[str, str]]:
    """(method, path) of every address of the room that names something of the owner's."""
    quiz = owner.new("Secret check")
    item = owner.write(quiz, "Secret?")
    owner.post(f"checks/{quiz.pk}/publish")
    lesson = owner.post("lessons/new", {"title": "Secret lesson"})["Location"].rstrip("/").rsplit("/", 1)[1]
    file = upload(owner, "secret.txt", SHEET)["Location"].rsplit("/", 1)[1]
    names = {"<uuid:quiz>": quiz.pk, "<uuid:item>": item.pk, "<uuid:lesson>": lesson, "<uuid:pk>": file}
    found = []
    for route, _view, _name in PAGES:
        for name, value in names.items():
            route = route.replace(name, str(value))
        if route not in ("", "new", "imports/", "bank/", "lessons/new"):
            found += [("get", route), ("post", route)]
    return [*found, ("get", f"bank/?for={quiz.pk}")]


@pytest.mark.parametrize("door", ["launch", "staff"])
def test_every_address_of_the_room_is_404_for_another_institution(cast: Cast, visit: Open, door: str) -> None:
    dora = access.Launch.objects.get(pk=cast.dora.pk)
    dora.role = Role.INSTRUCTOR
    dora.save()
    stranger = behind_launch(visit(dora)) if door == "launch" else behind_sign_in(dora.institution)
    owner = behind_launch(visit(cast.tess))
    paths = addresses(owner)
    assert len(paths) > 30
    answers = {(method, path): getattr(stranger, method)(path).status_code for method, path in paths}
    assert {key: code for key, code in answers.items() if code not in (404, 405)} == {}
    for page in ("", "bank/", "bank/?q=Secret"):
        assert "Secret" not in stranger.get(page).content.decode().replace('value="Secret"', "")


def test_private_check_is_404_for_a_colleague_who_is_no_author(cast: Cast, visit: Open) -> None:
    owner = behind_launch(visit(cast.tess))
    paths = addresses(owner)
    Quiz.objects.filter(institution=cast.tess.institution).update(visibility="private")
    Lesson.objects.filter(institution=cast.tess.institution).update(visibility="private")
    colleague = access.Launch.objects.get(pk=cast.charlie.pk)
    colleague.role = Role.INSTRUCTOR
    colleague.save()
    other = behind_launch(visit(colleague))
    answers = {(method, path): getattr(other, method)(path).status_code for method, path in paths}
    assert {key: code for key, code in answers.items() if code not in (404, 405)} == {}


def test_strangers_question_cannot_be_put_into_an_own_check(cast: Cast, visit: Open, room: Room) -> None:
    stranger = behind_sign_in(make_institution())
    secret = stranger.write(stranger.new())
    quiz = room.new()
    for page in ("use", "save", "move", "duplicate", "remove", "settle"):
        assert room.post(f"checks/{quiz.pk}/questions/{secret.pk}/{page}", {"to": "0"}).status_code == 404
    assert Quiz.objects.get(pk=quiz.pk).draft["places"] == []
