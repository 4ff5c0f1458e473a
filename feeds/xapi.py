"""xAPI statements: https://opensource.ieee.org/xapi/xapi-base-standard-documentation (2.0) and its 1.0.3.

A person is an account of this service, never a mail address. Ids are made from the event, so an LRS knows a repeat.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from content import rendering
from events.models import TEST, Endpoint, Event, Type
from feeds import credentials, sittings
from feeds.parcels import Document, Entry, Written
from feeds.sittings import Answered, Sitting, duration, home, urn

BATCH = 50
TYPES = (Type.ATTEMPT_SUBMITTED, Type.ATTEMPT_MARKED)
VERBS = "http://adlnet.gov/expapi/verbs/"
ACTIVITIES = "http://adlnet.gov/expapi/activities/"
COMPONENTS: dict[str, dict[str, str]] = {  # what an interaction type calls the parts of a question's body
    "choice": {"choices": "options"},
    "sequencing": {"choices": "entries"},
    "matching": {"source": "prompts", "target": "choices"},
}


def documents(endpoint: Endpoint, event: Event) -> list[Document]:
    if event.type == TEST:
        return [_test(event)]
    sitting = sittings.of(endpoint, event)
    if sitting is None:
        return []
    if event.type == Type.ATTEMPT_SUBMITTED:
        return [_completed(sitting)]
    return [*(_answered(sitting, answer) for answer in sitting.answers), _scored(sitting)]


def write(endpoint: Endpoint, entries: Sequence[Entry], now: datetime) -> Written:
    statements = [statement for _, found in entries for statement in found]
    headers = {"Content-Type": "application/json", "X-Experience-API-Version": endpoint.xapi_version}
    return json.dumps(statements).encode(), headers | credentials.headers(endpoint)


def _completed(sitting: Sitting) -> Document:
    attempt = sitting.attempt
    assert attempt.submitted_at is not None
    taken = (attempt.submitted_at - attempt.started_at).total_seconds()
    result = {"completion": True, "duration": duration(taken)}
    return _statement(sitting, "completed", _assessment(sitting), result, attempt.submitted_at)


def _scored(sitting: Sitting) -> Document:
    """`passed` or `failed` where the assignment says what a pass is."""
    attempt, needed = sitting.attempt, sitting.assignment.pass_percent
    result: Document = {"score": _score(float(attempt.points), float(attempt.points_max)), "completion": True}
    verb = "scored"
    if needed is not None:
        result["success"] = attempt.points * 100 >= attempt.points_max * needed
        verb = "passed" if result["success"] else "failed"
    return _statement(sitting, verb, _assessment(sitting), result, attempt.marked_at or sitting.event.at)


def _answered(sitting: Sitting, answer: Answered) -> Document:
    result: Document = {"response": "[,]".join(answer.values)}
    if answer.points is not None:
        result |= {"success": bool(answer.right)}
        if answer.item.points:
            result["score"] = _score(float(answer.points), float(answer.item.points))
    if answer.response.seconds:
        result["duration"] = duration(answer.response.seconds)
    thing = {"id": urn(answer.item.item_id), "objectType": "Activity", "definition": _question(sitting, answer)}
    made = _statement(
        sitting, "answered", thing, result, sitting.attempt.submitted_at or sitting.event.at, answer.response.pk
    )
    made["context"]["contextActivities"]["parent"] = [_assessment(sitting)]
    return made


def _question(sitting: Sitting, answer: Answered) -> Document:
    definition: Document = {
        "type": ACTIVITIES + "cmi.interaction",
        "interactionType": answer.interaction,
        "description": _words(answer.stem),
    }
    for name, field in COMPONENTS.get(answer.interaction, {}).items():
        definition[name] = [_component(option) for option in answer.body[field]]
    if sitting.endpoint.with_key and (pattern := _pattern(answer)):
        definition["correctResponsesPattern"] = pattern
    return definition


def _pattern(answer: Answered) -> list[str]:
    """What earns full credit, where xAPI has a way to write it."""
    body = answer.body
    if answer.interaction == "choice":
        right = [str(option["id"]) for option in body["options"] if option["credit"] > 0]
        full = [str(option["id"]) for option in body["options"] if option["credit"] == 1]
        return ["[,]".join(right)] if "scoring" in body else full  # only where several may be chosen is there a scoring
    if answer.interaction == "true-false":
        return sittings.parts(body["correct"])
    if answer.interaction == "sequencing":
        return ["[,]".join(sittings.parts(body["key"]))]
    if answer.interaction == "matching":
        return ["[,]".join(sittings.parts({prompt["id"]: prompt["match"] for prompt in body["prompts"]}))]
    return []


def _statement(
    sitting: Sitting, verb: str, thing: Document, result: Document, at: datetime, *parts: object
) -> Document:
    account = {"homePage": home(), "name": str(sitting.person.pk)}
    name = {"name": sitting.person.display_name} if sitting.endpoint.with_names else {}
    context: Document = {
        "registration": str(sitting.attempt.pk),
        "platform": "Assay",
        "contextActivities": {},
    }
    if sitting.assignment.course is not None:
        course = {"type": ACTIVITIES + "course", "name": _words(str(sitting.assignment.course))}
        grouping = {"id": urn(sitting.assignment.course.pk), "objectType": "Activity", "definition": course}
        context["contextActivities"]["grouping"] = [grouping]
    return {
        "id": sitting.identifier(verb, *parts),
        "actor": {"objectType": "Agent", "account": account, **name},
        "verb": _verb(verb),
        "object": thing,
        "result": result,
        "context": context,
        "timestamp": at.isoformat(),
    }


def _assessment(sitting: Sitting) -> Document:
    definition = {"type": ACTIVITIES + "assessment", "name": _words(sitting.assignment.title)}
    return {"id": urn(sitting.assignment.pk), "objectType": "Activity", "definition": definition}


def _test(event: Event) -> Document:
    return {
        "id": str(event.pk),
        "actor": {"objectType": "Agent", "account": {"homePage": home(), "name": "test"}},
        "verb": _verb("experienced"),
        "object": {"id": home(), "objectType": "Activity", "definition": {"name": {"en": "A test by Assay"}}},
        "timestamp": event.at.isoformat(),
    }


def _verb(name: str) -> Document:
    return {"id": VERBS + name, "display": {"en": name}}


def _component(option: Mapping[str, Any]) -> Document:
    return {"id": str(option["id"]), "description": _words(rendering.plain(str(option["text"])))}


def _words(text: str) -> Document:
    """A language map of what authors wrote."""
    return {settings.ASSAY_CONTENT_LANGUAGE: text}


def _score(points: float, most: float) -> Document:
    return {"scaled": round(points / most, 4), "raw": points, "min": 0, "max": most}
