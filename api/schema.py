"""OpenAPI 3.1: what is the same for every operation is written once, here."""

import json
from functools import cache
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView

from api import keys
from api.idempotency import HEADER
from api.problems import BY_STATUS, CONTENT_TYPE, KINDS
from content import item_types

PROBLEM = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "The kind of problem; a page about it."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What to do about it."},
        "instance": {"type": "string", "format": "uri-reference", "description": "The address that was asked for."},
        "errors": {
            "type": "object",
            "description": "By parameter, where parameters are not valid.",
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
    },
}
EXAMPLES: dict[int, dict[str, Any]] = {
    400: {
        "detail": "`limit`: Must be a whole number from 1 to 200.",
        "errors": {"limit": ["Must be a whole number from 1 to 200."]},
    },
    401: {"detail": "This key or token is unknown, replaced or revoked."},
    403: {"detail": "This key lacks the scope `grades:read`."},
    429: {"detail": "More than 1200 requests in a minute."},
}


# Of parameters that the generator adds, or whose words it drops.
WORDS = {
    "format": "Instead of `Accept`. CSV without `limit` and `cursor` is the whole.",
    "version": "Number of the quiz version that was answered.",
}


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Give every operation the problems that it can answer with."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    result["components"]["responses"] = {code: _response(code) for code in KINDS}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                parameter.setdefault("description", WORDS.get(parameter["name"], ""))
            for status in {*_statuses(path, operation), *_declared(operation)}:
                operation["responses"][str(status)] = {"$ref": f"#/components/responses/{BY_STATUS[status]}"}
            if "200" in operation["responses"]:
                _describe_list(operation, result["components"]["schemas"])
            operation["responses"] = dict(sorted(operation["responses"].items()))
    return result


def add_kinds(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """What each kind of question adds to a question and to its answer."""
    schemas = result["components"]["schemas"]
    kinds = [item_types.get(kind) for kind in item_types.KINDS]
    for name in ("PublicItem", "Question", "ResultItem"):
        schemas[name]["properties"] |= _together([kind.PUBLIC for kind in kinds])
    for name in ("Response", "Question", "ResultItem", "Answer"):
        schemas[name]["properties"]["answer"]["properties"] = _together([kind.ANSWER for kind in kinds])
    return result


def close_bodies(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Bodies in which an unknown field is refused."""
    for name in ("BeginRequest", "AnswerRequest", "AccommodationRequest"):
        result["components"]["schemas"][name]["additionalProperties"] = False
    return result


def _together(described: list[dict[str, Any]]) -> dict[str, Any]:
    """Properties by name; where kinds mean different things by a name, it is any of them."""
    names = dict.fromkeys(name for properties in described for name in properties)
    found: dict[str, Any] = {}
    for name in names:
        schemas = [properties[name] for properties in described if name in properties]
        different = [schema for at, schema in enumerate(schemas) if schema not in schemas[:at]]
        found[name] = different[0] if len(different) == 1 else {"anyOf": different}
    return found


UNTIL = {
    "description": "Every change before this moment is in the answer: the `updated_since` of your next run.",
    "schema": {"type": "string", "format": "date-time"},
}


def _describe_list(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    """CSV is text, pages are linked in a header, and rows have the columns that were asked for."""
    answer, parameters = operation["responses"]["200"], {one["name"] for one in operation.get("parameters", [])}
    content = answer["content"]
    if "text/csv" in content:
        content["text/csv"] = {"schema": {"type": "string", "description": "A header line, then a line a row."}}
    if "Paginated" in str(content.get("application/json")):
        link = {"description": 'RFC 8288: `rel="next"`, `rel="prev"`.', "schema": {"type": "string"}}
        answer["headers"] = {"Link": link} | ({"Updated-Until": UNTIL} if "updated_since" in parameters else {})
        if "fields" in parameters:
            page = schemas[content["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]]
            schemas[page["properties"]["results"]["items"]["$ref"].rsplit("/", 1)[1]].pop("required", None)


def _declared(operation: dict[str, Any]) -> list[int]:
    """Problems that an operation names itself."""
    return [int(status) for status in operation["responses"] if int(status) in BY_STATUS]


def _statuses(path: str, operation: dict[str, Any]) -> list[int]:
    keyed = [401, 403] if operation.get("security") else []
    repeatable = any(parameter["name"] == HEADER for parameter in operation.get("parameters", []))
    return [400, *keyed, *([404] if "{" in path else []), 406, *([409, 422] if repeatable else []), 429, 500]


def _response(code: str) -> dict[str, Any]:
    kind = KINDS[code]
    example = {"type": f"/api/problems/{code}", "title": kind.title, "status": kind.status, "detail": kind.help}
    example |= {"instance": "/api/v1/attempts"} | EXAMPLES.get(kind.status, {})
    content = {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
    found: dict[str, Any] = {"description": kind.title, "content": content}
    if kind.status in (401, 403):
        found["headers"] = {"WWW-Authenticate": {"description": "RFC 6750.", "schema": {"type": "string"}}}
    if kind.status == 429:
        found["headers"] = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
    return found


@method_decorator(cache_control(public=True, max_age=300), name="dispatch")
class Schema(SpectacularAPIView):
    """The schema itself: YAML, or JSON with `?format=json`."""


@cache
def _described() -> dict[str, Any]:
    generator: Any = SchemaGenerator
    return cast(dict[str, Any], generator().get_schema(public=True))


def docs(request: HttpRequest) -> HttpResponse:
    """A page to read the API, written on the server from the schema: no script, nothing from elsewhere."""
    schema = _described()
    calls = [
        _call(method, path, operation)
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
    ]
    groups = [(tag, [call for call in calls if tag["name"] in call["operation"]["tags"]]) for tag in schema["tags"]]
    base = request.build_absolute_uri("/api/")
    return render(request, "api/docs.html", {**schema, "groups": groups, "scopes": keys.SCOPES, "base": base})


def _call(method: str, path: str, operation: dict[str, Any]) -> dict[str, Any]:
    good: dict[str, Any] = next(
        (answer for status, answer in operation["responses"].items() if status.startswith("2")), {}
    )
    example = good.get("content", {}).get("application/json", {}).get("example")
    return {
        "method": method.upper(),
        "path": path,
        "operation": operation,
        "paragraphs": operation["description"].split("\n\n"),
        "example": json.dumps(example, indent=1) if example else "",
    }
