"""Which question misleads: all questions of the check, one of them, and the answers behind a bar of its chart."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise, cached_property
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from assessment import access, charts, key_check, rules
from assessment.models import Assignment, Population, Regrade, Response, StatisticsPart
from assessment.statistics import advice, formulas, report
from assessment.views.requests import LaunchRequest, assignment_or_404, instructors_only
from content import item_types, places, rendering, variants
from content.item_types import InvalidAnswer
from content.models import ItemVersion
from roster.models import Group

PER_PAGE = 100
MOST_OPTIONS = 6  # of a question in the list; its own page has all
POPULATIONS: dict[str, str | Promise] = {
    Population.FIRST: _("First attempt of each learner"),
    Population.HIGHEST: _("Best attempt of each learner"),
    Population.LATEST: _("Latest attempt of each learner"),
    Population.ALL: _("All attempts"),
}


@dataclass(frozen=True)
class Selection:
    """Which attempts the figures are about."""

    population: str
    version: int | None
    group: Group | None

    @property
    def parameters(self) -> dict[str, str]:
        """As the form names them; what is usual is left out."""
        named = {
            "population": "" if self.population == Population.FIRST else self.population,
            "version": str(self.version or ""),
            "group": str(self.group.pk) if self.group else "",
        }
        return {name: value for name, value in named.items() if value}

    @property
    def query(self) -> str:
        return f"?{urlencode(self.parameters)}" if self.parameters else ""

    def answers(self, category: str) -> str:
        return f"?{urlencode(self.parameters | {'category': category})}"


@dataclass(frozen=True)
class Option:
    """A category of a question's answers."""

    figures: Mapping[str, Any]
    rationale: str
    query: str

    @property
    def is_blank(self) -> bool:
        return not self.figures["category"]

    @property
    def thirds(self) -> list[float | None]:
        return [self.figures["thirds"][name]["value"] for name in charts.THIRDS]

    @cached_property
    def chart(self) -> SafeString:
        return charts.thirds(self.figures["thirds"], keyed=self.figures["keyed"])

    @cached_property
    def bar(self) -> SafeString:
        return charts.interval_bar(self.figures["share"])


@dataclass(frozen=True)
class Question:
    """A question of the check with its figures."""

    item: Mapping[str, Any]
    version: ItemVersion
    regrade: Regrade | None  # the one that rules it
    options: list[Option] = field(default_factory=list)

    @property
    def body(self) -> Mapping[str, Any]:
        return variants.sample(self.version.body)

    @property
    def stem(self) -> str:
        """In plain text; a cloze may have nothing but the text with the gaps."""
        return self.item["stem"] or rendering.plain(self.body.get("text", "")) or self.item["identifier"]

    @cached_property
    def bar(self) -> SafeString:
        return charts.interval_bar(self.item["facility"])

    @property
    def separation(self) -> str:
        return advice.separation(self.item["discrimination"])

    @property
    def commonest(self) -> list[Option]:
        """The options of the list: all in printed order, or the most frequent of many."""
        if len(self.options) <= MOST_OPTIONS:
            return self.options
        return sorted(self.options, key=lambda one: -one.figures["count"])[:MOST_OPTIONS]

    @property
    def more(self) -> int:
        return sum(bool(one.figures["count"]) for one in self.options if one not in self.commonest)

    @property
    def has_thirds(self) -> bool:
        return any(one.chart for one in self.options)


@instructors_only
@require_GET
def questions(request: LaunchRequest) -> HttpResponse:
    """Every question of the check in a row of its own, and what to do first."""
    assignment, selection = assignment_or_404(request), _selection(request)
    numbers = _report(assignment, selection)
    context = _context(request, assignment, selection, numbers)
    ruled = rules.in_force(assignment)
    context["questions"] = [
        _question(item, numbers, selection, ruled.get(item["item_version"])) for item in numbers["items"]
    ]
    context["advice"] = key_check.to_look_at(assignment, numbers)
    return render(request, "assessment/questions.html", context)


@instructors_only
@require_GET
def question(request: LaunchRequest, position: int) -> HttpResponse:
    """One question: who chose what, by thirds of the class, and why it is right or not."""
    assignment, selection = assignment_or_404(request), _selection(request)
    numbers = _report(assignment, selection)
    shown = _one(assignment, selection, numbers, position)
    context = _context(request, assignment, selection, numbers) | {"question": shown, "item": shown.item}
    context["advice"] = [one for one in key_check.to_look_at(assignment, numbers, None) if one.position == position]
    context["flagged"] = shown.version.pk in key_check.flagged(assignment, numbers)
    context["may_write"] = not request.viewer.is_guest and access.writes(request.viewer, assignment)
    found = [item["position"] for item in numbers["items"]]
    at = found.index(position)
    context["before"], context["after"] = ([*found[:at]] or [None])[-1], next(iter(found[at + 1 :]), None)
    return render(request, "assessment/question.html", context)


@instructors_only
@require_GET
def question_answers(request: LaunchRequest, position: int) -> HttpResponse:
    """Who gave the answer behind a bar; without a category everyone's answers to the question."""
    assignment, selection = assignment_or_404(request), _selection(request)
    numbers = _report(assignment, selection)
    shown = _one(assignment, selection, numbers, position)
    category = request.GET.get("category")
    chosen = next((one for one in shown.options if one.figures["category"] == category), None)
    if category is not None and chosen is None:
        raise Http404("The question has no such answer.")
    found = _responses(request, assignment, selection, shown.version, category)
    page: Page[Response] = Paginator(found, PER_PAGE).get_page(request.GET.get("page", 1))
    context = _context(request, assignment, selection, numbers) | {"question": shown, "item": shown.item}
    context |= {"option": chosen, "page": page, "rows": [(response, _text(response)) for response in page]}
    parameters = selection.parameters | ({} if category is None else {"category": category})
    context["pages"] = f"?{urlencode(parameters)}{'&' if parameters else ''}page="
    return render(request, "assessment/question_answers.html", context)


def _selection(request: LaunchRequest) -> Selection:
    """What the form says; what it cannot mean is as if it were not there."""
    population, version = request.GET.get("population", ""), request.GET.get("version", "")
    named = request.GET.get("group")
    group = next((one for one in access.class_groups(request.viewer) if str(one.pk) == named), None) if named else None
    return Selection(
        population=population if population in Population.values else Population.FIRST,
        version=int(version) if version.isascii() and version.isdigit() and len(version) < 10 else None,
        group=group,
    )


def _report(assignment: Assignment, selection: Selection) -> dict[str, Any]:
    try:
        return report.report(
            scope=assignment,
            population=selection.population,
            version=selection.version,
            group=selection.group.pk if selection.group else None,
            now=timezone.now(),
            small=True,
        )
    except report.UnknownVersion as error:
        raise Http404("The check has no such version.") from error


def _item(numbers: dict[str, Any], position: int) -> Mapping[str, Any]:
    found: Mapping[str, Any] | None = next((item for item in numbers["items"] if item["position"] == position), None)
    if found is None:
        raise Http404("The check has no such question.")
    return found


def _one(assignment: Assignment, selection: Selection, numbers: dict[str, Any], position: int) -> Question:
    item = _item(numbers, position)
    return _question(item, numbers, selection, rules.in_force(assignment).get(item["item_version"]))


def _question(
    item: Mapping[str, Any], numbers: dict[str, Any], selection: Selection, regrade: Regrade | None
) -> Question:
    known = {place.item_version_id: place.item_version for place in places.of(numbers["quiz_version"]["id"])}
    version = known[item["item_version"]]
    body = (rules.keyed(version, regrade) or [version.body])[-1]
    rationales = {category.id: category.rationale for category in item_types.get(version.kind).categories(body)}
    options = [
        Option(one, rationales.get(one["category"], ""), selection.answers(one["category"]))
        for one in item["categories"]
        if one["category"] or one["count"]  # that nobody left it blank needs no row
    ]
    return Question(item, version, regrade, options)


def _context(
    request: LaunchRequest, assignment: Assignment, selection: Selection, numbers: dict[str, Any]
) -> dict[str, Any]:
    return {
        "assignment": assignment,
        "numbers": numbers,
        "selection": selection,
        "groups": access.class_groups(request.viewer),
        "group": selection.group,
        "populations": POPULATIONS.items(),
        "judged_from": formulas.HIDDEN_BELOW,
        "certain_from": formulas.PROVISIONAL_BELOW,
    }


def _responses(
    request: LaunchRequest, assignment: Assignment, selection: Selection, version: ItemVersion, category: str | None
) -> QuerySet[Response]:
    """The answers that the figures count: of the population and group, in the category."""
    parts = StatisticsPart.objects.filter(assignment=assignment, populations__contains=[selection.population])
    if selection.group:
        parts = parts.filter(groups__contains=[str(selection.group.pk)])
    if category is not None:
        parts = parts.filter(counted__contains={"items": {str(version.pk): {"c": [category]}}})
    found = access.class_responses(request.viewer).filter(item_version=version)
    return found.filter(attempt__in=parts.values("attempt_id"))


def _text(response: Response) -> str:
    """The answer in words; empty where it is blank or does not fit the question."""
    try:
        return item_types.get(response.item_version.kind).text(response.body, response.answer)
    except InvalidAnswer:
        return ""
