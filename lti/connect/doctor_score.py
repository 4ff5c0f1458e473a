"""The doctor's score test: a gradebook column of its own, one score, read back, and the column deleted again.

Nobody's real grade is touched. The column is found again by its tag, so that one whose making was never answered, or
that an earlier examination left behind, goes as well.
"""

import json
from collections.abc import Iterator
from decimal import Decimal
from functools import partial
from typing import Any

from lti.connect import remedies
from lti.connect.examination import SKIPPED, Finding, Skip, Trouble, Visit, attempt
from lti.gradebook import ags, families
from lti.models import PlatformUser
from lti.wire import client
from lti.wire.client import with_query
from lti.words import claims, scopes
from roster.models import Role
from roster.rows import one

TAG = "assay-connection-check"
LABEL = "Assay connection check"
COLUMNS = (scopes.LINE_ITEM,)


def steps(visit: Visit) -> Iterator[Finding]:
    """Make the column, score, read the result; delete in any case."""
    column: list[str] = []
    user_id: list[str] = []
    touched = True
    try:
        made = attempt("Test column made", partial(_make, visit, column), remedies.SERVICE_FAILED)
        touched = made.outcome != SKIPPED
        yield made
        yield attempt("Test score sent", partial(_score, visit, column, user_id), remedies.SERVICE_FAILED)
        yield attempt("Test score read back", partial(_read, visit, column, user_id), remedies.SERVICE_FAILED)
    finally:
        removed = attempt("Test column deleted", partial(_remove, visit, column), CLUTTER) if touched else None
    if removed:
        yield removed


CLUTTER = remedies.CLUTTER.format(label=LABEL)


def _make(visit: Visit, column: list[str]) -> str:
    if visit.link is None:
        raise Skip("No launch has named the gradebook yet.", remedies.NO_LAUNCH)
    if scopes.LINE_ITEM not in visit.tokens:
        raise Skip("Making a column is not allowed.", remedies.gradebook(visit.registration.family))
    _remove(visit, column)
    # Without `resourceLinkId`: with it, Moodle's later launches of that link would lose their own column.
    body = {"label": LABEL, "scoreMaximum": 1, "tag": TAG}
    url, headers = visit.link.line_items_url, {"Content-Type": ags.LINE_ITEM_TYPE}
    answer = visit.call(COLUMNS, "POST", url, media=ags.LINE_ITEM_TYPE, headers=headers, data=_compact(body))
    found = answer.json()
    if not isinstance(found, dict) or not _is_ours(found, url):
        raise Trouble("The answer does not describe the new column.", remedies.SERVICE_FAILED)
    column.append(found["id"])
    return f"“{LABEL}” in {visit.link.context or 'the course'}."


def _score(visit: Visit, column: list[str], user_id: list[str]) -> str:
    if not column:
        raise Skip("There is no test column.")
    learner = _learner(visit)
    body: dict[str, Any] = {
        "userId": learner,
        "scoreGiven": 1,
        "scoreMaximum": 1,
        "activityProgress": "Completed",
        "gradingProgress": "FullyGraded",
        "timestamp": visit.clock().isoformat(timespec="milliseconds"),
        **families.of(visit.registration.family).TEST_SCORE,
    }
    headers, url = {"Content-Type": ags.SCORE_TYPE}, ags.ags_url(column[0], "scores")
    answer = visit.call((scopes.SCORE,), "POST", url, headers=headers, data=_compact(body))
    if answer.body.strip() == b"[]":  # Moodle's sign of a failure behind a good status
        raise Trouble(f"{answer.status} {answer.reason}", remedies.SERVICE_FAILED)
    user_id.append(learner)
    return "Taken."


def _read(visit: Visit, column: list[str], user_id: list[str]) -> str:
    if not user_id:
        raise Skip("No score was sent.")
    if scopes.RESULT not in visit.tokens:
        raise Skip("There is no permission for it, see above.")
    call = partial(visit.call, (scopes.RESULT,))

    def authorised(method: str, url: str, *, headers: dict[str, str]) -> client.Answer:
        return call(method, url, headers=headers)

    result = ags.read_result(authorised, line_item=column[0], user_id=user_id[0])
    if result.given is None:
        raise Trouble("The LMS took the score, but does not show it.", remedies.NOT_SHOWN)
    return f"{ags.number(result.given)} of {ags.number(result.maximum or Decimal(1))}."


def _remove(visit: Visit, column: list[str]) -> str:
    """Delete our column and every one with our tag. Raises Trouble where one stays."""
    assert visit.link
    url = visit.link.line_items_url
    listed = visit.call(COLUMNS, "GET", with_query(url, tag=TAG), media=ags.LINE_ITEMS_TYPE).json()
    entries = listed if isinstance(listed, list) else []
    ours = [entry["id"] for entry in entries if isinstance(entry, dict) and _is_ours(entry, url)]
    for address in dict.fromkeys([*column, *ours]):
        answer = visit.call(COLUMNS, "DELETE", address, fine=(404,))
        if answer.body.strip() == b"[]":
            raise Trouble(f"{answer.status} {answer.reason}", CLUTTER)
    return "The gradebook is as it was."


def _is_ours(entry: claims.Claims, line_items: str) -> bool:
    """Never touch a column that is not the doctor's, whatever the platform lists."""
    own = entry.get("tag") == TAG and entry.get("label") == LABEL
    return own and isinstance(entry.get("id"), str) and client.same_origin(entry["id"], line_items)


def _learner(visit: Visit) -> str:
    """Someone who may be graded: of the roster, else who launched as a learner."""
    for member in visit.members:
        roles = claims.strings(member.get("roles"))
        learns = any(role.rpartition("#")[2] == "Learner" for role in roles)
        if learns and member.get("status", "Active") == "Active" and claims.is_identifier(member.get("user_id")):
            return str(member["user_id"])
    course = visit.link.context.course if visit.link and visit.link.context else None
    users = PlatformUser.objects.filter(registration=visit.registration)
    enrolled = {"person__enrollments__course": course, "person__enrollments__role": Role.LEARNER}
    known = one(users.filter(**enrolled, person__enrollments__active=True)) if course else None
    if known is None:
        raise Skip("No learner of that course is known.", remedies.NOBODY)
    return known.sub


def _compact(body: dict[str, Any]) -> bytes:
    return json.dumps(body, separators=(",", ":")).encode()
