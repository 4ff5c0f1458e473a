"""API keys: made once, shown once, kept as a hash."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from api.models import ApiKey
from roster.models import Institution

MARK = "assay_"
SCOPES = {
    "assignments:read": "Assignments of the institution.",
    "attempts:read": "Attempts with their responses and marks.",
    "content:write": "Bring content of the institution in, and write it out with its key.",
    "grades:read": "Grades.",
    "statistics:read": "Statistics of assignments.",
    "people:read": "Names and e-mail addresses of the people whom the other rows name by id.",
}
SEEN_AT_MOST_EVERY = timedelta(minutes=1)


class UnknownScope(ValueError):
    """There is no such scope."""


def create(*, institution: Institution, name: str, scopes: list[str]) -> tuple[ApiKey, str]:
    """Make a key; returns the row and the key itself, which nothing can show again. Raises UnknownScope."""
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        raise UnknownScope(", ".join(unknown))
    key = MARK + secrets.token_urlsafe(32)
    row = ApiKey.objects.create(
        institution=institution,
        name=name,
        prefix=key[:12],
        key_hash=_hash(key),
        scopes=[scope for scope in SCOPES if scope in scopes],
    )
    return row, key


def authenticate(key: str, *, now: datetime) -> ApiKey | None:
    """The row of a key that is not revoked, else None.

    The look-up is by the hash of 256 random bits, so its timing tells nothing of any key. `last_used_at` is
    written at most once a minute.
    """
    row = ApiKey.objects.select_related("institution").filter(key_hash=_hash(key), revoked_at=None).first()
    if row is not None and (row.last_used_at is None or row.last_used_at <= now - SEEN_AT_MOST_EVERY):
        ApiKey.objects.filter(pk=row.pk, last_used_at=row.last_used_at).update(last_used_at=now)
    return row


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
