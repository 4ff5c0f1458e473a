"""Pages of a learner (and of a teacher who looks as one): overview, lesson, result."""

from functools import lru_cache
from typing import Any
from uuid import UUID

from django.db.models import Count
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from assessment import access, activity, attempts, receipts, sheets, showing
from assessment.attempts import NoAttemptLeft, NotPublished, OutsideWindow, TooSoon, WrongCode
from assessment.models import Assignment, Attempt, AttemptState, Grade, Opens, Shown
from assessment.placement import terms, windows
from assessment.reviewing import second_looks
from assessment.views import gradebook
from assessment.views.player import current_attempt, front_page, has_lesson
from assessment.views.requests import LaunchRequest, address, assignment_or_404, own_attempt, see_other
from content.models import LessonVersion, QuizVersion
from lti.gradebook import reconcile

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
    made, front = access.attempts(request.viewer), address(front_page(request))
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


@require_GET
def result(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    found = current_attempt(request, attempt_id)
    if found.state == AttemptState.IN_PROGRESS:
        return see_other("attempt", found.pk)
    read = sheets.responses(found)
    shown = {
        "late": "late" in request.GET,
        "asked_again": "asked" in request.GET,
        "time_over": "over" in request.GET,
        "status_url": address("status", found.pk),
        "receipt": receipts.code(found, read),
    }
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
    context = result_context(found, grade, ahead=ahead, read=read) | {
        **outlook,
        **shown,
        "line": line,
        "version_key": version_of(found, line),
        "open": _open(made),
        "front_url": address(front_page(request)),
        # From here, without the launch's key: what everyone sees of a question is made once.
        "lesson_url": "../../lesson/" if has_lesson(found) else "",
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


def result_context(
    found: Attempt,
    grade: Grade | None,
    *,
    for_instructor: bool = False,
    ahead: bool = False,
    read: list[Any] | None = None,
) -> dict[str, Any]:
    """What the list of marked answers needs, for the learner and for the teacher alike.

    Who has another attempt `ahead`, or is at it, does not read yet what would have been right.
    """
    marking = found.state == AttemptState.SUBMITTED
    items = [] if marking else attempts.results(found, for_instructor=for_instructor, ahead=ahead, read=read)
    items = second_looks.with_looks(found, items, may_ask=not for_instructor)
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
