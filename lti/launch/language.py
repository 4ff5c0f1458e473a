"""The language of a page: what the LMS says (`launch_presentation.locale`, core 1.3 section 5.4.4), else the browser.

The claim should be a tag of BCP 47, but platforms send what they have: `de_DE.UTF-8`, `pt_br`, Moodle's `de_kids`.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

from lti.models import Launch
from roster.models import Person
from roster.rows import Prepared

Page = TypeVar("Page", bound=HttpResponseBase)
View = Callable[..., HttpResponse]

AFTER_TAG = re.compile(r"[.@].*", re.DOTALL)  # the encoding and the variant of a POSIX locale


def of_locale(locale: str) -> str:
    """The language of ours that comes nearest to a locale; empty where none does."""
    try:
        return translation.get_supported_language_variant(AFTER_TAG.sub("", locale).replace("_", "-").lower())
    except LookupError:
        return ""


def of_person(person: Person) -> str:
    """The language of the person's newest launch that names one of ours, else the site's; for words to an LMS."""
    newest = NEWEST.one(person=person.pk)
    return of_locale(newest.locale if newest else "") or settings.LANGUAGE_CODE


NEWEST = Prepared(
    lambda person: Launch.objects.filter(person=person).exclude(locale="").order_by("-created_at").only("locale")[:1],
    person=UUID,
)


def speak(request: HttpRequest, locale: str, page: Callable[[], Page]) -> Page:
    """The page in the language of the locale, or else of the browser; afterwards the thread's own comes back."""
    named = of_locale(locale)
    language = named or translation.get_language_from_request(request)
    with translation.override(language):
        response = page()
    response.headers.setdefault("Content-Language", language)
    if not named:
        patch_vary_headers(response, ["Accept-Language"])
    return response


def in_english(view: View) -> View:
    """For a page that has no translation yet: all of it is in English, whatever the language of the launch."""

    @wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> HttpResponse:
        with translation.override("en"):
            response = view(*args, **kwargs)
        response.headers.setdefault("Content-Language", "en")
        return response

    return cast(View, wrapped)
