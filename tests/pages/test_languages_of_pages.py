"""Pages about a person's data speak the language of the launch; public pages speak the browser's."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import translation

from lti.launch.messages.privacy import TYPES
from lti.models import Launch
from roster.models import Enrollment, Person, Role
from tests.cast import Cast, all_right, hand_in, make_launch
from tests.pages.conftest import Visit
from tests.pages.test_practice import ADDRESS, first_check

GERMAN = {"Accept-Language": "de-AT, en;q=0.5"}
Open = Callable[..., Visit]


@pytest.fixture
def german() -> Client:
    """A browser that asks for German."""
    return Client(headers=GERMAN)


@pytest.fixture
def asking(cast: Cast, visit: Open) -> Open:
    """A Data Privacy launch of alice: about herself, or as an administrator about another."""

    def opened(locale: str, about: Person | None = None) -> Visit:
        settings = {"about_another": True} if about else {}
        launch = make_launch(None, cast.alice.person, locale=locale, for_person=about, settings=settings)
        Launch.objects.filter(pk=launch.pk).update(message_type=TYPES[0])
        return visit(launch)

    return opened


def enrol(person: Person, cast: Cast, role: Role) -> None:
    assert cast.alice.course is not None
    Enrollment.objects.create(institution=person.institution, course=cast.alice.course, person=person, role=role)


def test_privacy_pages_speak_the_language_of_the_launch(cast: Cast, asking: Open) -> None:
    person = cast.alice.person
    enrol(person, cast, Role.LEARNER)
    hand_in(cast.alice, **all_right())
    alice = asking("de_DE")

    front = alice.get()
    asked = alice.get("/privacy/erase").content.decode()
    done = alice.post("/privacy/erase", {"sure": "yes"}).content.decode()

    assert front["Content-Language"] == "de"
    assert '<html lang="de" dir="ltr">' in front.content.decode()
    assert "<h1>Was über Sie gespeichert ist</h1>" in front.content.decode()
    assert f'<span dir="auto">{cast.alice.course}</span> (lernend)' in front.content.decode()
    assert "1 mit 10 Antworten und " in front.content.decode()
    assert "Alles über Sie wird hier sofort gelöscht" in asked
    assert "1 Versuch mit 10 Antworten, 1 Bewertung sowie Name und Benutzer-IDs" in asked
    assert "Alles ist gelöscht" in done


@pytest.mark.parametrize(
    ("role", "word"), [(Role.LEARNER, "learner"), (Role.INSTRUCTOR, "instructor"), (Role.OTHER, "other")]
)
def test_privacy_page_names_every_role_in_english_too(cast: Cast, asking: Open, role: Role, word: str) -> None:
    enrol(cast.alice.person, cast, role)
    hand_in(cast.alice, **all_right())
    page = asking("en").get().content.decode()

    assert f"</span> ({word})</dd>" in page
    assert re.search(r"<dd>1 with 10 answers and \d+ marks</dd>", page)
    assert re.search(r"<dd>\d, the first <time [^>]*>[^<]*</time>, the last <time [^>]*>[^<]*</time></dd>", page)


def test_name_of_a_person_is_text_in_a_translated_sentence(cast: Cast, asking: Open) -> None:
    bob = cast.bob.person
    Person.objects.filter(pk=bob.pk).update(name="<b>100 %(name)s</b>")
    name = '<span dir="auto">&lt;b&gt;100 %(name)s&lt;/b&gt;</span>'
    administrator = asking("de", about=bob)

    front = administrator.get().content.decode()
    asked = administrator.get("/privacy/erase").content.decode()

    assert f"<h1>Was über {name} gespeichert ist</h1>" in front
    assert f"Alles über {name} wird hier sofort gelöscht" in asked


def test_front_page_speaks_the_language_of_the_browser(cast: Cast, german: Client) -> None:
    page = german.get("/")

    assert (page["Content-Language"], page["Vary"]) == ("de", "Accept-Language, Accept-Encoding")
    assert "<h1>Lektionen, Tests und die Punktzahl in Ihrem Notenbuch</h1>" in page.content.decode()
    assert '<strong dir="auto" lang="en">' in page.content.decode()


def test_practice_speaks_the_language_of_the_browser(cast: Cast, german: Client) -> None:
    opened = german.get(ADDRESS)
    refused, _ = first_check(german, cast, "q3", q1="a")
    answer, _ = first_check(german, cast, "q3", q3="c")
    address = answer["Location"].split("#")[0]
    checked = german.get(address).content.decode()
    german.post(address, {"check": "all"})
    done = german.get(address).content.decode()

    assert (opened["Content-Language"], opened["Vary"]) == ("de", "Accept-Language, Accept-Encoding")
    assert not opened.cookies
    assert "Üben ohne Konto" in opened.content.decode()
    assert re.search(r'<span dir="auto" lang="en">[^<]', opened.content.decode())
    assert 'data-say-offline="Keine Verbindung. Ihre Antworten sind noch hier;' in opened.content.decode()
    assert "Beantworten Sie zuerst die Frage." in refused.content.decode()
    assert "1 von 10 geprüft" in checked
    assert "✗ Falsch" in checked
    assert "So lief es</h1>" in done


def test_lesson_speaks_the_language_of_the_browser_around_its_text(cast: Cast, german: Client) -> None:
    assert cast.quiz.lesson is not None
    address = f"/learn/lesson/{cast.quiz.lesson.slug}"
    page, plain = german.get(address), Client().get(address)
    again = german.get(address, headers={"If-None-Match": page["ETag"]})
    other = german.get(address, headers={"If-None-Match": plain["ETag"]})

    assert (page["Content-Language"], page["Vary"]) == ("de", "Accept-Language, Accept-Encoding")
    assert "Zum Inhalt springen" in page.content.decode()
    assert '<article class="stack" id="lesson" lang="en">' in page.content.decode()
    assert '<html lang="en" dir="ltr">' in plain.content.decode()
    assert (again.status_code, again["Vary"]) == (304, "Accept-Language")
    assert other.status_code == 200, "the page in another language is another page"


@pytest.mark.parametrize(
    "path", ["/learn/quiz/nothing", "/learn/practice/nothing/", "/learn/lesson/nothing", "/nothing"]
)
def test_public_page_that_is_not_there_says_so_in_the_language(cast: Cast, german: Client, path: str) -> None:
    page = german.get(path)

    assert page.status_code == 404
    assert "Hier ist nichts" in page.content.decode()
    assert translation.get_language() == "en"


@pytest.mark.parametrize("path", ["/admin/login/", "/api/docs", "/healthz"])
def test_pages_of_staff_and_programs_stay_as_they_are(cast: Cast, german: Client, path: str) -> None:
    page = german.get(path)

    assert page.get("Content-Language", "en") == "en"
    assert "Accept-Language" not in page.get("Vary", "")
    assert 'lang="de"' not in page.content.decode()
