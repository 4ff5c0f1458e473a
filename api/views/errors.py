"""Addresses that are none, and what each kind of problem means."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from api.problems import KINDS
from api.views.base import Public


@extend_schema(exclude=True)
class Nothing(Public):
    """Everything under /api that has no resource, so that it too is answered as a problem."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404


def problem(request: HttpRequest, code: str) -> HttpResponse:
    """What a `type` of a problem stands for, in plain text."""
    if code not in KINDS:
        raise Http404
    kind = KINDS[code]
    text = f"{code} ({kind.status})\n\n{kind.title}\n{kind.help}\n"
    return HttpResponse(text, content_type="text/plain; charset=utf-8")
