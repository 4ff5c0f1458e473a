"""OAuth 2.0 client credentials (RFC 6749 section 4.4): applications, and the tokens that django-oauth-toolkit gives."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from oauth2_provider.generators import generate_client_secret
from oauth2_provider.models import get_access_token_model
from oauth2_provider.scopes import BaseScopes

from api import keys
from api.models import Application
from api.scopes import in_ours, with_oneroster
from roster.models import Institution

SEEN_AT_MOST_EVERY = timedelta(minutes=1)


class Scopes(BaseScopes):  # type: ignore[misc]
    """What an application may ask for; it gets all of its own scopes where it names none (section 3.3)."""

    def get_all_scopes(self) -> dict[str, str]:
        return keys.SCOPES

    def get_available_scopes(self, application: Any = None, request: Any = None, *_: Any, **__: Any) -> list[str]:
        return with_oneroster(application.scopes) if application else []

    def get_default_scopes(self, application: Any = None, request: Any = None, *_: Any, **__: Any) -> list[str]:
        return list(application.scopes) if application else []


def create(*, institution: Institution, name: str, scopes: list[str]) -> tuple[Application, str]:
    """Make an application; returns the row and its secret, which nothing can show again. Raises UnknownScope."""
    secret: str = generate_client_secret()
    row = Application.objects.create(
        institution=institution,
        name=name,
        scopes=keys.known_scopes(scopes),
        client_secret=secret,
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    return row, secret


def revoke(*, rows: Iterable[Application], now: datetime) -> int:
    """No new token for these applications, and none of theirs works from now on."""
    ids = [row.pk for row in rows]
    return Application.objects.filter(pk__in=ids, revoked_at=None).update(revoked_at=now)


def authenticate(token: str, *, audience: str, now: datetime) -> tuple[Application, set[str]] | None:
    """The application of a token and the scopes that both have, else None. Raises keys.Expired.

    `audience` is the address that was asked for: a token may be limited to others (RFC 8707).
    """
    digest = sha256(token.encode()).hexdigest()
    tokens = get_access_token_model().objects.select_related("application__institution")
    found = tokens.filter(token_checksum=digest, application__revoked_at=None).first()
    if found is None or found.application is None or not found.allows_audience(audience):
        return None
    if found.expires <= now:
        raise keys.Expired(found.expires)
    row: Application = found.application
    if row.last_used_at is None or row.last_used_at <= now - SEEN_AT_MOST_EVERY:
        Application.objects.filter(pk=row.pk, last_used_at=row.last_used_at).update(last_used_at=now)
    return row, in_ours(found.scope.split()) & set(row.scopes)
