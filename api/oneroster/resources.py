"""What the gradebook consists of, as queries over our rows.

A line item is an assignment and a result its grade. An assessment line item is an assignment too, or an item of it,
named `<assignment>.<item>`; an assessment result is an attempt or a response.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import uuid5

from django.db.models import (
    Case,
    CharField,
    DateTimeField,
    DecimalField,
    F,
    OuterRef,
    QuerySet,
    Subquery,
    TextField,
    UUIDField,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Cast, Coalesce, Concat, Greatest, TruncDate

from api.oneroster.columns import DAY, ID, MOMENT, NUMBER, TEXT, Column
from assessment import access
from assessment.models import AttemptState, GradeState, Mark, Response
from content.models import ItemVersion
from roster.models import Institution

NEVER = datetime(2099, 12, 31, tzinfo=UTC)  # the standard wants a due date of every line item
ACTIVE: Any = Value("active", CharField())
POINTS: Any = DecimalField(max_digits=10, decimal_places=3)
ZERO = Value(0, POINTS)
# When rows changed.
ASSIGNMENT_CHANGED = F("updated_at")
ATTEMPT_CHANGED = F("updated_at")

COMMON = {"sourcedId": Column(ID), "status": Column(TEXT), "dateLastModified": Column(MOMENT)}
RANGE = {"resultValueMin": Column(NUMBER), "resultValueMax": Column(NUMBER)}
SCORE = {
    "student": Column(ID, "user"),
    "scoreStatus": Column(TEXT),
    "score": Column(NUMBER),
    "scoreDate": Column(DAY),
}
Rows = QuerySet[Any, Any]


@dataclass(frozen=True)
class Resource:
    """`rows` gives queries of the institution's rows, each with every column annotated by its name and `or_` before."""

    plural: str
    singular: str
    scope: str
    columns: dict[str, Column]
    rows: Callable[[Institution], list[Rows]]


def _with(rows: Rows, **columns: Any) -> Rows:
    annotated: Rows = rows.annotate(**{f"or_{name}": column for name, column in columns.items()})
    return annotated


def _line_items(institution: Institution) -> list[Rows]:
    return [
        _with(
            access.assignments_of(institution),
            sourcedId=F("pk"),
            status=ACTIVE,
            dateLastModified=ASSIGNMENT_CHANGED,
            title=F("title"),
            assignDate=Coalesce("opens_at", "created_at"),
            dueDate=Coalesce("due_at", "closes_at", Value(NEVER, DateTimeField())),
            **{"class": F("course_id")},
            school=F("institution_id"),
            category=Value(category_of(institution), UUIDField()),
            resultValueMin=ZERO,
            resultValueMax=F("quiz__current__points"),
        )
    ]


def _results(institution: Institution) -> list[Rows]:
    final = When(state=GradeState.FINAL, then=Value("fully graded"))
    return [
        _with(
            access.grades_of(institution),
            sourcedId=F("pk"),
            status=ACTIVE,
            dateLastModified=F("updated_at"),
            lineItem=F("assignment_id"),
            student=F("person_id"),
            scoreStatus=Case(final, default=Value("partially graded"), output_field=CharField()),
            score=F("points"),
            scoreDate=TruncDate("updated_at", tzinfo=UTC),
            **{"class": F("assignment__course_id")},
        )
    ]


def _assessment_line_items(institution: Institution) -> list[Rows]:
    """Items of every version, since older attempts answered those."""
    assignments: Rows = access.assignments_of(institution)
    item = "quiz__versions__places__item_version__item"
    newest = ItemVersion.objects.filter(item=OuterRef(item)).order_by("-number").values("points")[:1]
    wholes = _with(
        assignments,
        sourcedId=_text("pk"),
        title=Cast("title", TextField()),
        parentAssessmentLineItem=Value(None, TextField()),
        resultValueMax=Cast("quiz__current__points", POINTS),
        dateLastModified=ASSIGNMENT_CHANGED,
    )
    parts = _with(
        assignments.filter(**{f"{item}__isnull": False}),
        sourcedId=Concat(_text("pk"), Value("."), _text(item), output_field=TextField()),
        title=Concat("title", Value(": "), f"{item}__identifier", output_field=TextField()),
        parentAssessmentLineItem=_text("pk"),
        resultValueMax=Cast(Subquery(newest), POINTS),
        dateLastModified=Greatest(ASSIGNMENT_CHANGED, "quiz__current__published_at"),
    ).distinct()
    shared = {"status": ACTIVE, "class": F("course_id"), "resultValueMin": ZERO}
    return [_with(rows, **shared) for rows in (wholes, parts)]


def _assessment_results(institution: Institution) -> list[Rows]:
    attempts: Rows = access.attempts_of(institution)
    latest = Mark.objects.filter(response=OuterRef("pk")).order_by("-created_at", "-pk").values("points")[:1]
    wholes = _with(
        attempts,
        sourcedId=F("pk"),
        assessmentLineItem=_text("assignment_id"),
        student=F("person_id"),
        scoreStatus=_stage("state", marked=Value("fully graded")),
        score=Case(When(state__in=[AttemptState.NEEDS_REVIEW, AttemptState.MARKED], then=F("points"))),
        dateLastModified=ATTEMPT_CHANGED,
    )
    waiting = When(waiting=True, then=Value("submitted"))
    parts = _with(
        Response.objects.filter(attempt__in=attempts),
        sourcedId=F("pk"),
        assessmentLineItem=Concat(
            _text("attempt__assignment_id"), Value("."), _text("item_version__item_id"), output_field=TextField()
        ),
        student=F("attempt__person_id"),
        scoreStatus=_stage(
            "attempt__state", marked=Value("fully graded"), review=Case(waiting, default=Value("fully graded"))
        ),
        score=Subquery(latest),
        dateLastModified=F("attempt__updated_at"),
    )
    return [
        _with(rows, status=ACTIVE, scoreDate=TruncDate("or_dateLastModified", tzinfo=UTC)) for rows in (wholes, parts)
    ]


def _stage(state: str, *, marked: Any, review: Any = None) -> Case:
    review = review or Value("partially graded")
    return Case(
        When(**{state: AttemptState.SUBMITTED}, then=Value("submitted")),
        When(**{state: AttemptState.NEEDS_REVIEW}, then=review),
        When(**{state: AttemptState.MARKED}, then=marked),
        default=Value("not submitted"),
        output_field=CharField(),
    )


def _categories(institution: Institution) -> list[Rows]:
    """One, since the standard wants one of every line item."""
    return [
        _with(
            Institution.objects.filter(pk=institution.pk),
            sourcedId=Value(category_of(institution), UUIDField()),
            status=ACTIVE,
            dateLastModified=F("created_at"),
            title=Value("Checks", CharField()),
        )
    ]


def _no_score_scales(institution: Institution) -> list[Rows]:
    """Scores are points."""
    none = Institution.objects.none()
    return [_with(none, sourcedId=F("pk"), status=ACTIVE, dateLastModified=F("created_at"), title=F("name"))]


def category_of(institution: Institution) -> Any:
    return uuid5(institution.pk, "category")


def _text(column: str) -> Cast:
    return Cast(column, TextField())


TITLE = {"title": Column(TEXT)}
CLASS = {"class": Column(ID, "class")}
LINE_ITEMS = Resource(
    "lineItems",
    "lineItem",
    "assignments:read",
    COMMON
    | TITLE
    | {"assignDate": Column(MOMENT), "dueDate": Column(MOMENT)}
    | CLASS
    | {"school": Column(ID, "org"), "category": Column(ID, "category")}
    | RANGE,
    _line_items,
)
RESULTS = Resource(
    "results", "result", "grades:read", COMMON | {"lineItem": Column(ID, "lineItem")} | CLASS | SCORE, _results
)
ASSESSMENT_LINE_ITEMS = Resource(
    "assessmentLineItems",
    "assessmentLineItem",
    "assignments:read",
    COMMON
    | {"sourcedId": Column(TEXT)}
    | TITLE
    | CLASS
    | {"parentAssessmentLineItem": Column(TEXT, "assessmentLineItem")}
    | RANGE,
    _assessment_line_items,
)
ASSESSMENT_RESULTS = Resource(
    "assessmentResults",
    "assessmentResult",
    "attempts:read",
    COMMON | {"assessmentLineItem": Column(TEXT, "assessmentLineItem")} | SCORE,
    _assessment_results,
)
CATEGORIES = Resource("categories", "category", "assignments:read", COMMON | TITLE, _categories)
SCORE_SCALES = Resource("scoreScales", "scoreScale", "assignments:read", COMMON | TITLE, _no_score_scales)
ALL = [LINE_ITEMS, RESULTS, ASSESSMENT_LINE_ITEMS, ASSESSMENT_RESULTS, CATEGORIES, SCORE_SCALES]
