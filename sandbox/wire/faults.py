"""Troubles on demand, and a log of the tool's requests. Both only while the control API is open."""

import random
import re
import socket
import time
from collections.abc import Callable

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse

from sandbox.models import Fault, RequestEntry
from sandbox.platform import clock
from sandbox.wire import throttle

ENDPOINTS = {
    "token": r"/lti/token",
    "jwks": r"/lti/jwks",
    "authorize": r"/lti/authorize",
    "scores": r"/.*/line_?items/\d+(/lineitem)?/scores",
    "results": r"/.*/line_?items/\d+(/lineitem)?/results(/\d+)?",
    "lineitem": r"/.*/line_?items/\d+(/lineitem)?",
    "lineitems": r"/.*/line_?items",
    "memberships": r"/.*/(memberships|names_and_roles)",
}
KINDS = {"status", "slow", "drop", "accept_drop", "rate_limit"}
RATE_LIMITED = "403 Forbidden (Rate Limit Exceeded)\n"


def endpoint(path: str) -> str:
    """Which service a path belongs to, or an empty string."""
    return next((name for name, pattern in ENDPOINTS.items() if re.fullmatch(pattern, path)), "")


@transaction.atomic
def due(name: str) -> Fault | None:
    """The oldest fault that strikes now, counted down. A fault with a rate draws from its own seeded dice."""
    for fault in Fault.objects.filter(Q(endpoint=name) | Q(endpoint="*")).order_by("pk"):
        fault.drawn += 1
        strikes = random.Random(f"{fault.seed}:{fault.drawn}").random() < fault.rate
        if strikes and fault.remaining is not None:
            fault.remaining -= 1
        if fault.remaining == 0:
            fault.delete()
        else:
            fault.save(update_fields=["drawn", "remaining"])
        if strikes:
            return fault
    return None


def drop(request: HttpRequest) -> None:
    """Break the connection without an answer, as a crashed server does. gunicorn lends us the socket."""
    connection = request.META.get("gunicorn.socket")
    if not isinstance(connection, socket.socket):
        raise ConnectionAbortedError("only gunicorn lets a view drop its connection")
    connection.shutdown(socket.SHUT_RDWR)


class FaultMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        name = endpoint(request.path) if settings.SANDBOX_CONTROL else ""
        if not name:
            return throttle.guard(request, self.get_response)
        started = time.monotonic()
        # Most runs have no fault: looking without a write lock keeps loaded runs fast.
        fault = due(name) if Fault.objects.exists() else None
        struck = self.get_response if fault is None else lambda asked: self._struck(asked, fault)
        response = throttle.guard(request, struck)
        dropped = fault is not None and fault.kind in ("drop", "accept_drop")
        _log(request, name, None if dropped else response.status_code, fault, time.monotonic() - started)
        if dropped:
            drop(request)
        return response

    def _struck(self, request: HttpRequest, fault: Fault) -> HttpResponse:
        if fault.kind == "slow":
            time.sleep(fault.seconds)
        if fault.kind in ("slow", "accept_drop"):
            return self.get_response(request)
        if fault.kind == "rate_limit":
            headers = {"X-Rate-Limit-Remaining": "0.0", **fault.headers}
            return HttpResponse(RATE_LIMITED, status=403, content_type="text/plain", headers=headers)
        return HttpResponse(fault.body, status=fault.status, content_type="text/plain", headers=fault.headers)


def _log(request: HttpRequest, name: str, status: int | None, fault: Fault | None, seconds: float) -> None:
    RequestEntry.objects.create(
        at=clock.now(),
        method=str(request.method),
        path=request.path[:1000] if name == "authorize" else request.get_full_path()[:1000],
        endpoint=name,
        status=status,
        fault=fault.kind if fault else "",
        seconds=seconds,
        user_agent=request.headers.get("User-Agent", "")[:300],
    )
