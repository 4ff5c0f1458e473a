"""Moves `/s/<launch key>` into SCRIPT_NAME so that every link stays inside its own launch."""

import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import F
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import get_script_prefix, set_script_prefix
from django.utils import timezone
from django.utils.translation import gettext as _

from lti.launch import language, returning
from lti.launch.views import allow_framing
from lti.models import Launch, key_hash
from roster.rows import Prepared

GetResponse = Callable[[HttpRequest], HttpResponseBase]

UNDER_LAUNCH = re.compile(r"/s/(?P<key>[\w-]{1,128})(?P<rest>/.*)?", re.ASCII | re.DOTALL)


class LaunchMiddleware:
    """Sets `request.viewer` to the Launch that the address names, elsewhere to None."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.viewer = None  # type: ignore[attr-defined]
        if not request.path_info.startswith("/s/"):
            return self.get_response(request)
        found = UNDER_LAUNCH.fullmatch(request.path_info)
        viewer = _launch(found["key"]) if found else None
        if found is None or viewer is None or not _is_open(viewer):
            response = language.speak(request, viewer.locale if viewer else "", lambda: _over(request, viewer))
        else:
            prefix, rest = f"/s/{found['key']}", found["rest"] or "/"
            response = language.speak(request, viewer.locale, lambda: self._inside(request, viewer, prefix, rest))
        response["Referrer-Policy"] = "no-referrer"
        response["Cache-Control"] = "no-store, private"
        allow_framing(response)
        return response

    def _inside(self, request: HttpRequest, viewer: Launch, prefix: str, rest: str) -> HttpResponseBase:
        outer = get_script_prefix()
        request.viewer = viewer  # type: ignore[attr-defined]
        request.urlconf = settings.LAUNCH_URLCONF
        request.META["SCRIPT_NAME"] = request.META.get("SCRIPT_NAME", "") + prefix
        request.path_info = request.META["PATH_INFO"] = rest
        # Nothing here takes identity from a cookie, so another site has no authority to borrow.
        request._dont_enforce_csrf_checks = True  # type: ignore[attr-defined]
        set_script_prefix(f"{outer.rstrip('/')}{prefix}/")
        try:
            return self.get_response(request)
        finally:
            set_script_prefix(outer)


def _launch(key: str) -> Launch | None:
    """The launch of a key. What it belongs to is read where a page needs it: most pages need the ids only."""
    return BY_KEY.one(hashed=key_hash(key))


BY_KEY = Prepared(
    lambda hashed: Launch.objects.filter(key_hash=hashed).annotate(
        registration_active=F("registration__active"), deployment_active=F("deployment__active")
    ),
    hashed=str,
)


def _is_open(viewer: Any) -> bool:
    return bool(viewer.expires_at > timezone.now() and viewer.registration_active and viewer.deployment_active)


def _over(request: HttpRequest, viewer: Launch | None) -> HttpResponseBase:
    """410 for a launch that is over, 404 for one that never was."""
    message = _("Your session has ended. Open the activity again.")
    back = returning.address(viewer.return_url, lti_msg=message) if viewer else ""
    return render(request, "lti/expired.html", {"return_url": back}, status=410 if viewer else 404)
