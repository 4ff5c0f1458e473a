"""The scopes that OneRoster 1.2 names, in ours."""

from collections.abc import Iterable

PURL = "https://purl.imsglobal.org/spec/or/v1p2/scope/"
ONEROSTER = {
    f"{PURL}gradebook.readonly": ["assignments:read", "grades:read", "attempts:read"],
    f"{PURL}gradebook-core.readonly": ["assignments:read", "grades:read"],
}


def with_oneroster(scopes: Iterable[str]) -> list[str]:
    """What may be asked for by an application that has `scopes`."""
    have = set(scopes)
    return [*scopes, *(name for name, needed in ONEROSTER.items() if have >= set(needed))]


def in_ours(scopes: Iterable[str]) -> set[str]:
    return {ours for scope in scopes for ours in ONEROSTER.get(scope, [scope])}
