"""Everyone may read what is published, at a fixed number of queries, and never the key."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.serializers.json import DjangoJSONEncoder

from content import reading
from content.management.commands import load_demo_content
from content.models import ItemVersion, Lesson, LessonVersion, Quiz, QuizVersion
from content.publishing import publish_lesson, publish_quiz
from roster.models import User
from tests.content.conftest import KEY, LESSON, NOW, QUIZ, SHEET, choice, lesson_body, open_text

PAGE = f"/learn/lesson/{LESSON}"


def other(number: int) -> QuizVersion:
    """Another lesson with its quiz, of public practice."""
    lesson = publish_lesson(slug=f"other-{number}", body=lesson_body(), provenance={}, now=NOW)
    version = publish_quiz(
        slug=f"other-{number}",
        title="Other",
        items=[choice(), open_text()],
        lesson_version=lesson,
        provenance={},
        now=NOW,
    )
    open_practice(version)
    return version


def open_practice(version: QuizVersion) -> None:
    version.quiz.practice = True
    version.quiz.save()


def strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)
    else:
        yield str(value)


@pytest.mark.django_db
def test_public_lesson_is_what_was_printed(publish_demo: Any) -> None:
    published = publish_demo()
    shown = reading.public_lesson(reading.current_lessons().get())
    assert shown["slug"] == LESSON
    assert (shown["minutes"], shown["reviewed"], shown["version"]) == (40, 2026, 1)
    assert shown["quizzes"] == [QUIZ]
    assert shown["sections"] == published.lesson.body["sections"]
    assert shown == reading.public_lesson(published.lesson)


@pytest.mark.django_db
def test_public_quiz_never_holds_the_key(publish_demo: Any) -> None:
    publish_demo()
    shown = reading.public_quiz(reading.current_quizzes().get())
    assert [item["identifier"] for item in shown["items"]] == [f"q{number}" for number in range(1, 11)]
    assert shown["lesson"] == LESSON
    assert [item["kind"] for item in shown["items"]].count("choice") == 9
    text = json.dumps(shown, cls=DjangoJSONEncoder)
    key = json.loads(KEY)
    printed = " ".join(SHEET.split())
    secret = {part for part in strings([key["items"], key["open_item"]]) if len(part) > 20 and part not in printed}
    assert len(secret) > 60
    assert not [part for part in secret if part in text]
    names = set(strings(shown))
    assert not names & {"credit", "rationale", "rubric", "section", "key_state", "provenance", "approved"}


@pytest.mark.django_db
def test_listing_costs_the_same_for_one_and_for_many(publish_demo: Any, django_assert_num_queries: Any) -> None:
    publish_demo()
    for count in (0, 5):
        for number in range(count):
            other(number)
        with django_assert_num_queries(2):
            lessons = [reading.public_lesson(version) for version in reading.current_lessons()]
        with django_assert_num_queries(2):
            quizzes = [reading.public_quiz(version) for version in reading.current_quizzes()]
        assert len(lessons) == len(quizzes) == count + 1


@pytest.mark.django_db
def test_only_current_versions_are_listed(publish_demo: Any) -> None:
    publish_demo()
    publish_demo(sheet=SHEET.replace("Prompting is fast", "Prompting is quick"))
    Lesson.objects.create(slug="empty")
    Quiz.objects.create(slug="empty")
    assert [version.number for version in reading.current_lessons()] == [2]
    assert [version.number for version in reading.current_quizzes()] == [2]


@pytest.mark.django_db
def test_lesson_page_shows_the_lesson(client: Any, publish_demo: Any, django_assert_num_queries: Any) -> None:
    publish_demo()
    with django_assert_num_queries(2):
        response = client.get(PAGE)
    page = response.content.decode()
    assert response.status_code == 200
    for anchor in ("title", "summary", "the-premise", "what-ai-does-well-here", "what-ai-cannot-do"):
        assert page.count(f'id="{anchor}"') == 1
    assert 'href="#what-ai-cannot-do"' in page
    assert "40 min" in page
    assert '<time datetime="2026">2026</time>' in page
    assert "engineering can't solve</li>" in page
    assert f'href="/learn/quiz/{QUIZ}"' in page
    assert page.count("<h1") == 1
    assert "style=" not in page
    assert "Cookie" not in response.get("Vary", "")


@pytest.mark.django_db
def test_everything_on_the_page_is_escaped(client: Any) -> None:
    evil = "<script>alert(1)</script>\"'&"
    section = {"id": "x", "title": evil, "kind": "points", "paragraphs": [evil]}
    prose = {"id": "y", "title": "", "kind": "prose", "paragraphs": [evil]}
    body = lesson_body(title=evil, summary=evil, minutes=None, reviewed=None, sections=[section, prose])
    publish_lesson(slug="evil", body=body, provenance={}, now=NOW)
    page = client.get("/learn/lesson/evil").content.decode()
    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 6
    assert "min</p>" not in page
    assert "<time" not in page


@pytest.mark.django_db
def test_lesson_without_a_check_links_to_none(client: Any) -> None:
    publish_lesson(slug="alone", body=lesson_body(), provenance={}, now=NOW)
    assert "/learn/quiz/" not in client.get("/learn/lesson/alone").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["nowhere", "unpublished"])
def test_unknown_or_unpublished_lesson_is_not_found(client: Any, slug: str) -> None:
    Lesson.objects.create(slug="unpublished")
    assert client.get(f"/learn/lesson/{slug}").status_code == 404


@pytest.mark.django_db
def test_lesson_page_only_reads(client: Any, publish_demo: Any) -> None:
    publish_demo()
    assert client.post(PAGE).status_code == 405
    assert client.head(PAGE).status_code == 200


@pytest.mark.django_db
def test_reader_who_has_the_page_gets_304_until_it_changes(client: Any, publish_demo: Any) -> None:
    publish_demo()
    first = client.get(PAGE)
    assert first["Last-Modified"] == "Mon, 23 Nov 2026 12:00:00 GMT"
    again = client.get(PAGE, headers={"if-none-match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["ETag"] == first["ETag"]
    assert client.get(PAGE, headers={"if-modified-since": first["Last-Modified"]}).status_code == 304
    publish_demo(sheet=SHEET.replace("fast and free", "fast"), now=NOW + timedelta(hours=1))
    changed = client.get(PAGE, headers={"if-none-match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["ETag"] != first["ETag"]


@pytest.mark.django_db
def test_older_text_made_current_again_is_sent_again(client: Any, publish_demo: Any) -> None:
    publish_demo()
    publish_demo(sheet=SHEET.replace("fast and free", "fast"), now=NOW + timedelta(hours=1))
    seen = client.get(PAGE)["Last-Modified"]
    publish_demo(now=NOW + timedelta(hours=2))
    back = client.get(PAGE, headers={"if-modified-since": seen})
    assert back.status_code == 200
    assert b"fast and free" in back.content


@pytest.mark.django_db
def test_demo_command_publishes_once_and_tells_every_doubt(capsys: Any) -> None:
    call_command("load_demo_content")
    printed = capsys.readouterr().out
    assert "version 1), 10 questions, 10 points" in printed
    for doubt in (
        "txt line 52: Question 8 has no options",
        "txt line 58: Question 10 has 3",
        "json item 2: The keyers",
    ):
        assert doubt in printed
    assert printed.count("Please check:") == 6
    before = {
        model: list(model.objects.values_list("pk", flat=True)) for model in (LessonVersion, QuizVersion, ItemVersion)
    }
    call_command("load_demo_content")
    assert capsys.readouterr().out == printed
    assert before == {model: list(model.objects.values_list("pk", flat=True)) for model in before}


@pytest.mark.django_db
def test_demo_command_says_why_it_cannot_publish(monkeypatch: Any, tmp_path: Any) -> None:
    (tmp_path / "when-to-fine-tune.txt").write_text(SHEET.replace("training data\n", "data\n", 1), encoding="utf-8")
    (tmp_path / "answer-key.json").write_text(KEY, encoding="utf-8")
    monkeypatch.setattr(load_demo_content, "DEMO", tmp_path)
    with pytest.raises(CommandError, match="q2: Its key is unkeyed"):
        call_command("load_demo_content")
    assert not Lesson.objects.exists()


@pytest.mark.django_db
def test_staff_see_all_and_change_nothing(client: Any, publish_demo: Any) -> None:
    published = publish_demo()
    client.force_login(User.objects.create_superuser("root", password="x"))
    item = ItemVersion.objects.get(item__identifier="q2")
    rows = {
        "lesson": published.lesson.lesson_id,
        "lessonversion": published.lesson.pk,
        "quiz": published.quiz.quiz_id,
        "quizversion": published.quiz.pk,
        "item": item.item_id,
        "itemversion": item.pk,
    }
    for name, pk in rows.items():
        assert client.get(f"/admin/content/{name}/").status_code == 200
        assert client.get(f"/admin/content/{name}/{pk}/change/").status_code == 200
        assert client.get(f"/admin/content/{name}/add/").status_code == 403
        assert client.post(f"/admin/content/{name}/{pk}/change/", {"slug": "x"}).status_code == 403
        assert client.post(f"/admin/content/{name}/{pk}/delete/", {"post": "yes"}).status_code == 403
    page = client.get(f"/admin/content/itemversion/{item.pk}/change/").content.decode()
    assert "both earn full credit until the item is reworded" in page
    assert "when-to-fine-tune.txt" in page
    filtered = client.get("/admin/content/itemversion/?key_state__exact=reviewed").content.decode()
    assert "Name one way to verify" in filtered
    assert "Which concept is most central" not in filtered


@pytest.mark.django_db
def test_item_list_in_admin_costs_a_fixed_number_of_queries(
    client: Any, publish_demo: Any, django_assert_max_num_queries: Any
) -> None:
    published = publish_demo()
    client.force_login(User.objects.create_superuser("root", password="x"))
    with django_assert_max_num_queries(10):
        client.get("/admin/content/itemversion/")
    with django_assert_max_num_queries(10):
        client.get(f"/admin/content/quizversion/{published.quiz.pk}/change/")


@pytest.mark.django_db
def test_front_of_the_public_pages_lists_what_is_published_and_nothing_else(
    client: Any, django_assert_max_num_queries: Any
) -> None:
    assert "Nothing is published yet." in client.get("/learn/").content.decode()

    Lesson.objects.create(slug="unpublished")
    publish_lesson(slug="alone", body=lesson_body(), provenance={}, now=NOW)
    for number in (1, 2):
        other(number)
    for slug, title in (("no-lesson", "Alone <3"), ("closed", "Not for everybody")):
        items = [choice()]
        made = publish_quiz(slug=slug, title=title, items=items, lesson_version=None, provenance={}, now=NOW)
        if slug == "no-lesson":
            open_practice(made)
    with django_assert_max_num_queries(3):
        page = client.get("/learn/").content.decode()
    assert "Not for everybody" not in page
    assert client.get("/learn/quiz/closed").status_code == 404
    assert client.post("/learn/quiz/closed", {"check": "all"}).status_code == 404

    for address in ("lesson/alone", "lesson/other-1", "quiz/other-2", "quiz/no-lesson"):
        assert f'href="/learn/{address}"' in page
    assert "Alone &lt;3" in page
    assert "unpublished" not in page
