"""The home of the admin, and API keys made there."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from api.models import ApiKey
from events.models import Endpoint
from feeds import endpoints
from lti.gradebook import lookups
from lti.models import Registration, Score, ScoreState
from roster.models import Institution, User
from tests.cast import Cast, all_right, hand_in, make_cast, make_deployment, make_institution

pytestmark = pytest.mark.django_db


def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


def staff(institution: Institution, *permissions: str) -> Client:
    user = User.objects.create_user("staff", is_staff=True, institution=institution)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(user)
    return client


def home(client: Client) -> str:
    return client.get(reverse("admin:index")).content.decode()


def text(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def make(client: Client, institution: Institution, **more: Any) -> str:
    form = {"institution": institution.pk, "name": "Nightly", "scopes": ["grades:read"]} | more
    return client.post(reverse("admin:api_apikey_add"), form).content.decode()


def shown_key(page: str) -> str:
    found = re.search(r"data-copy>(assay_[\w-]{43})<", page)
    return found[1] if found else ""


def test_operator_makes_a_key_that_is_shown_once_works_and_can_be_revoked() -> None:
    client, institution = operator(), make_institution()
    key = shown_key(make(client, institution))
    headers = {"Authorization": f"Bearer {key}"}
    row = ApiKey.objects.get()

    assert client.get("/api/v1/grades", headers=headers).status_code == 200
    assert client.get("/api/v1/attempts", headers=headers).status_code == 403
    for path in (reverse("admin:api_apikey_change", args=[row.pk]), reverse("admin:api_apikey_changelist")):
        page = client.get(path)
        assert page.status_code == 200
        assert key not in page.content.decode()
    revoke = {"action": "revoke", "_selected_action": str(row.pk)}
    client.post(reverse("admin:api_apikey_changelist"), revoke)
    assert client.get("/api/v1/grades", headers=headers).status_code == 401


def test_staff_make_keys_of_their_own_institution_only() -> None:
    mine, other = make_institution("Mine"), make_institution("Other")
    client = staff(mine, "add_apikey", "view_apikey")
    form = client.get(reverse("admin:api_apikey_add")).content.decode()
    assert (">Mine<" in form, ">Other<" in form) == (True, False)

    assert shown_key(make(client, other)) == ""
    assert shown_key(make(client, mine))
    assert [row.institution for row in ApiKey.objects.all()] == [mine]


def test_nobody_makes_a_key_without_permission_or_without_a_scope() -> None:
    institution = make_institution()
    client = staff(institution, "view_apikey")
    assert client.get(reverse("admin:api_apikey_add")).status_code == 403
    assert "Make a key" not in home(client)
    for wrong in ({"scopes": []}, {"scopes": ["everything"]}, {"name": ""}):
        make(operator() if not User.objects.filter(username="operator") else client, institution, **wrong)
    assert not ApiKey.objects.exists()


def test_a_page_with_a_key_is_kept_by_no_cache() -> None:
    answer = operator().get(reverse("admin:api_apikey_add"))
    assert "no-store" in answer["Cache-Control"]


@pytest.fixture
def cast() -> Cast:
    """One score in trouble, a connection whose check failed and another never checked, and a key in use."""
    cast = make_cast()
    hand_in(cast.alice, **all_right())
    Score.objects.update(state=ScoreState.REFUSED)
    now = timezone.now()
    make_deployment(cast.alice.institution)
    Registration.objects.filter(pk=cast.alice.registration_id).update(checked_at=now, check_failed="Clocks")
    return cast


def test_home_says_what_needs_attention_how_connections_are_and_which_keys_are_used(cast: Cast) -> None:
    client = operator()
    make(client, cast.alice.institution)
    said = text(home(client))
    assert "1 score needs attention" in said
    assert "Failed , 0 minutes ago: Clocks" in said
    assert "Never checked" in said
    assert "Nightly" in said
    assert "All tables" in said


def test_home_shows_staff_their_own_institution_only(cast: Cast) -> None:
    make(operator(), cast.alice.institution)
    client = staff(cast.dora.institution, "view_score", "view_apikey", "view_registration")
    said = text(home(client))
    assert "not where" not in said
    assert "Nightly" not in said
    assert "Connections" not in said


def test_home_says_which_endpoints_fail_or_are_paused_those_first(cast: Cast) -> None:
    Endpoint.objects.create(institution=cast.alice.institution, name="Data lake", url="https://lake.test/")
    failing = Endpoint.objects.create(
        institution=cast.alice.institution,
        name="Old hook",
        url="https://old.test/",
        failures=3,
        failing_since=timezone.now(),
    )
    client = operator()
    said = text(home(client))
    assert said.index("Old hook") < said.index("Data lake")
    assert "Failing since" in said
    assert "None yet" in said
    endpoints.pause(failing, reason="It answered 410.")
    assert "Paused : It answered 410." in text(home(client))
    assert "Old hook" not in home(staff(cast.dora.institution, "view_endpoint"))


def test_home_costs_the_same_for_any_number_of_rows(cast: Cast) -> None:
    client = operator()
    used = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            home(client)
        used.append(len(queries))
        for _ in range(12):
            make_deployment(cast.alice.institution)
            make(client, cast.alice.institution)
            Endpoint.objects.create(institution=cast.alice.institution, name="Hook", url="https://hook.test/")
    assert used[0] == used[1] <= 9
    assert lookups.in_trouble(Score.objects.all()).count() == 1
