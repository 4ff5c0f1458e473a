"""Lists and single rows of the gradebook. Parameters: OneRoster 1.2 REST binding, section 3."""

from collections.abc import Callable
from typing import Any

from django.db.models import F
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from api.oneroster import errors, filtering
from api.oneroster.errors import Refused
from api.oneroster.resources import ALL, LINE_ITEMS, Resource, Rows
from api.views.base import Keyed
from assessment import access
from roster.models import Course, Person

LIMIT, MOST = 100, 1000
FARTHEST = 10**9
SERVED = {resource.singular: resource.plural for resource in ALL}
ORDERS = {"asc": F.asc, "desc": F.desc}


@extend_schema(exclude=True)  # the standard has its own description
class OneRoster(Keyed):
    resource: Resource = LINE_ITEMS

    @property
    def scope(self) -> str:  # type: ignore[override]
        return self.resource.scope

    def get_exception_handler(self) -> Callable[..., Any]:
        return errors.handle

    def shown(self, row: dict[str, Any], fields: list[str]) -> dict[str, Any]:
        """The row without what is empty; references with their address."""
        found = {}
        for name in fields:
            value, column = row[f"or_{name}"], self.resource.columns[name]
            if value is not None:
                shown = column.kind.show(value)
                found[name] = self._reference(shown, column.of) if column.of else shown
        return found

    def _reference(self, sourced_id: str, of: str) -> dict[str, str]:
        """Rows that are not served here have the address of nothing but themselves."""
        href = f"urn:uuid:{sourced_id}"
        if of in SERVED:
            href = self.request.build_absolute_uri(reverse(f"oneroster:{of}", args=[sourced_id]))
        return {"href": href, "sourcedId": sourced_id, "type": of}

    def fields(self) -> list[str]:
        known = list(self.resource.columns)
        asked = self.request.query_params.get("fields")
        chosen = known if asked is None else [name.strip() for name in asked.split(",")]
        if unknown := [name for name in chosen if name not in known]:
            raise Refused(f"`fields`: there is no field {', '.join(unknown)}.", "invalid_selection_field")
        return chosen

    def columns(self) -> list[str]:
        return [f"or_{name}" for name in self.resource.columns]


class One(OneRoster):
    extra_parameters = frozenset({"fields"})

    def get(self, request: Request, sourced_id: str) -> Response:
        fields = self.fields()
        try:
            value = self.resource.columns["sourcedId"].kind.read(sourced_id)
        except ValueError:
            raise Http404 from None
        for rows in self.resource.rows(self.institution):
            for row in rows.filter(or_sourcedId=value).values(*self.columns())[:1]:
                return Response({self.resource.singular: self.shown(row, fields)})
        raise Http404


class Many(OneRoster):
    """All rows, or those of the class, the line item, the student or the school in the address."""

    extra_parameters = frozenset({"limit", "offset", "sort", "orderBy", "filter", "fields"})

    def get(self, request: Request, **within: Any) -> Response:
        fields, limit, offset = self.fields(), self._whole("limit", LIMIT, 1), self._whole("offset", 0, 0)
        limit = min(limit, MOST)
        members = [rows.filter(**self._narrowed(within)) for rows in self.resource.rows(self.institution)]
        if (asked := request.query_params.get("filter")) is not None:
            condition = filtering.condition(asked, self.resource.columns)
            members = [rows.filter(condition) for rows in members]
        first, *others = [rows.order_by().values(*self.columns()) for rows in members]
        rows = first.union(*others, all=True) if others else first
        total = rows.count()
        page = self._sorted(rows)[offset : offset + limit]
        headers = {"X-Total-Count": str(total), "Link": self._links(limit, offset, total)}
        return Response({self.resource.plural: [self.shown(row, fields) for row in page]}, headers=headers)

    def _narrowed(self, within: dict[str, Any]) -> dict[str, Any]:
        """Conditions on columns. Raises Http404 for what the institution does not have."""
        names = {"class_id": "class", "line_item_id": "lineItem", "student_id": "student", "school_id": "school"}
        found = {names[name]: value for name, value in within.items()}
        mine = {
            "class": lambda pk: Course.objects.filter(institution=self.institution, pk=pk).exists(),
            "lineItem": lambda pk: (
                access.assignments_of(self.institution).filter(pk=pk, course=within.get("class_id")).exists()
            ),
            "student": lambda pk: Person.objects.filter(institution=self.institution, pk=pk).exists(),
            "school": lambda pk: bool(pk == self.institution.pk),
        }
        if not all(mine[name](value) for name, value in found.items()):
            raise Http404
        return {f"or_{name}": value for name, value in found.items() if name in self.resource.columns}

    def _sorted(self, rows: Rows) -> Rows:
        by, order = self.request.query_params.get("sort", "sourcedId"), self.request.query_params.get("orderBy", "asc")
        if by not in self.resource.columns:
            raise Refused(f"`sort`: there is no field {by}.")
        if order not in ORDERS:
            raise Refused("`orderBy` must be asc or desc.")
        return rows.order_by(ORDERS[order](F(f"or_{by}")), "or_sourcedId")

    def _whole(self, name: str, default: int, least: int) -> int:
        given = self.request.query_params.get(name, str(default))
        if not (given.isascii() and given.isdigit() and len(given) < 10 and int(given) >= least):
            raise Refused(f"`{name}` must be a whole number from {least}.")
        return int(given)

    def _links(self, limit: int, offset: int, total: int) -> str:
        """Neighbouring pages (RFC 8288)."""
        last = max(total - 1, 0) // limit * limit
        pages = {"first": 0, "last": last}
        pages |= {"next": offset + limit} if offset + limit < total else {}
        pages |= {"prev": max(offset - limit, 0)} if offset else {}
        url = replace_query_param(self.request.build_absolute_uri(), "limit", limit)
        return ", ".join(f'<{replace_query_param(url, "offset", at)}>; rel="{name}"' for name, at in pages.items())


@extend_schema(exclude=True)
class Nothing(OneRoster):
    """Every other address, so that it too is answered as the standard wants it."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404
