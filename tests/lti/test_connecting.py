"""Operators connect an LMS on pages of the admin: by an invitation, or by hand with the LMS's own words."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.utils import timezone

from lti.connect import invitations
from lti.gradebook import families, scores
from lti.models import Deployment, Invitation, Registration, Score, key_hash
from roster.models import Institution, User
from tests.lti.conftest import register
from tests.lti.desk import Desk
from tests.lti.platform import Answer, Platform

PAGES = ["registration/connect/", "registration/connect/canvas/", "registration/connect/generic/", "invitation/add/"]


@pytest.fixture
def operator(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def staff(school: Institution) -> Client:
    """Staff of the school, with every permission there is."""
    user = User.objects.create_user("staff", is_staff=True, institution=school)
    user.user_permissions.set(Permission.objects.all())
    client = Client()
    client.force_login(user)
    return client


def form(school: Institution, **changes: str) -> dict[str, str]:
    given = {"name": "Ours", "institution": str(school.pk), "client_id": "abc", "deployment_id": "4", **changes}
    return given


def connect(operator: Client, lms: str, given: dict[str, str]) -> Any:
    return operator.post(f"/admin/lti/registration/connect/{lms}/", given)


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_for_operators_only(operator: Client, staff: Client, page: str) -> None:
    assert operator.get(f"/admin/lti/{page}").status_code == 200
    assert staff.get(f"/admin/lti/{page}").status_code == 403
    assert staff.post(f"/admin/lti/{page}").status_code == 403
    assert Client().get(f"/admin/lti/{page}").status_code == 302


def test_check_is_for_operators_only(operator: Client, staff: Client, platform: Platform) -> None:
    page = f"/admin/lti/registration/{register(platform).pk}/check/"

    assert staff.get(page).status_code == staff.post(page).status_code == 403
    assert platform.seen == []
    assert operator.get(page).status_code == 200
    assert platform.seen == []


def test_list_leads_to_both_ways(operator: Client) -> None:
    page = operator.get("/admin/lti/registration/").content.decode()

    assert "/admin/lti/invitation/add/" in page
    assert "/admin/lti/registration/connect/" in page
    assert operator.get("/admin/lti/registration/add/")["Location"] == "/admin/lti/registration/connect/"


# Invitations


def test_invitation_is_shown_once(operator: Client, school: Institution) -> None:
    page = operator.post("/admin/lti/invitation/add/", {"institution": str(school.pk), "name": "M", "days": "3"})

    found = re.search(r"http://testserver/lti/register\?invite=([\w-]+)", page.content.decode())
    assert found
    made = Invitation.objects.get()
    assert made.token_hash == key_hash(found[1])
    assert (made.institution, made.name, made.created_by) == (school, "M", User.objects.get(username="operator"))
    assert "no-store" in page["Cache-Control"]
    for address in ("/admin/lti/invitation/", f"/admin/lti/invitation/{made.pk}/change/"):
        shown = operator.get(address).content.decode()
        assert found[1] not in shown
        assert made.token_hash not in shown


@pytest.mark.parametrize("changes", [{"days": "0"}, {"days": "91"}, {"institution": ""}, {"name": "x" * 201}])
def test_invitation_form_refuses_nonsense(operator: Client, school: Institution, changes: dict[str, str]) -> None:
    given = {"institution": str(school.pk), "name": "", "days": "7", **changes}

    assert b"errorlist" in operator.post("/admin/lti/invitation/add/", given).content
    assert not Invitation.objects.exists()


def test_unused_invitation_can_be_taken_back(operator: Client, school: Institution) -> None:
    address = invitations.invite(institution=school, now=timezone.now())
    made = Invitation.objects.get()

    operator.post(f"/admin/lti/invitation/{made.pk}/delete/", {"post": "yes"})

    assert Client().get(address.removeprefix("http://testserver")).status_code == 403


# By hand


def test_moodle_page_shows_its_form_with_our_values(operator: Client) -> None:
    page = operator.get("/admin/lti/registration/connect/moodle/").content.decode()

    for label in ("Tool URL", "Public keyset", "Initiate login URL", "Redirection URI(s)", "Custom parameters"):
        assert f"<dt>{label}</dt>" in page
    for value in ("http://testserver/lti/launch", "http://testserver/lti/login", "http://testserver/lti/jwks"):
        assert f"<code data-copy>{value}</code>" in page
    assert "context_history=$Context.id.history" in page
    assert "Use this service for grade sync and column management" in page


def test_moodle_is_connected_by_its_address(operator: Client, school: Institution) -> None:
    done = connect(operator, "moodle", form(school, site="https://moodle.example/sub/"))

    made = Registration.objects.get()
    assert (made.issuer, made.client_id, made.family) == ("https://moodle.example/sub", "abc", "moodle")
    assert made.auth_url == "https://moodle.example/sub/mod/lti/auth.php"
    assert made.token_url == "https://moodle.example/sub/mod/lti/token.php"
    assert made.jwks_url == "https://moodle.example/sub/mod/lti/certs.php"
    assert made.institution == school
    deployment = Deployment.objects.get()
    assert (deployment.deployment_id, deployment.active, deployment.institution) == ("4", True, school)
    assert done["Location"] == f"/admin/lti/registration/{made.pk}/check/"


@pytest.mark.parametrize("environment", ["production", "beta", "test"])
def test_hosted_canvas_needs_only_its_ids(operator: Client, school: Institution, environment: str) -> None:
    connect(operator, "canvas", form(school, environment=environment))

    made = Registration.objects.get()
    stage = "" if environment == "production" else f"{environment}."
    assert (made.issuer, made.family) == (f"https://canvas.{stage}instructure.com", "canvas")
    assert made.auth_url == f"https://sso.{stage}canvaslms.com/api/lti/authorize_redirect"
    assert made.token_url == f"https://sso.{stage}canvaslms.com/login/oauth2/token"
    assert made.jwks_url == f"https://sso.{stage}canvaslms.com/api/lti/security/jwks"


@pytest.mark.parametrize("issuer", ["", "https://lms.school.example"])
def test_canvas_of_the_school_answers_at_its_own_address(operator: Client, school: Institution, issuer: str) -> None:
    connect(operator, "canvas", form(school, environment="own", site="https://canvas.school.example", issuer=issuer))

    made = Registration.objects.get()
    assert made.issuer == (issuer or "https://canvas.instructure.com")
    assert made.token_url == "https://canvas.school.example/login/oauth2/token"


def test_any_lms_is_connected_by_its_addresses(operator: Client, school: Institution) -> None:
    names = ("issuer", "auth_url", "token_url", "jwks_url")
    addresses = {name: f"https://lms.example/{name}/" for name in names}

    connect(operator, "generic", form(school, **addresses))

    made = Registration.objects.get()
    assert {name: getattr(made, name) for name in names} == addresses
    assert made.family == ""


WRONG = [
    ("moodle", {"site": ""}, "This field is required"),
    ("moodle", {"site": "moodle.example"}, "begins with https://"),
    ("moodle", {"site": "http://moodle.example"}, "begins with https://"),
    ("moodle", {"site": "https://" + "x" * 600}, "at most 500"),
    ("moodle", {"site": "https://m.example", "client_id": ""}, "This field is required"),
    ("moodle", {"site": "https://m.example", "deployment_id": "x" * 300}, "at most 255"),
    (
        "moodle",
        {"site": "https://m.example", "institution": "00000000-0000-0000-0000-000000000000"},
        "Select a valid choice",
    ),
    ("canvas", {"environment": "own"}, "own Canvas"),
    ("canvas", {"environment": "moon"}, "Select a valid choice"),
    ("generic", {"issuer": "https://x.example"}, "This field is required"),
]


@pytest.mark.parametrize(("lms", "changes", "words"), WRONG)
def test_mistakes_are_shown_and_nothing_is_saved(
    operator: Client, school: Institution, lms: str, changes: dict[str, str], words: str
) -> None:
    page = connect(operator, lms, form(school, **changes))

    assert page.status_code == 200
    assert words in page.content.decode()
    assert not Registration.objects.exists()


def test_http_is_taken_for_a_host_that_was_opened_on_purpose(operator: Client, school: Institution) -> None:
    connect(operator, "moodle", form(school, site="http://127.0.0.1:8900"))

    assert Registration.objects.get().issuer == "http://127.0.0.1:8900"


def test_same_client_id_is_not_registered_twice(operator: Client, school: Institution) -> None:
    connect(operator, "moodle", form(school, site="https://m.example"))

    page = connect(operator, "moodle", form(school, site="https://m.example/"))

    assert "registered already, as “Ours”" in page.content.decode()
    assert Registration.objects.count() == 1


def test_unknown_kind_of_lms_is_not_found(operator: Client) -> None:
    assert operator.get("/admin/lti/registration/connect/blackbird/").status_code == 404


def test_every_guide_has_something_to_paste() -> None:
    for guide in families.guides().values():
        assert any(not paste.choose for paste in guide.pastes())


# The check


def test_check_shows_each_step_and_the_remedy(operator: Client, platform: Platform) -> None:
    registration = register(platform)
    platform.switch("/jwks", Answer(500))
    platform.switch("/token", Answer(body=json.dumps({"access_token": "t", "expires_in": 1}).encode()))

    page = operator.post(f"/admin/lti/registration/{registration.pk}/check/").content.decode()

    assert "Failed: Key set of the LMS" in page
    assert "Compare the key set address" in page
    assert "Permission to send scores: ok" in page
    assert "Test column" not in page


def test_pause_of_an_lms_is_named_and_ended_by_one_click(operator: Client, desk: Desk) -> None:
    desk.queue()
    until = timezone.now() + timedelta(hours=1)
    Registration.objects.update(paused_until=until)
    Score.objects.update(next_try_at=until)
    page = operator.post(f"/admin/lti/registration/{desk.registration.pk}/check/").content.decode()
    assert f"Nothing is sent until {until:%Y-%m-%d %H:%M} UTC" in page
    assert "1 wait to be sent." in page
    assert "choose “Send waiting scores now”" in page

    given = {"action": "resume", "_selected_action": [str(desk.registration.pk)]}
    page = operator.post("/admin/lti/registration/", given, follow=True).content.decode()

    assert "1 waiting scores go out now." in page
    assert scores.sweep(now=timezone.now()) == [desk.registration.pk]


def test_check_tries_a_score_only_when_ticked(operator: Client, platform: Platform) -> None:
    page = operator.post(f"/admin/lti/registration/{register(platform).pk}/check/", {"score_test": "on"})

    assert b"Test column made: skipped" in page.content
