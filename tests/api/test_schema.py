"""The schema tells the truth: checked by its own rules, against real answers, and by calls made from it."""

from io import StringIO
from typing import Any

import jsonschema
import pytest
import schemathesis
from django.core.management import call_command
from django.test import Client
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.specs.openapi.checks import positive_data_acceptance

from api import keys
from config.wsgi import application
from tests import cast
from tests.api.conftest import ALL, Caller, School

pytestmark = pytest.mark.django_db
# Files in and out: tests/api/test_content.py, tests/api/test_exports.py.
EXPORTS = {"/api/v1/exports": {"post"}, "/api/v1/exports/{id}": {"get", "delete"}, "/api/v1/exports/{id}/file": {"get"}}
TAKING = {  # real answers: tests/api/test_taking.py
    "/api/v1/assignments/{id}/attempts": {"post"},
    "/api/v1/attempts/{id}/responses/{position}": {"patch"},
    "/api/v1/attempts/{id}/responses/{position}/check": {"post"},
    "/api/v1/attempts/{id}/extend": {"post"},
    "/api/v1/attempts/{id}/submit": {"post"},
}
GIVING = {  # real answers: tests/api/test_accommodations.py
    "/api/v1/accommodations": {"get", "post"},
    "/api/v1/accommodations/{id}": {"delete"},
}
WRITING = TAKING | GIVING | EXPORTS | {"/api/v1/imports": {"post"}}
OF_NO_SCOPE = {"/api/v1/changes", *EXPORTS}
FILES = {"/api/v1/imports", "/api/v1/imports/{id}", "/api/v1/quizzes/{slug}/export", *EXPORTS}


@pytest.fixture
def schema() -> dict[str, Any]:
    body: dict[str, Any] = Client().get("/api/v1/schema?format=json").json()
    return body


def test_the_schema_is_valid_and_complete_without_a_warning() -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, stdout=StringIO())


def test_it_is_openapi_3_1_and_says_how_to_authenticate(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    assert schema["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    reads = {path: operations["get"] for path, operations in schema["paths"].items() if "get" in operations}
    open_paths = {path for path, operation in reads.items() if {} in operation["security"]}
    assert open_paths == {f"/api/v1/{name}" for name in ("lessons", "lessons/{slug}", "quizzes", "quizzes/{slug}")}


def test_every_operation_has_words_and_problems(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        assert operations.keys() == WRITING.get(path, {"get"})
        for operation in operations.values():
            assert operation["description"], path
            assert operation["summary"], path
            scope = operation.get("x-scope")
            assert operation["summary"] in operation["description"] or scope == "attempts:write"
            assert scope in keys.SCOPES if {} not in operation["security"] and path not in OF_NO_SCOPE else not scope
            for response in operation["responses"].values():
                for content in response.get("content", {}).values():
                    assert "example" in content or "csv" in str(response["content"]), path
            assert {"400", "406", "500"} <= operation["responses"].keys()
            queries = [one for one in operation.get("parameters", []) if one["in"] == "query"]
            assert all(parameter.get("description") for parameter in queries)
    for name, response in schema["components"]["responses"].items():
        content = response["content"]["application/problem+json"]
        assert content["example"]["type"] == f"/api/problems/{name}"
        jsonschema.validate(content["example"], schema["components"]["schemas"]["Problem"])


def test_examples_are_what_the_schema_says(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            for response in operation["responses"].values():
                content = response.get("content", {}).get("application/json")
                if content:
                    described = content["schema"] | {"components": schema["components"]}
                    jsonschema.validate(content["example"], described), path


def conforms(schema: dict[str, Any], path: str, body: Any) -> None:
    answer = schema["paths"][path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
    jsonschema.validate(body, answer | {"components": schema["components"]})


def test_real_answers_are_what_the_schema_says(schema: dict[str, Any], north: School) -> None:
    cast.make_lesson()
    attempt = cast.take(north.assignment, north.people[0], ("a", "", "because"))
    script = Caller(north.key(*ALL))
    ids = {"assignments": north.assignment.pk, "attempts": attempt.pk, "lessons": "lesson", "quizzes": "check"}
    for path in set(schema["paths"]) - FILES - TAKING.keys() - {"/api/v1/accommodations/{id}"}:
        name = path.split("/")[3]
        response = script.get(path.format(id=ids.get(name), slug=ids.get(name)))
        assert response.status_code == 200, path
        conforms(schema, path, response.json())


@pytest.mark.django_db(transaction=True)  # real requests give their connection back
@pytest.mark.parametrize("keyed", [True, False])
def test_no_call_made_from_the_schema_breaks_a_promise(schema: dict[str, Any], north: School, keyed: bool) -> None:
    """Good and bad calls, the same every time: never a 500, never a status, type or body that is not written down."""
    cast.make_lesson()
    attempt = cast.take(north.assignment, north.people[0], ("a", "", "because"))
    headers = {"Accept-Encoding": "identity"}
    headers |= {"Authorization": f"Bearer {north.key(*ALL)}"} if keyed else {}
    real = {
        "assignments": str(north.assignment.pk),
        "attempts": str(attempt.pk),
        "lessons": "lesson",
        "quizzes": "check",
    }
    if keyed:  # else it would replace the key by its own
        for operations in schema["paths"].values():
            for operation in operations.values():
                operation.pop("security", None)
    loaded = schemathesis.openapi.from_dict(schema)
    loaded.app = application
    found = [result.ok() for result in loaded.get_all_operations()]
    operations = [operation for operation in found if operation.path not in FILES]
    assert len(operations) == 33
    for operation in operations:
        call(operation, headers, real.get(operation.path.split("/")[3], ""))


def call(operation: Any, headers: dict[str, str], real: str) -> None:
    good = operation.as_strategy(generation_mode=schemathesis.GenerationMode.POSITIVE)
    bad = operation.as_strategy(generation_mode=schemathesis.GenerationMode.NEGATIVE)

    def at_a_real_row(case: Any) -> Any:
        case.path_parameters = dict.fromkeys(case.path_parameters, real) | (
            {"position": 1} if "position" in case.path_parameters else {}
        )
        return case

    @settings(
        max_examples=20, deadline=None, derandomize=True, database=None, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.one_of(good, good.map(at_a_real_row), bad))
    def run(case: Any) -> None:
        # What an answer may be depends on its question: no schema of the address says it. Nor does it say whom an
        # accommodation is for, or which filters of figures exclude each other.
        loose = any(part in operation.path for part in ("responses", "/extend", "accommodations", "/v1/statistics/"))
        excluded = [positive_data_acceptance] if loose else []
        case.call_and_validate(headers=headers, excluded_checks=excluded)

    run()


def test_a_name_that_kinds_use_in_different_ways_is_any_of_them(schema: dict[str, Any]) -> None:
    value = schema["components"]["schemas"]["Response"]["properties"]["answer"]["properties"]["value"]
    assert {one["type"] for one in value["anyOf"]} == {"boolean", "string"}
