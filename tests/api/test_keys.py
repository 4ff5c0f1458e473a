"""API keys expire and are rotated, in the admin too."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from api import keys
from api.models import ApiKey
from roster.models import User
from tests.api.conftest import Caller, School

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


@pytest.fixture
def staff(north: School) -> Client:
    """Staff of north with every right."""
    client = Client()
    client.force_login(User.objects.create_superuser("staff", password="x", institution=north.institution))
    return client


def made(school: School, **options: object) -> tuple[ApiKey, str]:
    return keys.create(institution=school.institution, name="report", scopes=["attempts:read"], **options)  # type: ignore[arg-type]


def test_a_key_is_refused_once_it_expired_and_says_when(north: School) -> None:
    _, key = made(north, expires_at=timezone.now() + DAY)
    assert Caller(key).get("attempts").status_code == 200
    ApiKey.objects.update(expires_at=timezone.now() - DAY)
    refused = Caller(key).get("attempts")
    assert refused.status_code == 401
    assert f"expired on {timezone.now() - DAY:%Y-%m-%d}" in refused.json()["detail"]
    assert Caller("assay_" + "x" * 43).get("attempts").json()["detail"].startswith("This key or token is unknown")


def test_the_replaced_secret_works_through_its_grace_and_no_longer(north: School) -> None:
    row, before = made(north)
    now = timezone.now()
    after = keys.rotate(row=row, grace=DAY, expires_at=None, now=now)
    for secret in (before, after):
        found = keys.authenticate(secret, now=now + DAY - timedelta(seconds=1))
        assert found is not None
        assert (found.pk, found.name, found.scopes) == (row.pk, "report", ["attempts:read"])
    assert keys.authenticate(before, now=now + DAY) is None
    assert keys.authenticate(after, now=now + DAY) is not None


def test_without_a_grace_the_replaced_secret_is_refused_at_once(north: School) -> None:
    row, before = made(north)
    after = keys.rotate(row=row, grace=timedelta(0), expires_at=None, now=timezone.now())
    assert Caller(before).get("attempts").status_code == 401
    assert Caller(after).get("attempts").status_code == 200


def test_a_second_rotation_ends_the_secret_before_the_first(north: School) -> None:
    row, first = made(north)
    second = keys.rotate(row=row, grace=DAY, expires_at=None, now=timezone.now())
    keys.rotate(row=row, grace=DAY, expires_at=None, now=timezone.now())
    assert Caller(first).get("attempts").status_code == 401
    assert Caller(second).get("attempts").status_code == 200


def test_revoking_ends_both_secrets_and_a_revoked_key_stays_revoked(north: School) -> None:
    row, before = made(north)
    after = keys.rotate(row=row, grace=DAY, expires_at=None, now=timezone.now())
    ApiKey.objects.update(revoked_at=timezone.now())
    assert {Caller(secret).get("attempts").status_code for secret in (before, after)} == {401}
    with pytest.raises(keys.Revoked):
        keys.rotate(row=row, grace=DAY, expires_at=None, now=timezone.now())


def test_two_rotations_at_once_make_one_new_secret(north: School) -> None:
    row, _ = made(north)
    same = ApiKey.objects.get(pk=row.pk)
    keys.rotate(row=row, grace=DAY, expires_at=None, now=timezone.now())
    with pytest.raises(keys.Revoked):
        keys.rotate(row=same, grace=DAY, expires_at=None, now=timezone.now())


def shown_key(page: str) -> str:
    found = re.search(r"<code data-copy>(assay_[\w-]{43})</code>", page)
    assert found, page
    return found[1]


def test_the_admin_makes_a_key_that_its_own_curl_line_can_use(north: School, staff: Client) -> None:
    data = {"institution": north.institution.pk, "name": "report", "scopes": ["grades:read"]}
    data |= {"expires_at_0": "2099-01-31", "expires_at_1": "12:00"}
    response = staff.post("/admin/api/apikey/add/", data)
    page = unescape(response.content.decode())
    key, row = shown_key(page), ApiKey.objects.get()
    assert "no-store" in response["Cache-Control"]
    assert row.expires_at is not None
    assert row.expires_at.isoformat() == "2099-01-31T12:00:00+00:00"
    line = re.search(r'curl --header "Authorization: Bearer (\S+)" "http://testserver(\S+)"', page)
    assert line
    assert line[1] == key
    assert Caller(key).get(line[2]).status_code == 200
    assert key not in staff.get(f"/admin/api/apikey/{row.pk}/change/").content.decode()


def test_the_admin_refuses_an_expiry_that_is_past(north: School, staff: Client) -> None:
    data = {"institution": north.institution.pk, "name": "report", "scopes": ["grades:read"]}
    data |= {"expires_at_0": "2001-01-31", "expires_at_1": "12:00"}
    assert "Must be in the future" in staff.post("/admin/api/apikey/add/", data).content.decode()
    assert not ApiKey.objects.exists()


@pytest.mark.parametrize(("grace", "status"), [("0", 401), ("24", 200)])
def test_the_admin_rotates_a_key(north: School, staff: Client, grace: str, status: int) -> None:
    row, before = made(north)
    address = f"/admin/api/apikey/{row.pk}/rotate/"
    assert address in staff.get(f"/admin/api/apikey/{row.pk}/change/").content.decode()
    assert staff.get(address).status_code == 200
    after = shown_key(staff.post(address, {"grace": grace}).content.decode())
    assert ApiKey.objects.get().name == "report"
    assert Caller(after).get("attempts").status_code == 200
    assert Caller(before).get("attempts").status_code == status


def test_staff_rotate_no_key_of_another_institution_and_no_revoked_one(
    north: School, south: School, staff: Client
) -> None:
    theirs, key = made(south)
    mine, _ = made(north)
    ApiKey.objects.filter(pk=mine.pk).update(revoked_at=timezone.now())
    for row in (theirs, mine):
        assert staff.post(f"/admin/api/apikey/{row.pk}/rotate/", {"grace": "0"}).status_code == 404
    assert Caller(key).get("attempts").status_code == 200
    assert (
        f"/admin/api/apikey/{mine.pk}/rotate/" not in staff.get(f"/admin/api/apikey/{mine.pk}/change/").content.decode()
    )


def test_staff_who_may_only_look_rotate_nothing(north: School) -> None:
    row, key = made(north)
    user = User.objects.create_user("looker", password="x", is_staff=True, institution=north.institution)
    client = Client()
    client.force_login(user)
    assert client.post(f"/admin/api/apikey/{row.pk}/rotate/", {"grace": "0"}).status_code == 403
    assert Caller(key).get("attempts").status_code == 200
