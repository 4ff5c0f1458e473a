"""The door for staff, who sign in as for the administration. Without an institution they write the library."""

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from content.models import Quiz
from content.room.doors import Door
from content.writing import Author


def enter(request: HttpRequest) -> Door | HttpResponse:
    user = request.user
    if not user.is_authenticated:
        return redirect_to_login(request.get_full_path(), resolve_url(settings.LOGIN_URL))
    if not user.is_staff:
        raise PermissionDenied("The writing room is for staff.")
    staff = user
    author = Author(staff.get_full_name() or staff.get_username(), staff.institution)
    return Door(author, _published, reverse("admin:index"), _("Administration"))


def _published(quiz: Quiz) -> str:
    return f"{reverse('room:quiz', args=[quiz.pk])}?published=1"
