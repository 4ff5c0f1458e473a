"""Taking a check: the player, autosave, the clock, handing in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from assessment import access, attempts, clock, responses, showing, steps, uploads
from assessment.models import Attempt, AttemptState, Opens
from assessment.responses import AttemptClosed, InvalidAnswer, Saved, UnknownItem
from assessment.views import answers
from assessment.views.answers import Field, Garbage, Outcome
from assessment.views.requests import LaunchRequest, address, own_attempt, see_other
from content import item_types
from lti.words import claims

OVER = "?over=1"  # the result page says that the time was over


def current_attempt(request: LaunchRequest, attempt_id: UUID) -> Attempt:
    """The viewer's own attempt as it stands: one whose time is over is submitted by now."""
    found = own_attempt(request, attempt_id)
    if found.state == AttemptState.IN_PROGRESS and found.is_overdue(now := timezone.now()):
        return attempts.submit(attempt=found, now=now)
    return found


@require_http_methods(["GET", "POST"])
def attempt(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    """The player. A POST saves the form as it stands; then it leaves for later, stays, goes on or checks an answer."""
    found = current_attempt(request, attempt_id)
    if found.state != AttemptState.IN_PROGRESS:
        return _to_result(request, found)
    if request.method == "GET":
        return _player(request, found)
    _extend(request, found)
    stored = _save_form(request, found, attempts.questions(found), timezone.now())
    return stored if isinstance(stored, HttpResponse) else _next_page(request, found)


@require_POST
def save_responses(request: LaunchRequest, attempt_id: UUID) -> JsonResponse:
    """Autosave. Every answer gets its own outcome: saved, stale, invalid or unknown."""
    found = current_attempt(request, attempt_id)
    now = timezone.now()
    try:
        entries, seen = answers.from_json(request.body)
        outcome = answers.store(attempt=found, entries=entries, seen=seen, now=now)
    except RequestDataTooBig:
        return JsonResponse({"error": "too_large", "detail": "Send fewer answers at a time."}, status=413)
    except Garbage as error:
        return JsonResponse({"error": "malformed", "detail": str(error)}, status=400)
    except AttemptClosed:
        return _closed(found)
    if not entries and found.state != AttemptState.IN_PROGRESS:
        return _closed(found)
    return JsonResponse({"results": answers.as_json(outcome), "clock": clock.of(found, now).as_json()})


@require_http_methods(["GET", "POST"])
def clock_now(request: LaunchRequest, attempt_id: UUID) -> JsonResponse:
    """What the player asks every few seconds: how much time is left, which a teacher may have changed.

    A POST takes more time.
    """
    found = current_attempt(request, attempt_id)
    if request.method == "POST":
        _extend(request, found)
    return JsonResponse(clock.of(found, timezone.now()).as_json())


@require_http_methods(["GET", "POST"])
def submit(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    """Save what the form carries, ask once where questions are unanswered, then hand in."""
    if "check" in request.POST:  # the button beside a question, of the same form
        return attempt(request, attempt_id)
    found, now = current_attempt(request, attempt_id), timezone.now()
    if found.state != AttemptState.IN_PROGRESS:
        return _to_result(request, found)
    questions = attempts.questions(found)
    if request.method == "GET":
        return _ask(request, found, [question for question in questions if not question.answer])
    saved = _save_form(request, found, questions, now)
    is_over = clock.is_over(found, now)
    if "over" in request.POST and not is_over:
        return see_other("attempt", found.pk)  # a teacher gave more time at the last moment
    if isinstance(saved, HttpResponse) and not is_over:
        return saved
    if not is_over and "sure" not in request.POST and not _is_complete(questions, saved):
        return see_other("submit", found.pk)  # a page that the Back button can show again
    attempts.submit(attempt=found, now=now)
    return see_other("result", found.pk, after=OVER if is_over else "")


def front_page(request: LaunchRequest) -> str:
    """The overview's name: where the front page is another one, as for teachers, it lies beside it."""
    plain = request.viewer.message_type == claims.RESOURCE_LINK
    return "home" if plain and not access.is_instructor(request.viewer) else "preview"


def has_lesson(found: Attempt) -> bool:
    """Whether there is one to read in the launch; not where the teacher placed the check alone."""
    placed_alone = found.assignment is not None and found.assignment.opens == Opens.CHECK
    return not placed_alone and found.quiz_version.lesson_version_id is not None


def _to_result(request: LaunchRequest, found: Attempt) -> HttpResponse:
    """A page that came after the end of the time says so."""
    ended = found.deadline_at is not None and found.submitted_at == found.deadline_at
    return see_other("result", found.pk, after=OVER if ended and request.method == "POST" else "")


def _is_complete(questions: list[attempts.Question], saved: HttpResponse | list[Saved]) -> bool:
    stored = {} if isinstance(saved, HttpResponse) else {one.item_version_id: one.answer for one in saved}
    return all(stored.get(question.item_version_id, question.answer) for question in questions)


def _next_page(request: LaunchRequest, found: Attempt) -> HttpResponse:
    """Where the pressed button leads once the form is stored."""
    if "check" in request.POST:
        return _check(request, found, request.POST["check"])
    here = steps.position(attempt=found, asked=_asked(request))
    if (to := request.POST.get("go", "")).isdecimal() and len(to) < 6:
        return _page_of(found, steps.go_on(attempt=found, here=_asked(request) or here, to=int(to)))
    if "stay" in request.POST or "more_time" in request.POST:
        return _page_of(found, here)
    return see_other(front_page(request), after="?saved=1")


def _extend(request: LaunchRequest, found: Attempt) -> None:
    """Where the button was pressed. Its value is how often the learner had taken more time when it was printed."""
    taken = request.POST.get("more_time", "")
    if taken.isdecimal() and len(taken) < 6:
        clock.extend(attempt=found, taken=int(taken), now=timezone.now())


def _page_of(found: Attempt, position: int, more: str = "") -> HttpResponse:
    return see_other("attempt", found.pk, after=(f"?q={position}" if _is_paged(found) else "") + more)


def _check(request: LaunchRequest, found: Attempt, item: str) -> HttpResponse:
    """Check one answer, and come back to it."""
    asked = next((one for one in attempts.questions(found) if str(one.item_version_id) == item), None)
    if asked is None:  # a button that no page of ours prints
        return _page_of(found, steps.position(attempt=found, asked=_asked(request)))
    try:
        responses.check(attempt=found, item_version_id=asked.item_version_id, now=timezone.now())
    except InvalidAnswer as error:
        return _player(request, found, Outcome(invalid={asked.item_version_id: str(error)}))
    except (AttemptClosed, UnknownItem):
        return see_other("attempt", found.pk)
    return _page_of(found, asked.position, f"#q{asked.position}")


def _is_paged(found: Attempt) -> bool:
    return found.assignment is not None and found.assignment.one_at_a_time


def _asked(request: LaunchRequest) -> int | None:
    """The position that the address names."""
    text = request.GET.get("q", "")
    return int(text) if text.isdecimal() and len(text) < 6 else None


def _player(request: LaunchRequest, found: Attempt, outcome: Outcome | None = None) -> HttpResponse:
    now = timezone.now()
    sent = request.POST if outcome else None
    everything = attempts.questions(found)
    paging = _paging(request, found, everything)
    on_page = [one for one in everything if not paging or one.position == paging["position"]]
    fields = answers.fields(on_page, sent, outcome, stale=_overtaken(request, found))
    open_here = [field for field in fields if not field.question.checked]
    answered = sum(1 for question in everything if question.answer)
    context = {
        "attempt": found,
        "assignment": found.assignment,
        "fields": fields,
        "total": len(everything),
        "answered": answered,
        # The page counts its own open questions as they are answered.
        "answered_elsewhere": answered - sum(1 for field in open_here if field.question.answer),
        "checks": found.assignment is not None and showing.is_checked_by_question(found.assignment),
        "files": any(item_types.takes_files(field.question.kind) for field in fields),
        "refused_elsewhere": sorted(set(outcome.invalid.values()))
        if outcome and not _concerns(outcome, fields)
        else [],
        "troubled": [field for field in fields if field.error or field.stale],
        "clock": clock.of(found, now),
        "save_url": address("save_responses", found.pk),
        "clock_url": address("clock", found.pk),
        "result_url": address("result", found.pk),
        "submit_url": address("submit", found.pk),
        "stay_url": address("attempt", found.pk),
        "due_at": found.due_at,
        "lesson_url": address("lesson") if has_lesson(found) else "",
        **paging,
    }
    return render(request, "assessment/player.html", context, status=422 if outcome else 200)


def _concerns(outcome: Outcome, fields: list[Field]) -> bool:
    """Whether what is wrong with the form is on the page, which then says it there."""
    return any(field.question.item_version_id in outcome.invalid for field in fields)


def _paging(request: LaunchRequest, found: Attempt, everything: list[attempts.Question]) -> dict[str, Any]:
    """The place in the check where there is one question on a page; empty elsewhere."""
    if not _is_paged(found):
        return {}
    assert found.assignment is not None
    here, one_way = steps.position(attempt=found, asked=_asked(request)), found.assignment.is_one_way
    return {
        "position": here,
        "page": f"?q={here}",
        "one_way": one_way,
        "before": here - 1 if here > 1 and not one_way else None,
        "next": here + 1 if here < len(everything) else None,
        "list": [] if one_way else everything,
    }


def _save_form(
    request: LaunchRequest, found: Attempt, questions: list[attempts.Question], now: datetime
) -> HttpResponse | list[Saved]:
    """Store the form: what is stored by now, or the page again where something in it needs a look."""
    taken = uploads.take_in(attempt=found, questions=questions, data=request.POST, files=request.FILES)
    entries = answers.from_form(taken.data, questions)
    try:
        outcome = answers.store(attempt=found, entries=entries, now=now)
    except AttemptClosed:
        return see_other("result", found.pk, after="?late=1")
    outcome.invalid |= taken.refused
    if outcome.invalid:
        return _player(request, found, outcome)
    return _show_overtaken(request, found, outcome.stale) if outcome.stale else outcome.saved


def _show_overtaken(request: LaunchRequest, found: Attempt, stale: dict[UUID, str]) -> HttpResponse:
    """A page that Back and reload can show again says which answers were changed in another window."""
    viewer = request.viewer
    viewer.settings |= {
        "overtaken": {"attempt": str(found.pk), "given": {str(item): text for item, text in stale.items()}}
    }
    viewer.save(update_fields=["settings"])
    page = f"&q={_asked(request)}" if _asked(request) else ""
    return see_other("attempt", found.pk, after=f"?overtaken=1{page}")


def _overtaken(request: LaunchRequest, found: Attempt) -> dict[UUID, str]:
    """What this launch last sent too late, by item; a form that is sent again says for itself what is wrong with it."""
    kept = request.viewer.settings.get("overtaken", {})
    if request.method != "GET" or "overtaken" not in request.GET or kept.get("attempt") != str(found.pk):
        return {}
    return {UUID(item): text for item, text in kept["given"].items()}


def _ask(request: LaunchRequest, found: Attempt, unanswered: list[attempts.Question]) -> HttpResponse:
    player = address("attempt", found.pk)
    paged = _is_paged(found)
    one_way = found.assignment is not None and found.assignment.is_one_way
    links = [(one, f"{player}?q={one.position}" if paged else f"{player}#q{one.position}") for one in unanswered]
    context = {
        "attempt": found,
        "assignment": found.assignment,
        "unanswered": links,
        "one_way": one_way,
        "back_url": links[0][1] if links and not one_way else player,
    }
    return render(request, "assessment/confirm.html", context)


def _closed(found: Attempt) -> JsonResponse:
    detail = "These answers are already handed in."
    return JsonResponse({"error": "closed", "detail": detail, "result": address("result", found.pk)}, status=409)
