"""Content-Security-Policy, built once for each kind of response; the language of the public pages."""

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware
from csp.utils import build_policy
from django.core.exceptions import BadRequest, ValidationError
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.views.defaults import bad_request

from api.problems import problem
from lti.launch import language

Changes = tuple[tuple[str, tuple[str, ...] | None], ...]

# What a response may carry beside `_csp_replace`.
OTHERS = {f"_csp_{what}{kind}" for what in ("exempt", "config", "update") for kind in ("", "_ro")} | {"_csp_replace_ro"}


class PolicyMiddleware(CSPMiddleware):
    """django-csp builds the whole policy again for every response; here those that are alike share one."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if HEADER in response or hasattr(request, "_csp_nonce") or not OTHERS.isdisjoint(vars(response)):
            found: HttpResponseBase = super().process_response(request, response)
            return found
        response[HEADER] = _policy(_frozen(getattr(response, "_csp_replace", None) or {}))
        return response


def _frozen(replaced: dict[str, Any]) -> Changes:
    return tuple((name, None if sources is None else tuple(sources)) for name, sources in sorted(replaced.items()))


@lru_cache(maxsize=256)
def _policy(replaced: Changes) -> str:
    return str(build_policy(replace=dict(replaced)))


class Utf8Middleware:
    """Forms are read as UTF-8, which browsers send, whatever a sender says: some charsets make Django stumble."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.encoding:
            request.encoding = "utf-8"
        return self.get_response(request)


NO_NUL = "NUL characters are not allowed."
NUL = re.compile(r"\bNUL\b|null characters|\x00|\\x00|\\u0000")


class NulMiddleware:
    """A request with a NUL is answered with 400: PostgreSQL holds none, and no browser and no LMS sends any.

    Addresses are refused before anything is done. What comes in a body is cleaned by the forms that know it; where
    one does not, PostgreSQL refuses it and the work is rolled back.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.path_info or "%00" in request.META.get("QUERY_STRING", ""):
            return _unreadable(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        return _unreadable(request) if has_nul(error) else None


def has_nul(error: Exception) -> bool:
    """Whether Django, PostgreSQL or its driver refused a value because of a NUL."""
    return isinstance(error, DataError | ValueError | ValidationError) and bool(NUL.search(str(error)))


def _unreadable(request: HttpRequest) -> HttpResponse:
    if request.path.startswith("/api/"):
        errors = {name: [NO_NUL] for name, values in request.GET.lists() if "\x00" in "".join([name, *values])}
        detail = " ".join(f"`{name}`: {NO_NUL}" for name in errors) or NO_NUL
        return problem(request, 400, detail, errors)
    return bad_request(request, BadRequest())


# Pages that show a secret beside what anybody could put there (BREACH): staff pages act by a cookie, and an LMS
# sends browsers to ours from other sites.
UNCOMPRESSED = ("/admin/", "/content/", "/lti/")


class CompressionMiddleware(GZipMiddleware):
    """Compresses what no other site can ask for with words of its own: see decision 012."""

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if request.path.startswith(UNCOMPRESSED):
            return response
        return super().process_response(request, response)


# What speaks by itself, or English only.
ELSEWHERE = ("/s/", "/lti/", "/api/", "/ims/", "/admin/", "/healthz", "/readyz")


class PublicLanguageMiddleware:
    """The front page, those under /learn/ and addresses that are none speak as the browser asks."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(ELSEWHERE):
            return self.get_response(request)
        return language.speak(request, "", lambda: self.get_response(request))
