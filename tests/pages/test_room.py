"""The writing room without script, through both of its doors."""

import re
from collections.abc import Callable
from decimal import Decimal
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from assessment import access
from content import writing
from content.models import Item, Quiz, QuizVersion
from content.writing import Author
from roster.models import Institution, User
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
