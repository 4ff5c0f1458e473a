"""The assignment behind a resource link: made by its first launch, then kept in step with what the LMS says of it.

A teacher may pick other content for an activity that exists, or name it again; its resource link stays the same.
"""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction

from assessment.models import Assignment, Attempt, AttemptState, Counts, Opens
from assessment.placement import placing, policy
from assessment.placement.placing import Named
from content.models import Quiz
from lti.models import Launch
from lti.words import claims

NAMING = claims.RESOURCE_LINK  # other messages come with the names of the tool as a whole, or with none
# How a check is taken that nobody picked anything for.
UNPLACED: dict[str, Any] = {
    "opens": Opens.BOTH,
    "max_attempts": None,
    "counts": Counts.HIGHEST,
    **dict.fromkeys(placing.DATES),
}


class QuizInUse(Exception):
    """Learners have attempts on the present quiz of this assignment; another one needs another link."""


def make(viewer: Launch, quiz: Quiz) -> Assignment:
    """One assignment per resource link, also when a class opens the link in the same second."""
    if viewer.resource_link is None:
        raise PermissionDenied("This launch names no activity.")
    names = placing.named(viewer)
    made, _ = Assignment.objects.select_related("quiz").get_or_create(
        resource_link=viewer.resource_link,
        institution_id=viewer.institution_id,
        defaults={
            "course_id": viewer.course_id,
            "quiz": quiz,
            "title": _title(viewer, quiz),
            "named": names.text,
            "named_at": viewer.created_at,
            **placing.beginning(names, quiz),
        },
    )
    return made


def follow(viewer: Launch, found: Assignment) -> Assignment:
    """Bring an assignment in step with what the viewer's launch says. Writes only what changed.

    `found` has `link_title`, what the LMS calls the activity now.
    """
    news: dict[str, Any] = {}
    if found.link_title and found.link_title != found.title:  # type: ignore[attr-defined]
        news["title"] = found.link_title  # type: ignore[attr-defined]
    if found.course_id is None and viewer.course_id:
        news["course_id"] = viewer.course_id
    _write(found, news)
    names = placing.named(viewer)
    if found.named_at is None and _says(viewer, names):  # placed before this was noted: nothing is known to be new
        return _write(found, {"named": names.text, "named_at": viewer.created_at})
    quiz = placing.quiz(names) if _is_news(viewer, found, names) else None
    if quiz is None:
        return found
    try:
        return _take_over(viewer, found, names, quiz)
    except QuizInUse:
        return found


def refused(viewer: Launch, assignment: Assignment) -> str:
    """The title of what the LMS names for a link by now, but too late: learners have begun its check. Else empty."""
    names = placing.named(viewer)
    if not _is_news(viewer, assignment, names):
        return ""
    quiz, lesson = placing.quiz(names), placing.lesson(names)
    if lesson is not None:
        return lesson.title
    return quiz.current.title if quiz and quiz.current and quiz.pk != assignment.quiz_id else ""


def is_begun(link_id: UUID | None) -> bool:
    """Whether a learner has an attempt on what stands behind a link."""
    return Attempt.objects.filter(assignment__resource_link=link_id, preview=False).exists()


def choose(viewer: Launch, quiz: Quiz) -> Assignment:
    """Put a quiz there on a teacher's word; what the LMS named until then is no news after it.

    Raises QuizInUse once a learner has an attempt on another one.
    """
    placed = make(viewer, quiz)
    with transaction.atomic():
        placed = _locked(placed)
        values: dict[str, Any] = {}
        if placed.named_at is None or viewer.created_at > placed.named_at:
            names = placing.named(viewer)
            values = {"named": names.text if _says(viewer, names) else placed.named, "named_at": viewer.created_at}
        if placed.quiz_id != quiz.pk:
            _make_room(placed)
            values |= {"quiz": quiz, "title": _title(viewer, quiz)}
        return _write(placed, values)


def _is_news(viewer: Launch, found: Assignment, names: Named) -> bool:
    """Whether the LMS has named something new since: a page that was open before then says nothing new.

    Nor does a launch that lost its custom parameters.
    """
    if names.text == found.named or not _says(viewer, names):
        return False
    if found.named.startswith("custom") and not names.in_custom:
        return False
    return found.named_at is not None and viewer.created_at > found.named_at


def _says(viewer: Launch, names: Named) -> bool:
    """Whether a launch says what stands behind its link; one to the work behind a grade may call it another link."""
    return bool(viewer.message_type == NAMING and names.text and placing.work(viewer) is None)


def _take_over(viewer: Launch, found: Assignment, names: Named, quiz: Quiz) -> Assignment:
    """What a teacher picked again in the LMS: the quiz where nobody has begun, and how it is taken."""
    if found.quiz_id != quiz.pk and is_begun(found.resource_link_id):  # without a lock: they come again and again
        raise QuizInUse
    with transaction.atomic():
        stored = _locked(found)
        if not _is_news(viewer, stored, names):  # another launch was first
            return stored
        _, content, opens, placement, *_ = [*stored.named.split("\n"), "", "", ""]
        is_new = (names.content, names.placement_id) != (content, placement)
        values: dict[str, Any] = {"named": names.text, "named_at": viewer.created_at}
        if stored.quiz_id != quiz.pk and is_new:
            _make_room(stored)
            values |= {"quiz": quiz, "title": _title(viewer, quiz), "placement": None}
        if names.opens != opens:
            values["opens"] = Opens.CHECK if names.opens == Opens.CHECK else Opens.BOTH
        begun = placing.beginning(names, quiz)
        if begun["placement"] not in (None, stored.placement):
            values |= UNPLACED | begun
        elif "quiz" in values and stored.placement_id:  # how the other one was picked says nothing of this one
            values = UNPLACED | values
        if values.keys() & UNPLACED.keys():
            taken = {name: values.pop(name, getattr(stored, name)) for name in (*placing.POLICY, *placing.DATES)}
            stored = policy.change(assignment=stored, **taken)
        return _write(stored, values)


def _write(assignment: Assignment, values: dict[str, Any]) -> Assignment:
    for name, value in values.items():
        setattr(assignment, name, value)
    if values:
        assignment.save(update_fields=list(values))
    return assignment


def _locked(assignment: Assignment) -> Assignment:
    """Waits for attempts that are being begun; those that come later look at the quiz again (`attempts.start`).

    Nothing is joined: a row whose quiz changes while this waits would not be found.
    """
    return Assignment.objects.select_for_update().get(pk=assignment.pk)


def _make_room(assignment: Assignment) -> None:
    """Delete previews that are open. Each is locked before its responses, as saving does."""
    if is_begun(assignment.resource_link_id):
        raise QuizInUse
    opened = assignment.attempts.filter(state=AttemptState.IN_PROGRESS).order_by("pk").select_for_update()
    Attempt.objects.filter(pk__in=list(opened.values_list("pk", flat=True))).delete()


def _title(viewer: Launch, quiz: Quiz) -> str:
    given = viewer.resource_link.title if viewer.resource_link else ""
    return given or (quiz.current.title if quiz.current else quiz.slug)
