"""What holds for every address: compression over real HTTP, and requests with a NUL."""

from typing import Any

import pytest
import requests
from django.test import Client
from django.urls import reverse
from pytest_django.live_server_helper import LiveServer

from api import keys
from roster.models import User
from tests.cast import make_cast, make_institution
from tests.pages.conftest import key_of
from tests.patience import PATIENCE

COMPRESSED = ["/learn/", "/s/KEY/", "/api/v1/schema", "/api/v1/grades"]
PLAIN = ["/admin/login/", "/lti/login?iss=https://lms.example&login_hint=1", "/lti/jwks"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("path", "compressed"), [(p, True) for p in COMPRESSED] + [(p, False) for p in PLAIN])
def test_pages_are_compressed_unless_strangers_can_write_beside_a_secret(
    live_server: LiveServer, path: str, compressed: bool
) -> None:
    cast = make_cast()
    _, key = keys.create(institution=cast.alice.institution, name="x", scopes=["grades:read"])
    address = live_server.url + path.replace("KEY", key_of(cast.alice))
    headers = {"Authorization": f"Bearer {key}"}

    answer = requests.get(address, headers=headers, timeout=PATIENCE)
    plain = requests.get(address, headers={**headers, "Accept-Encoding": "identity"}, timeout=PATIENCE)

    is_short = len(plain.content) < 200
    assert answer.headers.get("Content-Encoding") == ("gzip" if compressed and not is_short else None)
    assert "Content-Encoding" not in plain.headers
    assert answer.status_code == plain.status_code


ADDRESSES = [
    "/\x00", "/?q=%00", "/learn/x%00", "/learn/?a=%00", "/s/x%00/", "/s/KEY/%00", "/s/KEY/?q=a%00",
    "/lti/login?iss=%00",
    "/api/v1/grades?person=%00", "/api/v1/lessons/%00", "/api/%00", "/admin/%00", "/admin/login/?next=%00",
    "/admin/roster/person/?q=%00", "/admin/roster/person/%00/change/", "/admin/lti/launch/?role__exact=%00",
    "/admin/lti/launch/?role=a%00b", "/admin/roster/enrollment/?o=%00", "/admin/jsi18n/?%00",
]  # fmt: skip


@pytest.mark.django_db
@pytest.mark.parametrize("path", ADDRESSES)
def test_an_address_with_a_nul_is_refused(path: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("operator"))
    answer = client.get(path.replace("KEY", key_of(make_cast().alice)))
    assert answer.status_code == 400
    kind = "application/problem+json" if path.startswith("/api/") else "text/html; charset=utf-8"
    assert answer["Content-Type"] == kind


FORMS: list[tuple[str, dict[str, Any]]] = [
    ("roster_institution_add", {"name": "a\x00", "slug": "a"}),
    ("roster_institution_changelist", {"action": "delete_selected", "_selected_action": "\x00"}),
    ("roster_person_changelist", {"action": "\x00", "_selected_action": "\x00"}),
    ("api_apikey_add", {"name": "\x00", "institution": "\x00", "scopes": "\x00"}),
    ("login", {"username": "a\x00", "password": "\x00"}),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "form"), FORMS)
@pytest.mark.parametrize("kind", ["form", "json"])
def test_a_body_with_a_nul_breaks_no_page_of_the_admin(name: str, form: dict[str, Any], kind: str) -> None:
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("operator"))
    options = {"content_type": "application/json"} if kind == "json" else {}
    assert client.post(reverse(f"admin:{name}"), form, **options).status_code < 500


@pytest.mark.django_db
def test_a_nul_that_reaches_postgresql_is_a_bad_request() -> None:
    institution = make_institution()
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.create_superuser("operator"))
    path = reverse("admin:roster_institution_history", args=[institution.pk])
    assert client.get(path).status_code == 200
    assert client.post(path, {"x": "\x00"}).status_code < 500
