"""Requests that may be sent again without being done again: draft-ietf-httpapi-idempotency-key-header-07."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import wraps
from hashlib import sha256
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import Access
from api.models import KeptAnswer
from api.rendering import JsonRenderer

KEPT = timedelta(hours=24)
HEADER = "Idempotency-Key"
PARAMETER = OpenApiParameter(
    HEADER,
    {"type": "string", "maxLength": 255},
    location="header",
    description="A UUID, say. The same one with the same request gets the first answer again, for 24 hours.",
)
HEADERS = ("Location", "Retry-After")  # of an answer, that are kept with it


class UnderWay(APIException):
    status_code = 409
    wait = 1  # second
    default_detail = "The first request with this Idempotency-Key is still being served. Send it again a little later."


class OtherRequest(APIException):
    status_code = 422
    default_detail = "This Idempotency-Key came with another request before. Use a new key for a new request."


def idempotent(handler: Callable[..., Response]) -> Callable[..., Response | HttpResponse]:
    """For `post` of a view with a key: the same `Idempotency-Key` gets the first answer for 24 hours.

    The work and its answer are stored in one transaction: what fails, or a process that dies, leaves neither, and the
    request can be sent again.
    """

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Response | HttpResponse:
        key = _key(request)
        if key is None:
            return handler(view, request, *args, **kwargs)
        access, now = cast(Access, request.auth), timezone.now()
        named = {"caller": access.caller, "key": key, "path": request.path}
        with transaction.atomic():
            _claim(json.dumps(named))
            KeptAnswer.objects.filter(**named, created_at__lte=now - KEPT).delete()
            kept = KeptAnswer.objects.filter(**named).first()
            if kept is not None:
                return _again(kept, request)
            fingerprint = _fingerprint(request)
            response = handler(view, request, *args, **kwargs)
            KeptAnswer.objects.create(
                **named,
                institution=access.institution,
                fingerprint=fingerprint,
                status=response.status_code,
                headers={name: response[name] for name in HEADERS if name in response},
                body=JsonRenderer().render(response.data).decode(),
                created_at=now,
            )
        return response

    return once


def forget(*, now: datetime) -> int:
    """Drop the answers that are too old to be given again."""
    return KeptAnswer.objects.filter(created_at__lte=now - KEPT).delete()[0]


def _key(request: Request) -> str | None:
    """The header's value; its quotes, which the draft asks for, may be left out."""
    given = request.headers.get(HEADER)
    if given is None:
        return None
    key = given.strip().removeprefix('"').removesuffix('"')
    if not 1 <= len(key) <= 255 or not key.isascii() or not key.isprintable():
        raise ValidationError({HEADER: ["Must be 1 to 255 printable ASCII characters."]})
    return key


def _claim(named: str) -> None:
    """Hold this key until the transaction ends. Raises UnderWay where another request does."""
    number = int.from_bytes(sha256(named.encode()).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise UnderWay


def _again(kept: KeptAnswer, request: Request) -> HttpResponse:
    if kept.fingerprint != _fingerprint(request):
        raise OtherRequest
    return HttpResponse(kept.body, status=kept.status, content_type="application/json", headers=kept.headers)


def _fingerprint(request: Request) -> str:
    """Of what was sent, however it was written: a form in parts has another boundary each time."""
    fields = request.data.lists() if hasattr(request.data, "lists") else [("", [request.data])]
    sent = sorted((name, [_comparable(value) for value in values]) for name, values in fields)
    return sha256(json.dumps([sent, request.query_params.urlencode()], sort_keys=True).encode()).hexdigest()


def _comparable(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    digest = sha256(b"".join(value.chunks())).hexdigest()
    value.seek(0)
    return [value.name, digest]
