"""What every resource shares: known parameters only, one institution's rows only."""

from typing import Any, cast

from django.http import HttpResponseBase
from rest_framework import generics
from rest_framework.exceptions import AuthenticationFailed, Throttled, ValidationError
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api import limits, paging
from api.access import Access
from api.authentication import HasScope, KeyAuthentication, require
from api.filters import parameters
from api.rendering import CsvRenderer, JsonRenderer, stream
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
    """A list as JSON pages, CSV pages, or (without `limit` and `cursor`) the whole as one CSV file."""

    renderer_classes = [JsonRenderer, CsvRenderer]
    pagination_class = paging.CursorPaging
    filename = ""

    def get_serializer_context(self) -> dict[str, Any]:
        context = super().get_serializer_context()
        return {**context, "names": "include" in self.extra_parameters and self.names()}

    def columns(self) -> list[str]:
        return list(self.get_serializer().fields)  # type: ignore[attr-defined]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Any:
        is_csv = getattr(request, "accepted_renderer").format == "csv"  # noqa: B009
        bom = self.wants_bom()
        if is_csv and not paging.PARAMETERS & request.query_params.keys():
            return stream(self.filename, self.get_serializer(), self.filter_queryset(self.get_queryset()), bom=bom)
        return super().list(request, *args, **kwargs)

    def known_parameters(self) -> set[str]:
        return super().known_parameters() | {"bom"}

    def wants_bom(self) -> bool:
        asked = self.request.query_params.get("bom", "false")
        if asked not in ("true", "false"):
            raise ValidationError({"bom": ["Must be `true` or `false`."]})
        return asked == "true"
