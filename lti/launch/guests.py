"""Anonymous launches: the platform says that somebody came, and not who (LTI 1.3 core section 5.3.6.1).

Canvas sends them from public courses; Moodle has one account for all its guests. A guest may look and try, is never
scored, and leaves nothing behind.
"""

from typing import Any
from uuid import UUID

from lti.words import claims
from lti.words.claims import CLAIM, Claims
from lti.words.errors import LaunchRefused, Problem
from roster.models import Person

# Claims of OpenID Connect core section 5.1 that describe a person: beside them `sub` must not be missing.
PERSONAL = (
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "birthdate",
    "phone_number",
    "address",
)
# Everything else is about somebody: deep linking places content for a teacher, a review needs a reader.
FOR_GUESTS = {claims.RESOURCE_LINK}


def is_guest(found: Claims) -> bool:
    return found.get("sub") is None or _is_moodles(found)


def _is_moodles(found: Claims) -> bool:
    """Moodle's guest account. It is known by its user name, which Moodle sends where it shares names."""
    ext = claims.mapping(found, CLAIM + "ext")
    return ext.get("user_username") == "guest" and claims.text(ext.get("lms")).lower().startswith("moodle")


def check(found: Claims) -> None:
    """A message names its user, or no person at all. Raises LaunchRefused for anything between."""
    kind, lis = found.get(CLAIM + "message_type"), claims.mapping(found, CLAIM + "lis")
    if found.get("sub") is not None or not isinstance(kind, str) or kind not in FOR_GUESTS:
        claims.identifier(found, "sub")
    elif any(_has_content(found.get(name)) for name in PERSONAL) or _has_content(lis.get("person_sourcedid")):
        raise LaunchRefused(Problem.MESSAGE_INVALID, "sub is missing, though the message describes a person")


def _has_content(value: Any) -> bool:
    """Whether a claim says anything: Canvas leaves variables of nobody as they stand, `$Person.sourcedId`."""
    return bool(claims.text(value) if isinstance(value, str) else value)


def person(institution_id: UUID) -> Person:
    """Each guest launch is somebody of its own: two people at one public computer never share an attempt."""
    return Person.objects.create(institution_id=institution_id)
