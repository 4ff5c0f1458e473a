"""The token endpoint, in both manners."""

import time
from datetime import timedelta
from typing import Any

import pytest
import requests

from tests.patience import PATIENCE
from tests.sandbox.rig import AGS, ALL_SCOPES, Rig, Tool


def test_strict_grants_the_known_part_of_the_scopes(strict: Rig) -> None:
    answer = strict.token(scope=f"{AGS}score urn:x")
    body = answer.json()
    assert (answer.status_code, body["scope"], body["expires_in"]) == (200, f"{AGS}score", 3600)
    assert (body["token_type"], answer.headers["Cache-Control"]) == ("Bearer", "no-store")


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "http://elsewhere.example"},
        {"aud": None},
        {"jti": None},
        {"exp": None},
        {"iat": None},
        {"iss": "someone else"},
        {"sub": "nobody"},
        {"exp": timedelta(seconds=-100)},
        {"iat": timedelta(minutes=10), "exp": timedelta(minutes=11)},
        {"exp": timedelta(hours=25)},
        {"iat": True},
        {"header": {}},
        {"header": {"kid": "unknown"}},
    ],
    ids=lambda changes: " ".join(changes) or "none",
)
def test_strict_refuses_a_bad_assertion(strict: Rig, changes: dict[str, Any]) -> None:
    answer = strict.token(strict.assertion(**changes))
    assert (answer.status_code in (400, 401), answer.json()["error"]) == (True, "invalid_client")


def test_strict_takes_an_audience_list_with_the_token_url(strict: Rig) -> None:
    assertion = strict.assertion(aud=["http://elsewhere.example", f"{strict.url}/lti/token"])
    assert strict.token(assertion).status_code == 200


def test_strict_takes_each_assertion_once(strict: Rig) -> None:
    assertion = strict.assertion()
    first, second = strict.token(assertion), strict.token(assertion)
    assert (first.status_code, second.status_code) == (200, 400)
    assert "jti" in second.json()["error_description"]


def test_a_foreign_signature_is_refused(strict: Rig, tool: Tool) -> None:
    """Not even when it names our kid."""
    stranger = Tool()
    genuine, tool.key = tool.key, stranger.key
    try:
        forged = strict.assertion()
    finally:
        tool.key = genuine
    assert strict.token(forged).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_assertion_type": "x"}, "invalid_request"),
        ({"scope": "urn:x"}, "invalid_scope"),
        ({"client_assertion": "no.jwt"}, "invalid_client"),
    ],
)
def test_strict_names_what_is_wrong_with_the_form(strict: Rig, changes: dict[str, str], error: str) -> None:
    answer = strict.token(**changes)
    assert (answer.status_code >= 400, answer.json()["error"]) == (True, error)


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "http://elsewhere.example"},
        {"aud": None},
        {"jti": None},
        {"exp": None},
        {"exp": timedelta(days=1)},
        {"iss": "https://tool.example"},
    ],
    ids=lambda changes: " ".join(changes) or "none",
)
def test_moodle_looks_at_little(moodle: Rig, changes: dict[str, Any]) -> None:
    answer = moodle.token(moodle.assertion(**changes))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert answer.json()["scope"].split() == ALL_SCOPES


def test_moodle_takes_an_assertion_again(moodle: Rig) -> None:
    assertion = moodle.assertion()
    assert [moodle.token(assertion).status_code for _ in range(2)] == [200, 200]


def test_moodle_has_no_leeway_for_a_clock_ahead(moodle: Rig) -> None:
    """Two seconds are too many; on a slow machine more than two may pass on the way."""
    for ahead in (2, 4, 8, 16, 32, 64):
        iat = int(time.time()) + ahead
        answer = moodle.token(moodle.assertion(iat=iat, exp=iat + 90))
        if time.time() < iat:
            break
    assert answer.status_code == 400
    assert answer.json()["error"].startswith("Cannot handle token with iat prior to 20")


def test_moodle_refuses_in_its_own_words(moodle: Rig) -> None:
    expired = moodle.assertion(exp=timedelta(seconds=-1))
    assert moodle.token(expired).json() == {"error": "Expired token"}
    assert moodle.token(scope="urn:x").json() == {"error": "invalid_scope"}
    assert "kid must be provided" in moodle.token(moodle.assertion(header={})).json()["error"]
    assert moodle.token(moodle.assertion(header={"kid": "x"})).text == (
        '{\n  "error" : ""kid" invalid, unable to lookup correct key"\n}'
    )


def test_moodle_answers_a_lost_key_set_with_a_page(moodle: Rig, sandbox_url: str, tool: Tool) -> None:
    lost = Rig(sandbox_url, tool, "moodle")
    lost.lms.register_tool(client_id=lost.client_id, jwks_url="http://127.0.0.1:9/none")
    answer = lost.token()
    assert (answer.status_code, answer.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "<html" in answer.text


def test_the_key_set_is_kept_and_fetched_again_for_an_unknown_key(sandbox_url: str) -> None:
    tool = Tool()
    rig = Rig(sandbox_url, tool, "strict")
    rig.token()
    assert tool.fetched == 1
    tool.rotate()
    assert (rig.token().status_code, tool.fetched) == (200, 2)


def test_a_key_swapped_under_its_old_name_is_found(sandbox_url: str) -> None:
    tool = Tool()
    rig = Rig(sandbox_url, tool, "strict")
    tool.key = tool.keys[tool.kid] = Tool().key
    assert rig.token().status_code == 200


@pytest.mark.parametrize("mode", ["strict", "moodle"])
def test_an_access_token_ends_after_an_hour(sandbox_url: str, tool: Tool, mode: str) -> None:
    rig = Rig(sandbox_url, tool, mode)
    assert rig.results().status_code == 200
    rig.lms.turn_clock(3601)
    try:
        assert rig.results().status_code == 401
    finally:
        rig.lms.turn_clock(0)


def test_a_json_token_request_is_refused(strict: Rig) -> None:
    answer = requests.post(f"{strict.url}/lti/token", json={"grant_type": "client_credentials"}, timeout=PATIENCE)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
