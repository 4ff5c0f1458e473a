"""Pages of a teacher: what needs attention, then the numbers, then the class; policy, scores, one learner's attempt."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_GET, require_POST

from assessment import access, activity, charts, key_check, teachers
from assessment.models import Assignment, Attempt
from assessment.placement import linking, placing
from assessment.placement.linking import QuizInUse
from assessment.statistics import report
from assessment.views import class_list, gradebook, live
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only, see_other
from lti.gradebook import by_hand, columns, lookups, reconcile
from lti.launch import history
from lti.models import Launch, Score, ScoreState
from roster.models import Person

MOST_TROUBLES = 50  # shown at once
OPEN_WORDS = 120  # the most letters of an LMS's answer that are shown at once
MOST_AT_ONCE = 500  # scores sent again by one click


@dataclass(frozen=True)
class Trouble:
    """A score that is not where it should be, with what the LMS said."""

    person: Person
    score: Score
    line: gradebook.Line

    @property
    def differs(self) -> bool:
        """Whether the gradebook is known to have another grade."""
        return self.score.state == ScoreState.HELD and bool(self.score.live)

    @property
    def folded(self) -> bool:
        """Whether the LMS's own words stand behind ours, or are too long to stand open."""
        return not self.differs and bool(self.line.more) and (bool(self.score.hint) or len(self.line.more) > OPEN_WORDS)


def front(request: LaunchRequest) -> HttpResponse:
    """The class page, or the choice of a quiz where none is placed here yet."""
    assignment = activity.assignment(request.viewer)
    if request.viewer.resource_link_id is None or (assignment is None and placing.work(request.viewer)):
        return render(request, "assessment/undecided.html", status=404)
    if assignment is None or request.method == "POST" or "choose" in request.GET:
        return _choose(request, assignment)
    return _class_page(request, assignment)


@instructors_only
@require_GET
def class_page(request: LaunchRequest) -> HttpResponse:
    return _class_page(request, assignment_or_404(request))


@instructors_only
@require_GET
def class_attempt(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    """One learner's attempt with everything a teacher may see of it."""
    from assessment.views.learner import result_context

    try:
        found = access.class_attempt(request.viewer, attempt_id)
    except Attempt.DoesNotExist as error:
        raise Http404("No such attempt.") from error
    grade = access.class_grades(request.viewer).filter(person=found.person_id).first()
    others = access.class_attempts(request.viewer).filter(person=found.person_id)
    context = result_context(found, grade, for_instructor=True) | {"person": found.person, "others": others}
    context |= {
        "group": request.GET.get("group", ""),
        "saved": request.GET.get("saved", ""),
    }  # the way back leads to the same list
    return render(request, "assessment/class_attempt.html", context)


@instructors_only
@require_POST
def resend(request: LaunchRequest, score_id: UUID) -> HttpResponse:
    """Send the newest score of one person again; only scores of this very activity can be named."""
    score = _named_score(request, score_id)
    if score is not None:
        by_hand.resend(score=score, now=timezone.now())
    return see_other("class", after="?done=sent" if score else "")


@instructors_only
@require_POST
def resend_absent(request: LaunchRequest) -> HttpResponse:
    """Send again what the gradebook does not have: at most so many scores at a time as a person waits for."""
    assignment = assignment_or_404(request)
    found = lookups.latest_by_person(resource_link=assignment.resource_link).values()
    for score in [score for score in found if gradebook.is_absent(score)][:MOST_AT_ONCE]:
        by_hand.resend(score=score, now=timezone.now())
    return see_other("class", after="?done=sent")


@instructors_only
@require_POST
def keep(request: LaunchRequest, score_id: UUID) -> HttpResponse:
    """Let the LMS's grade stay."""
    score = _named_score(request, score_id)
    if score is not None:
        by_hand.keep(score=score)
    return see_other("class", after="?done=kept" if score else "")


def _named_score(request: LaunchRequest, score_id: UUID) -> Score | None:
    """Someone's newest score on this activity, if it is the named one: a page that is out of date does nothing."""
    found = lookups.latest_by_person(resource_link=assignment_or_404(request).resource_link)
    return next((score for score in found.values() if score.pk == score_id), None)


def _choose(request: LaunchRequest, present: Assignment | None) -> HttpResponse:
    """A plain list of what is published; the choice places it behind this link."""
    quizzes = access.choosable(request.viewer)
    chosen = quizzes.filter(slug=request.POST.get("quiz", "").replace("\x00", "")).first()
    error = ""
    if chosen is not None:
        try:
            activity.choose_quiz(request.viewer, chosen)
            return see_other("home")
        except QuizInUse:
            error = gettext(
                "Learners have already started this check. To use a different check, add another link in your course."
            )
    elif request.method == "POST":
        error = gettext("Choose one of the checks.")
    context = {"quizzes": quizzes, "error": error, "present": present.quiz.slug if present else ""}
    return render(request, "assessment/choose.html", context, status=422 if error else 200)


def _class_page(request: LaunchRequest, assignment: Assignment) -> HttpResponse:
    viewer = request.viewer
    teachers.set_aside(assignment=assignment, now=timezone.now())
    version = live.version(viewer)  # before all else: what happens meanwhile is seen by the next question
    scores = lookups.newest(assignment.resource_link)
    found = lookups.by_person(lookups.unsettled(scores))
    has_scores = bool(found) or scores.exists()
    if has_scores:
        reconcile.ask(viewer.resource_link_id, now=timezone.now(), older_than=gradebook.FRESH)
    paused = gradebook.pause(assignment, found.values())
    context = {
        **class_list.context(request, assignment, paused),
        **_actions(request, assignment, begun=has_scores),
        **_scores(viewer, assignment, found, paused, has_scores=has_scores),
        **_numbers(assignment),
        "assignment": assignment,
        "version": version,
        "too_late": linking.refused(viewer, assignment),
        "original": history.original(viewer.context) if viewer.context else None,
        **access.to_mark(viewer),
        "saved": "saved" in request.GET,
        "done": request.GET.get("done", ""),
    }
    return render(request, "assessment/class.html", context)


def _actions(request: LaunchRequest, assignment: Assignment, *, begun: bool) -> dict[str, Any]:
    return {
        "may_write": access.writes(request.viewer, assignment),
        "has_choice": not begun and access.has_choice(request.viewer, assignment),
    }


def _scores(
    viewer: Launch, assignment: Assignment, found: dict[UUID, Score], paused: datetime | None, *, has_scores: bool
) -> dict[str, Any]:
    """How the scores of the class get to the LMS; `found` are those that are not there."""
    unsent = access.class_grades(viewer).filter(unsent_at__isnull=False).count()
    return {
        "troubles": _troubles(found, assignment, paused),
        "absent": sum(gradebook.is_absent(score) for score in found.values()),
        "shown": MOST_TROUBLES,
        "moving": sum(gradebook.is_moving(score, paused) for score in found.values()),
        "has_scores": has_scores,
        "unscored": columns.why_none(assignment.resource_link) if unsent or not has_scores else "",
        "unsent": unsent,
    }


def _numbers(assignment: Assignment) -> dict[str, Any]:
    """How the class did, and which questions to look at."""
    numbers = report.report(scope=assignment, now=timezone.now(), small=True)
    score = numbers["score"]
    return {
        "numbers": numbers,
        "mean_interval": _mean_interval(numbers),
        "histogram": charts.histogram(score["histogram"], score["median"]["value"]),
        "advice": key_check.to_look_at(assignment, numbers),
    }


def _mean_interval(numbers: dict[str, Any]) -> tuple[float, float] | None:
    """In points, cut where the scale ends: beyond it nobody can score."""
    score = numbers["score"]
    interval, most = score["mean"]["ci"], float(score["points_max"])
    return (max(0.0, interval[0]), min(most, interval[1])) if interval else None


def _troubles(found: dict[UUID, Score], assignment: Assignment, paused: datetime | None) -> list[Trouble]:
    stuck = {pk: score for pk, score in found.items() if gradebook.needs_attention(score, paused)}
    if not stuck:
        return []
    people = Person.objects.filter(institution=assignment.institution_id).in_bulk(stuck.keys())
    lines = {pk: gradebook.trouble_line(score, paused) for pk, score in stuck.items()}
    return [Trouble(people[pk], score, lines[pk]) for pk, score in stuck.items() if pk in people]
