"""Who calls: `Authorization: Bearer <key or token>` (RFC 6750 section 2.1), and what they may see."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api import applications, keys
from api.access import Access
from api.problems import MissingScope


class KeyAuthentication(BaseAuthentication):
    """An API key or the token of an application, and nothing else: no session, so there is nothing to forge across
    sites.
    """

    def authenticate(self, request: Request) -> tuple[AnonymousUser, Access] | None:
        parts = get_authorization_header(request).split()
        if not parts:
            return None
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            raise AuthenticationFailed("The header must read `Authorization: Bearer <key>`.")
        try:
            access = _access(parts[1].decode("latin-1"), request)
        except keys.Expired as error:
            raise AuthenticationFailed(f"This key or token expired on {error}.") from error
        if access is None:
            raise AuthenticationFailed("This key or token is unknown, replaced or revoked.")
        return AnonymousUser(), access

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


def _access(secret: str, request: Request) -> Access | None:
    now = timezone.now()
    if secret.startswith(keys.MARK):
        row = keys.authenticate(secret, now=now)
        return Access(row.institution, row.scopes, f"key:{row.pk}") if row else None
    found = applications.authenticate(secret, audience=request.build_absolute_uri(request.path), now=now)
    if found is None:
        return None
    application, scopes = found
    return Access(application.institution, scopes, f"application:{application.pk}")


class HasScope(BasePermission):
    """The key must have the view's `scope`, where it has one."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, Access):
            raise NotAuthenticated("Send the header `Authorization: Bearer <key>`.")
        if view.scope:
            require(request.auth, scope_of(view, request.method))
        return True


def scope_of(view: Any, method: str | None) -> str:
    """What a call of the view needs; `scope_by_method` names the methods that need another scope than the rest."""
    return str(getattr(view, "scope_by_method", {}).get(method, getattr(view, "scope", "")))


def require(access: Access, scope: str) -> None:
    if scope not in access.scopes:
        raise MissingScope(scope)


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.KeyAuthentication"
    name = ["key", "oauth2"]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[str]]]:
        """One or the other."""
        scope = scope_of(auto_schema.view, auto_schema.method)
        return [{"key": []}, {"oauth2": [scope] if scope else []}]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "assay_ and 43 characters",
                "description": "An API key of an institution. It sees that institution's rows only, within its scopes.",
            },
            {
                "type": "oauth2",
                "description": "For programs that expect OAuth 2.0: an application of an institution gets tokens.",
                "flows": {"clientCredentials": {"tokenUrl": reverse("api:token"), "scopes": keys.SCOPES}},
            },
        ]
