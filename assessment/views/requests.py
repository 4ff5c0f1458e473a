"""A request inside a launch, and the few things that every page of one asks for."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import get_script_prefix, resolvers

from assessment import access, activity
from assessment.models import Assignment, Attempt
from lti.models import Launch

View = Callable[..., HttpResponse]


class LaunchRequest(HttpRequest):
    """What LaunchMiddleware makes of a request under `/s/<key>/`: identity comes from `viewer` alone."""

    viewer: Launch


def assignment_or_404(request: LaunchRequest) -> Assignment:
    found = activity.assignment(request.viewer)
    if found is None:
        raise Http404("No quiz is chosen for this activity yet.")
    return found


def own_attempt(request: LaunchRequest, attempt_id: UUID) -> Attempt:
    """The viewer's own attempt; another person's is as absent as one that never was."""
    try:
        return access.attempt(request.viewer, attempt_id)
    except Attempt.DoesNotExist as error:
        raise Http404("No such attempt.") from error


def address(name: str, *args: object) -> str:
    """A page of this launch. `reverse` says the same, but makes a regular expression of every launch's key."""
    return f"{get_script_prefix()}{_route(name, *args)}"


@lru_cache(maxsize=256)
def _route(name: str, *args: object) -> str:
    return str(resolvers.get_resolver(settings.LAUNCH_URLCONF).reverse(name, *args))


def see_other(name: str, *args: object, after: str = "") -> HttpResponseRedirect:
    """A page of this launch is next; see `go_on`."""
    return go_on(address(name, *args) + after)


def go_on(url: str) -> HttpResponseRedirect:
    """303: the browser goes on with GET, whatever it sent, and a reload sends nothing twice."""
    response = HttpResponseRedirect(url)
    response.status_code = 303
    return response


def instructors_only(view: View) -> View:
    """403 for everyone but an instructor of this activity."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not access.is_instructor(cast(LaunchRequest, request).viewer):
            raise PermissionDenied("This page is for teachers.")
        return view(request, *args, **kwargs)

    return guarded
