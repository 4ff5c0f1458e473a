"""What operators and a school's staff do: register, approve, look, send again."""

from io import StringIO
from typing import Any

import pytest
from django.contrib.admin import site
from django.contrib.admin.models import LogEntry
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.auth.models import Group, Permission
from django.core.management import CommandError, call_command
from django.test import Client

from lti.admin.connecting import OperatorRows
from lti.gradebook import by_hand
from lti.models import Deployment, Launch, Registration, Score, ScoreState, ToolKey
from lti.platform import keys
from roster.admin import OwnRows
from roster.models import Institution, Person, User
from tests.lti.conftest import Browser
from tests.lti.desk import Desk

GIVEN = {
    "name": "Campus LMS",
    "issuer": "https://lms.example",
    "client_id": "client-1",
    "auth_url": "https://lms.example/auth",
    "token_url": "https://lms.example/token",
    "jwks_url": "http://localhost:8100/jwks",
}


def _register(*more: str, **changes: str) -> str:
    out = StringIO()
    words = [f"--{name.replace('_', '-')}={value}" for name, value in {**GIVEN, **changes}.items()]
    call_command("register_platform", *words, *more, stdout=out)
    return out.getvalue()


@pytest.mark.django_db
def test_platform_is_registered_and_approved() -> None:
    said = _register("--deployment-id=12", "--deployment-id=34", "--institution=campus", "--token-audience=aud")

    registration = Registration.objects.get()
    assert (registration.client_id, registration.token_audience) == ("client-1", "aud")
    assert set(Deployment.objects.values_list("deployment_id", "active")) == {("12", True), ("34", True)}
    assert Institution.objects.get().slug == "campus"
    assert "Registered Campus LMS" in said


@pytest.mark.django_db
def test_registering_again_changes_only_what_is_new() -> None:
    _register("--deployment-id=12")
    Registration.objects.update(jwks={"keys": []}, active=False)
    first = Registration.objects.get()

    said = _register("--deployment-id=12", auth_url="https://lms.example/new")

    again = Registration.objects.get()
    assert (again.pk, again.auth_url, again.active) == (first.pk, "https://lms.example/new", True)
    assert again.jwks == {"keys": []}
    assert "Updated" in said
    assert Deployment.objects.count() == Institution.objects.count() == 1


@pytest.mark.django_db
def test_new_key_set_address_drops_the_old_keys() -> None:
    _register("--deployment-id=12")
    Registration.objects.update(jwks={"keys": [1]})

    _register("--deployment-id=12", jwks_url="https://lms.example/other")

    assert Registration.objects.get().jwks == {}


@pytest.mark.django_db
def test_command_called_from_python_takes_a_single_deployment() -> None:
    call_command("register_platform", **GIVEN, deployment_id="12", institution="campus", stdout=StringIO())

    assert Deployment.objects.get().deployment_id == "12"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "changes",
    [{"auth_url": "ftp://x"}, {"jwks_url": "lms.example"}, {"institution": "Not A Slug"}],
)
def test_nonsense_is_not_registered(changes: dict[str, str]) -> None:
    with pytest.raises(CommandError):
        _register("--deployment-id=12", **changes)
    assert not Registration.objects.exists()


@pytest.mark.django_db
def test_deployment_never_moves_to_another_school() -> None:
    _register("--deployment-id=12", "--institution=one")

    with pytest.raises(CommandError):
        _register("--deployment-id=12", "--institution=two")
    assert Deployment.objects.get().institution == Institution.objects.get(slug="one")


@pytest.fixture
def operator(db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.fixture
def staff(school: Institution) -> Client:
    """Staff of another school, with every permission there is."""
    other = Institution.objects.create(name="Other", slug="other")
    user = User.objects.create_user("stranger", is_staff=True, institution=other)
    user.user_permissions.set(Permission.objects.all())
    client = Client()
    client.force_login(user)
    return client


PAGES = [
    "lti/registration", "lti/deployment", "lti/score", "lti/lineitem", "lti/launch", "lti/resourcelink",
    "lti/context", "lti/platformuser", "lti/toolkey", "roster/institution", "roster/user", "roster/person",
    "roster/course", "roster/enrollment",
]  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_operator_sees_every_page(desk: Desk, browser: Browser, operator: Client, page: str) -> None:
    browser.launch()
    desk.queue()

    assert operator.get(f"/admin/{page}/").status_code == 200


@pytest.mark.parametrize("page", PAGES)
def test_staff_of_another_school_see_none_of_our_rows(
    desk: Desk, browser: Browser, staff: Client, page: str, school: Institution
) -> None:
    browser.launch()
    desk.queue()

    response = staff.get(f"/admin/{page}/")

    if page in ("lti/registration", "lti/toolkey"):
        assert response.status_code == 403
        return
    assert response.status_code == 200
    shown = list(response.context["cl"].queryset)
    assert all(getattr(row, "institution", row) != school for row in shown)
    if page.startswith("lti/"):
        assert shown == []


def test_staff_see_no_platform_of_another_school_among_the_filters(desk: Desk, staff: Client) -> None:
    Registration.objects.update(name="The other LMS")

    for page in ("lti/score", "lti/deployment"):
        assert b"The other LMS" not in staff.get(f"/admin/{page}/").content


def test_no_filter_of_the_admin_names_rows_of_all_schools() -> None:
    for model, page in site._registry.items():
        for name in page.list_filter if isinstance(page, OwnRows) and not isinstance(page, OperatorRows) else ():
            field = get_fields_from_path(model, name)[-1] if isinstance(name, str) else None
            of = field.related_model if field is not None and field.is_relation else None
            assert of is None or not hasattr(of, "institution"), f"{model.__name__}: {name}"


def test_deployment_stays_with_its_institution_once_courses_hang_on_it(
    browser: Browser, operator: Client, school: Institution
) -> None:
    other = Institution.objects.create(name="Other", slug="other")
    deployment = Deployment.objects.get()
    address = f"/admin/lti/deployment/{deployment.pk}/change/"
    assert b'name="institution"' in operator.get(address).content
    browser.launch()

    assert b'name="institution"' not in operator.get(address).content
    operator.post(address, {"institution": str(other.pk), "active": "on", "platform_name": "x"})

    deployment.refresh_from_db()
    assert deployment.institution == school


def test_staff_cannot_open_a_row_of_another_school(desk: Desk, staff: Client) -> None:
    person = Person.objects.get()

    assert staff.get(f"/admin/roster/person/{person.pk}/change/").status_code == 302
    assert staff.get(f"/admin/lti/lineitem/{desk.column.pk}/change/").status_code == 302


def test_staff_cannot_widen_their_own_rights(desk: Desk, staff: Client) -> None:
    me = User.objects.get(username="stranger")

    response = staff.post(f"/admin/roster/user/{me.pk}/change/", {"username": "stranger", "is_superuser": "on"})

    assert response.status_code == 403
    assert staff.get("/admin/roster/user/add/").status_code == 403
    me.refresh_from_db()
    assert not me.is_superuser


def test_pages_show_no_secret(desk: Desk, browser: Browser, operator: Client) -> None:
    browser.launch()
    browser.client.get("/lti/jwks")
    launch, key = Launch.objects.get(), ToolKey.objects.get()

    page = operator.get(f"/admin/lti/launch/{launch.pk}/change/").content.decode()
    assert launch.key_hash not in page
    page = operator.get(f"/admin/lti/toolkey/{key.pk}/change/").content.decode()
    assert key.kid in page
    assert key.private_key[:20] not in page


def test_registration_page_shows_what_to_paste(desk: Desk, operator: Client) -> None:
    page = operator.get(f"/admin/lti/registration/{desk.registration.pk}/change/").content.decode()

    for address in ("/lti/login", "/lti/launch", "/lti/jwks"):
        assert f"http://testserver{address}</code>" in page


def test_waiting_deployment_is_approved_by_a_choice(browser: Browser, operator: Client, school: Institution) -> None:
    browser.launch(deployment_id="new")
    waiting = Deployment.objects.get(deployment_id="new")
    asked: dict[str, Any] = {"action": "approve", "_selected_action": [str(waiting.pk)]}

    page = operator.post("/admin/lti/deployment/", asked)
    assert b"School" in page.content
    operator.post("/admin/lti/deployment/", {**asked, "institution": "school"})

    waiting.refresh_from_db()
    assert (waiting.active, waiting.institution) == (True, school)
    assert browser.launch(deployment_id="new").status_code == 303


def test_waiting_deployment_is_found_by_the_reference_that_its_page_gives(browser: Browser, operator: Client) -> None:
    for name in ("new", "other"):
        browser.launch(deployment_id=name)
    waiting, other = (Deployment.objects.get(deployment_id=name) for name in ("new", "other"))
    for asked in (waiting.reference, waiting.reference.lower(), "new"):
        page = operator.get("/admin/lti/deployment/", {"q": f" {asked} "}).content.decode()
        assert waiting.reference in page
        assert other.reference not in page


def test_tool_keys_are_only_looked_at(operator: Client, browser: Browser) -> None:
    key = keys.signing_key()
    page = operator.get("/admin/lti/toolkey/").content.decode()
    assert key.kid in page
    assert "delete_selected" not in page
    assert operator.post(f"/admin/lti/toolkey/{key.pk}/delete/", {"post": "yes"}).status_code == 403
    assert operator.post(f"/admin/lti/toolkey/{key.pk}/change/", {"kid": "x"}).status_code == 403


def test_waiting_deployment_is_approved_by_one_click(browser: Browser, operator: Client, school: Institution) -> None:
    refused = browser.launch(deployment_id="new")
    waiting = Deployment.objects.get(deployment_id="new")
    assert f"Reference <code>{waiting.reference}</code>" in refused.content.decode()
    assert b"1 placement of the tool waits for approval" in operator.get("/admin/").content
    page = operator.get("/admin/lti/deployment/").content.decode()
    assert waiting.reference in page
    address = f"/admin/lti/deployment/{waiting.pk}/approve/"
    assert f'formaction="{address}">Approve for School</button>' in page
    assert f'name="institution-{waiting.pk}" value="school"' in page

    operator.post(address, {f"institution-{waiting.pk}": "school"})

    waiting.refresh_from_db()
    assert (waiting.active, waiting.institution) == (True, school)
    assert "Approved for School." in LogEntry.objects.get(object_id=str(waiting.pk)).get_change_message()
    assert browser.launch(deployment_id="new").status_code == 303
    assert b"for approval" not in operator.get("/admin/").content


def test_rights_that_all_schools_share_are_for_operators(operator: Client, staff: Client) -> None:
    group = Group.objects.create(name="everyone's")
    page = f"/admin/auth/group/{group.pk}/change/"
    assert operator.get(page).status_code == 200
    assert staff.get(page).status_code == 403
    assert staff.post(page, {"name": "mine", "permissions": []}).status_code == 403
    assert b"/admin/auth/" not in staff.get("/admin/").content


def test_front_page_leads_to_the_scores_that_need_attention(operator: Client, staff: Client, desk: Desk) -> None:
    ann = desk.person("Ann")
    lost, sent_again = desk.queue(), desk.queue(person=ann)
    Score.objects.update(state=ScoreState.REFUSED)
    assert sent_again
    by_hand.resend(score=sent_again, now=desk.now)
    assert b"1 score needs attention" in operator.get("/admin/").content
    assert b"score needs attention" not in staff.get("/admin/").content
    for looks, sees in ((operator, [lost]), (staff, [])):
        page = looks.get("/admin/lti/score/?trouble=yes")
        assert [*page.context["cl"].queryset] == sees


def test_institution_is_asked_for_where_nothing_says_whose_a_deployment_is(browser: Browser, operator: Client) -> None:
    Institution.objects.create(name="College", slug="college")
    browser.launch(deployment_id="new")
    waiting = Deployment.objects.get(deployment_id="new")
    page = operator.get("/admin/lti/deployment/").content.decode()
    assert f'<select name="institution-{waiting.pk}"' in page

    asked = operator.post(f"/admin/lti/deployment/{waiting.pk}/approve/", {}, follow=True)
    assert b"Choose the institution" in asked.content
    operator.post(f"/admin/lti/deployment/{waiting.pk}/approve/", {f"institution-{waiting.pk}": "college"})

    waiting.refresh_from_db()
    assert waiting.active
    assert waiting.institution is not None
    assert waiting.institution.slug == "college"


def test_registrations_own_institution_is_proposed(browser: Browser, operator: Client) -> None:
    college = Institution.objects.create(name="College", slug="college")
    Registration.objects.update(institution=college)
    browser.launch(deployment_id="new")

    assert b"Approve for College</button>" in operator.get("/admin/lti/deployment/").content


def test_approval_takes_an_operator_a_post_and_a_token(browser: Browser, operator: Client, staff: Client) -> None:
    browser.launch(deployment_id="new")
    waiting = Deployment.objects.get(deployment_id="new")
    Deployment.objects.filter(pk=waiting.pk).update(institution=User.objects.get(username="stranger").institution)
    address = f"/admin/lti/deployment/{waiting.pk}/approve/"
    given = {f"institution-{waiting.pk}": "school"}
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(username="operator"))

    assert staff.post(address, given).status_code == 403
    assert operator.get(address).status_code == 405
    assert strict.post(address, given).status_code == 403
    assert not Deployment.objects.get(pk=waiting.pk).active


def test_score_is_sent_again_from_its_page(desk: Desk, operator: Client) -> None:
    desk.queue()
    event = desk.drain()

    operator.post("/admin/lti/score/", {"action": "resend", "_selected_action": [str(event.pk)]})

    assert Score.objects.get().state == ScoreState.DUE


def test_looking_is_not_enough_to_send_again(desk: Desk, school: Institution) -> None:
    desk.queue()
    event = desk.drain()
    user = User.objects.create_user("looker", is_staff=True, institution=school)
    user.user_permissions.set(Permission.objects.filter(codename="view_score"))
    client = Client()
    client.force_login(user)

    client.post("/admin/lti/score/", {"action": "resend", "_selected_action": [str(event.pk)]})

    assert Score.objects.count() == 1
