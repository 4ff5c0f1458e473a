"""Names and Role Provisioning Services 2.0 and Course Groups 1.0: who is in a course, over HTTP. Touches no database.

A list comes in pages, one at a time; its addresses are the platform's and opaque. `rlid` is never sent: it would leave
out those who may not open one link, and the list is the whole course's.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lti.wire import client, paging
from lti.wire.client import Answer, Call, with_query
from lti.words import claims
from lti.words.claims import as_identifier
from lti.words.roles import is_test_user, role

MEMBERS_TYPE = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
GROUPS_TYPE = "application/vnd.ims.lti-gs.v1.contextgroupcontainer+json"
GROUP_SETS_TYPE = "application/vnd.ims.lti-gs.v1.contextgroupsetcontainer+json"

ASKED = "200"  # members a page: Moodle sends all at once otherwise, Canvas gives 50 whatever is asked
MOST_PAGES = 2_000
MOST_GROUPS = 5_000


@dataclass(frozen=True)
class Member:
    """One person of a list (NRPS section 2.1). `shared` holds only what the platform gave; `role` may be left out."""

    sub: str
    role: str
    active: bool
    shared: dict[str, str]
    groups: frozenset[str]


@dataclass(frozen=True)
class ListedGroup:
    group_id: str
    name: str
    set_id: str


def members(call: Call, *, url: str, groups: bool = False) -> Iterator[list[Member]]:
    """The pages of a course's list without test users, each fetched when it is asked for. Raises http.HttpError."""
    url = with_query(url, limit=ASKED, **({"groups": "true"} if groups else {}))
    for found in _pages(call, url, MEMBERS_TYPE, "members"):
        yield [member for member in map(_member, found) if member]


def groups(call: Call, *, url: str) -> list[ListedGroup]:
    """A course's groups. Raises http.HttpError."""
    made: list[ListedGroup] = []
    for found in _pages(call, url, GROUPS_TYPE, "groups"):
        made += [group for group in map(_group, found) if group]
        if len(made) > MOST_GROUPS:
            raise paging.Endless(f"more than {MOST_GROUPS} groups")
    return made


def group_sets(call: Call, *, url: str) -> dict[str, str]:
    """Names of a course's group sets by id. Raises http.HttpError."""
    found = [entry for page in _pages(call, url, GROUP_SETS_TYPE, "sets") for entry in page]
    return {as_identifier(entry.get("id")): claims.text(entry.get("name")) for entry in found[:MOST_GROUPS]}


def _pages(call: Call, first: str, media: str, name: str) -> Iterator[list[dict[str, Any]]]:
    """The entries of each page."""
    for answer in paging.pages(call, first, media=media, most=MOST_PAGES):
        if not answer.ok:
            raise client.Refused(answer)
        yield _entries(answer, name)


def _entries(answer: Answer, name: str) -> list[dict[str, Any]]:
    found = answer.json()
    entries = found.get(name) if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise client.NotJson(f"the answer has no {name}")
    return [entry for entry in entries if isinstance(entry, dict)]


def _member(entry: dict[str, Any]) -> Member | None:
    """None for a test user, and for an entry without a usable id."""
    sub, roles = as_identifier(entry.get("user_id")), claims.strings(entry.get("roles"))
    if not sub or is_test_user(roles):
        return None
    status = claims.text(entry.get("status")).lower() or "active"  # it may be left out (section 2.3)
    shared = {name: claims.text(entry.get(name)) for name in ("name", "given_name", "family_name")}
    shared["email"] = claims.text(entry.get("email"), 254)
    given = {name: value for name, value in shared.items() if value}
    return Member(sub, role(roles) if roles else "", status == "active", given, _groups_of(entry))


def _groups_of(entry: dict[str, Any]) -> frozenset[str]:
    enrolled = entry.get("group_enrollments")
    found = enrolled if isinstance(enrolled, list) else []
    return frozenset(filter(None, (as_identifier(group.get("group_id")) for group in found if isinstance(group, dict))))


def _group(entry: dict[str, Any]) -> ListedGroup | None:
    group_id = as_identifier(entry.get("id"))
    name, set_id = claims.text(entry.get("name")), as_identifier(entry.get("set_id"))
    return ListedGroup(group_id, name, set_id) if group_id else None
