"""Caliper 1.2 and xAPI as JSON schemas, written from what their specifications require."""

from typing import Any

UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
IRI = {"type": "string", "pattern": r"^[a-z][a-z0-9+.-]*:\S+$"}
URN = {"type": "string", "pattern": f"^urn:uuid:{UUID}$"}
MOMENT = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
DURATION = {"type": "string", "pattern": r"^PT\d+S$"}
V1P2 = {"const": "http://purl.imsglobal.org/ctx/caliper/v1p2"}


def exactly(required: dict[str, Any], **optional: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


# --- Caliper 1.2

NAME = {"type": "string", "minLength": 1}
PERSON = exactly({"id": IRI, "type": {"const": "Person"}}, name=NAME)
APPLICATION = exactly({"id": IRI, "type": {"const": "SoftwareApplication"}}, name=NAME)
COURSE = exactly({"id": URN, "type": {"enum": ["CourseOffering", "CourseSection"]}}, name=NAME)
ASSESSMENT = exactly({"id": URN, "type": {"const": "Assessment"}}, name=NAME, maxScore={"type": "number", "minimum": 0})
ITEM = exactly({"id": URN, "type": {"const": "AssessmentItem"}, "isPartOf": ASSESSMENT}, name=NAME)
ATTEMPT = exactly(
    {
        "id": URN,
        "type": {"const": "Attempt"},
        "assignee": PERSON,
        "assignable": ASSESSMENT,
        "count": {"type": "integer", "minimum": 1},
        "startedAtTime": MOMENT,
    },
    endedAtTime=MOMENT,
)
SCORE = exactly(
    {"id": URN, "type": {"const": "Score"}, "attempt": URN, "scoreGiven": {"type": "number"}},
    maxScore={"type": "number", "exclusiveMinimum": 0},
    scoredBy=APPLICATION,
    dateCreated=MOMENT,
)
VALUES = {"type": "array", "items": {"type": "string"}, "minItems": 1}
COMMON_OF_RESPONSE = {"id": URN, "attempt": URN, "dateCreated": MOMENT}


def response(kind: str, **value: Any) -> dict[str, Any]:
    return exactly({"type": {"const": kind}, **COMMON_OF_RESPONSE, **value}, duration=DURATION)


RESPONSE = {
    "oneOf": [
        response("MultipleChoiceResponse", value=NAME),
        response("MultipleResponseResponse", values=VALUES),
        response("TrueFalseResponse", value={"enum": ["true", "false"]}),
        response("FillinBlankResponse", values=VALUES),
        response("Response", extensions={"type": "object"}),
    ]
}


def event(kind: str, profile: str, actions: list[str], actor: Any, thing: Any, **generated: Any) -> dict[str, Any]:
    return exactly(
        {
            "@context": V1P2,
            "id": URN,
            "type": {"const": kind},
            "profile": {"const": profile},
            "actor": actor,
            "action": {"enum": actions},
            "object": thing,
            "eventTime": MOMENT,
            **generated,
        },
        edApp=APPLICATION,
        group=COURSE,
    )


ENVELOPE = exactly(
    {
        "sensor": IRI,
        "sendTime": MOMENT,
        "dataVersion": V1P2,
        "data": {
            "type": "array",
            "minItems": 1,
            "items": {
                "oneOf": [
                    event(
                        "AssessmentEvent", "AssessmentProfile", ["Started", "Submitted"], PERSON, ASSESSMENT,
                        generated=ATTEMPT,
                    ),
                    event("AssessmentItemEvent", "AssessmentProfile", ["Completed"], PERSON, ITEM, generated=RESPONSE),
                    event("AssessmentItemEvent", "AssessmentProfile", ["Skipped"], PERSON, ITEM),
                    event("GradeEvent", "GradingProfile", ["Graded"], APPLICATION, ATTEMPT, generated=SCORE),
                    event("ToolUseEvent", "ToolUseProfile", ["Used"], PERSON, APPLICATION),
                ]
            },
        },
    }
)  # fmt: skip

# --- xAPI 1.0.3 and 2.0.0

LANGUAGES = {
    "type": "object",
    "patternProperties": {"^[a-z]{2,3}(-.+)?$": {"type": "string"}},
    "additionalProperties": False,
}
COMPONENT = exactly({"id": {"type": "string", "pattern": r"^\S+$"}, "description": LANGUAGES})
COMPONENTS = {"type": "array", "items": COMPONENT, "minItems": 1}
DEFINITION: dict[str, Any] = {
    **exactly(
        {},
        type=IRI,
        name=LANGUAGES,
        description=LANGUAGES,
        interactionType={
            "enum": [
                "true-false", "choice", "fill-in", "long-fill-in", "matching", "performance", "sequencing", "likert",
                "numeric", "other",
            ]
        },
        correctResponsesPattern={"type": "array", "items": {"type": "string"}},
        choices=COMPONENTS,
        source=COMPONENTS,
        target=COMPONENTS,
    ),
    # Components belong to the interaction types that have them, and only there.
    "allOf": [
        {
            "if": {"required": ["choices"]},
            "then": {"properties": {"interactionType": {"enum": ["choice", "sequencing"]}}},
        },
        {
            "if": {"anyOf": [{"required": ["source"]}, {"required": ["target"]}]},
            "then": {"properties": {"interactionType": {"const": "matching"}}, "required": ["source", "target"]},
        },
        {"if": {"required": ["interactionType"]}, "then": {"properties": {"type": {"pattern": "cmi.interaction$"}}}},
    ],
}  # fmt: skip
ACTIVITY = exactly({"id": IRI}, objectType={"const": "Activity"}, definition=DEFINITION)
ACTIVITIES = {"type": "array", "items": ACTIVITY, "minItems": 1}
STATEMENT = exactly(
    {
        "id": {"type": "string", "pattern": f"^{UUID}$"},
        # One identifier and no more: an account, never a mailbox.
        "actor": exactly(
            {"account": exactly({"homePage": IRI, "name": NAME})}, objectType={"const": "Agent"}, name=NAME
        ),
        "verb": exactly({"id": IRI}, display=LANGUAGES),
        "object": ACTIVITY,
        "timestamp": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$"},
    },
    result=exactly(
        {},
        score=exactly(
            {},
            scaled={"type": "number", "minimum": -1, "maximum": 1},
            raw={"type": "number"},
            min={"type": "number"},
            max={"type": "number"},
        ),
        success={"type": "boolean"},
        completion={"type": "boolean"},
        response={"type": "string"},
        duration=DURATION,
    ),
    context=exactly(
        {},
        registration={"type": "string", "pattern": f"^{UUID}$"},
        platform=NAME,
        contextActivities=exactly({}, parent=ACTIVITIES, grouping=ACTIVITIES),
    ),
)
STATEMENTS = {"type": "array", "items": STATEMENT, "minItems": 1}
