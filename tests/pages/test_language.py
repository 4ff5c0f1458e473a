"""The pages of a launch follow `launch_presentation.locale`, those of teachers too."""

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from assessment import access, attempts
from assessment.templatetags import assay
from lti.launch import language
from lti.models import Launch
from tests.cast import NOW, Cast, all_right, hand_in
from tests.pages.conftest import Visit

Open = Callable[..., Visit]


@pytest.fixture
def open_as(cast: Cast, visit: Open) -> Open:
    """Alice's visit, from an LMS that says this locale."""

    def opened(locale: str, launch: Launch | None = None) -> Visit:
        launch = launch or cast.alice
        Launch.objects.filter(pk=launch.pk).update(locale=locale)
        return visit(launch)

    return opened


@pytest.mark.parametrize(
    ("locale", "language_of_page"),
    [
        ("de", "de"),
        ("de-DE", "de"),
        ("de_DE.UTF-8", "de"),
        ("DE_at@euro", "de"),
        ("de_kids", "de"),
        ("fr-CA", "fr"),
        ("es-419", "es"),
        ("en_US", "en"),
        ("pt_br", ""),
        ("C.UTF-8", ""),
        ("", ""),
        ("../../etc/passwd", ""),
        ("de\x00", ""),
        ("<b>", ""),
        ("-" * 35, ""),
        ("\ud800", ""),
    ],
)
def test_locale_is_read_as_platforms_write_it(locale: str, language_of_page: str) -> None:
    assert language.of_locale(locale) == language_of_page


def test_german_launch_is_german_on_every_page_of_the_check(cast: Cast, open_as: Open) -> None:
    alice = open_as("de_DE")
    overview = alice.get()
    attempt = alice.begin()
    player = alice.get(f"/attempts/{attempt.pk}/").content.decode()
    asked = alice.post(f"/attempts/{attempt.pk}/submit", follow=True).content.decode()
    done = hand_in(cast.alice, **all_right())
    result = alice.get(f"/attempts/{done.pk}/result").content.decode()

    assert overview["Content-Language"] == "de"
    assert "Accept-Language" not in overview.get("Vary", "")
    for page, words in (
        (overview.content.decode(), "10 Fragen, 10 Punkte"),
        (player, "von 10 beantwortet"),
        (asked, "10 Fragen haben noch keine Antwort."),
        (result, "Ihr Ergebnis"),
    ):
        assert words in page
        assert '<html lang="de" dir="ltr">' in page
    assert 'data-say-saved="Gespeichert {time}"' in player
    assert re.search(r'<span dir="auto" lang="en">[^<]', player), "questions are not translated, so they say so"


def test_launches_in_two_languages_do_not_mix(cast: Cast, open_as: Open, visit: Open) -> None:
    alice, bob, tess = open_as("de"), open_as("fr", cast.bob), open_as("de", cast.tess)

    for _ in range(2):
        assert "Test beginnen" in alice.get().content.decode()
        assert "Commencer le test" in bob.get().content.decode()
        assert "Hier ist nichts" in alice.get("/nowhere").content.decode()
        assert "Zu erledigen" in tess.get().content.decode()
        assert '<html lang="en"' in Client().get("/").content.decode()
    assert translation.get_language() == "en"


def test_an_error_inside_a_launch_does_not_leave_its_language_behind(open_as: Open, monkeypatch: Any) -> None:
    alice = open_as("de")
    alice.client.raise_request_exception = False
    monkeypatch.setattr("assessment.access.attempts", lambda viewer: 1 / 0)

    assert "Bei uns ist etwas schiefgegangen" in alice.get().content.decode()
    assert translation.get_language() == "en"


def test_numbers_that_a_teacher_types_are_taken_as_the_language_writes_them(cast: Cast, open_as: Open) -> None:
    tess = open_as("de", cast.tess)
    hand_in(cast.alice, **all_right())
    waiting = access.waiting_responses(cast.tess).get()

    tess.post(f"/review/{waiting.pk}/", {"level": "other", "points": "0,25", "note": ""})
    refused = tess.post("/class/policy", {"max_attempts": "2,5"})

    assert waiting.marks.get(by="person").points == Decimal("0.25")
    assert "Anzahl der Versuche: Geben Sie eine ganze Zahl von 1 bis 1000 ein." in refused.content.decode()


def test_unknown_locale_leaves_it_to_the_browser(open_as: Open) -> None:
    alice = open_as("xx_YY")

    page = alice.get(headers={"Accept-Language": "tlh, fr-CA;q=0.8, de;q=0.5"})
    plain = alice.get(headers={"Accept-Language": "\x00;;q=,*"})

    assert "Commencer le test" in page.content.decode()
    assert (page["Content-Language"], page["Vary"]) == ("fr", "Accept-Language, Accept-Encoding")
    assert plain["Content-Language"] == "en"


def test_a_launch_that_is_over_says_so_in_its_language(open_as: Open) -> None:
    alice = open_as("es")
    Launch.objects.update(expires_at=timezone.now() - timedelta(hours=1))

    assert "Empiece de nuevo desde su curso" in alice.get().content.decode()


def test_answer_that_cannot_be_saved_is_refused_in_the_language(open_as: Open) -> None:
    alice = open_as("de")
    attempt = alice.begin()
    item = str(attempts.questions(attempt)[0].item_version_id)

    said = alice.send(attempt, {"responses": [{"item": item, "answer": "z", "seq": 1}]}).json()

    assert said["results"][0]["detail"] == "Das ist keine der Antwortmöglichkeiten."


@pytest.mark.parametrize("locale", ["en", "de"])
def test_language_costs_no_query(locale: str, open_as: Open, django_assert_num_queries: Any) -> None:
    alice = open_as(locale)
    alice.get()
    with django_assert_num_queries(4):
        alice.get()


def test_points_and_dates_are_written_as_the_language_writes_them() -> None:
    with translation.override("de"):
        german = [assay.of_points(value) for value in (1, 1.5, 10)]
        day = assay.when(NOW, "date")
    with translation.override("fr"):
        french = [assay.many_points(value) for value in (0.5, 2.5)]

    assert german == ["von 1 Punkt", "von 1,5 Punkten", "von 10 Punkten"]
    assert french == ["0,5 point", "2,5 points"]
    assert ">23. Nov. 2026<" in day
    assert assay.of_points(1.5) == "of 1.5 points"
