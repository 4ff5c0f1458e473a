"""Every error under /api is a problem of RFC 9457 that says what to do."""

from typing import Any
from unittest import mock

import pytest

from api.problems import KINDS
from assessment import access
from tests.api.conftest import Caller, School

pytestmark = pytest.mark.django_db


def assert_problem(response: Any, status: int) -> dict[str, Any]:
    assert response.status_code == status
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert {"type", "title", "status", "detail", "instance"} <= body.keys()
    assert body["status"] == status
    assert response.wsgi_request.get_full_path() == body["instance"]
    return body


@pytest.mark.parametrize(
    ("path", "query", "name"),
    [
        ("attempts", {"limit": "0"}, "limit"),
        ("attempts", {"limit": "201"}, "limit"),
        ("attempts", {"limit": "ten"}, "limit"),
        ("attempts", {"limit": "²"}, "limit"),
        ("attempts", {"limit": "9" * 5000}, "limit"),
        ("attempts", {"cursor": "x"}, "cursor"),
        ("attempts", {"cursor": ""}, "cursor"),
        ("attempts", {"cursor": "é\x00"}, "cursor"),
        ("attempts", {"assignment": "7"}, "assignment"),
        ("attempts", {"person": "\x00"}, "person"),
        ("attempts", {"person": ""}, "person"),
        ("assignments", {"quiz": ""}, "quiz"),
        ("attempts", {"state": "done"}, "state"),
        ("attempts", {"submitted_from": "yesterday"}, "submitted_from"),
        ("attempts", {"submitted_to": "2026-13-01"}, "submitted_to"),
        ("attempts", {"submitted_to": "0001-01-01T00:00:00+14:00"}, "submitted_to"),
        ("attempts", {"stat": "marked"}, "stat"),
        ("attempts", {"state": ["marked", "submitted"]}, "state"),
        ("attempts", {"format": "xml"}, "format"),
        ("grades", {"state": "half"}, "state"),
        ("grades", {"updated_since": "1"}, "updated_since"),
        ("assignments", {"course": "7"}, "course"),
        ("lessons", {"limit": "-1"}, "limit"),
        ("quizzes", {"q": "x"}, "q"),
    ],
)
def test_a_bad_parameter_is_named(script: Caller, path: str, query: dict[str, Any], name: str) -> None:
    body = assert_problem(script.get(path, **query), 400)
    assert list(body["errors"]) == [name]
    assert f"`{name}`" in body["detail"]


@pytest.mark.parametrize("format", ["json", "csv"])
def test_csv_requests_get_the_same_problems(script: Caller, format: str) -> None:
    assert_problem(script.get("attempts", format=format, state="done"), 400)
    assert_problem(Caller().get("attempts", headers={"Accept": "text/csv"}), 401)


@pytest.mark.parametrize(
    "path", ["/api/nowhere", "/api/v1/", "/api/v2/lessons", "/api/v1/attempts/7", "/api/v1/lessons/"]
)
def test_an_address_that_is_none_is_a_problem_too(script: Caller, path: str) -> None:
    assert_problem(script.get(path), 404)
    assert_problem(script.client.post(path), 404)


def test_an_unknown_row_is_not_found(script: Caller, north: School) -> None:
    unknown = "00000000-0000-7000-8000-000000000000"
    for path in (f"attempts/{unknown}", f"assignments/{unknown}", f"assignments/{unknown}/statistics", "quizzes/no"):
        assert_problem(script.get(path), 404)


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_nothing_can_be_written(script: Caller, method: str) -> None:
    response = getattr(script.client, method)("/api/v1/attempts", headers=script.headers)
    assert_problem(response, 405)
    assert "GET" in response["Allow"]


def test_a_type_that_is_not_offered_is_not_acceptable(script: Caller) -> None:
    assert_problem(script.get("attempts", headers={"Accept": "application/xml"}), 406)
    assert_problem(script.get("lessons", headers={"Accept": "text/csv"}), 406)


def test_a_fault_shows_no_trace(script: Caller, caplog: pytest.LogCaptureFixture) -> None:
    with mock.patch.object(access, "attempts_of", side_effect=RuntimeError("password=hunter2")):
        response = script.get("attempts")
    assert_problem(response, 500)
    assert "hunter2" not in response.content.decode()
    assert "RuntimeError" not in response.content.decode()
    assert "hunter2" in caplog.text  # but the log has it


@pytest.mark.parametrize("code", KINDS)
def test_every_type_of_problem_has_a_page(public: Caller, code: str) -> None:
    response = public.get(f"/api/problems/{code}")
    assert response.status_code == 200
    assert KINDS[code].title in response.content.decode()


def test_head_works_like_get(script: Caller) -> None:
    response = script.client.head("/api/v1/attempts", headers=script.headers)
    assert response.status_code == 200
    assert response.content == b""
