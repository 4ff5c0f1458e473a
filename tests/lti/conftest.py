"""The cast: a platform with one approved deployment of a school, and a browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.http import HttpResponse
from django.test import Client

from lti.gradebook import sending
from lti.launch import login
from lti.models import Deployment, Registration
from lti.platform import jwks, tokens
from lti.wire import client as wire
from roster.models import Institution
from tests.lti.desk import Desk
from tests.lti.platform import Platform, running
from tests.patience import PATIENCE


@pytest.fixture
def platform() -> Iterator[Platform]:
    with running() as platform:
        yield platform


@pytest.fixture(autouse=True)
def _nothing_kept_from_before() -> None:
    tokens._tokens.clear()
    login._recent.clear()


@pytest.fixture(autouse=True)
def _a_slow_machine_is_no_slow_platform(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "TIMEOUT", (PATIENCE, PATIENCE))
    monkeypatch.setattr(wire, "DEADLINE", PATIENCE)
    monkeypatch.setattr(sending, "HANGING", PATIENCE)
    monkeypatch.setattr(jwks, "WAIT_FOR_OTHER", PATIENCE)


@pytest.fixture(autouse=True)
def _loopback_allowed(settings: Any) -> None:
    settings.ASSAY_PRIVATE_HOSTS = ["127.0.0.1"]
    settings.BASE_URL = "http://testserver"
    settings.ALLOWED_HOSTS = ["testserver"]


@pytest.fixture
def school(db: None) -> Institution:
    return Institution.objects.create(name="School", slug="school")


@pytest.fixture
def registration(db: None, platform: Platform) -> Registration:
    return register(platform)


@pytest.fixture
def deployment(registration: Registration, school: Institution) -> Deployment:
    return Deployment.objects.create(registration=registration, deployment_id="dep-1", institution=school, active=True)


@pytest.fixture
def browser(deployment: Deployment, platform: Platform, client: Client) -> "Browser":
    return Browser(client, platform)


@pytest.fixture
def desk(platform: Platform, deployment: Deployment, school: Institution) -> Desk:
    return Desk(platform, deployment, school)


def register(platform: Platform, **changes: Any) -> Registration:
    return Registration.objects.create(
        **{
            "name": "Test LMS",
            "issuer": platform.url,
            "client_id": platform.client_id,
            "auth_url": f"{platform.url}/auth",
            "token_url": f"{platform.url}/token",
            "jwks_url": f"{platform.url}/jwks",
            **changes,
        }
    )


@dataclass
class Started:
    """A login that has reached the platform: what the platform was asked."""

    state: str
    nonce: str
    query: dict[str, str]


class Browser:
    """Does what a browser does between the LMS and the tool."""

    def __init__(self, client: Client, platform: Platform) -> None:
        self.client = client
        self.platform = platform

    def login(self, *, method: str = "post", headers: dict[str, str] | None = None, **changes: Any) -> HttpResponse:
        given = {
            "iss": self.platform.url,
            "login_hint": "hint",
            "target_link_uri": "http://testserver/lti/launch?quiz=one",
            "lti_message_hint": "once",
            "client_id": self.platform.client_id,
            "lti_deployment_id": "dep-1",
            **changes,
        }
        given = {name: value for name, value in given.items() if value is not None}
        return getattr(self.client, method)("/lti/login", given, headers=headers)

    def started(self, **changes: Any) -> Started:
        response = self.login(**changes)
        assert response.status_code == 302, response.content
        query = {name: values[0] for name, values in parse_qs(urlsplit(response["Location"]).query).items()}
        return Started(query["state"], query["nonce"], query)

    def post(self, token: str, state: str) -> HttpResponse:
        return self.client.post("/lti/launch", {"id_token": token, "state": state})

    def launch(self, **changes: Any) -> HttpResponse:
        """A whole launch with changed claims."""
        begun = self.started()
        return self.post(self.platform.token(self.platform.claims(begun.nonce, **changes)), begun.state)
