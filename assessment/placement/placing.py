"""Which content a link names, and the policy that its assignment begins with.

A platform that copies a course keeps a link's custom parameters, or its address, or both; never its id. So the
content stands in both, and a resource link's id names no content.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from django.db.models import F

from assessment.models import Assignment, Opens, Placement
from content.models import Lesson, LessonVersion, Quiz
from lti.gradebook import families
from lti.models import Launch, LineItem
from lti.platform import tool
from roster.rows import one

PLACED = ("max_attempts", "counts")
SHOWN = ("show_mark", "show_answer", "show_rationale", "show_section")
TIMES = ("time_limit", "extensions", "extension_minutes", "grace", "cool_down", "late_percent")
POLICY = (
    *PLACED,
    *TIMES,
    "one_at_a_time",
    "going_back",
    "access_code",
    *SHOWN,
    "scores_held",
    "auto_award",
    "hold_flagged",
    "while_waiting",
)
DATES = ("opens_at", "due_at", "closes_at")


@dataclass
class Named:
    """What a launch names: by custom parameters, by its address where those are lost."""

    viewer: Launch
    quiz: str
    lesson: str
    opens: str
    placement_id: str
    in_custom: bool  # or in the address alone

    @property
    def content(self) -> str:
        return self.quiz or self.lesson or self.placement_id

    @property
    def text(self) -> str:
        """All of it, to tell what has changed; empty where nothing is named."""
        parts = ["custom" if self.in_custom else "address", self.content, self.opens, self.placement_id]
        return "\n".join(parts)[:500] if self.content else ""

    @cached_property
    def placement(self) -> Placement | None:
        """The placement of the viewer's own institution; another one's is as absent as one that never was."""
        try:
            rows = Placement.objects.filter(pk=UUID(self.placement_id), institution=self.viewer.institution_id)
        except ValueError:
            return None
        return one(rows.select_related("quiz__current", "lesson__current"))


def named(viewer: Launch) -> Named:
    said, address = viewer.custom, _in_address(viewer.target_link_uri)
    in_custom = bool(said.get("quiz") or said.get("lesson") or said.get("placement"))
    content = said if said.get("quiz") or said.get("lesson") else address
    values = [content.get("quiz"), content.get("lesson"), content.get("opens")]
    values.append(said.get("placement") or address.get("placement"))
    quiz, lesson, opens, placement = (" ".join(str(value or "").replace("\x00", "").split()) for value in values)
    return Named(viewer, quiz, lesson, opens, placement, in_custom)


def work(viewer: Launch) -> UUID | None:
    """The attempt that the address of a launch names: from a grade, Canvas opens what came with the submission."""
    try:
        return UUID(tool.work_named(viewer.target_link_uri))
    except ValueError:
        return None


def quiz(names: Named) -> Quiz | None:
    """The quiz that the launch names; where it names nothing at all, the only published one.

    A named quiz that does not exist is never replaced by another: then nobody has decided yet.
    """
    at = names.viewer.institution
    published = Quiz.objects.filter(current__isnull=False).select_related("current")
    placed = one(published.filter(placements=names.placement)) if names.placement else None
    if names.quiz:
        if placed is not None and placed.slug == names.quiz:
            return placed
        return published.filter(slug=names.quiz).placeable(at).own_first(at).first()
    if names.lesson or names.placement:
        return None if names.lesson else placed
    only = list(published.readable(at)[:2])
    return only[0] if len(only) == 1 else None


def lesson(names: Named) -> LessonVersion | None:
    """The lesson of a link that opens a lesson and no check."""
    if names.quiz:
        return None
    if names.lesson:
        at = names.viewer.institution
        found = Lesson.objects.filter(slug=names.lesson, current__isnull=False).placeable(at).own_first(at).first()
        return _current_lesson(lesson=found.pk) if found else None
    if names.placement and names.placement.opens == Opens.LESSON:
        return _current_lesson(lesson=names.placement.lesson_id)
    return None


def _current_lesson(**which: Any) -> LessonVersion | None:
    return one(LessonVersion.objects.filter(lesson__current=F("pk"), **which))


def beginning(names: Named, chosen: Quiz) -> dict[str, Any]:
    """How a new assignment begins: as its original now stands where the course is a copy, else as it was placed.

    Dates hold in the course that they were picked for, never in a copy of it.
    """
    placed = names.placement if names.placement and names.placement.quiz_id == chosen.pk else None
    picked_here = placed is not None and placed.context_id is not None and placed.context_id == names.viewer.context_id
    begun: dict[str, Any] = {"placement": placed}
    if Opens.CHECK in (names.opens, placed.opens if placed else ""):
        begun["opens"] = Opens.CHECK
    if placed:
        begun |= _values(placed, PLACED)
        if not (names.viewer.resource_link and names.viewer.resource_link.title):
            begun["title"] = placed.title
        if picked_here and not _lms_has_dates(names.viewer):
            begun |= _values(placed, DATES)
    original = None if picked_here else _original(names.viewer, chosen, placed)
    return begun | _values(original, POLICY) if original else begun


def _lms_has_dates(viewer: Launch) -> bool:
    """Whether the LMS keeps the link's dates, so that one it does not tell is none: Canvas, for an assignment."""
    if not families.of(viewer.registration.family).KEEPS_DATES:
        return False
    return LineItem.objects.filter(resource_link=viewer.resource_link_id).exclude(url="").exists()


def _original(viewer: Launch, chosen: Quiz, placed: Placement | None) -> Assignment | None:
    """The assignment that this one is a copy of: in the nearest course of the history, of the same placement or none.

    Of several there the one of the same title. None where that does not tell: a guess would change grades.
    """
    history = viewer.context.history if viewer.context else []
    if not history:
        return None
    known = Assignment.objects.filter(
        institution=viewer.institution_id,
        quiz=chosen,
        placement=placed,
        resource_link__deployment=viewer.deployment_id,
        resource_link__context__context_id__in=history,
    ).select_related("resource_link__context")
    by_course: dict[str, list[Assignment]] = {}
    for found in known:
        if found.resource_link.context:
            by_course.setdefault(found.resource_link.context.context_id, []).append(found)
    nearest = next((by_course[course] for course in history if course in by_course), [])
    title = viewer.resource_link.title if viewer.resource_link else ""
    if len(nearest) == 1 and (placed or not title or not nearest[0].resource_link.title):
        return nearest[0]
    titled = [found for found in nearest if found.resource_link.title == title]
    return titled[0] if len(titled) == 1 else None


def _values(row: Placement | Assignment, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names}


def _in_address(uri: str) -> dict[str, str]:
    """`?quiz=one` of our links, or the older `/quiz/one`."""
    address = urlsplit(uri)
    found = {name: values[0] for name, values in parse_qs(address.query).items()}
    *_, folder, last = ["", "", *address.path.rstrip("/").split("/")]
    return found if "quiz" in found or folder != "quiz" else {**found, "quiz": last}
