"""The public pages of lessons."""

from hashlib import sha256

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date, quote_etag
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from content import addresses, printing, reading
from content.models import LessonVersion, Media, Quiz


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    """Every lesson and every check that can be read without an account."""
    lessons = [(version, _check_url(reading.quizzes_of(version))) for version in reading.current_lessons()]
    alone = [(version, _check_url([version.quiz])) for version in reading.practice_without_lesson()]
    return render(request, "content/index.html", {"lessons": lessons, "checks": alone})


@require_safe
def lesson(request: HttpRequest, slug: str) -> HttpResponse:
    """The current text of a lesson. Answers 304 to those who have it already."""
    version = reading.lesson_named(slug)
    if version is None:
        raise Http404("There is no such lesson.")
    shown = reading.public_lesson(version)
    check_url = _check_url(reading.quizzes_of(version))
    etag, changed = _etag(version, check_url), version.lesson.current_since
    response = get_conditional_response(request, etag, int(changed.timestamp()) if changed else None)
    if response is None:
        response = render(request, "content/lesson.html", {"lesson": shown, "check_url": check_url})
    response["ETag"] = etag
    if changed:
        response["Last-Modified"] = http_date(changed.timestamp())
    patch_cache_control(response, no_cache=True)
    return response


@require_safe
def print_lesson(request: HttpRequest, slug: str) -> HttpResponse:
    """The lesson to print, with its check where anybody may practise it; never the key."""
    version = reading.lesson_named(slug)
    if version is None:
        raise Http404("There is no such lesson.")
    return printing.sheet(request, lesson=version, version=reading.practice_of(version))


@require_safe
def media(request: HttpRequest, digest: str) -> FileResponse:
    """A picture of a text. Who knows its digest has the text; its bytes never change."""
    found = Media.objects.filter(digest=digest).first()
    if found is None:
        raise Http404("There is no such file.")
    response = FileResponse(found.file.open("rb"), content_type=found.content_type)
    response["Cache-Control"] = "public, max-age=31536000, immutable"
    # An SVG opened by itself must not run what stands in it.
    response["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return response


def _check_url(quizzes: list[Quiz]) -> str | None:
    """Where the first of them is practised; None where there is none."""
    return (addresses.practice_path(quizzes[0]) or None) if quizzes else None


def _etag(version: LessonVersion, check_url: str | None) -> str:
    """Another text, another style sheet, another link or another language makes another page."""
    parts = (version.content_hash, static("assay/style.css"), check_url or "", get_language() or "")
    return quote_etag(sha256("\n".join(parts).encode()).hexdigest()[:32])
