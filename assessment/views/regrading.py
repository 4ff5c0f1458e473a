"""A teacher has a question marked otherwise: what shall hold, who would move, how far it is, and back again."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from assessment import access, key_check
from assessment.models import Assignment, Regrade, RegradeChoice, RegradeState
from assessment.regrading import decisions, dry_run
from assessment.regrading.decisions import CannotRegrade
from assessment.regrading.dry_run import DryRun
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only, see_other
from content import item_types, rendering, variants
from content.models import ItemVersion
from content.room import fields

MOST_SHOWN = 200  # learners
NOT_OF_THE_KEY = ("stem", "section", "feedback", "parameters", "shuffle")
CHOICES: dict[str, tuple[str | Promise, str | Promise]] = {
    RegradeChoice.NEW_KEY: (_("Correct the key"), _("Answers earn what the corrected key gives. Points can go down.")),
    RegradeChoice.BOTH: (_("Accept both keys"), _("Answers earn what either key gives, the higher of the two.")),
    RegradeChoice.FULL: (_("Full marks for everyone"), _("Also for those who left the question blank.")),
    RegradeChoice.DROP: (_("Drop the question"), _("It leaves the points of each attempt and their maximum.")),
}


@instructors_only
@require_http_methods(["GET", "POST"])
def regrade_question(request: LaunchRequest, version_id: UUID) -> HttpResponse:
    """What shall hold for a question from now on; nothing happens before the next page."""
    assignment = assignment_or_404(request)
    version = access.asked_version(request.viewer, assignment, version_id)
    if version is None:
        raise Http404("The check has no such question.")
    if request.method == "GET" or "more" in request.POST:
        return _form(request, assignment, version)
    everywhere = request.POST.get("where") == "everywhere"
    if everywhere and not _may_write(request, assignment):
        raise PermissionDenied("Only who may change the check re-marks it in all courses.")
    try:
        planned = decisions.plan(
            assignment=assignment,
            item_version=version,
            choice=_choice(request),
            everywhere=everywhere,
            body=_body(request, version),
            by=request.viewer.person,
            now=timezone.now(),
        )
    except CannotRegrade as error:
        return _form(request, assignment, version, str(error))
    return see_other("regrade", planned.pk)


@instructors_only
@require_POST
def key_is_right(request: LaunchRequest, version_id: UUID) -> HttpResponse:
    """Somebody has looked at a key that looks wrong by the answers."""
    assignment = assignment_or_404(request)
    if access.asked_version(request.viewer, assignment, version_id) is None:
        raise Http404("The check has no such question.")
    key_check.confirm(assignment=assignment, item_version=version_id, now=timezone.now())
    return see_other("class", after="?saved=1")


@instructors_only
@require_http_methods(["GET", "POST"])
def regrade(request: LaunchRequest, regrade_id: UUID) -> HttpResponse:
    """Who would move, and the button that lets it happen; then how far it is."""
    found = _regrade_or_404(request, regrade_id)
    error = ""
    if request.method == "POST":
        try:
            reason = fields.text(request.POST, "reason")
            decisions.commit(regrade=found, reason=reason, by=access.author(request.viewer), now=timezone.now())
            return see_other("regrade", found.pk)
        except CannotRegrade as refused:
            error = str(refused)
    return _page(request, found, error)


@instructors_only
@require_GET
def regrade_data(request: LaunchRequest, regrade_id: UUID) -> HttpResponse:
    """The dry run, or what became of it, as JSON; learners of other classes are in the counts only."""
    found = _regrade_or_404(request, regrade_id)
    if found.state != RegradeState.DRY_RUN:
        data = JsonResponse({"state": found.state, "counts": found.counts})
        return get_conditional_response(request, etag=f'"{_seen(found)}"', response=data) or data
    return JsonResponse({"state": found.state, **_own(dry_run.of(found), assignment_or_404(request)).data()})


@instructors_only
@require_POST
def undo_regrade(request: LaunchRequest, regrade_id: UUID) -> HttpResponse:
    found = _regrade_or_404(request, regrade_id)
    try:
        decisions.undo(regrade=found, by=request.viewer.person, now=timezone.now())
    except CannotRegrade as refused:
        return _page(request, found, str(refused))
    return see_other("regrade", found.pk)


def _seen(found: Regrade) -> str:
    """Changes with every step, so that an open page knows when to look again."""
    return f"{found.state}-{found.counts.get('handled', 0)}"


def _regrade_or_404(request: LaunchRequest, regrade_id: UUID) -> Regrade:
    found = access.regrade(request.viewer, assignment_or_404(request), regrade_id)
    if found is None:
        raise Http404("There is no such change.")
    return found


def _may_write(request: LaunchRequest, assignment: Assignment) -> bool:
    return not request.viewer.is_guest and access.writes(request.viewer, assignment)


def _choice(request: LaunchRequest) -> str:
    choice = request.POST.get("credit", "")
    if choice not in CHOICES:
        raise CannotRegrade(_("Choose what the answers shall earn."))
    return choice


def _body(request: LaunchRequest, version: ItemVersion) -> dict[str, Any]:
    """The question with the key that the form says."""
    kind = item_types.get(version.kind)
    typed = fields.body(kind, request.POST, more=request.POST.get("more", ""))
    return {**version.body, **{name: value for name, value in typed.items() if name not in NOT_OF_THE_KEY}}


def _form(request: LaunchRequest, assignment: Assignment, version: ItemVersion, error: str = "") -> HttpResponse:
    typed = request.method == "POST"
    newest = decisions.newest_body(version)
    context = _question(version) | {
        "assignment": assignment,
        "version": version,
        "choices": [(name, label, words) for name, (label, words) in CHOICES.items()],
        "chosen": request.POST.get("credit") or RegradeChoice.NEW_KEY,
        "where": request.POST.get("where", "here"),
        "body": _body(request, version) if typed else newest or version.body,
        "is_newest": newest is not None,
        "prefix": fields.PREFIX,
        "editor_template": item_types.get(version.kind).TEMPLATES.editor,
        "may_write": _may_write(request, assignment),
        "earlier": _with_words(access.regrades(request.viewer, assignment).filter(item_version=version)),
        "error": error,
    }
    return render(request, "assessment/regrade_question.html", context, status=422 if error else 200)


def _with_words(found: Any) -> list[tuple[Regrade, str | Promise]]:
    return [(one, CHOICES[one.choice][0]) for one in found]


def _question(version: ItemVersion) -> dict[str, Any]:
    body: Mapping[str, Any] = variants.sample(version.body)
    return {"stem": body["stem"] or rendering.plain(body.get("text", "")) or version.item.identifier}


def _page(request: LaunchRequest, found: Regrade, error: str) -> HttpResponse:
    assignment = assignment_or_404(request)
    whole = dry_run.of(found) if found.state == RegradeState.DRY_RUN else None
    own = _own(whole, assignment) if whole else DryRun()
    counts = found.counts
    context = _question(found.item_version) | {
        "assignment": assignment,
        "regrade": found,
        "words": CHOICES[found.choice][0],
        "seen": _seen(found),
        "counts": whole.counts if whole else counts,
        "moved": own.moved[:MOST_SHOWN],
        "several": any(one.attempt.number > 1 for one in own.moved),
        "moved_more": max(0, len(own.moved) - MOST_SHOWN),
        "elsewhere": len(whole.moved) - len(own.moved) if whole else 0,
        "grades": len(whole.grades) if whole else 0,
        "overridden": own.overridden,
        "working": found.state in decisions.WORKING,
        "percent": round(100 * counts.get("handled", 0) / counts["all"]) if counts.get("all") else 100,
        "reason": request.POST.get("reason", ""),
        "error": error,
    }
    return render(request, "assessment/regrade.html", context, status=422 if error else 200)


def _own(whole: DryRun, assignment: Assignment) -> DryRun:
    """Only the learners of this class by name."""
    return DryRun(
        whole.counts,
        [one for one in whole.moved if one.attempt.assignment_id == assignment.pk],
        [one for one in whole.grades if one.grade.assignment_id == assignment.pk],
    )
