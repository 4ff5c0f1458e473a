"""Pages of a teacher in the language of the launch, with what is stored in English of a score or a list in trouble."""

import re
from collections.abc import Callable
from decimal import Decimal

import pytest
from django.utils import timezone, translation

from assessment import access, review
from assessment.review import InvalidPoints
from assessment.views.column import ColumnForm
from lti import hints
from lti.gradebook import delivery, states
from lti.gradebook.families import canvas
from lti.models import Launch, Live, Score, ScoreState
from lti.people import roster_reading
from tests.cast import NOW, Cast, all_right, hand_in
from tests.pages.conftest import Visit
from tests.pages.test_class_list import offer_list

Open = Callable[..., Visit]


@pytest.fixture
def tess(cast: Cast, visit: Open) -> Visit:
    """The teacher, from an LMS that speaks German."""
    Launch.objects.filter(pk=cast.tess.pk).update(locale="de")
    return visit(cast.tess)


def test_german_launch_is_german_on_every_page_of_a_teacher(cast: Cast, tess: Visit) -> None:
    attempt = hand_in(cast.alice, **all_right())
    response = access.waiting_responses(cast.tess).get()

    for path, words in {
        "/": "<strong>1 Antwort</strong> wartet auf Ihre Bewertung.",
        "/class/policy": "Welcher Versuch zählt",
        "/class/column": "Bestehensgrenze in Prozent",
        f"/class/attempts/{attempt.pk}": "wartet auf Sie: bis zu 1 Punkt mehr.",
        "/review/": "1 Antwort zu bewerten",
        f"/review/{response.pk}/": "<strong>Volle Punktzahl</strong>: 1 Punkt<",
    }.items():
        page = tess.get(path)
        assert (page.status_code, page["Content-Language"]) == (200, "de")
        assert words in page.content.decode()
        assert not re.search(r"\b(the|your|of)\b", re.sub(r"(?s)<[^>]*>|I would .*? source\.", " ", _own(page)))


def _own(page: object) -> str:
    """A page without its authors' texts, which say their language."""
    return re.sub(r'(?s)<(\w+)[^>]* lang="en"[^>]*>.*?</\1>', " ", page.content.decode())  # type: ignore[attr-defined]


def test_questions_of_authors_say_their_language(cast: Cast, tess: Visit) -> None:
    hand_in(cast.alice, **all_right())
    response = access.waiting_responses(cast.tess).get()

    assert '<h2 dir="auto" lang="en">' in tess.get("/review/").content.decode()
    page = tess.get(f"/review/{response.pk}/").content.decode()
    assert '<h1 dir="auto" lang="en">' in page
    assert '<span dir="auto" lang="en">Names the secret idea.' in page
    assert '<p class="answer" dir="auto">I would check the source.' in page


def test_score_in_trouble_is_shown_in_the_language_with_the_words_of_the_lms(cast: Cast, tess: Visit) -> None:
    hand_in(cast.alice, **all_right())
    Score.objects.update(
        state=ScoreState.REFUSED,
        hint=f"{states.GIVEN_UP} {canvas.UNPUBLISHED}",
        last_status=422,
        last_answer="Assignment is still unpublished",
    )

    page = tess.get("/class/").content.decode()

    assert "✗ Nicht angenommen" in page
    assert (
        "<p>Nach drei Tagen haben wir die Versuche eingestellt. Die Aufgabe ist in Canvas nicht veröffentlicht." in page
    )
    assert "Die Lernplattform meldet: Assignment is still unpublished" in page
    assert "(HTTP 422)" in page


def test_difference_is_shown_in_the_language(cast: Cast, tess: Visit) -> None:
    hand_in(cast.alice, **all_right())
    seen = {"live_given": Decimal("8.5"), "live_maximum": Decimal(10), "live_at": NOW}
    Score.objects.update(state=ScoreState.HELD, live=Live.GRADED, hint=delivery.REPLACING, **seen)

    page = tess.get("/class/").content.decode()

    assert "Unser Stand: 9 von 10. Die Lernplattform zeigt 8,5 von 10: Jemand hat den Wert dort geändert." in page
    assert "<p>Senden Sie unseren Wert nur noch einmal, wenn er diesen ersetzen soll.</p>" in page
    assert "The LMS" not in page


def test_trouble_with_the_list_is_shown_in_the_language(cast: Cast, tess: Visit) -> None:
    words = f"{roster_reading.NO_GROUPS} answered 403 Forbidden: no scope"
    offer_list(cast.alice, roster_read_at=timezone.now(), roster_words=words)

    page = tess.get("/class/").content.decode()

    assert "Die Gruppen ließen sich nicht lesen: answered 403 Forbidden: no scope" in page


@pytest.mark.parametrize("stored", ["", "answered", "Something that an LMS said", f"  {states.GIVEN_UP}"])
def test_words_that_are_not_ours_stay_as_they_are(stored: str) -> None:
    assert hints.translated(stored) == stored


def test_points_that_are_refused_are_named_in_the_language(cast: Cast) -> None:
    hand_in(cast.alice, **all_right())
    response = access.waiting_responses(cast.tess).get()

    with translation.override("de"), pytest.raises(InvalidPoints, match="zwischen 0 und 1 liegen"):
        review.confirm(response=response, points=Decimal(2), note="", by=cast.tess.person, now=NOW)


def test_what_failed_on_our_side_is_not_called_the_lms_s_words(cast: Cast, tess: Visit) -> None:
    hand_in(cast.alice, **all_right())
    Score.objects.update(hint=delivery.STILL_TRYING, last_answer="no route to host", tries=2, last_status=None)

    page = tess.get("/class/").content.decode()

    assert "<p>Die Lernplattform hat nicht geantwortet; wir versuchen es weiter.</p>" in page
    assert "9 von 10." in page
    assert "no route to host" not in page


def test_advice_that_was_stored_with_what_was_seen_is_shown_once(cast: Cast, tess: Visit) -> None:
    with translation.override("de"):
        shown = hints.translated(f"The LMS shows 8.5 of 10. {delivery.REPLACING}")
    assert shown == "Senden Sie unseren Wert nur noch einmal, wenn er diesen ersetzen soll."


@pytest.mark.parametrize(("typed", "kept"), [("2,5", "2.5"), ("2.5", "2.5"), ("1000", "1000"), ("1.000", None)])
def test_points_of_the_column_are_read_as_a_german_writes_them(
    cast: Cast, tess: Visit, typed: str, kept: str | None
) -> None:
    form = ColumnForm({"points": typed})
    with translation.override("de"):
        assert form.is_valid() is (kept is not None)
    assert form.cleaned_data.get("points") == (Decimal(kept) if kept else None)
