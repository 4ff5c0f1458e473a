"""Cursor paging by primary key. Keys are time-ordered, so rows that arrive meanwhile come on the last page."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

if TYPE_CHECKING:
    from rest_framework.views import APIView

LIMIT, MOST = 50, 200
AFTER, BEFORE = b"a", b"b"
PARAMETERS = {"limit", "cursor"}
SHAPE = "^Y[Q-Za-v][A-Za-z0-9_-]{21}$"  # "a" or "b" and 16 bytes in base 64


class CursorPaging(BasePagination):
    """`limit` rows before or after a row; `next` and `previous` also as a Link header (RFC 8288)."""

    def paginate_queryset(self, queryset: Any, request: Request, view: "APIView | None" = None) -> list[Any]:
        self.url = request.build_absolute_uri()
        limit, cursor = _limit(request), _cursor(request)
        backwards = cursor is not None and cursor[0] == BEFORE
        if cursor is not None:
            queryset = queryset.filter(pk__lt=cursor[1]) if backwards else queryset.filter(pk__gt=cursor[1])
        found = list(queryset.order_by("-pk" if backwards else "pk")[: limit + 1])
        more, rows = len(found) > limit, found[:limit]
        if backwards:
            rows.reverse()
        self.next = self._link(AFTER, rows[-1]) if rows and (more or backwards) else None
        self.previous = self._link(BEFORE, rows[0]) if rows and (more if backwards else cursor is not None) else None
        return rows

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.next, "prev": self.previous}
        header = ", ".join(f'<{url}>; rel="{name}"' for name, url in links.items() if url)
        body = {"next": self.next, "previous": self.previous, "results": data}
        return Response(body, headers={"Link": header} if header else None)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        link = {"type": ["string", "null"], "format": "uri"}
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": link, "previous": link, "results": schema},
        }

    def get_schema_operation_parameters(self, view: "APIView") -> list[dict[str, Any]]:
        return [
            _parameter(
                "limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}, "Rows on a page."
            ),
            _parameter(
                "cursor", {"type": "string", "pattern": SHAPE}, "Where to go on: taken from `next` or `previous`."
            ),
        ]

    def _link(self, direction: bytes, row: Model) -> str:
        return replace_query_param(self.url, "cursor", urlsafe_b64encode(direction + row.pk.bytes).decode().rstrip("="))


def chunks(queryset: QuerySet[Any], size: int = 1000) -> Iterator[list[Any]]:
    """Every row by key: no cursor held open, so it works behind a pooler and takes little memory."""
    ordered = queryset.order_by("pk")
    rows = list(ordered[:size])
    while rows:
        yield rows
        rows = list(ordered.filter(pk__gt=rows[-1].pk)[:size]) if len(rows) == size else []


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


def _limit(request: Request) -> int:
    given = request.query_params.get("limit", str(LIMIT))
    if not (given.isascii() and given.isdigit() and len(given) < 6 and 1 <= int(given) <= MOST):
        raise ValidationError({"limit": [f"Must be a whole number from 1 to {MOST}."]})
    return int(given)


def _cursor(request: Request) -> tuple[bytes, UUID] | None:
    given = request.query_params.get("cursor")
    if given is None:
        return None
    try:
        raw = urlsafe_b64decode(given.encode("ascii") + b"=" * (-len(given) % 4))
        direction, position = raw[:1], UUID(bytes=raw[1:])
    except ValueError:
        direction = b""
    if direction not in (AFTER, BEFORE):
        raise ValidationError({"cursor": ["This is no cursor; take it from `next` or `previous`."]})
    return direction, position
