"""Two schools under one issuer, as on Canvas: the same user ids and link ids, and nothing shared between them."""

import json
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs

import jwt
import pytest
from django.test import Client
from django.utils import timezone

from lti import tasks
from lti.gradebook import scores, sending
from lti.models import Context, Deployment, Launch, LineItem, PlatformUser, Registration, ResourceLink, Score
from lti.people import roster_reading
from roster.models import Enrollment, Institution, Person
from tests.lti.conftest import Browser, register
from tests.lti.platform import AGS, Answer, Platform, rsa_key
from tests.lti.test_rosters import NRPS, member, page
from tests.races import race

ROUNDS = 4


@dataclass
class Tenant:
    """A school with its own client, whose services stand under its own path of the one platform."""

    platform: Platform
    name: str
    points: int
    registration: Registration

    @property
    def client_id(self) -> str:
        return self.registration.client_id

    def launch(self, sub: str, *, key: Any = None) -> Any:
        """As the school's platform signs it, with the same ids as everybody else's."""
        browser = Browser(Client(), self.platform)
        begun = browser.started(client_id=self.client_id)
        services = {
            "aud": self.client_id,
            "sub": sub,
            "name": f"{sub} of {self.name}",
            AGS + "claim/endpoint": self.platform.endpoint(
                lineitem=f"{self.platform.url}/{self.name}/lineitems/1/lineitem",
                lineitems=f"{self.platform.url}/{self.name}/lineitems",
            ),
        }
        claims = self.platform.claims(begun.nonce) | services
        claims[NRPS] = {"context_memberships_url": f"{self.platform.url}/{self.name}/members"}
        return browser.post(self.platform.token(claims, kid=self.name, key=key or self.key), begun.state)

    @property
    def key(self) -> Any:
        return rsa_key(self.points)

    def score(self, sub: str, number: int) -> None:
        user = PlatformUser.objects.get(registration=self.registration, sub=sub)
        now = timezone.now()
        scores.queue(
            resource_link=ResourceLink.objects.get(deployment__registration=self.registration),
            person=user.person,
            given=Decimal(self.points * 10 + number),
            maximum=Decimal(100),
            final=True,
            started_at=None,
            submitted_at=now,
            now=now,
        )
        sending.drain(self.registration.pk)

    def read_roster(self) -> None:
        context = Context.objects.get(deployment__registration=self.registration)
        Context.objects.filter(pk=context.pk).update(roster_used_at=timezone.now(), roster_next_at=timezone.now())
        later = timezone.now() + timedelta(seconds=1)
        roster_reading.read(context.pk, clock=lambda: later)

    def day(self) -> None:
        """Launches, scores and a reading of the list, one after the other."""
        for number in range(ROUNDS):
            sub = f"user-{number % 2}"
            assert self.launch(sub).status_code == 303
            self.score(sub, number)
        self.read_roster()


@pytest.fixture
def tenants(platform: Platform, transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> list[Tenant]:
    monkeypatch.setattr(tasks.drain, "apply_async", lambda *args, **kwargs: None)
    made = []
    for points, name in enumerate(("north", "south"), start=1):
        url = f"{platform.url}/{name}/jwks"
        registration = register(platform, client_id=f"client-{name}", jwks_url=url)
        school = Institution.objects.create(name=name, slug=name)
        Deployment.objects.create(registration=registration, deployment_id="dep-1", institution=school, active=True)
        platform.keys = {name: rsa_key(points)}
        platform.switch(f"/{name}/jwks", Answer(body=json.dumps(platform.jwks()).encode()))
        platform.switch(f"/{name}/members", page(member(f"only-{name}"), member("user-0"), member("user-1")))
        made.append(Tenant(platform, name, points, registration))
    return made


def test_two_tenants_of_one_issuer_share_nothing_however_they_interleave(
    platform: Platform, tenants: list[Tenant]
) -> None:
    done = race(*[tenant.day for tenant in tenants for _ in range(2)])
    assert done == [None] * 4

    owners = _owners(platform)
    for tenant in tenants:
        posts = [seen for seen in platform.seen if seen.path == f"/{tenant.name}/lineitems/1/lineitem/scores"]
        assert {seen.json["scoreGiven"] // 10 for seen in posts} == {tenant.points}
        calls = [seen for seen in platform.seen if seen.path.startswith(f"/{tenant.name}/") and "jwks" not in seen.path]
        assert {owners[seen.headers["authorization"].removeprefix("Bearer ")] for seen in calls} == {tenant.client_id}
        school = Institution.objects.get(slug=tenant.name)
        mine = PlatformUser.objects.filter(registration=tenant.registration)
        assert set(mine.values_list("sub", flat=True)) == {"user-0", "user-1", f"only-{tenant.name}"}
        assert set(mine.values_list("person__institution", flat=True)) == {school.pk}
        enrolled = Enrollment.objects.filter(course__institution=school).values_list("person__institution", flat=True)
        assert set(enrolled) == {school.pk}
        for rows in (Launch, LineItem, Score):
            found = rows.objects.filter(registration=tenant.registration).values_list("institution", flat=True)
            assert set(found) == {school.pk}
    assert Person.objects.count() == 6


def test_key_of_one_tenant_opens_nothing_at_the_other(tenants: list[Tenant]) -> None:
    north, south = tenants
    assert north.launch("user-0").status_code == 303

    assert south.launch("user-0", key=north.key).status_code == 400
    assert not Launch.objects.filter(registration=south.registration).exists()


def _owners(platform: Platform) -> dict[str, str]:
    """Which client each token was given to: the platform keeps requests and tokens in the same order."""
    asked = [parse_qs(seen.body.decode())["client_assertion"][0] for seen in platform.asked("/token")]
    clients = [jwt.decode(one, options={"verify_signature": False})["iss"] for one in asked]
    return dict(zip(platform.tokens, clients, strict=True))
