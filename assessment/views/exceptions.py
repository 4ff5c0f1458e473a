"""Exceptions from an activity's policy: who has which, given by whom and why, and the form that gives another."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from assessment import access
from assessment.models import Accommodation, Assignment
from assessment.placement import accommodations
from assessment.views.dates import NAMES, DatesForm, local_to
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only, see_other
from roster.models import Group, Person

MOST_ALIKE = 20  # people to choose from where several are called so
WHOM = [("person", _("One learner")), ("group", _("A group")), ("everyone", _("Everyone in the course"))]
VALUES = ("time_factor", "extra_minutes", "no_time_limit", "extra_attempts", *NAMES)


@dataclass(frozen=True)
class Listed:
    """An accommodation of the list; `running` is how many attempts under way it holds for."""

    row: Accommodation
    running: int


class ExceptionForm(DatesForm):
    """What is different, for a learner, a group or everyone, and why. Empty fields leave things as they are."""

    whom = forms.ChoiceField(
        label=_("For whom"),
        choices=WHOM,
        error_messages={"required": _("Choose who it is for.")},
    )
    learner = forms.CharField(label=_("Learner"), required=False, max_length=300)
    group = forms.ChoiceField(label=_("Group"), required=False)
    time_factor = forms.DecimalField(
        label=_("Multiply the time limit by"),
        required=False,
        min_value=1,
        max_value=10,
        decimal_places=2,
        localize=True,
    )
    extra_minutes = forms.IntegerField(label=_("Extra minutes"), required=False, min_value=0, max_value=10_000)
    no_time_limit = forms.BooleanField(label=_("No time limit"), required=False)
    extra_attempts = forms.IntegerField(label=_("Extra attempts"), required=False, min_value=0, max_value=1000)
    reason = forms.CharField(
        label=_("Reason"), max_length=500, error_messages={"required": _("Enter a reason for the record.")}
    )
    field_order = ("whom", "learner", "group", *VALUES, "reason")

    def __init__(self, *args: Any, people: Sequence[Any], groups: Sequence[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people, self.groups = people, groups
        self.alike: list[Person] = []
        whom, group = self.fields["whom"], self.fields["group"]
        assert isinstance(whom, forms.ChoiceField)
        assert isinstance(group, forms.ChoiceField)
        group.choices = [("", "–"), *((str(one.pk), str(one)) for one in groups)]
        if not groups:
            whom.choices = [choice for choice in WHOM if choice[0] != "group"]

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("whom") == "person":
            given["person"] = self._person(given.get("learner", ""))
        if given.get("whom") == "group" and not given.get("group") and "group" not in self.errors:
            self.add_error("group", gettext("Choose a group."))
        if not self.errors and not self.values():
            self.add_error("time_factor", gettext("Enter at least one change."))
        return given

    def _person(self, typed: str) -> Person | None:
        """The learner who was chosen or is called so; where several are, they are offered."""
        chosen = [one for one in self.people if str(one.pk) == self.data.get("person")]
        alike: list[Person] = chosen or _called(self.people, typed)
        if len(alike) == 1:
            return alike[0]
        self.alike = alike[:MOST_ALIKE]
        if not typed.strip():
            self.add_error("learner", gettext("Enter the name of a learner."))
        else:
            several = gettext("Several learners match this name. Choose one below.")
            self.add_error("learner", several if alike else gettext("No learner in the class has this name."))
        return None

    def target(self) -> dict[str, Any]:
        """For `accommodations.give`."""
        given = self.cleaned_data
        group = next((one for one in self.groups if str(one.pk) == given["group"]), None)
        whom = given["whom"]
        return {"person": given["person"] if whom == "person" else None, "group": group if whom == "group" else None}

    def values(self) -> dict[str, Any]:
        """What is different."""
        given = {name: self.cleaned_data.get(name) for name in VALUES}
        usual = {"time_factor": Decimal(1)}
        return {name: value for name, value in given.items() if value and value != usual.get(name)}


def _called(people: Sequence[Any], typed: str) -> list[Any]:
    """Those who are labelled so, else those whose label has these letters."""
    wanted = " ".join(typed.split()).casefold()
    labels = [(label(one).casefold(), one) for one in people] if wanted else []
    exact = [one for name, one in labels if name == wanted]
    return exact or [one for name, one in labels if wanted in name]


def label(person: Any) -> str:
    """The name; behind it what tells people of one name apart."""
    beside = (person.email or person.sub or "") if person.namesakes > 1 else ""
    return f"{person.display_name} ({beside})" if beside else str(person.display_name)


@instructors_only
@require_http_methods(["GET", "POST"])
def exceptions(request: LaunchRequest) -> HttpResponse:
    assignment = assignment_or_404(request)
    people = list(access.with_namesakes(request.viewer, access.class_people(request.viewer)))
    groups = list(access.class_groups(request.viewer))
    with local_to(request) as zone:
        form = ExceptionForm(request.POST or None, people=people, groups=groups, initial=_prefilled(request, people))
        if request.method == "POST" and form.is_valid():
            made = accommodations.give(
                assignment=assignment,
                reason=form.cleaned_data["reason"],
                given_by=request.viewer.person.display_name,
                **form.target(),
                **form.values(),
            )
            return see_other("exceptions", after=f"?added={made.pk}")
        context = zone | _listed(request, assignment) | {"assignment": assignment, "form": form}
        context |= {"labels": [label(one) for one in people], "groups": groups, "label": label}
        return render(request, "assessment/exceptions.html", context, status=422 if form.errors else 200)


@instructors_only
@require_POST
def remove(request: LaunchRequest, accommodation_id: UUID) -> HttpResponse:
    """Take one of this activity back; a standing one is not the teacher's to take."""
    given = accommodations.given(assignment_or_404(request)).filter(pk=accommodation_id).first()
    if given is None:
        raise Http404("No such exception.")
    accommodations.withdraw(accommodation=given)
    return see_other("exceptions", after="?removed=1")


def _prefilled(request: LaunchRequest, people: Sequence[Any]) -> dict[str, str]:
    """The learner whom the address names, as from that learner's page."""
    named = next((one for one in people if str(one.pk) == request.GET.get("person")), None)
    if named is None and "person" in request.GET:
        raise Http404("No such learner.")
    return {"whom": "person", "learner": label(named) if named else ""}


def _listed(request: LaunchRequest, assignment: Assignment) -> dict[str, Any]:
    """The same number of queries for any number of exceptions."""
    rows = list(accommodations.given(assignment).prefetch_related("group__members"))
    working = accommodations.working(assignment)
    listed = [Listed(row, len(working.intersection(_of(row, working)))) for row in rows]
    added = next((one for one in listed if str(one.row.pk) == request.GET.get("added")), None)
    standing = accommodations.standing(access.class_people(request.viewer))
    return {"listed": listed, "standing": standing, "added": added, "removed": "removed" in request.GET}


def _of(row: Accommodation, everyone: set[UUID]) -> set[UUID]:
    if row.person_id:
        return {row.person_id}
    return {one.pk for one in row.group.members.all()} if row.group else everyone
