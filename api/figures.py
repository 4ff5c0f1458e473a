"""Rows of statistics: of each figure its value and its interval, in columns of their own."""

from collections.abc import Iterable, Mapping
from typing import Any

from rest_framework import serializers

from api.choosing import Row
from content import item_types

Report = Mapping[str, Any]
SCORE = ("mean", "sd", "median", "q1", "q3", "min", "max", "skewness", "kurtosis")
MACHINE = ("alpha", "sem", "error_ratio")
SECONDS = ("median", "q1", "q3")
ITEM = (
    "facility", "sd", "discrimination", "discriminative_efficiency", "intended_weight", "effective_weight", "guess",
    "upper_lower", "point_biserial", "alpha_if_deleted",
)  # fmt: skip
OPTION = ("share", "share_of_wrong", "rest_correlation", "point_biserial")
THIRDS = ("lower", "middle", "upper")


def whole(report: Report) -> Iterable[dict[str, Any]]:
    yield (
        {"n": report["n"], "waiting": report["waiting"], "points_max": report["score"]["points_max"]}
        | columns(report["score"], SCORE)
        | columns(report["machine_marked"], MACHINE)
        | columns(report["seconds"], SECONDS, "seconds_")
    )


def items(report: Report) -> Iterable[dict[str, Any]]:
    for item in report["items"]:
        yield (
            of_item(item)
            | {"stem": item["stem"], "points_max": item["points_max"], "n": item["n"], "blanks": item["blanks"]}
            | columns(item, ITEM)
            | columns(item["seconds"], SECONDS, "seconds_")
        )


def options(report: Report) -> Iterable[dict[str, Any]]:
    for item in report["items"]:
        for one in item["categories"]:
            plain = {name: one[name] for name in ("category", "label", "keyed", "count")}
            yield of_item(item) | plain | columns(one, OPTION) | columns(one["thirds"], THIRDS, "third_")


def distribution(report: Report) -> Iterable[dict[str, Any]]:
    yield from report["score"]["histogram"]


def of_item(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item[name] for name in ("position", "identifier", "item_version", "kind")}


def columns(figures: Mapping[str, Any], names: Iterable[str], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in names:
        low, high = figures[name]["ci"] or (None, None)
        found |= {f"{prefix}{name}": figures[name]["value"], f"{prefix}{name}_low": low, f"{prefix}{name}_high": high}
    return found


def fields(names: Iterable[str], prefix: str = "") -> dict[str, serializers.FloatField]:
    words = {"": "Null where it is undefined or hidden.", "_low": "Lower limit, 95 %.", "_high": "Upper limit, 95 %."}
    return {
        f"{prefix}{name}{end}": serializers.FloatField(allow_null=True, help_text=text)
        for name in names
        for end, text in words.items()
    }


def shape(name: str, doc: str, *parts: Mapping[str, "serializers.Field[Any, Any, Any, Any]"]) -> type[Row]:
    """The serializer of such a row, for the schema and for choosing columns."""
    own = {field: made for part in parts for field, made in part.items()}
    return type(name, (Row,), {"__doc__": doc, **OF_SCOPE, **own, **WHEN})


def number(text: str, *, null: bool = False) -> serializers.IntegerField:
    return serializers.IntegerField(help_text=text, allow_null=null)


OF_SCOPE: dict[str, Any] = {
    "assignment": serializers.UUIDField(allow_null=True, help_text="Null over all assignments of the quiz."),
    "assignment_title": serializers.CharField(allow_null=True),
    "course": serializers.UUIDField(allow_null=True),
    "course_title": serializers.CharField(allow_null=True),
    "quiz": serializers.CharField(help_text="Slug of the quiz."),
    "quiz_title": serializers.CharField(allow_null=True),
    "quiz_version": number("Number of the version that these figures are about."),
    "population": serializers.CharField(help_text="Whose attempts count."),
}
WHEN: dict[str, Any] = {
    "generated_at": serializers.DateTimeField(allow_null=True, help_text="When these figures last changed.")
}
OF_ITEM: dict[str, Any] = {
    "position": number("In the quiz, from 1."),
    "identifier": serializers.CharField(help_text="Of the item within its quiz."),
    "item_version": serializers.UUIDField(),
    "kind": serializers.ChoiceField(choices=item_types.KINDS),
}
MOST = "The most that can be earned; less the questions that a regrade dropped, over all assignments in each of them."
OF_ALL: dict[str, Any] = {"points_max": serializers.FloatField(help_text=MOST)}
POINTS_MAX: dict[str, Any] = {"points_max": serializers.FloatField(help_text="The most that can be earned.")}
WholeRow = shape(
    "WholeStatistics",
    "A check as a whole.",
    {"n": number("Attempts."), "waiting": number("Of those, with an answer that waits for a person.")},
    OF_ALL,
    fields((*SCORE, *MACHINE)),
    fields(SECONDS, "seconds_"),
)
ItemRow = shape(
    "ItemStatisticsRow",
    "One question.",
    OF_ITEM,
    {"stem": serializers.CharField(help_text="In plain text.")},
    POINTS_MAX,
    {"n": number("Answers whose points are known."), "blanks": number("Left empty; null while hidden.", null=True)},
    fields(ITEM),
    fields(SECONDS, "seconds_"),
)
OptionRow = shape(
    "OptionStatisticsRow",
    "One option, or another category of answers to a question.",
    OF_ITEM,
    {
        "category": serializers.CharField(help_text="Id of the option; empty for no answer."),
        "label": serializers.CharField(),
        "keyed": serializers.BooleanField(help_text="Whether it earns full credit."),
        "count": number("Answers in it; null while hidden.", null=True),
    },
    fields(OPTION),
    fields(THIRDS, "third_"),
)
DistributionRow = shape(
    "DistributionRow",
    "One bar of the histogram of scores; only the last holds its upper end.",
    {end: serializers.FloatField(help_text="In points.") for end in ("from", "to")},
    {"n": number("Attempts.")},
)
DayRow = shape(
    "DayRow",
    "The attempts that were handed in on one day.",
    {"day": serializers.DateField(help_text="In UTC."), "n": number("Attempts.")},
    OF_ALL,
    fields(["mean"]),
)
