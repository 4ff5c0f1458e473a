"""A lesson and its check have one name, which stands once in a heading."""

import re
from html import unescape
from io import StringIO

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import Client

from content.models import Quiz
from roster.models import Role
from tests.cast import make_assignment, make_deployment, make_institution, make_launch, make_link, make_person
from tests.pages.conftest import Visit
from tests.pages.test_picking import picker

NAME = "When to Fine-Tune vs When to Just Prompt: A Decision Framework"


@pytest.fixture
def quiz(db: None) -> Quiz:
    """The check of the demo lesson, from its printed sheet."""
    call_command("load_demo_content", stdout=StringIO())
    return Quiz.objects.get()


def titles(page: HttpResponse) -> list[str]:
    """The browser's title and the headings, without the questions."""
    assert page.status_code == 200
    found = re.findall(r"<(title|h[12])\b[^>]*>(.*?)</\1>", page.content.decode(), re.DOTALL)
    return [unescape(re.sub(r"<[^>]+>", " ", text)).strip() for _, text in found if "Question " not in text]


def named_once(page: HttpResponse) -> bool:
    """Each names the lesson at most once, and nothing calls it by another name."""
    found = titles(page)
    return all(text.count(NAME) <= 1 and "lesson check" not in text for text in found) and any(
        NAME in text for text in found
    )


def test_every_page_of_a_check_calls_it_by_the_name_of_its_lesson(quiz: Quiz, client: Client) -> None:
    link = make_link(make_deployment(make_institution()), title=NAME)
    make_assignment(link, quiz, NAME)
    alice = Visit(make_launch(link, make_person(link, "Alice"), custom={"quiz": quiz.slug}))
    tess = Visit(make_launch(link, make_person(link, "Tess"), Role.INSTRUCTOR, custom={"quiz": quiz.slug}))
    attempt = alice.begin()

    player = alice.get(f"/attempts/{attempt.pk}/")
    assert titles(player) == [f"Check: {NAME} - Assay", NAME]
    assert all(named_once(page) for page in (alice.get(), alice.get("/lesson/"), tess.get(), player))
    alice.post(f"/attempts/{attempt.pk}/submit", {"sure": "yes"})
    result = alice.get(f"/attempts/{attempt.pk}/result")
    assert named_once(result)
    assert all(
        named_once(client.get(path))
        for path in ("/learn/", f"/learn/lesson/{quiz.lesson.slug}", f"/learn/quiz/{quiz.slug}")
    )


def test_picker_and_its_preview_name_a_lesson_with_its_check_once(quiz: Quiz) -> None:
    tess = picker()

    page = tess.get().content.decode()
    assert page.count(f">{NAME}</strong>") == 1
    assert "lesson check" not in page
    assert titles(tess.get(f"/pick/quiz-{quiz.slug}")).count(NAME) == 1
