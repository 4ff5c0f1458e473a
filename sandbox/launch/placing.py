"""Making activities and columns of what a teacher chose by deep linking."""

from typing import Any

from django.db import transaction

from sandbox.models import Activity, Launch, LineItem, Mode, Selection
from sandbox.words import content_items

KEPT = {
    Mode.STRICT: ("available", "submission", "iframe", "window", "icon", "thumbnail"),
    Mode.MOODLE: ("icon",),
    Mode.CANVAS: ("available", "submission", "iframe", "icon", "thumbnail"),
}


@transaction.atomic
def add(selection: Selection, chosen: list[int], *, title: str = "", maximum: float | None = None) -> list[Activity]:
    """Make the chosen items' activities, once; a single one under the title and maximum of the teacher's form.

    Items with a problem are left out. Raises content_items.Wrong for a maximum that the form does not take.
    """
    claimed = Selection.objects.filter(pk=selection.pk, state=Selection.State.RETURNED)
    if not claimed.update(state=Selection.State.ADDED):
        return list(Activity.objects.filter(pk__in=selection.activities))
    launch = selection.launch
    items = [entry["item"] for at, entry in enumerate(usable(selection)) if at in chosen and not entry["problem"]]
    made = [_activity(launch, item, title, maximum) for item in items]
    selection.state, selection.activities = Selection.State.ADDED, [activity.pk for activity in made]
    selection.save(update_fields=["state", "activities"])
    return made


def usable(selection: Selection) -> list[dict[str, Any]]:
    """The items the place takes: Canvas looks at the first only where it wants one."""
    launch = selection.launch
    single = launch.course.mode == Mode.CANVAS and launch.settings.get("accept_multiple") is False
    return list(selection.items[:1] if single else selection.items)


def title_of(launch: Launch, item: dict[str, Any]) -> str:
    """Canvas names an assignment after its column first; Moodle never looks at the label."""
    label = str((item.get("lineItem") or {}).get("label") or "")
    own = str(item.get("title") or "")
    first = (label or own) if launch.course.mode == Mode.CANVAS and has_column(launch, item) else own
    return (first or (label if launch.course.mode == Mode.STRICT else "") or launch.tool.name)[:255]


def has_column(launch: Launch, item: dict[str, Any]) -> bool:
    return bool(item.get("lineItem")) and item.get("type") == content_items.LINK and content_items.takes_columns(launch)


def _activity(launch: Launch, item: dict[str, Any], title: str, maximum: float | None) -> Activity:
    mode = Mode(launch.course.mode)
    extra = {name: item[name] for name in KEPT[mode] if item.get(name)}
    if mode == Mode.CANVAS and "submission" in extra:
        # Canvas knows no time before which work may not be handed in.
        extra["submission"] = {name: at for name, at in extra["submission"].items() if name != "startDateTime"}
    made = Activity.objects.create(
        course=launch.course,
        tool=launch.tool,
        title=title or title_of(launch, item),
        description=item.get("text") or "",
        target_link_uri=item.get("url") or launch.tool.target_link_uri,
        custom=item.get("custom") or {},
        document_target=_target(launch, extra),
        extra=extra,
    )
    if has_column(launch, item):
        _column(launch, made, item, maximum)
    return made


def _target(launch: Launch, extra: dict[str, Any]) -> str:
    """In a new window if the tool asks for that alone and this place can."""
    can = "window" in launch.settings.get("accept_presentation_document_targets", [])
    return "window" if can and "window" in extra and "iframe" not in extra else "iframe"


def _column(launch: Launch, activity: Activity, item: dict[str, Any], maximum: float | None) -> None:
    wanted = item["lineItem"]
    points = float(wanted["scoreMaximum"] if maximum is None else maximum)
    content_items.check_maximum(launch, points)
    label = "" if launch.course.mode == Mode.MOODLE else wanted.get("label")
    LineItem.objects.create(
        course=launch.course,
        tool=launch.tool,
        activity=activity,
        label=(label or activity.title)[:255],
        score_maximum=points,
        resource_id=(wanted.get("resourceId") or "")[:255],
        tag=(wanted.get("tag") or "")[:255],
        extra=_extra(launch, activity, wanted),
    )


def _extra(launch: Launch, activity: Activity, wanted: dict[str, Any]) -> dict[str, Any]:
    if launch.course.mode != Mode.CANVAS:
        return {"submissionReview": wanted["submissionReview"]} if wanted.get("submissionReview") else {}
    opens = activity.extra.get("available", {}).get("startDateTime")
    due = activity.extra.get("submission", {}).get("endDateTime")
    return {name: at for name, at in {"startDateTime": opens, "endDateTime": due}.items() if at}
