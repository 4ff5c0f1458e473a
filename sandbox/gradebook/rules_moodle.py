"""What Moodle 4.5 does with a score, as recorded from a real one (docs: the reference table of score rules)."""

import json
import math
import re
from datetime import UTC, datetime
from typing import Any

from sandbox.gradebook import gradebook
from sandbox.gradebook.gradebook import Outcome
from sandbox.models import Grade, LineItem

MOMENT = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?", re.ASCII)
REQUIRED = ("userId", "timestamp", "gradingProgress", "activityProgress")


def parse(text: str) -> dict[str, Any]:
    """The score as sent, or nothing: Moodle calls both an incorrect score."""
    try:
        score = json.loads(text)
    except ValueError:
        return {}
    return score if isinstance(score, dict) else {}


def moment(value: object) -> datetime | None:
    """A time in whole seconds; without a zone it is the server's, here UTC."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        return None
    try:
        found = datetime.fromisoformat(value.replace(",", "."))
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).replace(microsecond=0)


def numeric(value: object) -> float | None:
    """PHP's is_numeric: a number, or a string that is one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def _well_formed(score: dict[str, Any]) -> bool:
    given, maximum = score.get("scoreGiven"), score.get("scoreMaximum")
    return (
        all(score.get(name) is not None for name in REQUIRED)
        and moment(score["timestamp"]) is not None
        and (given is None or (numeric(given) is not None and maximum is not None))
        and (maximum is None or numeric(maximum) is not None)
    )


def incorrect(text: str) -> Outcome:
    """The refusal that looks like success when the posted JSON holds a line break.

    The reason phrase repeats the body; with a line break in it the status line cannot be set and stays 200 OK.
    """
    status, reason = (200, "OK") if "\n" in text or "\r" in text else (400, f"Incorrect score received{text}")
    return Outcome(status, "Refused: Incorrect score received", reason=reason)


def apply(line_item: LineItem, text: str, score: dict[str, Any], *, now: datetime) -> Outcome:
    """Judge a score and, if it passes, change the grade. Call inside a transaction."""
    if not _well_formed(score):
        return incorrect(text)
    user_id = str(score["userId"])
    if numeric(user_id) is None:
        return Outcome(502, "Refused: userId is no number and the server broke", reason="Bad Gateway")
    person = gradebook.gradable(line_item.course, user_id, suspended=True)
    if person is None:
        return incorrect(text)
    grade, at = gradebook.grade_of(line_item, person), moment(score["timestamp"])
    if grade.timestamp and at and grade.timestamp.replace(microsecond=0) >= at:
        reason = f"Refusing score with an earlier timestamp for item {line_item.pk} and user {user_id}"
        return Outcome(409, "Refused: not later than the grade on record", reason=reason, person=person)
    if grade.locked:
        return Outcome(500, "Refused: the grade is locked", reason="Internal Server Error", person=person)
    return _take(grade, line_item, score, at)


def _take(grade: Grade, line_item: LineItem, score: dict[str, Any], at: datetime | None) -> Outcome:
    """Anything but FullyGraded, or no score, wipes the grade and with it the time it is compared by."""
    final_word = score["gradingProgress"] == "FullyGraded"
    grade.raw = _points(score, line_item) if final_word and score.get("scoreGiven") is not None else None
    grade.activity_progress = str(score["activityProgress"])[:100]
    grade.grading_progress = str(score["gradingProgress"])[:100]
    if grade.overridden:
        verdict = "Noted; the teacher's grade stands"
    else:
        grade.final = None if grade.raw is None else gradebook.clamp(grade.raw, line_item)
        grade.timestamp = None if grade.raw is None else at
        grade.comment = str(score.get("comment") or "")
        verdict = "Recorded" if grade.raw is not None else "Cleared: not FullyGraded, or no score"
    grade.save()
    return Outcome(200, verdict, accepted=True, reason="OK", person=grade.person, grade=grade)


def _points(score: dict[str, Any], line_item: LineItem) -> float:
    """Rounded to five decimals, then brought to the column's maximum: 2/3 of 1 in a column of 8 is 5.33336."""
    given = round(numeric(score["scoreGiven"]) or 0.0, 5)
    maximum = numeric(score["scoreMaximum"]) or 0.0
    if not maximum or maximum == line_item.score_maximum:
        return given
    return round(given * line_item.score_maximum / maximum, 5)
