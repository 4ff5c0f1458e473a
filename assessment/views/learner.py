"""Pages of a learner (and of a teacher who looks as one): overview, lesson, player, result."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.db.models import Count
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessment import access, activity, attempts, showing, uploads
from assessment.attempts import NoAttemptLeft, NotPublished, OutsideWindow, TooSoon, WrongCode
from assessment.models import Assignment, Attempt, AttemptState, Grade, Opens, Shown
from assessment.placement import terms, windows
from assessment.responses import AttemptClosed, Saved
from assessment.views import answers, gradebook
from assessment.views.answers import Garbage, Outcome
from assessment.views.requests import LaunchRequest, address, assignment_or_404, own_attempt, see_other
from content import item_types
from content.models import LessonVersion, QuizVersion
from lti.gradebook import reconcile
from lti.words import claims

BINARY = "application/octet-stream"


def home(request: LaunchRequest) -> HttpResponse:
    """The overview, or a way to see that nothing is chosen yet."""
    assignment = activity.assignment(request.viewer)
    if assignment is None:
        return render(request, "assessment/undecided.html")
    return overview(request, assignment)


def preview(request: LaunchRequest) -> HttpResponse:
    """What a learner sees first, for anyone; a teacher's attempts from here are previews."""
    return overview(request, assignment_or_404(request))


def overview(request: LaunchRequest, assignment: Assignment, refused: Exception | None = None) -> HttpResponse:
    made = access.attempts(request.viewer)
    version = published(assignment)
    grade = access.grade(request.viewer) if made else None
    context = {
        "assignment": assignment,
        "version": version,
        "lesson": _lesson_of(assignment, version) if version else None,
        **_outlook(request, assignment, made),
        "questions": version.questions if version else 0,
        "lesson_url": address("lesson"),
        "start_url": address("start"),
        "attempts": made,
        "open": _open(made),
        "grade": grade,
        "line": gradebook.own_line(request.viewer, assignment, grade),
        "previews": access.previews(request.viewer),
        "none_left": isinstance(refused, NoAttemptLeft),
        "saved": "saved" in request.GET and refused is None,
        "outside": isinstance(refused, OutsideWindow),
        "too_soon": refused.until if isinstance(refused, TooSoon) else None,
        "wrong_code": isinstance(refused, WrongCode),
    }
    return render(request, "assessment/overview.html", context, status=409 if refused else 200)


@require_GET
def lesson(request: LaunchRequest) -> HttpResponse:
    """The lesson of the check, inside the launch."""
    assignment = assignment_or_404(request)
    version = published(assignment)
    shown = _lesson_of(assignment, version) if version else None
    if shown is None:
        raise Http404("This activity has no lesson.")
    made, front = access.attempts(request.viewer), address(_front(request))
    begun = _open(made)
    here = address("attempt", begun.pk) if begun else front
    may_take = begun or _outlook(request, assignment, made)["may_begin"]
    context = {"lesson": shown.body, "check_url": here if may_take else "", "front_url": front}
    return render(request, "assessment/lesson.html", context)


def lesson_only(request: LaunchRequest, version: LessonVersion) -> HttpResponse:
    """A link that opens a lesson, and no check."""
    return render(request, "assessment/lesson.html", {"lesson": version.body, "alone": True})


@require_POST
def start(request: LaunchRequest) -> HttpResponse:
    """Open an attempt, or go on with the open one."""
    assignment, viewer = assignment_or_404(request), request.viewer
    previews = access.previews(viewer)
    try:
        opened = attempts.start(
            assignment=assignment,
            person=viewer.person,
            preview=previews,
            now=timezone.now(),
            lms_dates=windows.lms_dates(viewer),
            code=request.POST.get("code", ""),
        )
    except NotPublished:
        return see_other("home")
    except (NoAttemptLeft, OutsideWindow, TooSoon, WrongCode) as error:
        return overview(request, assignment, refused=error)
    return see_other("attempt", opened.pk)


@require_http_methods(["GET", "POST"])
def attempt(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    """The player. A POST saves the form as it stands and leaves for later, or stays."""
    found = own_attempt(request, attempt_id)
    if found.is_overdue(timezone.now()):
        found = attempts.submit(attempt=found, now=timezone.now())
    if found.state != AttemptState.IN_PROGRESS:
        return see_other("result", found.pk)
    if request.method == "GET":
        return _player(request, found)
    stored = _save_form(request, found, attempts.questions(found), timezone.now())
    if isinstance(stored, HttpResponse):
        return stored
    if "stay" in request.POST:
        return see_other("attempt", found.pk)
    return see_other(_front(request), after="?saved=1")


@require_POST
def save_responses(request: LaunchRequest, attempt_id: UUID) -> JsonResponse:
    """Autosave. Every answer gets its own outcome: saved, stale, invalid or unknown."""
    found = own_attempt(request, attempt_id)
    try:
        entries, seen = answers.from_json(request.body)
        outcome = answers.store(attempt=found, entries=entries, seen=seen, now=timezone.now())
    except RequestDataTooBig:
        return JsonResponse({"error": "too_large", "detail": "Send fewer answers at a time."}, status=413)
    except Garbage as error:
        return JsonResponse({"error": "malformed", "detail": str(error)}, status=400)
    except AttemptClosed:
        return _closed(found)
    if not entries and found.state != AttemptState.IN_PROGRESS:
        return _closed(found)
    return JsonResponse({"results": answers.as_json(outcome)})


@require_http_methods(["GET", "POST"])
def submit(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    """Save what the form carries, ask once where questions are unanswered, then hand in."""
    found = own_attempt(request, attempt_id)
    if found.state != AttemptState.IN_PROGRESS:
        return see_other("result", found.pk)
    questions = attempts.questions(found)
    if request.method == "GET":
        return _ask(request, found, [question for question in questions if not question.answer])
    saved = _save_form(request, found, questions, timezone.now())
    if isinstance(saved, HttpResponse):
        return saved
    stored = {response.item_version_id: response.answer for response in saved}
    complete = all(stored.get(question.item_version_id, question.answer) for question in questions)
    if not complete and "sure" not in request.POST:
        return see_other("submit", found.pk)  # a page that the Back button can show again
    attempts.submit(attempt=found, now=timezone.now())
    return see_other("result", found.pk)


@require_GET
def result(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    found = own_attempt(request, attempt_id)
    if found.state == AttemptState.IN_PROGRESS:
        return see_other("attempt", found.pk)
    shown = {"late": "late" in request.GET, "status_url": address("status", found.pk)}
    if found.state == AttemptState.SUBMITTED:
        being_marked = {"attempt": found, "marking": True, "version_key": version_of(found, None)}
        return render(request, "assessment/result.html", being_marked | shown)
    assignment = assignment_or_404(request)
    grade = None if found.preview else access.grade(request.viewer)
    made = access.attempts(request.viewer)
    outlook = _outlook(request, assignment, made)
    line = gradebook.own_line(request.viewer, assignment, grade)
    if line is not None and line.look == "ok":
        reconcile.ask(request.viewer.resource_link_id, now=timezone.now(), older_than=gradebook.FRESH)
    ahead = _open(made) is not None or (outlook["left"] != 0 and not outlook["over"])
    context = result_context(found, grade, ahead=ahead) | {
        **outlook,
        **shown,
        "line": line,
        "version_key": version_of(found, line),
        "open": _open(made),
        "front_url": address(_front(request)),
        "lesson_url": address("lesson") if _has_lesson(assignment, found) else "",
    }
    return render(request, "assessment/result.html", context)


@require_GET
def status(request: LaunchRequest, attempt_id: UUID) -> JsonResponse:
    """What the result page asks while something still moves."""
    found = own_attempt(request, attempt_id)
    settled = found.assignment is not None and not found.preview and found.state != AttemptState.SUBMITTED
    grade = access.grade(request.viewer) if settled else None
    line = gradebook.own_line(request.viewer, found.assignment, grade) if found.assignment else None
    return JsonResponse({"state": found.state, "version": version_of(found, line)})


@require_GET
def upload(request: LaunchRequest, upload_id: UUID) -> FileResponse:
    """A file that was handed in: for its learner, and for the teachers of the class."""
    found = access.upload(request.viewer, upload_id)
    if found is None:
        raise Http404("There is no such file.")
    # As a download of no type, whatever it is: nothing in it runs on our pages.
    return FileResponse(found.file.open("rb"), as_attachment=True, filename=found.name, content_type=BINARY)


def published(assignment: Assignment) -> Any:
    """The version that a new attempt would get, with its number of `questions`; None where there is none."""
    return _version(assignment.quiz.current_id) if assignment.quiz.current_id else None


@lru_cache(maxsize=256)
def _version(version_id: UUID) -> Any:
    """Read once a process: a published version never changes."""
    versions = QuizVersion.objects.select_related("lesson_version").annotate(questions=Count("places"))
    return versions.get(pk=version_id)


def _lesson_of(assignment: Assignment, version: QuizVersion) -> LessonVersion | None:
    """None too where the teacher placed the check alone."""
    return None if assignment.opens == Opens.CHECK else version.lesson_version


def _has_lesson(assignment: Assignment, found: Attempt) -> bool:
    return assignment.opens != Opens.CHECK and found.quiz_version.lesson_version_id is not None


def result_context(
    found: Attempt, grade: Grade | None, *, for_instructor: bool = False, ahead: bool = False
) -> dict[str, object]:
    """What the list of marked answers needs, for the learner and for the teacher alike.

    Who has another attempt `ahead`, or is at it, does not read yet what would have been right.
    """
    marking = found.state == AttemptState.SUBMITTED
    items = [] if marking else attempts.results(found, for_instructor=for_instructor, ahead=ahead)
    return {
        "attempt": found,
        "assignment": found.assignment,
        "marking": marking,
        "items": items,
        "hidden": any(item.state == "hidden" for item in items),
        "later": found.assignment is not None and found.assignment.show_mark != Shown.NEVER,
        "withheld": not for_instructor and showing.withholds_score(found),
        "late_credit": found.assignment.late_percent if found.assignment and found.is_late else 100,
        "waiting": [item for item in items if item.state == "waiting"],
        "to_read": [item for item in items if item.state in ("wrong", "partly")],
        "grade": grade,
    }


def version_of(found: Attempt, line: gradebook.Line | None) -> str:
    """Changes whenever the result page would say something new."""
    return f"{found.state}/{found.points}/{f'{line.words} {line.theirs} {line.at} {line.more}' if line else ''}"


def _player(request: LaunchRequest, found: Attempt, outcome: Outcome | None = None) -> HttpResponse:
    sent = request.POST if outcome else None
    fields = answers.fields(attempts.questions(found), sent, outcome, stale=_overtaken(request, found))
    context = {
        "attempt": found,
        "assignment": found.assignment,
        "fields": fields,
        "answered": sum(1 for field in fields if field.question.answer),
        "files": any(item_types.takes_files(field.question.kind) for field in fields),
        "troubled": [field for field in fields if field.error or field.stale],
        "save_url": address("save_responses", found.pk),
        "submit_url": address("submit", found.pk),
        "stay_url": address("attempt", found.pk),
        "due_at": found.due_at,
    }
    return render(request, "assessment/player.html", context, status=422 if outcome else 200)


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
    return see_other("attempt", found.pk, after="?overtaken=1")


def _overtaken(request: LaunchRequest, found: Attempt) -> dict[UUID, str]:
    """What this launch last sent too late, by item; a form that is sent again says for itself what is wrong with it."""
    kept = request.viewer.settings.get("overtaken", {})
    if request.method != "GET" or "overtaken" not in request.GET or kept.get("attempt") != str(found.pk):
        return {}
    return {UUID(item): text for item, text in kept["given"].items()}


def _ask(request: LaunchRequest, found: Attempt, unanswered: list[attempts.Question]) -> HttpResponse:
    context = {"attempt": found, "assignment": found.assignment, "unanswered": unanswered}
    return render(request, "assessment/confirm.html", context)


def _closed(found: Attempt) -> JsonResponse:
    detail = "These answers are already handed in."
    return JsonResponse({"error": "closed", "detail": detail, "result": address("result", found.pk)}, status=409)


def _open(made: list[Attempt]) -> Attempt | None:
    return next((attempt for attempt in made if attempt.state == AttemptState.IN_PROGRESS), None)


def _outlook(request: LaunchRequest, assignment: Assignment, made: list[Attempt]) -> dict[str, Any]:
    """The dates, on which side of them we are, and whether another attempt may begin. A preview may at any time."""
    held = terms.of(assignment, request.viewer.person_id, windows.lms_dates(request.viewer))
    window, now = held.window, timezone.now()
    bound = not access.previews(request.viewer)
    left = held.left(made) if bound else None
    early, over = bound and window.is_early(now), bound and window.is_over(now)
    may_begin = bool(assignment.quiz.current_id) and left != 0 and not early and not over
    moments = {
        "opens_later": window.is_early(now),
        "closed_before": window.is_over(now),
        "overdue": (due := held.due_at()) is not None and due <= now,
    }
    return {
        "terms": held,
        "special": terms.special(assignment, held),
        "window": window,
        "early": early,
        "over": over,
        "left": left,
        "used": sum(attempt.voided_at is None for attempt in made),
        "may_begin": may_begin,
        **moments,
    }


def _front(request: LaunchRequest) -> str:
    """The overview's name: where the front page is another one, as for teachers, it lies beside it."""
    plain = request.viewer.message_type == claims.RESOURCE_LINK
    return "home" if plain and not access.is_instructor(request.viewer) else "preview"
