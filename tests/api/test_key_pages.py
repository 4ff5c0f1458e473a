"""Staff make, rotate and revoke access for programs in the admin, with a browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from api.models import ApiKey, Application
from roster.models import User
from tests.api.conftest import Caller, School


@pytest.fixture
def sign_in(live_server: Any, settings: Any, chromium: Any) -> Any:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    context = chromium.new_context(viewport={"width": 1280, "height": 900})

    def as_staff(institution: Any) -> Page:
        User.objects.create_superuser("staff", password="secret", institution=institution)
        page: Page = context.new_page()
        page.goto(f"{live_server.url}/admin/")
        page.get_by_label("Username").fill("staff")
        page.get_by_label("Password").fill("secret")
        page.get_by_role("button", name="Log in").click()
        return page

    yield as_staff
    context.close()


@pytest.mark.django_db(transaction=True)
def test_staff_of_an_institution_make_and_rotate_a_key(
    sign_in: Callable[[Any], Page], live_server: Any, north: School, south: School
) -> None:
    page = sign_in(north.institution)
    page.goto(f"{live_server.url}/admin/api/apikey/add/")
    expect(page.get_by_label("Institution:").get_by_role("option")).to_have_count(1)
    page.get_by_label("Name:").fill("Nightly report")
    page.get_by_label("attempts:read").check()
    page.locator("#id_expires_at_0").fill("2099-01-31")
    page.locator("#id_expires_at_1").fill("12:00")
    page.get_by_role("button", name="Make the key").click()
    first = page.locator("[data-copy]").first.inner_text()
    assert Caller(first).get("attempts").status_code == 200
    page.get_by_role("link", name="See all keys").click()
    page.get_by_role("link", name="Nightly report").click()
    page.get_by_role("link", name="Rotate").click()
    expect(page.locator("#id_expires_at_0")).to_have_value("2099-01-31")
    page.get_by_label("The secret of today").select_option("for an hour")
    page.get_by_role("button", name="Make the new secret").click()
    second = page.locator("[data-copy]").first.inner_text()
    assert {Caller(key).get("attempts").status_code for key in (first, second)} == {200}
    page.goto(f"{live_server.url}/admin/api/apikey/")
    page.locator("[name=_selected_action]").check()
    page.get_by_label("Action:").select_option("Revoke the selected keys")
    page.get_by_role("button", name="Go").click()
    expect(page.get_by_text("1 revoked")).to_be_visible()
    assert {Caller(key).get("attempts").status_code for key in (first, second)} == {401}
    assert ApiKey.objects.get().expires_at is not None


@pytest.mark.django_db(transaction=True)
def test_an_operator_makes_an_application_for_an_institution(
    sign_in: Callable[[Any], Page], live_server: Any, north: School, south: School
) -> None:
    page = sign_in(None)
    page.goto(f"{live_server.url}/admin/api/application/add/")
    page.get_by_role("button", name="Make the application").click()
    page.get_by_label("Institution:").select_option("South")
    page.get_by_label("Name:").fill("Student information system")
    page.get_by_label("grades:read").check()
    page.get_by_role("button", name="Make the application").click()
    expect(page.get_by_text("it is not shown again")).to_be_visible()
    page.get_by_role("link", name="See all applications").click()
    page.get_by_role("link", name="Student information system").click()
    assert Application.objects.get().institution == south.institution
