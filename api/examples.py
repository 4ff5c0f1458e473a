"""An example of everything that the schema describes, made from the schema itself so that it cannot be wrong."""

from typing import Any

BY_FORMAT = {
    "uuid": "0192f3c4-5d6e-7f80-9123-456789abcdef",
    "date-time": "2026-11-23T09:00:00Z",
    "date": "2026-11-23",
    "uri": "https://assay.example/api/v1/attempts?limit=50",
    "email": "alice@example.edu",
    "binary": "(the file)",
}
BY_NAME = {
    "title": "End of lesson check",
    "assignment_title": "End of lesson check",
    "quiz_title": "End of lesson check",
    "course_title": "Data literacy, autumn",
    "slug": "data-literacy",
    "quiz": "data-literacy",
    "person_name": "Alice Adams",
    "person_email": "alice@example.edu",
    "item": "q1",
    "identifier": "q1",
    "answer_text": "The training data",
    "label": "The training data",
    "stem": "What decides what a model learns?",
    "tier": "exact",
    "reason": "Two options were right.",
}


def of(schema: dict[str, Any], components: dict[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value that fits the schema."""
    if "$ref" in schema:
        return of(components[schema["$ref"].rsplit("/", 1)[1]], components, name, depth + 1)
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return of(schema[several][0], components, name, depth)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type", "object")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        properties = {} if depth > 12 else schema.get("properties", {})
        return {key: of(part, components, key, depth + 1) for key, part in properties.items()}
    if kind == "array":
        return [of(schema["items"], components, name, depth + 1)] * schema.get("minItems", 1)
    return _plain(kind, schema, name)


def _plain(kind: str, schema: dict[str, Any], name: str) -> Any:
    if kind == "string":
        return BY_FORMAT.get(schema.get("format", "")) or BY_NAME.get(name, name.replace("_", " ") or "text")
    return {"boolean": True, "integer": 1, "number": 0.5, "null": None}[kind]


def add(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """A hook of the schema: what answers in JSON gets an example."""
    components = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            for response in operation["responses"].values():
                for media, content in response.get("content", {}).items():
                    if media == "application/json" and "example" not in content:
                        content["example"] = of(content["schema"], components)
                    if media in ("application/octet-stream", "application/zip"):
                        content["example"] = BY_FORMAT["binary"]
    return result
