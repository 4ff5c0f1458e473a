"""The public check: without an account, with feedback on each answer at once. Nobody is stored as a person.

These pages know no identity: no cookie is read or set, so there is nothing that another site could borrow, and
their forms need no CSRF token. An attempt is made with the first answer and found again by the key in its address.
"""

import secrets
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from assessment import attempts, responses, sheets
from assessment import practice as limits
from assessment.models import Attempt, AttemptState
from assessment.responses import AttemptClosed, InvalidAnswer, UnknownItem
from assessment.views import answers
from assessment.views.answers import Field, Outcome
from assessment.views.requests import go_on
from content import addresses, reading
from content.models import QuizVersion
from lti.launch.views import misdirected

ALL = "all"


@csrf_exempt
@require_http_methods(["GET", "POST"])
def quiz(request: HttpRequest, slug: str, institution: str = "") -> HttpResponse:
    """The check before the first answer; the first answer opens an attempt."""
    found = reading.practice_named(slug, institution)
    version = found.current if found else None
    if version is None:
        raise Http404("There is no such practice.")
    if "id_token" in request.POST:
        return misdirected(request)
    if request.method == "GET":
        seed = secrets.randbits(attempts.SEED_BITS)
        return _page(request, version, None, answers.fields(sheets.unanswered(version, seed)), seed=seed)
    return _not_yet(request, version) or _begin(request, version)


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def practice(request: HttpRequest, key: str) -> HttpResponse:
    """The check with the feedback given so far."""
    try:
        found = attempts.practice(key)
    except Attempt.DoesNotExist as error:
        raise Http404("No such practice.") from error
    if not found.quiz_version.quiz.practice:
        raise Http404("This practice is over.")
    if request.method == "POST":
        return _check(request, found, key)
    return _page(request, _version(found), found, answers.fields(attempts.questions(found)))


def _begin(request: HttpRequest, version: QuizVersion) -> HttpResponse:
    now = timezone.now()
    try:
        limits.count(address=client_address(request), now=now)
    except limits.TooManyPractices as error:
        answer = _refused(request, version, Outcome(), status=429, limited_until=error.until)
        answer["Retry-After"] = str(int((error.until - now).total_seconds()) + 1)
        return answer
    opened, key = attempts.start_practice(quiz_version=version, now=now, seed=_seed(request))
    return _check(request, opened, key)


def _not_yet(request: HttpRequest, version: QuizVersion) -> HttpResponse | None:
    """The page again where the form gives no reason to begin: it answers an earlier wording, or nothing at all."""
    questions, asked = sheets.unanswered(version, _seed(request)), request.POST.get("check", "")
    if outdated := answers.outdated(request.POST, version):
        return _refused(request, version, Outcome(), status=409, outdated=outdated)
    entries = answers.from_form(request.POST, questions)
    answered, invalid = responses.try_out(quiz_version=version, seed=_seed(request), entries=entries)
    if answered:
        return None
    place = next((question.item_version_id for question in questions if str(question.item_version_id) == asked), None)
    if place is not None:
        invalid.setdefault(place, gettext("Answer the question first."))
    return _refused(request, version, Outcome(invalid=invalid), status=422, empty=not invalid)


def _refused(request: HttpRequest, version: QuizVersion, outcome: Outcome, *, status: int, **why: Any) -> HttpResponse:
    """The page with all that was sent still in it; nothing was stored."""
    seed = _seed(request)
    fields = answers.fields(sheets.unanswered(version, seed), request.POST, outcome, unsaved=True)
    return _page(request, version, None, fields, status=status, unsaved=True, seed=seed, **why)


def _seed(request: HttpRequest) -> int:
    """Of the page that was answered; what was drawn for it is drawn for the attempt."""
    sent = request.POST.get("seed", "")
    return int(sent) % 2**attempts.SEED_BITS if sent.isascii() and sent.isdigit() and len(sent) < 20 else 0


def client_address(request: HttpRequest) -> str:
    """The network address of the browser: the one that our own proxy saw, where there is a proxy."""
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.BEHIND_PROXY else ""
    return forwarded.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")


def _check(request: HttpRequest, found: Attempt, key: str) -> HttpResponse:
    """Keep every answer of the form, check the named one, open it for another try or finish, and come back to it."""
    questions, asked, now = attempts.questions(found), request.POST.get("check", ""), timezone.now()
    again = request.POST.get("again", "")
    try:
        outcome = answers.store(attempt=found, entries=answers.from_form(request.POST, questions), now=now)
        if again:
            _open_again(found, again)
        elif asked != ALL:
            outcome.invalid |= _check_one(found, asked, now)
        elif not outcome.invalid and not outcome.stale:
            attempts.finish_practice(attempt=found, now=now)
    except AttemptClosed:
        outcome = Outcome()  # another window was quicker; the page shows what stands
    if outcome.invalid or outcome.stale:
        fields = answers.fields(attempts.questions(found), request.POST, outcome)
        return _page(request, _version(found), found, fields, reverse("practice:practice", args=[key]))
    named = again or asked
    place = next((f"#q{item.position}" for item in questions if str(item.item_version_id) == named), "#summary")
    return go_on(reverse("practice:practice", args=[key]) + place)


def _open_again(found: Attempt, item: str) -> None:
    with suppress(UnknownItem):  # a button that no page of ours prints
        responses.try_again(attempt=found, item_version_id=item)


def _check_one(found: Attempt, asked: str, now: datetime) -> dict[UUID, str]:
    """Check one answer. Returns what stands in the way, by item.

    The last one does not end the practice: its feedback is read, and another try given, like those of the others.
    """
    try:
        responses.check(attempt=found, item_version_id=asked, now=now)
    except UnknownItem:
        return {}  # a button that no page of ours prints
    except InvalidAnswer as error:
        return {UUID(asked): str(error)}
    return {}


def _page(
    request: HttpRequest,
    version: QuizVersion,
    found: Attempt | None,
    fields: list[Field],
    action: str = "",
    status: int = 200,
    **why: Any,
) -> HttpResponse:
    troubled = [field for field in fields if field.error or field.stale]
    lesson = version.lesson_version
    context: dict[str, object] = {
        **why,
        "version": version,
        "attempt": found,
        "action": action or request.path,
        "fields": fields,
        "checked": sum(1 for field in fields if field.question.checked),
        "troubled": troubled,
        "lesson_url": reverse("content:lesson", args=[lesson.lesson.slug]) if lesson else "",
    }
    if found is not None and found.state != AttemptState.IN_PROGRESS:
        shown = context | {"practice_url": addresses.practice_path(version.quiz), "items": attempts.results(found)}
        return render(request, "assessment/practice_result.html", shown)
    return render(request, "assessment/practice.html", context, status=422 if troubled else status)


def _version(found: Attempt) -> QuizVersion:
    versions = QuizVersion.objects.select_related("quiz__institution", "lesson_version__lesson")
    return versions.get(pk=found.quiz_version_id)
