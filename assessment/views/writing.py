"""The door of teachers into the writing room: a person launched as an instructor writes for the institution."""

from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from assessment import access
from assessment.views.requests import LaunchRequest, address
from content.models import Quiz
from content.room.doors import Door
from lti.launch import deep_linking


def enter(request: HttpRequest) -> Door | HttpResponse:
    viewer = cast(LaunchRequest, request).viewer
    picking = viewer.message_type == deep_linking.REQUEST  # which opened for those only who may change the course
    if viewer.is_guest or not (picking or access.is_instructor(viewer)):
        raise PermissionDenied("The writing room is for teachers.")
    author = access.author(viewer)
    if picking:
        return Door(
            author, lambda quiz: f"{address('home')}?chosen=quiz-{quiz.slug}", address("home"), _("Back to your choice")
        )

    def leave(quiz: Quiz) -> str:
        assignment = access.assignment(viewer)
        if assignment is not None and assignment.quiz_id == quiz.pk:
            return f"{address('class')}?done=published"
        return f"{reverse('room:quiz', args=[quiz.pk])}?published=1"

    return Door(author, leave, address("home"), _("Back to the class"))
