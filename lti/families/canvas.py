"""Canvas, from app/controllers/lti/ims/scores_controller.rb."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from lti.families import generic
from lti.families.verdict import Kind, Verdict
from lti.http import Answer
from lti.models import ScoreEvent

OWN_MAXIMUM = False
SUBMISSION = "https://canvas.instructure.com/lti/submission"
HOLD = 3_600.0  # seconds between tries at an assignment that a teacher has to publish first

HINTS = {
    "not found in course": "This person is not a student of the course any more.",
    "concluded": "The course is over in Canvas and takes no more grades.",
}


def body(event: ScoreEvent, *, maximum: Decimal, new_submission: bool) -> dict[str, Any]:
    """`PendingManual` with a score shows it as waiting for review; without a score it would wipe the grade.

    A repeated `submittedAt` does not use up another attempt.
    """
    sent = generic.body(event, maximum=maximum, new_submission=new_submission)
    if not event.final:
        sent["gradingProgress"] = "PendingManual"
    return {**sent, SUBMISSION: {"new_submission": new_submission}}


def read(answer: Answer) -> Verdict:
    words = answer.text.lower()
    if answer.status == 400 and "before last updated" in words:
        return Verdict(Kind.COMPARE)
    if answer.status == 422 and "unpublished" in words:
        return Verdict(Kind.RETRY, "The assignment is not published in Canvas. Publish it; we keep trying.", HOLD)
    if answer.status == 422 and "number of allowed attempts" in words:
        return Verdict(Kind.WITHOUT_SUBMISSION, "Canvas says that all allowed attempts are used up.")
    verdict = generic.read(answer)
    hint = next((hint for phrase, hint in HINTS.items() if phrase in words), verdict.hint)
    return replace(verdict, hint=hint)
