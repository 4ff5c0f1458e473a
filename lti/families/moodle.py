"""Moodle 4.5 and later, as observed: scores.php and gradebookservices.php of mod/lti/service."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from lti.families import generic
from lti.families.verdict import Kind, Verdict
from lti.http import Answer
from lti.models import ScoreEvent

# Moodle rounds a score to five decimals before it scales it to the column: 2 of 3 becomes 5.33336 of 8.
OWN_MAXIMUM = True
PLACES = Decimal("0.00001")


def body(event: ScoreEvent, *, maximum: Decimal, new_submission: bool) -> dict[str, Any]:
    sent = generic.body(event, maximum=maximum, new_submission=new_submission)
    sent["scoreGiven"] = float((event.score_given * maximum / event.score_maximum).quantize(PLACES))
    return sent


def read(answer: Answer) -> Verdict:
    verdict = generic.read(answer)
    if answer.status == 400:
        hint = "Moodle does not grade this person here: not enrolled, removed, or a teacher."
        return replace(verdict, hint=hint)
    if verdict.kind is Kind.RETRY and answer.status == 500:
        return replace(verdict, hint="Moodle had a fault; we keep trying. Is this grade locked in the gradebook?")
    return verdict
