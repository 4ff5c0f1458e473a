"""Caliper 1.2 events in envelopes: https://www.imsglobal.org/spec/caliper/v1p2

A check that was handed in becomes Started, Completed or Skipped for each question, and Submitted, with the times at
which they happened; one that is marked becomes Graded.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from events.models import TEST, Endpoint, Event, Type
from feeds import credentials, sittings
from feeds.parcels import Document, Entry, Written
from feeds.sittings import Answered, Sitting, home, urn

BATCH = 50
TYPES = (Type.ATTEMPT_SUBMITTED, Type.ATTEMPT_MARKED)
VERSION = "http://purl.imsglobal.org/ctx/caliper/v1p2"
RESPONSES = {"true-false": "TrueFalseResponse", "fill-in": "FillinBlankResponse"}


def documents(endpoint: Endpoint, event: Event) -> list[Document]:
    if event.type == TEST:
        return [_test(event)]
    sitting = sittings.of(endpoint, event)
    if sitting is None:
        return []
    if event.type == Type.ATTEMPT_MARKED:
        return [_graded(sitting)]
    started = _event(sitting, "AssessmentEvent", "Started", sitting.attempt.started_at, _assessment(sitting))
    submitted = _event(
        sitting, "AssessmentEvent", "Submitted", sitting.attempt.submitted_at or sitting.event.at, _assessment(sitting)
    )
    for made in (started, submitted):
        made["generated"] = _attempt(sitting)
    return [started, *(_item(sitting, answer) for answer in sitting.answers), submitted]


def write(endpoint: Endpoint, entries: Sequence[Entry], now: datetime) -> Written:
    envelope = {
        "sensor": home(),
        "sendTime": moment(now),
        "dataVersion": VERSION,
        "data": [made for _, found in entries for made in found],
    }
    return json.dumps(envelope).encode(), {"Content-Type": "application/json", **credentials.headers(endpoint)}


def moment(at: datetime) -> str:
    """UTC with milliseconds, as the specification asks."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _item(sitting: Sitting, answer: Answered) -> Document:
    thing: Document = {
        "id": urn(answer.item.item_id),
        "type": "AssessmentItem",
        "name": answer.stem,
        "isPartOf": _assessment(sitting),
    }
    if not answer.values:
        return _event(sitting, "AssessmentItemEvent", "Skipped", sitting.attempt.submitted_at, thing, answer.item.pk)
    made = _event(sitting, "AssessmentItemEvent", "Completed", answer.response.saved_at, thing, answer.item.pk)
    made["generated"] = _response(sitting, answer)
    return made


def _response(sitting: Sitting, answer: Answered) -> Document:
    made: Document = {
        "id": urn(answer.response.pk),
        "type": RESPONSES.get(answer.interaction, "Response"),
        "attempt": urn(sitting.attempt.pk),
        "dateCreated": moment(answer.response.saved_at),
    }
    if answer.response.seconds:
        made["duration"] = sittings.duration(answer.response.seconds)
    if answer.interaction == "choice":
        several = isinstance(next(iter(answer.response.answer.values())), list)
        made["type"] = "MultipleResponseResponse" if several else "MultipleChoiceResponse"
        return made | ({"values": answer.values} if several else {"value": answer.values[0]})
    if answer.interaction == "true-false":
        return made | {"value": answer.values[0]}
    if answer.interaction == "fill-in":
        return made | {"values": answer.values}
    return made | {"extensions": {"values": answer.values}}


def _graded(sitting: Sitting) -> Document:
    attempt = sitting.attempt
    made = _event(sitting, "GradeEvent", "Graded", attempt.marked_at or sitting.event.at, _attempt(sitting))
    made["actor"] = _application()
    made["generated"] = {
        "id": urn(sitting.identifier("score")),
        "type": "Score",
        "attempt": urn(attempt.pk),
        "maxScore": float(attempt.points_max),
        "scoreGiven": float(attempt.points),
        "scoredBy": _application(),
        "dateCreated": moment(attempt.marked_at or sitting.event.at),
    }
    return made


def _event(sitting: Sitting, kind: str, action: str, at: datetime | None, thing: Document, *parts: object) -> Document:
    made: Document = {
        "@context": VERSION,
        "id": urn(sitting.identifier(kind, action, *parts)),
        "type": kind,
        "profile": "GradingProfile" if kind == "GradeEvent" else "AssessmentProfile",
        "actor": _person(sitting),
        "action": action,
        "object": thing,
        "eventTime": moment(at or sitting.event.at),
        "edApp": _application(),
    }
    if sitting.assignment.course is not None:
        course = sitting.assignment.course
        made["group"] = {"id": urn(course.pk), "type": "CourseOffering", "name": str(course)}
    return made


def _attempt(sitting: Sitting) -> Document:
    attempt = sitting.attempt
    made: Document = {
        "id": urn(attempt.pk),
        "type": "Attempt",
        "assignee": _person(sitting),
        "assignable": _assessment(sitting),
        "count": attempt.number,
        "startedAtTime": moment(attempt.started_at),
    }
    return made | ({"endedAtTime": moment(attempt.submitted_at)} if attempt.submitted_at else {})


def _assessment(sitting: Sitting) -> Document:
    return {
        "id": urn(sitting.assignment.pk),
        "type": "Assessment",
        "name": sitting.assignment.title,
        "maxScore": float(sitting.attempt.points_max),
    }


def _person(sitting: Sitting) -> Document:
    name: dict[str, Any] = {"name": sitting.person.display_name} if sitting.endpoint.with_names else {}
    return {"id": urn(sitting.person.pk), "type": "Person", **name}


def _application() -> Document:
    return {"id": home(), "type": "SoftwareApplication", "name": "Assay"}


def _test(event: Event) -> Document:
    return {
        "@context": VERSION,
        "id": urn(event.pk),
        "type": "ToolUseEvent",
        "profile": "ToolUseProfile",
        "actor": {"id": f"{home()}/#test", "type": "Person"},
        "action": "Used",
        "object": _application(),
        "eventTime": moment(event.at),
        "edApp": _application(),
    }
