"""What every resource shares: known parameters only, one institution's rows only."""

from functools import cached_property
from typing import Any, ClassVar, cast

from django.http import HttpResponseBase
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.exceptions import AuthenticationFailed, Throttled, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api import choosing, limits, paging
from api.access import Access
from api.authentication import HasScope, KeyAuthentication, require
from api.filters import parameters
from api.keyset import BY_ID, Order, Sort
from api.rendering import CsvRenderer, JsonRenderer, stream
from roster import changes
from roster.models import Institution


class KnownParameters(APIView):
    """A parameter that is unknown, empty or repeated is refused: a filter gone wrong must not pass as no filter."""

    extra_parameters: frozenset[str] = frozenset()

    def perform_authentication(self, request: Request) -> None:
        """Count the request, for its key or else for the address that it comes from."""
        try:
            super().perform_authentication(request)
        except AuthenticationFailed:
            self.count(limits.count_address(request._request))
            raise
        access = request.auth
        self.count(
            limits.count_access(access) if isinstance(access, Access) else limits.count_address(request._request)
        )

    def count(self, left: limits.Left) -> None:
        self.headers |= left.headers()
        if left.wait:
            raise Throttled(left.wait, f"More than {left.most} requests in a minute.")

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        known = self.known_parameters()
        errors = {}
        for name, values in request.query_params.lists():
            if name not in known:
                errors[name] = [f"Unknown here. Known: {', '.join(sorted(known))}."]
            elif len(values) > 1:
                errors[name] = ["Given more than once."]
            elif values == [""]:
                errors[name] = ["Empty: give a value or leave it out."]
        if errors:
            raise ValidationError(errors)

    def known_parameters(self) -> set[str]:
        known = {"format"} | self.extra_parameters | parameters(getattr(self, "filterset_class", None))
        return known | paging.PARAMETERS if getattr(self, "paginator", None) else known


class Public(KnownParameters):
    """Open to everyone. A key adds what its institution may read."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [AllowAny]

    @property
    def institution(self) -> Institution | None:
        key = self.request.auth
        return key.institution if isinstance(key, Access) else None


class Keyed(KnownParameters):
    """For a key with the view's scope; sees the rows of the key's institution."""

    authentication_classes = [KeyAuthentication]
    permission_classes = [HasScope]
    scope = ""

    @property
    def institution(self) -> Institution:
        return cast(Access, self.request.auth).institution

    def names(self) -> bool:
        """Whether names go along: yes with the scope; asking for them without it is refused."""
        key = cast(Access, self.request.auth)
        asked = self.request.query_params.get("include")
        if asked not in (None, "names"):
            raise ValidationError({"include": ["Only `names` can be included."]})
        if asked:
            require(key, "people:read")
        return "people:read" in key.scopes

    def finalize_response(  # type: ignore[override]
        self, request: Request, response: HttpResponseBase, *args: Any, **kwargs: Any
    ) -> HttpResponseBase:
        final = super().finalize_response(request, cast(Response, response), *args, **kwargs)
        final.headers.setdefault("Cache-Control", "private, no-store")
        return final


class KeyedList(Keyed, generics.ListAPIView[Any]):
    """A list as JSON pages, CSV pages, or (without `limit` and `cursor`) the whole as one CSV file.

    To fetch changes only, give `updated_since` the header `Updated-Until` of the first page of your last run. Nothing
    is ever missed by that, and what changes while you read comes again.
    """

    renderer_classes = [JsonRenderer, CsvRenderer]
    pagination_class = paging.CursorPaging
    filename = ""
    named = False  # whether rows name people
    sorts: ClassVar[dict[str, Sort]] = {"id": BY_ID}

    @cached_property
    def order(self) -> Order:
        return choosing.chosen_order(self.request, self.sorts)

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        if self.request is None:  # the schema is being written
            return context
        fields = choosing.chosen_fields(self.request, self.all_columns())
        return {**context, "names": self.named and self.names(), "fields": fields}

    def all_columns(self) -> list[str]:
        return list(cast(Any, self.serializer_class)().fields)

    def columns(self) -> list[str]:
        return list(self.get_serializer().fields)  # type: ignore[attr-defined]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        self.wants_bom()
        until = changes.visible_until()
        answer = self._whole_file() if self._wants_all(request) else super().list(request, *args, **kwargs)
        answer.headers[UPDATED_UNTIL] = until.isoformat().replace("+00:00", "Z")
        return answer

    def _wants_all(self, request: Request) -> bool:
        is_csv = getattr(request, "accepted_renderer").format == "csv"  # noqa: B009
        return is_csv and not paging.PARAMETERS & request.query_params.keys()

    def _whole_file(self) -> HttpResponseBase:
        rows, bom = self.filter_queryset(self.get_queryset()), self.wants_bom()
        return stream(self.filename, self.get_serializer(), rows, self.order, bom=bom)

    def known_parameters(self) -> set[str]:
        return super().known_parameters() | {"bom", "fields", "sort"} | ({"include"} if self.named else set())

    def wants_bom(self) -> bool:
        return wants_bom(self.request)

    def list_parameters(self) -> Any:
        """For the schema."""
        return [
            *choosing.parameters(self.all_columns(), self.sorts),
            *([INCLUDE] if self.named else []),
            FORMAT,
            BOM,
        ]


def wants_bom(request: Request) -> bool:
    asked = request.query_params.get("bom", "false")
    if asked not in ("true", "false"):
        raise ValidationError({"bom": ["Must be `true` or `false`."]})
    return asked == "true"


def listed(operation_id: str, tag: str) -> Any:
    """How a list stands in the schema."""
    return extend_schema_view(get=extend_schema(operation_id=operation_id, tags=[tag]))


UPDATED_UNTIL = "Updated-Until"
INCLUDE = paging.parameter(
    "include",
    {"type": "string", "enum": ["names"]},
    "Insist on names and e-mails: refused without the scope `people:read`.",
)
FORMAT = paging.parameter(
    "format",
    {"type": "string", "enum": ["json", "csv"]},
    "Instead of `Accept`. CSV without `limit` and `cursor` is the whole.",
)
BOM = paging.parameter(
    "bom",
    {"type": "string", "enum": ["true", "false"]},
    "CSV with a byte order mark, by which Excel knows that it is UTF-8.",
)
