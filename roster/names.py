"""People's names: which of those that an LMS has given is shown."""

from collections.abc import Mapping

from roster.models import Person


def newest(person: Person, shared: Mapping[str, str]) -> dict[str, str]:
    """What to write of the names that were shared.

    New parts of a name that come without the full name replace it: else the old one would be shown for ever.
    """
    parts = {part: shared[part] for part in ("given_name", "family_name") if part in shared}
    renamed = any(getattr(person, part) != value for part, value in parts.items())
    outdated = renamed and len(parts) == 2 and "name" not in shared
    return {**shared, "name": ""} if outdated else dict(shared)
