"""What opening an activity changes: its assignment is made and kept in step, work behind a grade moves the launch."""

from assessment import access
from assessment.models import Assignment, Attempt
from assessment.placement import linking, placing
from content.models import Quiz
from lti.models import Launch


def assignment(viewer: Launch) -> Assignment | None:
    """The assignment behind the viewer's resource link: made on its first launch, and as the LMS names it since.

    None while nothing says which quiz it is; an instructor then chooses one (`choose_quiz`).
    """
    found = access.assignment(viewer)
    if found is not None:
        return linking.follow(viewer, found)
    if viewer.resource_link_id is None or placing.work(viewer) is not None:
        return None
    quiz = placing.quiz(placing.named(viewer))
    return linking.make(viewer, quiz) if quiz is not None else None


def choose_quiz(viewer: Launch, quiz: Quiz) -> Assignment:
    """Place the quiz behind the viewer's resource link, or replace the one there while nobody has answered it.

    Raises PermissionDenied for anyone but an instructor, QuizInUse once a learner has an attempt.
    """
    access.require_instructor(viewer)
    return linking.choose(viewer, quiz)


def open_work(viewer: Launch) -> Attempt | None:
    """The attempt that the launch's own address names, once: its other pages lead on as those of any launch.

    The launch then is one of that attempt's activity: what Canvas opens from a grade it may call another link.
    """
    attempt = None if "work_opened" in viewer.settings else access.work(viewer)
    if attempt and attempt.assignment:
        viewer.resource_link_id = attempt.assignment.resource_link_id
        viewer.settings = {**viewer.settings, "work_opened": True}
        viewer.save(update_fields=["resource_link", "settings"])
    return attempt
