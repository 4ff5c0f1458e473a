"""The picker speaks the language of the launch, and so does what it sends for people to read."""

from decimal import Decimal
from typing import Any

import pytest

from content.models import Quiz
from lti.models import Family, Launch
from tests.cast import published_quiz
from tests.lti.test_deep_linking import DL
from tests.pages.conftest import Visit
from tests.pages.test_picking import add, answered, fields_of, picker


@pytest.fixture
def only(db: None) -> Quiz:
    return published_quiz("fine-tuning", q1={"points": Decimal("1.5")})


def speaking(locale: str, family: str = "", **settings: Any) -> Visit:
    visit = picker(family, **settings)
    Launch.objects.filter(pk=visit.launch.pk).update(locale=locale)
    return visit


def test_picker_and_its_message_speak_the_language_of_the_launch(only: Quiz) -> None:
    visit = speaking("de")

    page = visit.get()
    claims = answered(add(visit))

    assert page["Content-Language"] == "de"
    for words in ("Zu Ihrem Kurs hinzufügen", "10 Fragen, 10,5 Punkte", "Lektion und Test</option>", ">Öffnet</label>"):
        assert words in page.content.decode()
    assert '<strong dir="auto" lang="en">A lesson</strong>' in page.content.decode()
    assert claims[DL + "msg"] == "1 Aktivität von Assay."
    assert claims[DL + "content_items"][0]["title"] == "A lesson"


def test_points_in_a_number_field_have_a_point_in_every_language(only: Quiz) -> None:
    """A browser empties a number field that holds 10,5, and the column would be made without points."""
    visit = speaking("de")

    assert fields_of(visit.get())["quiz-fine-tuning-points"] == ["10.5"]
    (item,) = answered(add(visit))[DL + "content_items"]
    assert item["lineItem"]["scoreMaximum"] == 10.5


def test_what_is_wrong_with_a_choice_is_said_in_the_language(only: Quiz) -> None:
    visit = speaking("es", Family.MOODLE)
    dates = {"quiz-fine-tuning-opens_at": "2027-02-01T10:00", "quiz-fine-tuning-due_at": "2027-01-31T10:00"}

    page = add(visit, **dates, **{"quiz-fine-tuning-points": "101"}).content.decode()

    assert "Puntos: Moodle solo acepta puntos enteros, de 1 a 100." in page
    assert "Fecha de entrega: Debe ser posterior a «Se abre»." in page


def test_refusal_is_shown_to_people_in_their_language_and_to_the_log_in_english(only: Quiz) -> None:
    claims = answered(speaking("fr", accept_types=["html"]).get())

    assert claims[DL + "errormsg"].startswith("Assay ne peut être ajouté que comme lien")
    assert claims[DL + "errorlog"] == "accept_types is html; this tool makes ltiResourceLink and link"


def test_preview_speaks_the_language_around_the_lesson(only: Quiz) -> None:
    page = speaking("de").get("/pick/quiz-fine-tuning").content.decode()

    assert "So sehen es Lernende." in page
    assert '<article class="stack" id="lesson" lang="en">' in page
    assert "Frage 1 von 10" in page
