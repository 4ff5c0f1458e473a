"""Writes `clients/python/assay_client/api.py` from the OpenAPI description on standard input: `make client`.

Rows are TypedDicts, what JSON holds; every operation is a method. A list gives every row of all its pages.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

HEAD = '''"""The operations of the Assay API and the rows that they give. Written by `make client`: not by hand."""

from collections.abc import Iterator
from typing import Any, Literal, NotRequired, TypedDict

from assay_client.http import Http

# mypy: no-warn-return-any

'''
SIMPLE = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "object": "dict[str, Any]"}
LEFT_TO_HTTP = {"cursor", "bom"}
Schema = dict[str, Any]


def write(api: Schema) -> str:
    schemas = api["components"]["schemas"]
    found = [
        (path, verb, operation)
        for path, operations in api["paths"].items()
        for verb, operation in operations.items()
        if verb in ("get", "post", "put", "patch", "delete")
    ]
    choices: dict[str, str] = {}
    methods = [
        with_names(method(path, verb, operation, schemas), operation["operationId"], choices)
        for path, verb, operation in found
    ]
    rows = [f"{name} = {values}" for values, name in choices.items()]
    rows += [row(name, schemas[name]) for name in used("\n".join(methods), schemas)]
    text = HEAD + "\n\n".join(rows) + '\n\n\nclass Assay(Http):\n    """One institution, by its API key."""\n\n'
    return formatted(text + "\n\n".join(methods) + "\n")


def with_names(text: str, operation: str, choices: dict[str, str]) -> str:
    """The method with a name for each long list of values that an argument takes; `choices` are the names so far."""

    def named(found: re.Match[str]) -> str:
        argument, before, values = found.groups()
        name = choices.setdefault(values, f"{operation[:1].upper()}{operation[1:]}{argument.title()}")
        return f"{argument}: {before or ''}{name}"

    return re.sub(r"(\w+): (list\[)?(Literal\[[^\]]{80,}\])", named, text)


def used(text: str, schemas: dict[str, Schema]) -> list[str]:
    """The names that the methods mention, and those that these are made of."""
    open_names, done = names_in(text, schemas), set()
    while open_names:
        name = open_names.pop()
        done.add(name)
        open_names |= names_in(row(name, schemas[name]), schemas) - done
    return sorted(done, key=lambda name: ("enum" not in schemas[name], name))


def names_in(text: str, schemas: dict[str, Schema]) -> set[str]:
    quoted = " ".join(re.findall(r'"([\w |,\[\]]+)"', text))
    return schemas.keys() & set(re.findall(r"\w+", quoted))


def row(name: str, schema: Schema) -> str:
    if "properties" not in schema:
        return f"{name} = {type_of(schema)}"
    required = schema.get("required", [])
    fields = {
        field: kind if field in required else f"NotRequired[{kind}]"
        for field, kind in ((field, type_of(about)) for field, about in schema["properties"].items())
    }
    return f"{name} = TypedDict({name!r}, {{{', '.join(f'{field!r}: {kind}' for field, kind in fields.items())}}})"


def type_of(schema: Schema) -> str:
    if schema.get("$ref", "").endswith("/NullEnum"):  # drf-spectacular's name for it
        return "None"
    if "$ref" in schema:
        return f'"{schema["$ref"].rsplit("/", 1)[1]}"'
    if "enum" in schema:
        return f"Literal[{', '.join(map(repr, schema['enum']))}]"
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return union(type_of(one) for one in schema[several])
    kinds = schema.get("type", [])
    return union(typed(kind, schema) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def typed(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"list[{type_of(schema.get('items', {}))}]"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"dict[str, {type_of(schema['additionalProperties'])}]"
    is_file = schema.get("format") == "binary" or "contentMediaType" in schema
    return "bytes" if is_file else SIMPLE.get(kind, "None")


def union(kinds: Iterator[str]) -> str:
    """A name in quotes cannot stand beside `|`, so the quotes go around the whole."""
    different = list(dict.fromkeys(kinds))
    if len(different) < 2:
        return different[0] if different else "Any"
    joined = " | ".join(different)
    return f'"{joined.replace(chr(34), "")}"' if '"' in joined else joined


def method(path: str, verb: str, operation: Schema, schemas: dict[str, Schema]) -> str:
    sent, body = body_of(operation, schemas)
    answer, call = answer_of(operation, schemas)
    asked = [one for one in operation.get("parameters", []) if one["in"] == "query" and is_asked(one, call)]
    named = [argument(one["name"], type_of(one["schema"]), one.get("required", False)) for one in asked] + sent
    positional = [
        f"{one['name']}: {type_of(one['schema'])}" for one in operation.get("parameters", []) if one["in"] == "path"
    ]
    signature = ", ".join(["self", *positional, *(["*", *sorted(named, key=is_optional)] if named else [])])
    query = ", ".join(f"{one['name']!r}: {safe(one['name'])}" for one in asked)
    repeatable = any(one["name"] == "Idempotency-Key" for one in operation.get("parameters", []))
    extras = [f"params={{{query}}}"] * bool(query) + body + ["once=True"] * repeatable
    arguments = ", ".join([repr(verb.upper()), f'f"{path}"' if positional else f'"{path}"', *extras])
    words = operation.get("summary") or re.split(r"\.\s", operation.get("description", ""))[0]
    return (
        f"    def {snake(operation['operationId'])}({signature}) -> {answer}:\n"
        f'        """{" ".join(words.split()).rstrip(".")}."""\n'
        f"        return self.{call}({arguments})"
    )


def is_asked(parameter: Schema, call: str) -> bool:
    """JSON is what the client reads, and it turns the pages itself."""
    name = parameter["name"]
    return name not in LEFT_TO_HTTP and (name != "format" or bool(parameter.get("required")))


def body_of(operation: Schema, schemas: dict[str, Schema]) -> tuple[list[str], list[str]]:
    content = operation.get("requestBody", {}).get("content", {})
    for kind, how in (("multipart/form-data", "form"), ("application/json", "json")):
        if kind in content:
            schema = content[kind]["schema"]
            schema = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
            required, fields = schema.get("required", []), schema.get("properties", {})
            takes = [argument(name, type_of(about), name in required) for name, about in fields.items()]
            given = [f"{name!r}: {safe(name)}" for name in fields if name in required]
            optional = [f"{name!r}: {safe(name)}" for name in fields if name not in required]
            given += [f"**self._given({{{', '.join(optional)}}})"] * bool(optional)
            return takes, [f"{how}={{{', '.join(given)}}}"]
    return [], []


def answer_of(operation: Schema, schemas: dict[str, Schema]) -> tuple[str, str]:
    """What the method gives, and which function of `Http` gets it."""
    good = [answer for status, answer in sorted(operation["responses"].items()) if status.startswith("2")]
    content = good[0].get("content", {}) if good else {}
    if "application/json" not in content:
        return ("bytes", "_bytes") if content else ("None", "_nothing")
    schema = content["application/json"]["schema"]
    listed = schemas.get(schema.get("$ref", "").rsplit("/", 1)[-1], {}).get("properties", {})
    if {"results", "next"} <= listed.keys():
        return f"Iterator[{type_of(listed['results']['items'])}]", "_rows"
    return type_of(schema), "_json"


def argument(name: str, kind: str, required: bool) -> str:
    if required:
        return f"{safe(name)}: {kind}"
    return f"{safe(name)}: {union(iter([kind, 'None']))} = None"


def is_optional(text: str) -> bool:
    return text.endswith("= None")


def safe(name: str) -> str:
    return f"{name}_" if name in ("from", "in", "class", "global") else name.replace("-", "_")


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def formatted(text: str) -> str:
    ruff = [sys.executable, "-m", "ruff"]
    fixed = [*ruff, "check", "--quiet", "--isolated", "--select", "UP", "--fix", "--unsafe-fixes", "--target-version"]
    for command in ([*fixed, "py311", "-"], [*ruff, "format", "--quiet", "--isolated", "--line-length", "120", "-"]):
        text = subprocess.run(command, input=text, capture_output=True, text=True).stdout
    return text


if __name__ == "__main__":
    sys.stdout.write(write(json.load(sys.stdin)))
