"""Deep linking: the page where a teacher picks what to add to a course, and the answer to the LMS."""

from dataclasses import dataclass
from decimal import Decimal
from functools import wraps
from typing import Any, cast

from django import forms
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from assessment import sheets
from assessment.models import Counts, Opens
from assessment.placement import picking
from assessment.placement.picking import Pick, Thing
from assessment.views import answers
from assessment.views.dates import DatesForm, local_to
from assessment.views.requests import LaunchRequest, View
from lti.launch import deep_linking
from lti.launch.deep_linking_settings import origin

MOST = 50  # things added at once
MOST_POINTS = Decimal(100_000)
OPENS = {
    Opens.BOTH: _("The lesson and the check"),
    Opens.CHECK: _("The check only"),
    Opens.LESSON: _("The lesson only"),
}


class PickForm(DatesForm):
    """How one thing is to be added. Every field has a default that does."""

    opens = forms.ChoiceField(choices=Opens.choices)
    title = forms.CharField(label=_("Title"), max_length=255)
    points = forms.DecimalField(
        label=_("Points"), max_value=MOST_POINTS, max_digits=8, decimal_places=2, required=False
    )
    max_attempts = forms.IntegerField(label=_("Number of attempts"), required=False, min_value=1, max_value=1000)
    counts = forms.ChoiceField(
        label=_("Which attempt counts"),
        choices=[
            (Counts.HIGHEST, _("The best")),
            (Counts.LATEST, _("The latest")),
            (Counts.FIRST, _("The first")),
            (Counts.AVERAGE, _("The average of all")),
        ],
    )

    def __init__(self, data: Any, *, thing: Thing, limit: tuple[int, int] | None, initial: dict[str, Any]) -> None:
        super().__init__(data, prefix=thing.key, initial=initial)
        self.limit = limit
        opens = cast(forms.ChoiceField, self.fields["opens"])
        opens.choices = [(choice.value, OPENS[choice]) for choice in thing.opens]

    def clean_points(self) -> Decimal | None:
        points: Decimal | None = self.cleaned_data["points"]
        least, most = self.limit or (None, None)
        if points is not None and points <= 0:
            raise forms.ValidationError(
                gettext("Give at least one point.") if least else gettext("Give more than 0 points.")
            )
        whole = points is None or points == points.to_integral_value()
        if points is not None and least and most and not (whole and least <= points <= most):
            text = gettext("Moodle accepts only whole points, from {least} to {most}.")
            raise forms.ValidationError(text.format(least=least, most=most))
        return points


@dataclass
class Row:
    """A thing on the page, with its form."""

    thing: Thing
    form: PickForm
    chosen: bool
    checked: bool = False  # whether to show what is wrong with it

    @property
    def errors(self) -> list[tuple[str, str, str]]:
        """(id of the field, what is wrong, with which thing)"""
        if not self.checked:
            return []
        fields = [self.form[name] for name in self.form.errors]
        text = gettext("{label}: {error}")
        found = [(field, error) for field in fields for error in field.errors]
        what = [(field.id_for_label, text.format(label=field.label, error=error)) for field, error in found]
        return [(*error, self.thing.title) for error in what]


def picked_only(view: View) -> View:
    """404 for every launch that asks for nothing to be picked."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if cast(LaunchRequest, request).viewer.message_type != deep_linking.REQUEST:
            raise Http404("Nothing is to be picked here.")
        return view(request, *args, **kwargs)

    return guarded


@picked_only
def front(request: LaunchRequest) -> HttpResponse:
    """The picker. It opened for people who may change the course only (lti.deep_linking)."""
    if not picking.item_type(request.viewer):
        return _nothing_accepted(request)
    if request.method == "POST" and request.POST.get("do") == "cancel":
        return _answer(request, [], log="The teacher chose nothing.")
    with local_to(request) as zone:
        shown = _shown(request)
        rows, more, nothing_found = _rows(request, shown)
        adding = request.method == "POST" and request.POST.get("do") == "add"
        error = _check(request, rows) if adding else ""
        if adding and not error and not any(row.errors for row in rows):
            return _add(request, [row for row in rows if row.chosen])
        return _page(
            request,
            rows,
            zone | {"more": more, "shown": shown, "error": error, "nothing_found": nothing_found and rows},
        )


@picked_only
@require_GET
def preview(request: LaunchRequest, key: str) -> HttpResponse:
    """The lesson and the check as a learner sees them, without the key."""
    found = picking.named(request.viewer, [key])
    if not found:
        raise Http404("There is no such lesson or check.")
    thing = found[0]
    fields = answers.fields(sheets.unanswered(thing.check)) if thing.check else []
    context = {"thing": thing, "lesson": thing.lesson.body if thing.lesson else None, "fields": fields}
    return render(request, "assessment/pick_preview.html", context)


def _shown(request: LaunchRequest) -> int:
    """How many are listed: what was listed, and more where that was asked for. A search begins from the start."""
    given, asked = request.POST.get("shown", ""), request.POST.get("do")
    shown = int(given) if given.isascii() and given.isdigit() and len(given) < 5 and asked != "search" else 0
    return min(max(shown, picking.SHOWN) + (picking.SHOWN if asked == "more" else 0), picking.MOST_SHOWN)


def _rows(request: LaunchRequest, shown: int) -> tuple[list[Row], bool, bool]:
    """What is chosen already, then what the search finds; whether there is more, and whether it found nothing."""
    words, chosen = request.POST.get("q", ""), _chosen(request)
    found = picking.things(request.viewer, words.replace("\x00", "")[:200], limit=shown)
    kept = picking.named(request.viewer, chosen)
    known = {thing.key for thing in kept}
    things = kept + [thing for thing in found[:shown] if thing.key not in known]
    alone = request.method == "GET" and len(things) == 1
    rows = [_row(request, thing, alone or thing.key in known) for thing in things]
    return rows, len(found) > shown, not found


def _chosen(request: LaunchRequest) -> list[str]:
    given = (
        request.POST if request.method == "POST" else request.GET
    )  # a check that was just published is in the address
    keys = list(dict.fromkeys(given.getlist("chosen")))[:MOST]
    keys = [key for key in keys if "\x00" not in key]
    return keys if request.viewer.settings["accept_multiple"] else keys[:1]


def _row(request: LaunchRequest, thing: Thing, chosen: bool) -> Row:
    sent = request.POST if f"{thing.key}-title" in request.POST else None
    limit = picking.points_limit(request.viewer)
    return Row(thing, PickForm(sent, thing=thing, limit=limit, initial=_usual(request, thing, limit)), chosen)


def _usual(request: LaunchRequest, thing: Thing, limit: tuple[int, int] | None) -> dict[str, Any]:
    points = thing.check.points if thing.check else None
    if points is not None and limit:
        points = min(max(round(points), limit[0]), limit[1])
    return {"opens": thing.opens[0], "title": thing.title[:255], "points": points, "counts": Counts.HIGHEST}


def _check(request: LaunchRequest, rows: list[Row]) -> str:
    """Look at the chosen forms; what is wrong with the choice itself."""
    for row in rows:
        row.checked = row.chosen and row.form.is_bound
    return "" if any(row.chosen for row in rows) else gettext("Choose what to add.")


def _page(request: LaunchRequest, rows: list[Row], more: dict[str, Any]) -> HttpResponse:
    wrong = [problem for row in rows for problem in row.errors]
    context = more | {
        "rows": rows,
        "wrong": wrong,
        "q": request.POST.get("q", ""),
        "multiple": request.viewer.settings["accept_multiple"],
        "column": picking.makes_column(request.viewer),
        "links_only": picking.item_type(request.viewer) == picking.LINK,
        "course": request.viewer.course,
        "stranded": picking.is_stranded(request.viewer, request.headers.get("Sec-Fetch-Dest", "")),
    }
    return render(request, "assessment/pick.html", context, status=422 if wrong or more["error"] else 200)


def _add(request: LaunchRequest, rows: list[Row]) -> HttpResponse:
    picks = [_pick(row) for row in rows]
    items = picking.items(launch=request.viewer, picks=picks)
    added = ngettext("{number} activity from Assay.", "{number} activities from Assay.", len(items))
    return _answer(request, items, msg=added.format(number=len(items)))


def _pick(row: Row) -> Pick:
    """What the form says; a thing whose form was never on the page is added with its defaults."""
    if row.form.is_bound:
        return Pick(row.thing, **row.form.cleaned_data)
    given = {name: row.form.get_initial_for_field(field, name) for name, field in row.form.fields.items()}
    return Pick(row.thing, **given)


def _nothing_accepted(request: LaunchRequest) -> HttpResponse:
    accepted = ", ".join(request.viewer.settings["accept_types"])[:200]
    return _answer(
        request,
        [],
        template="assessment/pick_refused.html",
        errormsg=gettext("Assay can only be added as a link, and this place in your course does not accept links."),
        errorlog=f"accept_types is {accepted}; this tool makes ltiResourceLink and link",
    )


def _answer(
    request: LaunchRequest, items: list[dict[str, Any]], *, template: str = "assessment/picked.html", **said: str
) -> HttpResponse:
    """A form with the signed answer, which posts itself to the LMS; the policy lets this one page do so."""
    viewer = request.viewer
    address = viewer.settings["return_url"]
    token = deep_linking.response(launch=viewer, items=items, now=timezone.now(), **said)
    response = render(request, template, {"address": address, "token": token, "items": items, **said})
    response._csp_replace = {"form-action": [origin(address)]}  # type: ignore[attr-defined]
    return response
