"""What a score must be and does, by the letter of AGS 2.0 (section 3.4)."""

import json
import math
import re
from datetime import datetime
from typing import Any

from sandbox.gradebook import gradebook
from sandbox.gradebook.gradebook import Outcome
from sandbox.models import Grade, LineItem

ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
GRADING = {"FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"}
FIELDS = {
    "userId", "scoreGiven", "scoreMaximum", "comment", "timestamp", "activityProgress", "gradingProgress",
    "submission", "scoringUserId",
}  # fmt: skip
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", re.ASCII)


class Invalid(Exception):
    """The score breaks a rule; the text says which."""


def moment(value: object, name: str) -> datetime:
    """An ISO 8601 time with its zone. Raises Invalid."""
    if not isinstance(value, str) or not MOMENT.fullmatch(value):
        raise Invalid(f"{name} must be an ISO 8601 time with a zone")
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        raise Invalid(f"{name} is no time of the calendar") from None


def parse(text: str) -> dict[str, Any]:
    """The score as sent. Raises Invalid."""
    try:
        score = json.loads(text)
    except ValueError:
        raise Invalid("The body is not JSON") from None
    if not isinstance(score, dict):
        raise Invalid("The body is not a JSON object")
    return score


def check(score: dict[str, Any]) -> datetime:
    """Hold a score against the specification; returns its timestamp. Raises Invalid."""
    if not isinstance(score.get("userId"), str) or not score["userId"]:
        raise Invalid("userId is missing or no string")
    if score.get("activityProgress") not in ACTIVITY:
        raise Invalid(f"activityProgress must be one of {', '.join(sorted(ACTIVITY))}")
    if score.get("gradingProgress") not in GRADING:
        raise Invalid(f"gradingProgress must be one of {', '.join(sorted(GRADING))}")
    if "comment" in score and not isinstance(score["comment"], str):
        raise Invalid("comment must be a string")
    foreign = [name for name in score if name not in FIELDS and not name.startswith(("https://", "http://"))]
    if foreign:
        raise Invalid(f"{foreign[0]}: extensions are named by a full URL")
    _check_points(score)
    _check_submission(score.get("submission", {}))
    return moment(score.get("timestamp"), "timestamp")


def _check_points(score: dict[str, Any]) -> None:
    given: Any = score.get("scoreGiven")
    maximum: Any = score.get("scoreMaximum")
    if given is None and "scoreGiven" not in score:
        return
    if not _is_number(given) or given < 0:
        raise Invalid("scoreGiven must be a number, not below zero")
    if not _is_number(maximum) or maximum <= 0:
        raise Invalid("scoreMaximum must be a number above zero where scoreGiven stands")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value < 1e12


def _check_submission(submission: object) -> None:
    if not isinstance(submission, dict):
        raise Invalid("submission must be an object")
    times = {name: moment(submission[name], name) for name in ("startedAt", "submittedAt") if name in submission}
    if len(times) == 2 and times["submittedAt"] < times["startedAt"]:
        raise Invalid("submittedAt lies before startedAt")


def apply(line_item: LineItem, text: str, score: dict[str, Any], *, now: datetime) -> Outcome:
    """Judge a score and, if it holds, change the grade. Call inside a transaction."""
    try:
        at = check(score)
    except Invalid as error:
        return Outcome(400, f"Refused: {error}", reason=str(error))
    person = gradebook.gradable(line_item.course, score["userId"], suspended=False)
    if person is None:
        why = "userId is no active student of this course"
        return Outcome(400, f"Refused: {why}", reason=why)
    grade = gradebook.grade_of(line_item, person)
    if grade.timestamp and at < grade.timestamp:
        why = "timestamp is older than the score on record"
        return Outcome(409, f"Refused: {why}", reason=why, person=person)
    if grade.locked:
        return Outcome(403, "Refused: the grade is locked", reason="the grade is locked", person=person)
    return _take(grade, line_item, score, at)


def _take(grade: Grade, line_item: LineItem, score: dict[str, Any], at: datetime) -> Outcome:
    grade.raw = _points(score, line_item)
    final_word = score["gradingProgress"] == "FullyGraded"
    verdict = "Recorded" if final_word else "Status noted; the grade waits"
    if grade.overridden:
        verdict = "Noted; the teacher's grade stands"
    elif grade.raw is None:
        # Section 3.4.1: no scoreGiven means that there is no score now, and one stored before is to be cleared.
        grade.final, verdict = None, "Cleared: sent without a score"
    elif final_word:
        grade.final = grade.raw
    grade.activity_progress, grade.grading_progress = score["activityProgress"], score["gradingProgress"]
    grade.timestamp = at
    if not grade.overridden:
        grade.comment = score.get("comment", "")
    grade.submitted_at = score.get("submission", {}).get("submittedAt", "")
    grade.save()
    return Outcome(204, verdict, accepted=True, person=grade.person, grade=grade)


def _points(score: dict[str, Any], line_item: LineItem) -> float | None:
    """The score in the column's own maximum."""
    if "scoreGiven" not in score:
        return None
    given, maximum = float(score["scoreGiven"]), float(score["scoreMaximum"])
    return given if maximum == line_item.score_maximum else round(given * line_item.score_maximum / maximum, 8)
