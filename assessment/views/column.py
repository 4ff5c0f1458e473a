"""The teacher's page about the gradebook column: what it is called, its points, and what counts as a pass."""

import re
from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import formats, timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from assessment.models import Assignment
from assessment.placement import policy
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only, see_other
from lti.gradebook import column_changes, columns

GROUPED = re.compile(r"\d{1,3}(\.\d{3})+")


class ColumnForm(forms.Form):
    """Empty fields leave the column as the LMS has it."""

    label = forms.CharField(label=_("Name"), required=False, max_length=255)
    points = forms.DecimalField(
        label=_("Points"), required=False, min_value=1, max_value=100_000, max_digits=9, decimal_places=3, localize=True
    )
    pass_percent = forms.IntegerField(label=_("Pass mark in percent"), required=False, min_value=1, max_value=100)

    def clean(self) -> dict[str, Any]:
        """Where a comma sets off the decimals, 1.000 would be read as one though a thousand is meant."""
        typed = self.data.get("points", "").strip()
        if "points" in self.fields and formats.get_format("DECIMAL_SEPARATOR") == "," and GROUPED.fullmatch(typed):
            self.add_error("points", gettext("Enter the points without a thousands separator."))
        return super().clean() or {}


@instructors_only
@require_http_methods(["GET", "POST"])
def column(request: LaunchRequest) -> HttpResponse:
    """See and change it; name and points only where the LMS lets this tool."""
    assignment = assignment_or_404(request)
    row = column_changes.changeable(assignment.resource_link)
    now_set = {"label": row.label, "points": row.points} if row else {}
    form = ColumnForm(request.POST or None, initial={**now_set, "pass_percent": assignment.pass_percent})
    if row and not column_changes.may_set_points(row):
        del form.fields["points"]
    if request.method == "POST" and form.is_valid():
        _save(assignment, form, changeable=row is not None)
        return see_other("class", after="?saved=1")
    unscored = "" if row else columns.why_none(assignment.resource_link)
    in_force = column_changes.in_force(row) if row else None
    context = {"assignment": assignment, "form": form, "column": row, "in_force": in_force, "unscored": unscored}
    return render(request, "assessment/column.html", context, status=422 if form.errors else 200)


def _save(assignment: Assignment, form: ColumnForm, *, changeable: bool) -> None:
    given = form.cleaned_data
    policy.set_pass_mark(assignment=assignment, percent=given["pass_percent"])
    if changeable:
        link, now = assignment.resource_link, timezone.now()
        column_changes.change(resource_link=link, label=given["label"], points=given.get("points"), now=now)
