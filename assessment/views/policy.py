"""How a check is taken, marked and shown: the form of the policy, with presets that fill it."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from assessment.models import Counts, Shown, WhileWaiting
from assessment.placement import policy, windows
from assessment.placement.placing import DATES, POLICY, SHOWN
from assessment.views.dates import DatesForm, local_to
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only, see_other
from content import addresses

SETTINGS = (*POLICY, *DATES)
MOMENTS = [
    (Shown.EACH_QUESTION, _("when a question is checked")),
    (Shown.AFTER_SUBMIT, _("with the result")),
    (Shown.AFTER_DUE, _("after the due date")),
    (Shown.AFTER_CLOSE, _("after the check has closed")),
    (Shown.ON_RELEASE, _("when you release the scores")),
    (Shown.NEVER, _("never")),
]
AFTER_SUBMIT = dict.fromkeys(SHOWN, Shown.AFTER_SUBMIT)
NO_LIMITS = {"time_limit": None, "cool_down": 0, "late_percent": 100, "access_code": "", "one_at_a_time": False}
EXTENSIONS = {"extensions": 10, "extension_minutes": 5}  # where a time limit is set: what WCAG 2.2.1 asks
PRESETS: dict[str, tuple[Any, Any, dict[str, Any]]] = {
    "practice": (
        _("Practice"),
        _("As often as they like, with the answer to each question at once. The best attempt counts."),
        NO_LIMITS
        | EXTENSIONS
        | {"max_attempts": None, "counts": Counts.HIGHEST, "scores_held": False}
        | dict.fromkeys(SHOWN, Shown.EACH_QUESTION),
    ),
    "check": (
        _("End-of-lesson check"),
        _("As often as they like, with reasons after each attempt. The best attempt counts."),
        NO_LIMITS | EXTENSIONS | {"max_attempts": None, "counts": Counts.HIGHEST, "scores_held": False} | AFTER_SUBMIT,
    ),
    "exam": (
        _("Exam"),
        _("One attempt of 60 minutes. Scores and answers stay hidden, in the LMS too, until you release them."),
        NO_LIMITS
        | {"max_attempts": 1, "counts": Counts.HIGHEST, "time_limit": 60, "extensions": 0, "scores_held": True}
        | dict.fromkeys(SHOWN, Shown.ON_RELEASE),
    ),
}


def _whole(label: Any, least: int, most: int, wrong: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        required=False,
        min_value=least,
        max_value=most,
        error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), wrong),
    )


class PolicyForm(DatesForm):
    """How often, how long, which attempt counts, what is shown and when, and what the LMS gets meanwhile."""

    max_attempts = _whole(_("Number of attempts"), 1, 1000, _("Enter a whole number from 1 to 1000."))
    counts = forms.ChoiceField(
        label=_("Which attempt counts"),
        choices=[
            (Counts.HIGHEST, _("The best")),
            (Counts.LATEST, _("The latest")),
            (Counts.FIRST, _("The first")),
            (Counts.AVERAGE, _("The average of all")),
        ],
    )
    cool_down = _whole(_("Minutes between two attempts"), 0, 100_000, _("Enter a whole number of minutes."))
    time_limit = _whole(_("Time limit in minutes"), 1, 10_000, _("Enter a whole number from 1 to 10000."))
    extensions = _whole(
        _("How often learners may take more time by themselves"), 0, 100, _("Enter a whole number from 0 to 100.")
    )
    extension_minutes = _whole(_("Minutes that they take each time"), 1, 600, _("Enter a whole number from 1 to 600."))
    grace = _whole(_("Grace in seconds"), 0, 600, _("Enter a whole number from 0 to 600."))
    late_percent = _whole(_("Credit for late work, in percent"), 0, 100, _("Enter a whole number from 0 to 100."))
    access_code = forms.CharField(label=_("Access code"), required=False, max_length=64)
    one_at_a_time = forms.BooleanField(label=_("Show one question at a time"), required=False)
    going_back = forms.BooleanField(label=_("Learners may go back to earlier questions"), required=False)
    show_mark = forms.ChoiceField(label=_("Whether each answer is right"), choices=MOMENTS)
    show_answer = forms.ChoiceField(label=_("The right answer"), choices=MOMENTS)
    show_rationale = forms.ChoiceField(label=_("Why"), choices=MOMENTS)
    show_section = forms.ChoiceField(label=_("Where to read it in the lesson"), choices=MOMENTS)
    scores_held = forms.BooleanField(label=_("Hold scores until I release them"), required=False)
    auto_award = forms.BooleanField(
        label=_("Give full credit without me where suggestions have proved right"), required=False
    )
    hold_flagged = forms.BooleanField(label=_("Hold scores while a key looks wrong"), required=False)
    while_waiting = forms.ChoiceField(
        label=_("What the LMS gets while an answer waits for your mark"),
        choices=[
            (WhileWaiting.MARKED_PART, _("The points earned so far; the score can only rise")),
            (WhileWaiting.NOTHING, _("Nothing until every answer is marked")),
        ],
    )
    field_order = (*POLICY, *DATES)  # as on the page: so errors are listed

    def clean(self) -> dict[str, Any]:
        """What is left empty has its usual value."""
        given = super().clean()
        usual = {"cool_down": 0, "extensions": 0, "extension_minutes": 5, "grace": 10, "late_percent": 100}
        return given | {name: value for name, value in usual.items() if name in given and given[name] is None}

    @property
    def facets(self) -> list[forms.BoundField]:
        return [self[name] for name in SHOWN]


@instructors_only
@require_http_methods(["GET", "POST"])
def class_policy(request: LaunchRequest) -> HttpResponse:
    assignment = assignment_or_404(request)
    preset = request.GET.get("preset", "")
    stored = {name: getattr(assignment, name) for name in SETTINGS}
    initial = stored | (PRESETS[preset][2] if preset in PRESETS else {})
    with local_to(request) as zone:
        form = PolicyForm(request.POST or None, initial=initial)
        window = windows.of(assignment, request.viewer)
        for name in window.from_lms:  # a date here would say nothing to anyone
            form.fields[name].disabled = True
        if request.method == "POST" and form.is_valid():
            policy.change(assignment=assignment, **form.cleaned_data)
            return see_other("class", after="?saved=1")
        context = zone | {
            "assignment": assignment,
            "form": form,
            "window": window,
            "presets": [(name, label, words) for name, (label, words, _) in PRESETS.items()],
            "preset": preset,
            "practice_url": addresses.practice(assignment.quiz),
        }
        return render(request, "assessment/policy.html", context, status=422 if form.errors else 200)


@instructors_only
@require_POST
def release(request: LaunchRequest) -> HttpResponse:
    """Release the scores that are held, or hold those that come from now on."""
    assignment = assignment_or_404(request)
    if "again" in request.POST:
        policy.hold_again(assignment=assignment)
    else:
        policy.release(assignment=assignment, now=timezone.now())
    return see_other("class", after="?saved=1")
