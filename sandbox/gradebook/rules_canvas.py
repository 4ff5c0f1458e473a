"""What Canvas does with a score: the order of its checks, its words, and effects that surprise.

A column has two sides here. The result is what the tool sent, and only results are read back. The submission is what
people see as the grade; only the first column of a link writes it. A teacher's hand changes both but leaves the time
of the result, so timestamps protect no hand-set grade.
"""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NoReturn

from sandbox.gradebook import gradebook
from sandbox.gradebook.gradebook import Outcome
from sandbox.models import Grade, Grading, LineItem, Person

EXTENSION = "https://canvas.instructure.com/lti/submission"
ACTIVITY = {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
HANDED_IN = {"Submitted", "Completed"}
GRADING = {"FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"}
COUNTS = {"FullyGraded", "PendingManual"}
SUBMISSION_TYPES = {"none", "basic_lti_launch", "online_text_entry", "online_url", "external_tool", "online_upload"}
REQUIRED = ("userId", "activityProgress", "gradingProgress", "timestamp")
FALSE = {False, "0", "f", "F", "false", "FALSE", "off", "OFF"}
AHEAD = timedelta(minutes=1)


class Invalid(Exception):
    """The score is refused with this HTTP status."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def parse(body: bytes, media: str) -> dict[str, Any]:
    """The score as sent. A body that is not labelled as JSON is not read at all. Raises Invalid."""
    if media != "application/json" and not media.endswith("+json"):
        return {}
    try:
        score = json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise Invalid(400, "There was an error parsing the JSON document") from None
    return score if isinstance(score, dict) else {}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def moment(value: object) -> datetime | None:
    """A time, read leniently; without a zone it is UTC."""
    if not isinstance(value, str) or not value.strip():
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def number(value: object) -> float | None:
    """A number, or a string of one."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def flag(value: object) -> bool | None:
    """A flag as Rails casts it: nearly everything is true."""
    if value is None or value == "":
        return None
    return not isinstance(value, bool | int | str) or value not in FALSE


@dataclass
class Post:
    """A score and where it goes. `submission` and `result` are one row in the first column of a link."""

    line_item: LineItem
    assignment: LineItem
    score: dict[str, Any]
    now: datetime

    @property
    def first(self) -> bool:
        return self.assignment.pk == self.line_item.pk

    @property
    def extension(self) -> dict[str, Any]:
        found = self.score.get(EXTENSION)
        return found if isinstance(found, dict) else {}

    @property
    def resets(self) -> bool:
        """No score that counts: the submission's is wiped, unless `preserve_score` says not to."""
        return self.score.get("gradingProgress") not in COUNTS or self.score.get("scoreGiven") is None

    @property
    def preserves(self) -> bool:
        return bool(flag(self.extension.get("preserve_score")))

    @property
    def gives_way(self) -> bool:
        return bool(flag(self.extension.get("prioritize_non_tool_grade")))

    @property
    def submission_type(self) -> str:
        return str(self.extension.get("submission_type") or "external_tool")

    @property
    def is_new(self) -> bool:
        return flag(self.extension.get("new_submission")) is not False and self.submission_type != "none"

    @property
    def submitted_at(self) -> object:
        given = self.score.get("submission")
        submitted = given.get("submittedAt") if isinstance(given, dict) else None
        return submitted or self.extension.get("submitted_at")


def apply(line_item: LineItem, score: dict[str, Any], *, now: datetime) -> Outcome:
    """Judge a score and, if it passes, change result and submission. Call inside a transaction."""
    post = Post(line_item, line_item.assignment, score, now)
    person: Person | None = None
    try:
        _check_link(post)
        person = _student(post)
        submission = gradebook.grade_of(post.assignment, person)
        result = submission if post.first else gradebook.grade_of(line_item, person)
        at = _check(post, submission, result)
    except Invalid as error:
        return Outcome(error.status, f"Refused: {error}", reason=str(error), person=person)
    verdict = _take(post, submission, result, at)
    return Outcome(200, verdict, accepted=True, person=person, grade=submission if post.first else result)


# Checks, in Canvas's order


def _check_link(post: Post) -> None:
    link_id = post.score.get("resourceLinkId")
    if link_id and str(link_id) != str(post.line_item.activity_id):
        raise Invalid(412, "The specified LTI link ID is not associated with the line item.")


def _student(post: Post) -> Person:
    """An active student; Student View counts as one. A missing userId ends here, before the required ones are asked."""
    user_id = post.score.get("userId")
    text = str(user_id) if isinstance(user_id, int | str) and not isinstance(user_id, bool) else ""
    person = gradebook.gradable(post.line_item.course, text, suspended=False, test=True)
    if person is None:
        raise Invalid(422, "User not found in course or is not a student")
    return person


def _check(post: Post, submission: Grade, result: Grade) -> datetime:
    """Everything from the required parameters on; returns the timestamp."""
    for name in REQUIRED:
        value = post.score.get(name)
        if value in (None, "", [], {}) or (isinstance(value, str) and not value.strip()):
            raise Invalid(400, f"param is missing or the value is empty: {name}")
    if not post.assignment.published:
        raise Invalid(422, "This assignment is still unpublished")
    at = _check_timestamp(post, result)
    if not post.resets:
        _check_points(post)
    _check_submitted_at(post)
    if post.submission_type == "online_upload":
        raise Invalid(422, "Content items must be provided with submission type 'online_upload'")
    _check_attempts(post, submission)
    _check_values(post)
    if post.first and submission.locked and not post.preserves:
        raise Invalid(422, "The grade cannot be changed: its grading period is closed")
    return at


def _check_timestamp(post: Post, result: Grade) -> datetime:
    sent = post.score["timestamp"]
    at = moment(sent)
    if at is None:
        raise Invalid(400, f"Provided timestamp of {sent} not a valid timestamp")
    if result.timestamp and result.timestamp > at:
        last = result.timestamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        raise Invalid(400, f"Provided timestamp of {sent} before last updated timestamp of {last}")
    return at


def _check_points(post: Post) -> None:
    if "scoreMaximum" not in post.score:
        raise Invalid(422, "ScoreMaximum not supplied when ScoreGiven present.")
    maximum = number(post.score["scoreMaximum"]) or 0.0
    if maximum < 0:
        raise Invalid(422, "ScoreMaximum must be greater than or equal to 0")
    if maximum == 0 and post.line_item.score_maximum != 0:
        raise Invalid(422, "cannot be zero if line item's maximum is not zero")
    if (number(post.score["scoreGiven"]) or 0.0) < 0:
        raise Invalid(422, "ScoreGiven must be greater than or equal to 0")


def _check_submitted_at(post: Post) -> None:
    submitted = post.submitted_at
    if not submitted:
        return
    at = moment(submitted)
    if at is None:
        raise Invalid(400, f"Provided submitted_at timestamp of {submitted} not a valid timestamp")
    if at > post.now + AHEAD:
        raise Invalid(400, f"Provided submitted_at timestamp of {submitted} in the future")


def _check_attempts(post: Post, submission: Grade) -> None:
    allowed = post.assignment.allowed_attempts
    if not post.is_new or allowed is None or submission.attempt < allowed:
        return
    if submission.submitted_at and moment(submission.submitted_at) == moment(post.submitted_at):
        return
    raise Invalid(422, "The maximum number of allowed attempts has been reached for this submission")


def _check_values(post: Post) -> None:
    """What the stored record would not take."""
    score = post.score
    if score["activityProgress"] not in ACTIVITY:
        raise Invalid(400, "Activity progress is not included in the list")
    if score["gradingProgress"] not in GRADING:
        raise Invalid(400, "Grading progress is not included in the list")
    for name, label in (("scoreGiven", "Result score"), ("scoreMaximum", "Result maximum")):
        if score.get(name) is not None and number(score[name]) is None:
            raise Invalid(400, f"{label} is not a number")
    if score.get("scoreGiven") is not None and score.get("scoreMaximum") is None:
        raise Invalid(400, "Result maximum can't be blank")


# Effects


def _take(post: Post, submission: Grade, result: Grade, at: datetime) -> str:
    """Change both sides and say in a few words what became of the grade."""
    if post.first:
        if post.is_new and post.score["activityProgress"] in HANDED_IN:
            _hand_in(post, submission)
        verdict = _grade(post, submission)
        if comment := _comment(post):
            submission.comments = [*submission.comments, comment]
    else:
        verdict = "Kept as a result: only the first column of a link writes the grade"
    result.raw, result.raw_maximum = number(post.score.get("scoreGiven")), number(post.score.get("scoreMaximum"))
    result.activity_progress, result.grading_progress = post.score["activityProgress"], post.score["gradingProgress"]
    result.comment, result.timestamp = _comment(post) or result.comment, at
    result.save()
    return verdict


def _hand_in(post: Post, submission: Grade) -> None:
    """A submission. The attempt number stays where the time of submission is the one on record."""
    at = (moment(post.submitted_at) or post.now).isoformat()
    if submission.submitted_at != at:
        submission.attempt += 1
    submission.submitted_at = at
    if post.submission_type in SUBMISSION_TYPES:
        data, links = post.extension.get("submission_data"), ("basic_lti_launch", "online_url")
        submission.submission_type = post.submission_type
        submission.submission_url = str(data)[:1000] if data and post.submission_type in links else ""


def _grade(post: Post, submission: Grade) -> str:
    if post.preserves:
        return "Noted; preserve_score keeps the grade as it was"
    if post.resets:
        had, submission.final = submission.final, None
        return "Noted; there was no grade to lose" if had is None else "Wiped: no score that counts"
    if post.gives_way and submission.final is not None:
        return "Noted; prioritize_non_tool_grade keeps the grade that was there"
    submission.final, submission.overridden = _points(post), False
    return "Recorded; needs review" if post.score["gradingProgress"] == "PendingManual" else "Recorded"


def _points(post: Post) -> float:
    """The score in the column's maximum; with pass or fail, any point is a pass."""
    given, maximum = number(post.score["scoreGiven"]) or 0.0, number(post.score["scoreMaximum"]) or 0.0
    if post.assignment.grading_type == Grading.PASS_FAIL:
        return post.assignment.score_maximum if given > 0 else 0.0
    if not maximum or maximum == post.line_item.score_maximum:
        return given
    return round(given * post.line_item.score_maximum / maximum, 8)


def _comment(post: Post) -> str:
    text = post.score.get("comment")
    return str(text) if isinstance(text, str | int | float) and text != "" else ""
