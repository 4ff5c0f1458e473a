"""Pages around a launch: in the language of the message that is believed, else of the browser."""

from urllib.parse import parse_qs, urlsplit

from django.test import Client
from django.utils import translation

from lti.models import Deployment, Launch
from lti.words.errors import Problem
from tests.lti.conftest import Browser

FRENCH = {"Accept-Language": "fr-CH, de;q=0.5"}


def test_opening_page_follows_the_browser(browser: Browser) -> None:
    page = browser.login(headers={**FRENCH, "Sec-Fetch-Dest": "iframe"})
    nothing_known = Client().get("/lti/launch", headers=FRENCH)

    assert "continuez ici</a>" in page.content.decode()
    assert '<html lang="fr" dir="ltr">' in page.content.decode()
    assert (page["Content-Language"], "Accept-Language" in page["Vary"]) == ("fr", True)
    assert "Cette page s’ouvre depuis votre cours" in nothing_known.content.decode()
    assert translation.get_language() == "en"


def test_refusal_follows_the_message_that_was_verified(browser: Browser) -> None:
    shown = {"locale": "de_DE", "return_url": f"{browser.platform.url}/course"}

    page = browser.launch(message_type="LtiUnheardOf", launch_presentation=shown).content.decode()

    assert "Diese Art von Aufruf lässt sich hier nicht öffnen" in page
    assert "Nichts von Ihrer bisherigen Arbeit ist verloren." in page
    (back,) = (part for part in page.split('"') if part.startswith(shown["return_url"]))
    assert parse_qs(urlsplit(back).query)["lti_errormsg"][0].startswith("Diese Art von Aufruf")


def test_placement_that_waits_for_approval_says_so_in_the_language(browser: Browser) -> None:
    Deployment.objects.update(active=False)

    page = browser.launch(launch_presentation={"locale": "es-419"}).content.decode()

    assert "A la espera de aprobación" in page
    assert '<html lang="es"' in page


def test_hostile_locale_opens_the_launch_in_the_language_of_the_browser(browser: Browser) -> None:
    for locale in ("../../de", "\x00\ud800", "x" * 9_000, ["de"], {"de": 1}, 7):
        address = browser.launch(launch_presentation={"locale": locale})["Location"]
        assert Client().get(address, headers=FRENCH)["Content-Language"] == "fr", locale
    assert Launch.objects.count() == 6


def test_every_refusal_has_words_in_every_language() -> None:
    for language in ("de", "fr", "es"):
        with translation.override(language):
            for problem in Problem:
                for words in (problem.value.title, problem.value.what, problem.value.next):
                    assert translation.gettext(words) != words
