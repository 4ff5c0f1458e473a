"""The front page of a Submission Review launch: the work behind a grade in the gradebook."""

from django.http import HttpResponse
from django.shortcuts import render

from assessment import access
from assessment.views import learner, teacher
from assessment.views.requests import LaunchRequest, see_other


def front(request: LaunchRequest) -> HttpResponse:
    """On to the attempt that counts; a teacher reads that there is none, a learner sees the overview.

    Where the LMS names nobody, a teacher sees the class.
    """
    lesson = access.lesson_only(request.viewer)
    if lesson is not None:
        return learner.lesson_only(request, lesson)
    is_instructor = access.is_instructor(request.viewer)
    if is_instructor and request.viewer.settings.get("of_nobody"):
        return teacher.front(request)
    found = access.submission(request.viewer)
    if found is not None:
        return see_other("class_attempt" if is_instructor else "result", found.pk)
    if not is_instructor:
        return learner.home(request)
    return _nothing_yet(request)


def _nothing_yet(request: LaunchRequest) -> HttpResponse:
    context = {"person": request.viewer.for_person, "assignment": access.assignment(request.viewer)}
    return render(request, "assessment/no_submission.html", context)
