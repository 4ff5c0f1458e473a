"""The assignment behind a resource link: made by its first launch, then kept in step with what the LMS says of it.

A teacher may pick other content for an activity that exists, or name it anew; its resource link stays the same.
"""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from assessment import placing, policy
from assessment.models import Assignment, AttemptState, Opens
from assessment.placing import Named
from content.models import Quiz
from lti.models import Launch

NAMING = "LtiResourceLinkRequest"  # other messages come with the names of the tool as a whole, or with none
UNPLACED: dict[str, Any] = {"placement": None, "opens": Opens.BOTH, **dict.fromkeys(placing.DATES)}


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
    quiz = placing.quiz(names) if _is_news(viewer, found, names) else None
    if quiz is None:
        return found
    try:
        return _take_over(viewer, found, names, quiz)
    except QuizInUse:
        return found


def refused(viewer: Launch, assignment: Assignment) -> Quiz | None:
    """The quiz that the LMS names for a link by now, but too late: learners have begun another."""
    names = placing.named(viewer)
    quiz = placing.quiz(names) if _is_news(viewer, assignment, names) else None
    return quiz if quiz is not None and quiz.pk != assignment.quiz_id else None


def _is_news(viewer: Launch, found: Assignment, names: Named) -> bool:
    """Whether the LMS has named something new since: a page that was open before then says nothing new."""
    if viewer.message_type != NAMING or names.text in ("", found.named):
        return False
    return found.named_at is None or viewer.created_at > found.named_at


def replace(viewer: Launch, placed: Assignment, quiz: Quiz) -> Assignment:
    """Put another quiz there. Raises QuizInUse once a learner has an attempt."""
    with transaction.atomic():
        placed = _locked(placed)
        _make_room(placed)
        return _write(placed, {"quiz": quiz, "title": _title(viewer, quiz)})


def _take_over(viewer: Launch, found: Assignment, names: Named, quiz: Quiz) -> Assignment:
    """What a teacher picked anew in the LMS: the quiz where nobody has begun, and how it is taken."""
    if found.quiz_id != quiz.pk and _is_begun(found):  # without a lock: such launches come again and again
        raise QuizInUse
    with transaction.atomic():
        stored = _locked(found)
        if not _is_news(viewer, stored, names):  # another launch was first
            return stored
        values: dict[str, Any] = {"named": names.text, "named_at": viewer.created_at}
        is_other = stored.quiz_id != quiz.pk
        if is_other:
            _make_room(stored)
            values |= {"quiz": quiz, "title": _title(viewer, quiz)}
        begun = placing.beginning(names, quiz)
        if is_other or begun["placement"] not in (None, stored.placement):
            values |= UNPLACED | begun
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
    """Waits for attempts that are being begun; those that come later look at the quiz again (`attempts.start`)."""
    return Assignment.objects.select_for_update(of=("self",)).select_related("quiz", "placement").get(pk=assignment.pk)


def _is_begun(assignment: Assignment) -> bool:
    return assignment.attempts.filter(preview=False).exists()


def _make_room(assignment: Assignment) -> None:
    if _is_begun(assignment):
        raise QuizInUse
    assignment.attempts.filter(state=AttemptState.IN_PROGRESS).delete()


def _title(viewer: Launch, quiz: Quiz) -> str:
    given = viewer.resource_link.title if viewer.resource_link else ""
    return given or (quiz.current.title if quiz.current else quiz.slug)
