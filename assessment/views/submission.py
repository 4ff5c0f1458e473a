"""The front page of a Submission Review launch: the work behind a grade in the gradebook."""

from django.http import HttpResponse
from django.shortcuts import render

from assessment import access, activity
from assessment.views import learner, teacher
from assessment.views.requests import LaunchRequest, see_other


def front(request: LaunchRequest) -> HttpResponse:
    """On to the attempt that counts; a teacher reads that there is none, a learner sees the overview.

    Where the LMS names nobody, a teacher sees the class.
    """
    is_instructor = access.is_instructor(request.viewer)
    of_nobody = is_instructor and request.viewer.settings.get("of_nobody")
    found = None if of_nobody else access.submission(request.viewer)
    if found is not None:
        return see_other("class_attempt" if is_instructor else "result", found.pk)
    lesson = access.lesson_only(request.viewer)
    if lesson is not None:
        return learner.lesson_only(request, lesson)
    if of_nobody:
        return teacher.front(request)
    return _nothing_yet(request) if is_instructor else learner.home(request)


def _nothing_yet(request: LaunchRequest) -> HttpResponse:
    context = {"person": request.viewer.for_person, "assignment": activity.assignment(request.viewer)}
    return render(request, "assessment/no_submission.html", context)
