"""Requests are counted in Redis, for each caller; without Redis they are served all the same."""

import os
import socket
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from api import applications, limits
from api.problems import KINDS
from tests.api.conftest import Caller, School
from tests.api.test_oauth import ask
from tests.api.test_problems import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _counted(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings.ASSAY_API_RATE, settings.ASSAY_API_ADDRESS_RATE = 3, 2
    settings.REDIS_URL = os.environ["REDIS_URL"]
    monkeypatch.setattr(limits, "quiet_until", 0.0)
    yield
    limits._redis.cache_clear()


@pytest.fixture
def address() -> dict[str, str]:
    """A network that no other test comes from."""
    return {"REMOTE_ADDR": f"2001:db8:{uuid4().hex[:4]}:{uuid4().hex[:4]}::1"}


def test_a_key_has_its_number_of_requests_and_is_told_when_to_come_again(north: School) -> None:
    script = Caller(north.key())
    answers = [script.get("attempts") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200] * 3
    assert {answer["RateLimit-Policy"] for answer in answers} == {'"key";q=3;w=60'}
    left = [answer["RateLimit"].split(";") for answer in answers]
    assert [parts[1] for parts in left] == ["r=2", "r=1", "r=0"]
    assert all(0 < int(parts[2].removeprefix("t=")) <= 60 for parts in left)
    refused = script.get("attempts")
    body = assert_problem(refused, 429)
    assert body["title"] == KINDS["too-many-requests"].title
    assert 0 < int(refused["Retry-After"]) <= 60
    assert ";r=0;" in refused["RateLimit"]


def test_keys_and_applications_are_counted_apart(north: School, south: School) -> None:
    busy = Caller(north.key())
    assert [busy.get("attempts").status_code for _ in range(4)] == [200, 200, 200, 429]
    row, secret = applications.create(institution=north.institution, name="SIS", scopes=["attempts:read"])
    token = ask(row, secret).json()["access_token"]
    for secret in (north.key(), south.key(), token):
        assert Caller(secret).get("attempts").status_code == 200


def test_errors_count_and_say_what_is_left(north: School) -> None:
    script = Caller(north.key())
    assert ";r=2;" in script.get("attempts", limit="x")["RateLimit"]
    assert ";r=1;" in script.get(f"attempts/{uuid4()}")["RateLimit"]


def test_without_a_valid_key_the_network_is_counted(public: Caller, address: dict[str, str]) -> None:
    bad = {"Authorization": "Bearer nonsense"}
    first = public.client.get("/api/v1/attempts", headers=bad, **address)  # type: ignore[arg-type]
    assert (first.status_code, first["RateLimit-Policy"]) == (401, '"address";q=2;w=60')
    neighbour = {"REMOTE_ADDR": address["REMOTE_ADDR"] + "2"}
    assert public.client.get("/api/v1/lessons", **neighbour).status_code == 200  # type: ignore[arg-type]
    assert_problem(public.client.get("/api/v1/attempts", headers=bad, **address), 429)  # type: ignore[arg-type]


def test_guessing_secrets_of_applications_is_counted_by_network(public: Caller, address: dict[str, str]) -> None:
    data = {"grant_type": "client_credentials", "client_id": "x", "client_secret": "y"}
    answers = [public.client.post("/api/oauth/token", data, **address) for _ in range(3)]  # type: ignore[arg-type]
    assert [answer.status_code for answer in answers] == [401, 401, 429]
    assert int(answers[2]["Retry-After"]) > 0


def test_no_number_means_no_limit(north: School, settings: Any) -> None:
    settings.ASSAY_API_RATE = 0
    script = Caller(north.key())
    answers = [script.get("attempts") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0]


def test_while_redis_is_away_everyone_is_served(north: School, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.REDIS_URL = f"redis://127.0.0.1:{unused.getsockname()[1]}/0"
        script = Caller(north.key())
        answers = [script.get("attempts") for _ in range(5)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0]
    assert caplog.text.count("Redis unreachable") == 1  # it is left alone for a while


def test_a_redis_that_hangs_holds_up_one_request_only(north: School, settings: Any, monkeypatch: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.REDIS_URL = f"redis://127.0.0.1:{silent.getsockname()[1]}/0"
        script = Caller(north.key())
        assert script.get("attempts").status_code == 200
        assert limits.quiet_until > time.monotonic()
        monkeypatch.setattr(limits, "_add", None)  # nothing asks it again
        assert script.get("attempts").status_code == 200
