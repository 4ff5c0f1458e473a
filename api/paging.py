"""Cursor paging. Keys are time-ordered, so in the order of ids rows that arrive meanwhile come on the last page."""

from typing import TYPE_CHECKING, Any

from django.db.models import Model
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from api.keyset import SHAPE, Order, Place

if TYPE_CHECKING:
    from rest_framework.views import APIView

LIMIT, MOST = 50, 200
PARAMETERS = {"limit", "cursor"}


class CursorPaging(BasePagination):
    """`limit` rows before or after a row; `next` and `previous` also as a Link header (RFC 8288)."""

    def paginate_queryset(self, queryset: Any, request: Request, view: "APIView | None" = None) -> list[Any]:
        self.url = request.build_absolute_uri()
        self.order: Order = getattr(view, "order", None) or Order()
        limit, place = _limit(request), given_place(request, self.order)
        backwards = place is not None and place.backwards
        if place is not None:
            queryset = self.order.beyond(queryset, place)
        found = list(self.order.of(queryset, backwards=backwards)[: limit + 1])
        more, rows = len(found) > limit, found[:limit]
        if backwards:
            rows.reverse()
        self.next = self._link(rows[-1]) if rows and (more or backwards) else None
        before = rows and (more if backwards else place is not None)
        self.previous = self._link(rows[0], backwards=True) if before else None
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
        more: list[dict[str, Any]] = getattr(view, "list_parameters", list)()
        return [
            parameter("limit", {"type": "integer", "minimum": 1, "maximum": MOST, "default": LIMIT}, "Rows on a page."),
            parameter(
                "cursor", {"type": "string", "pattern": SHAPE}, "Where to go on: taken from `next` or `previous`."
            ),
            *more,
        ]

    def _link(self, row: Model, *, backwards: bool = False) -> str:
        place = Place.of(row, self.order, backwards=backwards)
        return replace_query_param(self.url, "cursor", place.write(self.order))


def parameter(name: str, schema: dict[str, Any], description: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description, **more}


def _limit(request: Request) -> int:
    given = request.query_params.get("limit", str(LIMIT))
    if not (given.isascii() and given.isdigit() and len(given) < 6 and 1 <= int(given) <= MOST):
        raise ValidationError({"limit": [f"Must be a whole number from 1 to {MOST}."]})
    return int(given)


def given_place(request: Request, order: Order) -> Place | None:
    given = request.query_params.get("cursor")
    if given is None:
        return None
    try:
        return Place.read(given, order)
    except ValueError:
        raise ValidationError({"cursor": ["Take it from `next` or `previous` of an earlier answer."]}) from None
