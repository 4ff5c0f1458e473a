"""OAuth 2.0 client credentials (RFC 6749 section 4.4): an application's token acts like a key of its institution."""

import re
from base64 import b64encode
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from oauth2_provider.models import get_access_token_model

from api import applications
from api.models import Application
from api.scopes import PURL
from api.tasks import clear_away
from roster.models import User
from tests import cast
from tests.api.conftest import Caller, School

pytestmark = pytest.mark.django_db
READONLY = f"{PURL}gradebook.readonly"


def application(school: School, *scopes: str) -> tuple[Application, str]:
    given = list(scopes or ["assignments:read", "attempts:read"])
    return applications.create(institution=school.institution, name="SIS", scopes=given)


def ask(row: Application, secret: str, **data: str) -> Any:
    basic = b64encode(f"{row.client_id}:{secret}".encode()).decode()
    data = {"grant_type": "client_credentials", **data}
    return Client().post("/api/oauth/token", data, headers={"Authorization": f"Basic {basic}"})


def test_an_application_gets_a_token_with_all_its_scopes(north: School) -> None:
    response = ask(*application(north))
    assert response.status_code == 200
    body = response.json()
    assert body["token_type"] == "Bearer"
    assert body["expires_in"] == 3600
    assert body["scope"].split() == ["assignments:read", "attempts:read"]
    assert "refresh_token" not in body
    assert response["Cache-Control"] == "no-store"


def test_the_secret_may_come_in_the_body(north: School) -> None:
    row, secret = application(north)
    data = {"grant_type": "client_credentials", "client_id": row.client_id, "client_secret": secret}
    assert Client().post("/api/oauth/token", data).status_code == 200


def test_a_token_reads_its_own_institution_within_its_scopes(north: School, south: School) -> None:
    mine = cast.take(north.assignment, north.people[0], ("a", "b", ""))
    theirs = cast.take(south.assignment, south.people[0], ("a", "b", ""))
    caller = Caller(ask(*application(north), scope="attempts:read").json()["access_token"])
    assert [row["id"] for row in caller.get("attempts").json()["results"]] == [str(mine.pk)]
    assert caller.get(f"attempts/{theirs.pk}").status_code == 404
    assert caller.get("assignments").status_code == 403
    assert caller.get("grades").status_code == 403


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"scope": "grades:read"}, 400, "invalid_scope"),
        ({"scope": READONLY}, 400, "invalid_scope"),
        ({"scope": "nonsense"}, 400, "invalid_scope"),
        ({"grant_type": "password", "username": "a", "password": "b"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code", "code": "x"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "unsupported_grant_type"),
        ({"grant_type": "urn:ietf:params:oauth:grant-type:device_code"}, 400, "unsupported_grant_type"),
        ({"grant_type": ""}, 400, "invalid_request"),
    ],
)
def test_errors_have_the_form_of_the_rfc(north: School, change: dict[str, str], status: int, error: str) -> None:
    response = ask(*application(north), **change)
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert response["Content-Type"] == "application/json"
    assert not get_access_token_model().objects.exists()


def test_a_wrong_secret_and_a_revoked_application_get_no_token(north: School) -> None:
    row, secret = application(north)
    applications.revoke(rows=[row], now=timezone.now())
    for given in ("wrong", secret):
        response = ask(row, given)
        assert (response.status_code, response.json()["error"]) == (401, "invalid_client")
        assert response["WWW-Authenticate"].startswith("Basic ")


def test_revoking_and_narrowing_an_application_reach_tokens_that_are_out(north: School) -> None:
    row, secret = application(north)
    caller = Caller(ask(row, secret).json()["access_token"])
    assert caller.get("attempts").status_code == 200
    Application.objects.update(scopes=["assignments:read"])
    assert caller.get("attempts").status_code == 403
    applications.revoke(rows=[row], now=timezone.now())
    assert caller.get("assignments").status_code == 401


def test_an_expired_token_is_refused_and_cleared_away(north: School) -> None:
    caller = Caller(ask(*application(north)).json()["access_token"])
    tokens = get_access_token_model().objects
    clear_away()
    assert tokens.count() == 1
    tokens.update(expires=timezone.now() - timedelta(seconds=1))
    refused = caller.get("attempts")
    assert refused.status_code == 401
    assert "expired on" in refused.json()["detail"]
    clear_away()
    assert tokens.count() == 0


def test_a_token_for_another_service_is_refused(north: School) -> None:
    row, secret = application(north)
    elsewhere = ask(row, secret, resource="https://other.example/api").json()["access_token"]
    here = ask(row, secret, resource="http://testserver/api").json()["access_token"]
    assert Caller(elsewhere).get("attempts").status_code == 401
    assert Caller(here).get("attempts").status_code == 200


def test_neither_secret_nor_token_stands_in_the_database(north: School) -> None:
    row, secret = application(north)
    token = ask(row, secret).json()["access_token"]
    with connection.cursor() as cursor:
        for table in ("api_application", "oauth2_provider_accesstoken"):
            cursor.execute(f"SELECT {table}::text FROM {table}")
            [[text]] = cursor.fetchall()
            assert secret not in text
            assert token not in text


def test_a_token_is_found_with_one_query_and_its_use_is_noted(north: School, django_assert_num_queries: Any) -> None:
    row, secret = application(north)
    token = ask(row, secret).json()["access_token"]
    now = timezone.now()
    applications.authenticate(token, audience="http://testserver/", now=now)
    with django_assert_num_queries(1):
        assert applications.authenticate(token, audience="http://testserver/", now=now) is not None
    assert Application.objects.get().last_used_at == now


def test_the_toolkit_has_no_pages_of_its_own(north: School) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="x"))
    assert client.get("/admin/oauth2_provider/accesstoken/").status_code == 404
    assert client.get("/api/oauth/authorize").status_code == 404
    assert client.get("/api/oauth/token").status_code == 405


def test_the_admin_shows_a_secret_once_and_its_curl_line_gets_a_token(north: School, south: School) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("staff", password="x", institution=north.institution))
    data = {"institution": south.institution.pk, "name": "SIS", "scopes": ["grades:read"]}
    client.post("/admin/api/application/add/", data)
    assert not Application.objects.exists()
    response = client.post("/admin/api/application/add/", data | {"institution": north.institution.pk})
    page, row = unescape(response.content.decode()), Application.objects.get()
    line = re.search(r'curl --user "(\w+):(\w+)" --data grant_type=client_credentials "http://testserver(\S+)"', page)
    assert line
    assert line[1] == row.client_id
    assert line[3] == "/api/oauth/token"
    assert ask(row, line[2]).status_code == 200
    assert line[2] not in client.get(f"/admin/api/application/{row.pk}/change/").content.decode()
    application(south)
    listed = client.get("/admin/api/application/").content.decode()
    assert listed.count("field-client_id") == 1
    data = {
        "action": "revoke",
        "_selected_action": [str(pk) for pk in Application.objects.values_list("pk", flat=True)],
    }
    client.post("/admin/api/application/", data)
    assert [row.institution for row in Application.objects.exclude(revoked_at=None)] == [north.institution]
