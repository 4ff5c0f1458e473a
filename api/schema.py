"""OpenAPI 3.1: what is the same for every operation is written once, here."""

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

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


def add_problems(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """Give every operation the problems that it can answer with."""
    result["components"]["schemas"]["Problem"] = PROBLEM
    result["components"]["responses"] = {code: _response(code) for code in KINDS}
    for path, operations in result["paths"].items():
        for operation in operations.values():
            for status in {*_statuses(path, operation), *_declared(operation)}:
                operation["responses"][str(status)] = {"$ref": f"#/components/responses/{BY_STATUS[status]}"}
            if "200" in operation["responses"]:
                _describe_list(operation["responses"]["200"])
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
    for name in ("BeginRequest", "AnswerRequest"):
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


def _describe_list(answer: dict[str, Any]) -> None:
    """CSV is text, and pages are linked in a header."""
    content = answer["content"]
    if "text/csv" in content:
        content["text/csv"] = {"schema": {"type": "string", "description": "A header line, then a line a row."}}
    if "Paginated" in str(content.get("application/json")):
        link = {"description": 'RFC 8288: `rel="next"`, `rel="prev"`.', "schema": {"type": "string"}}
        answer["headers"] = {"Link": link}


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


class Docs(SpectacularSwaggerSplitView):
    """Pages to read and try the API; every asset is served from here."""

    template_name = "api/docs.html"
    url_name = "api:schema"
