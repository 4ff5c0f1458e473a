"""Who calls: `Authorization: Bearer <key>` (RFC 6750 section 2.1), and what the key may see."""

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from api import keys
from api.models import ApiKey
from api.problems import MissingScope


class KeyAuthentication(BaseAuthentication):
    """An API key and nothing else: no session, so there is nothing to forge across sites."""

    def authenticate(self, request: Request) -> tuple[AnonymousUser, ApiKey] | None:
        parts = get_authorization_header(request).split()
        if not parts:
            return None
        if len(parts) != 2 or parts[0].lower() != b"bearer":
            raise AuthenticationFailed("The header must read `Authorization: Bearer <key>`.")
        row = keys.authenticate(parts[1].decode("latin-1"), now=timezone.now())
        if row is None:
            raise AuthenticationFailed("This key is unknown or revoked.")
        return AnonymousUser(), row

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="api"'


class HasScope(BasePermission):
    """The key must have the view's `scope`, where it has one."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not isinstance(request.auth, ApiKey):
            raise NotAuthenticated("Send the header `Authorization: Bearer <key>`.")
        if view.scope:
            require(request.auth, view.scope)
        return True


def require(key: ApiKey, scope: str) -> None:
    if scope not in key.scopes:
        raise MissingScope(scope)


class KeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "api.authentication.KeyAuthentication"
    name = "key"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "assay_ and 43 characters",
            "description": "An API key of an institution. It sees that institution's rows only, within its scopes.",
        }
