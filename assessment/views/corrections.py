"""What a teacher does to a learner's attempt: end it, set it aside or open it again, each on a page that asks once."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from assessment import access, corrections
from assessment.corrections import CannotReopen
from assessment.models import Attempt, AttemptState
from assessment.views.dates import Moment, local_to
from assessment.views.requests import LaunchRequest, instructors_only, see_other

USUAL_TIME = timedelta(days=1)  # that a reopened attempt is offered


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"), max_length=500, error_messages={"required": _("Enter a reason for the record.")}
    )


class ReopenForm(ReasonForm):
    until = Moment(_("Open until"))
    field_order = ("until", "reason")

    def clean_until(self) -> datetime:
        until: datetime | None = self.cleaned_data["until"]
        if until is None or until <= timezone.now():
            raise forms.ValidationError(gettext("Choose a time in the future."))
        return until

    @property
    def moments(self) -> list[forms.BoundField]:
        return [self["until"]]


@instructors_only
@require_http_methods(["GET", "POST"])
def void(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    attempt = _attempt(request, attempt_id)
    form = ReasonForm(request.POST or None)
    if attempt.state == AttemptState.IN_PROGRESS or attempt.voided_at:
        return _back(attempt)
    if request.method == "POST" and form.is_valid():
        by, reason = request.viewer.person, form.cleaned_data["reason"]
        corrections.void(attempt=attempt, by=by, reason=reason, now=timezone.now())
        return _back(attempt)
    others = access.class_attempts(request.viewer).filter(person=attempt.person_id, voided_at__isnull=True)
    is_only = not others.exclude(pk=attempt.pk).exclude(state=AttemptState.IN_PROGRESS).exists()
    return _ask(request, attempt, form, "void", is_only=is_only)


@instructors_only
@require_http_methods(["GET", "POST"])
def end(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    attempt = _attempt(request, attempt_id)
    form = ReasonForm(request.POST or None)
    if attempt.state != AttemptState.IN_PROGRESS:
        return _back(attempt)
    if request.method == "POST" and form.is_valid():
        by, reason = request.viewer.person, form.cleaned_data["reason"]
        corrections.end(attempt=attempt, by=by, reason=reason, now=timezone.now())
        return _back(attempt)
    return _ask(request, attempt, form, "end")


@instructors_only
@require_http_methods(["GET", "POST"])
def reopen(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    attempt = _attempt(request, attempt_id)
    if attempt.state == AttemptState.IN_PROGRESS or attempt.voided_at:
        return _back(attempt)
    with local_to(request) as zone:
        tomorrow = timezone.localtime(timezone.now() + USUAL_TIME).replace(second=0, microsecond=0)
        form = ReopenForm(request.POST or None, initial={"until": tomorrow})
        if request.method == "POST" and form.is_valid():
            return _reopened(request, attempt, form, zone)
        return _ask(request, attempt, form, "reopen", **zone)


def _reopened(request: LaunchRequest, attempt: Attempt, form: ReopenForm, zone: dict[str, Any]) -> HttpResponse:
    given, now = form.cleaned_data, timezone.now()
    try:
        corrections.reopen(
            attempt=attempt, by=request.viewer.person, reason=given["reason"], until=given["until"], now=now
        )
    except CannotReopen:
        form.add_error("until", gettext("Another attempt of this learner is under way. End it first."))
        return _ask(request, attempt, form, "reopen", **zone)
    return _back(attempt)


@instructors_only
@require_POST
def restore(request: LaunchRequest, attempt_id: UUID) -> HttpResponse:
    """Let an attempt that was set aside count again."""
    attempt = _attempt(request, attempt_id)
    corrections.restore(attempt=attempt, by=request.viewer.person, now=timezone.now())
    return _back(attempt)


def _attempt(request: LaunchRequest, attempt_id: UUID) -> Attempt:
    try:
        return access.class_attempt(request.viewer, attempt_id)
    except Attempt.DoesNotExist as error:
        raise Http404("No such attempt.") from error


def _ask(request: LaunchRequest, attempt: Attempt, form: forms.Form, what: str, **more: Any) -> HttpResponse:
    context = {"attempt": attempt, "person": attempt.person, "form": form, "what": what, **more}
    return render(request, "assessment/correct.html", context, status=422 if form.errors else 200)


def _back(attempt: Attempt) -> HttpResponse:
    return see_other("class_person", attempt.person_id, after="?saved=1")
