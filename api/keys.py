"""API keys: made, shown once, rotated, kept as a hash."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Q

from api.models import ApiKey
from roster.models import Institution

MARK = "assay_"
SCOPES = {
    "accommodations:read": "Accommodations of learners: what is different for whom, and why.",
    "accommodations:write": "Give accommodations and take them back.",
    "assignments:read": "Assignments of the institution.",
    "attempts:read": "Attempts with their responses and marks.",
    "attempts:write": "Take checks for learners: begin, save, submit and read the result as the learner may.",
    "content:write": "Bring content of the institution in, and write it out with its key.",
    "grades:read": "Grades.",
    "statistics:read": "Statistics of assignments.",
    "people:read": "Names and e-mail addresses of the people whom the other rows name by id.",
}
SEEN_AT_MOST_EVERY = timedelta(minutes=1)


class UnknownScope(ValueError):
    """There is no such scope."""


class Revoked(Exception):
    """The key was revoked, or rotated by somebody else meanwhile."""


class Expired(Exception):
    """The key was good until `at`."""

    def __init__(self, at: datetime) -> None:
        super().__init__(f"{at:%Y-%m-%d %H:%M} UTC")


def create(
    *, institution: Institution, name: str, scopes: list[str], expires_at: datetime | None = None
) -> tuple[ApiKey, str]:
    """Make a key; returns the row and the key itself, which nothing can show again. Raises UnknownScope."""
    key = _new()
    row = ApiKey.objects.create(
        institution=institution,
        name=name,
        prefix=key[:12],
        key_hash=_hash(key),
        scopes=known_scopes(scopes),
        expires_at=expires_at,
    )
    return row, key


def rotate(*, row: ApiKey, grace: timedelta, expires_at: datetime | None, now: datetime) -> str:
    """Give the row another secret and return it. The one before works until `grace` is over, but none before that.

    Raises Revoked.
    """
    key = _new()
    changed = ApiKey.objects.filter(pk=row.pk, key_hash=row.key_hash, revoked_at=None).update(
        prefix=key[:12],
        key_hash=_hash(key),
        replaced_hash=row.key_hash,
        replaced_until=now + grace,
        expires_at=expires_at,
    )
    if not changed:
        raise Revoked(row.name)
    row.refresh_from_db()
    return key


def known_scopes(scopes: list[str]) -> list[str]:
    """The scopes in the order of `SCOPES`. Raises UnknownScope."""
    if unknown := sorted(set(scopes) - SCOPES.keys()):
        raise UnknownScope(", ".join(unknown))
    return [scope for scope in SCOPES if scope in scopes]


def authenticate(key: str, *, now: datetime) -> ApiKey | None:
    """The row of a key that is not revoked, else None. Raises Expired.

    The look-up is by the hash of 256 random bits, so its timing tells nothing of any key. `last_used_at` is
    written at most once a minute.
    """
    digest = _hash(key)
    good = Q(key_hash=digest) | Q(replaced_hash=digest, replaced_until__gt=now)
    row = ApiKey.objects.select_related("institution").filter(good, revoked_at=None).first()
    if row is not None and row.expires_at is not None and row.expires_at <= now:
        raise Expired(row.expires_at)
    if row is not None and (row.last_used_at is None or row.last_used_at <= now - SEEN_AT_MOST_EVERY):
        ApiKey.objects.filter(pk=row.pk, last_used_at=row.last_used_at).update(last_used_at=now)
    return row


def _new() -> str:
    return MARK + secrets.token_urlsafe(32)


def _hash(key: str) -> str:
    return sha256(key.encode()).hexdigest()
