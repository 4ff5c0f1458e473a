"""Dynamic registration: one pasted address connects an LMS; without an invitation nothing is fetched."""

import json
import re
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from lti.connect import invitations
from lti.launch.launch import MESSAGES
from lti.models import Deployment, Invitation, Registration, key_hash
from lti.wire import client
from roster.models import Institution
from tests.lti.conftest import register
from tests.lti.platform import AGS, Answer, Platform, impatient
from tests.races import race

RECORDED = Path(__file__).resolve().parents[3] / "shared" / "reference" / "moodle"
CONFIGURATION = "/mod/lti/openid-configuration.php"
REGISTER = "/mod/lti/openid-registration.php"
TOOL = "https://purl.imsglobal.org/spec/lti-tool-configuration"
ABOUT = "https://purl.imsglobal.org/spec/lti-platform-configuration"
CANVAS = "https://canvas.instructure.com/lti/"
NRPS = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
SCOPES = [AGS + "scope/" + name for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")]


def moodle(url: str, **changes: Any) -> dict[str, Any]:
    """What Moodle says about itself; None leaves a member out."""
    found = {
        "issuer": url,
        "authorization_endpoint": f"{url}/mod/lti/auth.php",
        "token_endpoint": f"{url}/mod/lti/token.php",
        "jwks_uri": f"{url}/mod/lti/certs.php",
        "registration_endpoint": url + REGISTER,
        "scopes_supported": [*SCOPES, NRPS, "openid"],
        ABOUT: {
            "product_family_code": "moodle",
            "messages_supported": [{"type": "LtiResourceLinkRequest"}, {"type": "LtiDeepLinkingRequest"}],
        },
        **changes,
    }
    return {name: value for name, value in found.items() if value is not None}


def canvas(url: str, **changes: Any) -> dict[str, Any]:
    """A Canvas tenant at `url`, whose issuer is the one of all tenants."""
    placements = ["assignment_selection", "editor_button", "account_navigation", "course_navigation"]
    about = {
        "product_family_code": "canvas",
        "messages_supported": [
            {"type": "LtiResourceLinkRequest", "placements": placements},
            {"type": "LtiDeepLinkingRequest", "placements": placements},
        ],
        CANVAS + "account_name": "Test University",
    }
    shared = {"issuer": "https://canvas.instructure.com", "authorization_server": "canvas.instructure.com"}
    return moodle(
        url,
        **{
            **shared,
            ABOUT: about,
            "scopes_supported": [*SCOPES, "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"],
            **changes,
        },
    )


def answered(**changes: Any) -> Answer:
    body = {"client_id": "tN3uRyor1SbfFpz", TOOL: {"deployment_id": "24"}, **changes}
    return Answer(body=json.dumps({name: value for name, value in body.items() if value is not None}).encode())


class Admin:
    """An LMS administrator who was given an invitation."""

    def __init__(self, client: Client, platform: Platform, school: Institution) -> None:
        self.client, self.platform = client, platform
        self.address = invitations.invite(institution=school, now=timezone.now())
        self.invite = self.address.partition("invite=")[2]
        self.says(moodle(platform.url))
        platform.switch(REGISTER, answered())

    def says(self, configuration: Any) -> None:
        self.platform.switch(CONFIGURATION, Answer(body=json.dumps(configuration).encode()))

    def given(self, **changes: str) -> dict[str, str]:
        url = self.platform.url + CONFIGURATION
        given = {"invite": self.invite, "openid_configuration": url, "registration_token": "token.of.lms"}
        return {**given, **changes}

    def look(self, **changes: str) -> HttpResponse:
        return self.client.get("/lti/register", self.given(**changes))  # type: ignore[return-value]

    def connect(self, **changes: str) -> HttpResponse:
        return self.client.post("/lti/register", self.given(**changes))  # type: ignore[return-value]

    def received(self) -> dict[str, Any]:
        """What the LMS received about the tool."""
        received = self.platform.asked(REGISTER, "POST")[-1].json
        assert isinstance(received, dict)
        return received


@pytest.fixture
def admin(client: Client, platform: Platform, school: Institution) -> Admin:
    return Admin(client, platform, school)


def text(response: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", response.content.decode()).split())


# The whole way


def test_moodle_is_connected_by_one_button(admin: Admin, school: Institution) -> None:
    page = admin.look()
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.content.decode()))
    done = admin.client.post("/lti/register", hidden)

    assert page.status_code == done.status_code == 200
    made = Registration.objects.get()
    url = admin.platform.url
    assert (made.issuer, made.client_id, made.family) == (url, "tN3uRyor1SbfFpz", "moodle")
    assert (made.auth_url, made.token_url) == (f"{url}/mod/lti/auth.php", f"{url}/mod/lti/token.php")
    assert (made.jwks_url, made.institution) == (f"{url}/mod/lti/certs.php", school)
    deployment = made.deployments.get()
    assert (deployment.deployment_id, deployment.active, deployment.institution) == ("24", True, school)
    invitation = Invitation.objects.get()
    assert invitation.used_at
    assert invitation.registration == made
    assert "Activate" in text(done)
    assert "Show in activity chooser" in text(done)


def test_moodle_receives_everything_it_requires(admin: Admin) -> None:
    admin.connect()

    [seen] = admin.platform.asked(REGISTER, "POST")
    assert seen.headers["authorization"] == "Bearer token.of.lms"
    assert seen.headers["content-type"] == "application/json"
    received = admin.received()
    assert received["response_types"] == ["id_token"]
    assert received["token_endpoint_auth_method"] == "private_key_jwt"
    assert received["initiate_login_uri"] == "http://testserver/lti/login"
    assert received["redirect_uris"] == ["http://testserver/lti/launch"]
    assert received["jwks_uri"] == "http://testserver/lti/jwks"
    assert received["client_name"]
    assert set(received["scope"].split()) == {*SCOPES, NRPS}
    about = received[TOOL]
    assert (about["domain"], about["target_link_uri"]) == ("testserver", "http://testserver/lti/launch")
    assert about["custom_parameters"] == {"context_history": "$Context.id.history"}
    assert [message["type"] for message in about["messages"]] == [
        "LtiResourceLinkRequest",
        "LtiDeepLinkingRequest",
        "LtiSubmissionReviewRequest",
    ]
    assert not any(name.startswith(CANVAS) for name in about)


def test_domain_names_the_port(admin: Admin, settings: Any) -> None:
    settings.BASE_URL = "http://testserver:8443"

    admin.connect()

    assert admin.received()[TOOL]["domain"] == "testserver:8443"


NAMES = {"name", "given_name", "family_name"}


@pytest.mark.parametrize(
    ("privacy", "shared"),
    [("name_only", NAMES), ("anonymous", set()), ("nonsense", NAMES), ("public", {*NAMES, "email"})],
)
def test_claims_follow_the_privacy_choice(admin: Admin, privacy: str, shared: set[str]) -> None:
    admin.connect(privacy=privacy)

    assert set(admin.received()[TOOL]["claims"]) == {"iss", "sub", *shared}


def test_of_the_messages_that_a_platform_lists_those_we_open_are_asked_for(admin: Admin) -> None:
    listed = [{"type": name} for name in ("LtiUnheardOfRequest", *MESSAGES)]
    admin.says(moodle(admin.platform.url, **{ABOUT: {"product_family_code": "other", "messages_supported": listed}}))

    admin.connect()

    types = [message["type"] for message in admin.received()[TOOL]["messages"]]
    assert sorted(types) == sorted(MESSAGES)
    assert Registration.objects.get().family == ""


def test_canvas_tenant_registers_under_the_shared_issuer(admin: Admin, settings: Any) -> None:
    settings.ASSAY_CANVAS_HOSTS = [admin.platform.url.partition("//")[2]]
    admin.says(canvas(admin.platform.url))
    admin.platform.switch(REGISTER, answered(deployment_id="7:abc", **{TOOL: {}}))

    page = admin.look()
    done = admin.connect(privacy="public")

    assert "Test University" in text(page)
    made = Registration.objects.get()
    assert (made.issuer, made.family, made.token_audience) == ("https://canvas.instructure.com", "canvas", "")
    assert Deployment.objects.get().deployment_id == "7:abc"
    assert done.status_code == 200
    about = admin.received()[TOOL]
    assert about[CANVAS + "privacy_level"] == "public"
    assert about[CANVAS + "tool_id"] == "assay"
    link, picker = about["messages"]
    assert link["placements"] == ["course_navigation"]
    assert link[CANVAS + "course_navigation/default_enabled"] is False
    assert picker["placements"] == ["assignment_selection", "editor_button"]
    assert admin.platform.asked(CONFIGURATION)[0].headers["authorization"] == "Bearer token.of.lms"


def test_canvas_that_names_no_deployment_says_that_the_first_launch_waits(admin: Admin, school: Institution) -> None:
    admin.platform.switch(REGISTER, answered(**{TOOL: {}}))

    done = admin.connect()

    assert not Deployment.objects.exists()
    assert Registration.objects.get().institution == school
    assert "first launch waits" in text(done)


def test_client_id_may_be_a_number(admin: Admin) -> None:
    admin.platform.switch(REGISTER, answered(client_id=10000000000001, deployment_id=3, **{TOOL: None}))

    admin.connect()

    assert Registration.objects.get().client_id == "10000000000001"
    assert Deployment.objects.get().deployment_id == "3"


def test_scopes_that_were_not_granted_are_shown(admin: Admin) -> None:
    admin.platform.switch(REGISTER, answered(scope=f"{SCOPES[2]} {SCOPES[3]}"))

    done = admin.connect()

    assert "scope/lineitem" in text(done)
    assert NRPS in text(done)


def test_audience_of_the_platform_is_kept(admin: Admin) -> None:
    admin.says(moodle(admin.platform.url, authorization_server="https://auth.example"))

    admin.connect()

    assert Registration.objects.get().token_audience == "https://auth.example"


# Who may make us fetch


@pytest.mark.parametrize("method", ["look", "connect"])
@pytest.mark.parametrize("invite", ["", "wrong", "x" * 5000, "\x00", "☃"])
def test_stranger_makes_us_fetch_nothing(admin: Admin, method: str, invite: str) -> None:
    response = getattr(admin, method)(invite=invite)

    if method == "look" and "\x00" in invite:  # refused at every address
        assert response.status_code == 400
    else:
        assert response.status_code == 403
        assert "not a valid invitation" in text(response)
    assert admin.platform.seen == []


@pytest.mark.parametrize("method", ["look", "connect"])
@pytest.mark.parametrize("state", ["used", "expired"])
def test_invitation_that_is_over_makes_us_fetch_nothing(admin: Admin, method: str, state: str) -> None:
    past = timezone.now() - timedelta(seconds=1)
    Invitation.objects.update(**{"used_at" if state == "used" else "expires_at": past})

    response = getattr(admin, method)()

    assert response.status_code == 403
    assert f"{state}" in text(response)
    assert admin.platform.seen == []


def test_private_addresses_are_not_fetched(admin: Admin, settings: Any) -> None:
    settings.ASSAY_PRIVATE_HOSTS = []
    for address in ("http://127.0.0.1:1/", "https://127.0.0.1/", "https://[::1]/", "https://169.254.169.254/latest"):
        response = admin.look(openid_configuration=address)
        assert response.status_code == 400
        assert "private network" in text(response) or "not reached by https" in text(response)
    assert admin.platform.seen == []


@pytest.mark.parametrize("address", ["", "ftp://lms.example/", "file:///etc/passwd", "https://", "not an address"])
def test_nonsense_for_an_address_is_refused(admin: Admin, address: str) -> None:
    assert admin.look(openid_configuration=address).status_code == 400
    assert admin.connect(openid_configuration=address).status_code == 400


@pytest.mark.parametrize(
    "changes",
    [
        {"issuer": "https://other.example"},
        {"issuer": "http://127.0.0.1:1"},
        {"token_endpoint": "https://other.example/token"},
        {"jwks_uri": "https://other.example/jwks"},
        {"registration_endpoint": "https://other.example/register"},
        {"authorization_endpoint": "https://other.example/auth"},
        {"issuer": "https://canvas.instructure.com"},
    ],
    ids=lambda changes: "-".join(changes) + next(iter(changes.values()))[:24],
)
def test_platform_speaks_only_for_itself(admin: Admin, changes: dict[str, str]) -> None:
    admin.says(moodle(admin.platform.url, **changes))

    for response in (admin.look(), admin.connect()):
        assert response.status_code == 400
        assert "may speak only for itself" in text(response)
    assert admin.platform.asked(REGISTER) == []
    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    "issuer", ["https://canvas.instructure.com.evil.example", "https://canvas.instructure.com:444"]
)
def test_issuer_that_only_looks_like_canvas_is_refused(admin: Admin, settings: Any, issuer: str) -> None:
    settings.ASSAY_CANVAS_HOSTS = [admin.platform.url.partition("//")[2]]
    admin.says(canvas(admin.platform.url, issuer=issuer))

    assert admin.connect().status_code == 400
    assert not Registration.objects.exists()


@pytest.mark.parametrize(
    "host",
    [
        "evilinstructure.com",
        "instructure.com.evil.example",
        "http://school.instructure.com",
        "evil.example\\.instructure.com",
        "evil.example\\@school.instructure.com",
        "school.instructure.com@evil.example",
    ],
)
def test_canvas_host_is_compared_whole(admin: Admin, settings: Any, host: str) -> None:
    settings.ASSAY_CANVAS_HOSTS = [admin.platform.url.partition("//")[2], ".instructure.com"]
    address = host if "//" in host else f"https://{host}"
    admin.says(canvas(admin.platform.url, token_endpoint=f"{address}/token"))

    assert admin.connect().status_code == 400


# What can go wrong, and that the invitation outlives it

BAD_CONFIGURATIONS = {
    "not there": (Answer(404, b"<html><title>Error | Moodle</title>"), "Error | Moodle"),
    "redirect": (Answer(303, b"", {"Location": "https://elsewhere.example/"}), "not followed"),
    "server error": (Answer(500, b"boom"), "500"),
    "not JSON": (Answer(body=b"<!doctype html>"), "not JSON"),
    "a list": (Answer(body=b"[]"), "not a JSON object"),
    "huge": (Answer(body=b" " * (client.MAX_BYTES + 1)), "larger than"),
    "dropped": (Answer(drop=True), "server"),
}


@pytest.mark.parametrize("name", BAD_CONFIGURATIONS)
def test_unreadable_configuration_is_explained(admin: Admin, name: str) -> None:
    answer, words = BAD_CONFIGURATIONS[name]
    admin.platform.switch(CONFIGURATION, answer)

    for response in (admin.look(), admin.connect()):
        assert response.status_code == 400
        assert "reading what the LMS says about itself" in text(response)
        assert words in text(response)
        assert "The invitation is still good" in text(response)


def test_slow_platform_is_given_up(admin: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    impatient(monkeypatch, CONFIGURATION)
    admin.platform.switch(CONFIGURATION, Answer(hangs=True))

    assert "timed out" in text(admin.look())


@pytest.mark.parametrize(
    "changes",
    [
        {name: value}
        for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "registration_endpoint")
        for value in (None, 7, "nowhere", "https://lms.example/" + "x" * 600)
    ],
    ids=lambda changes: f"{next(iter(changes))}-{str(next(iter(changes.values())))[:8]}",
)
def test_missing_endpoint_is_named(admin: Admin, changes: dict[str, Any]) -> None:
    admin.says(moodle(admin.platform.url, **changes))

    response = admin.connect()

    assert response.status_code == 400
    assert next(iter(changes)) in text(response)


def test_odd_types_in_the_configuration_do_no_harm(admin: Admin) -> None:
    for about in (None, 7, [], {"product_family_code": 7, "messages_supported": [1, {"type": 2, "placements": 3}]}):
        admin.says(moodle(admin.platform.url, scopes_supported=7, **{ABOUT: about}))
        assert admin.look().status_code == 200


REFUSALS = {
    "token used": (Answer(401, b"token_already_used"), "token_already_used", "each start works once"),
    "bad token": (Answer(404, b"<html><title>Error | rig</title><p>x"), "Error | rig", "each start works once"),
    "mismatch": (Answer(400, b"domain_targetlinkuri_mismatch"), "domain_targetlinkuri_mismatch", "run this service"),
    "no domain": (Answer(400, b"missing_domain"), "missing_domain", "run this service"),
    "no name": (Answer(400, b"missing required attribute client_name"), "client_name", "run this service"),
    "no method": (Answer(400, b"missing required attribute token_endpoint_auth_method"), "auth_method", "run this"),
    "Canvas": (Answer(422, b'{"errors":[{"field":"scope"}]}'), "scope", "run this service"),
    "throttled": (Answer(429, b""), "429", "Wait a little"),
    "down": (Answer(503, b""), "503", "Wait a little"),
    "redirect": (Answer(302, b"", {"Location": "/x"}), "302", "not followed"),
    "not JSON": (Answer(200, b"<html>"), "not JSON", "begin again"),
    "a list": (Answer(200, b"[]"), "not a JSON object", "begin again"),
    "huge": (Answer(200, b" " * (client.MAX_BYTES + 1)), "larger than", "begin again"),
    "dropped": (Answer(drop=True), "closed connection", "begin again"),
    "no client": (answered(client_id=None), "client_id", "run this service"),
    "odd client": (answered(client_id={"a": 1}), "client_id", "run this service"),
    "long client": (answered(client_id="x" * 300), "client_id", "run this service"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_is_shown_with_a_remedy_and_uses_nothing_up(admin: Admin, name: str) -> None:
    answer, words, remedy = REFUSALS[name]
    admin.platform.switch(REGISTER, answer)

    response = admin.connect()

    assert response.status_code == 400
    for part in (words, remedy, "telling the LMS about this tool", "The invitation is still good"):
        assert part in text(response)
    assert not Registration.objects.exists()
    admin.platform.switch(REGISTER, answered())
    assert admin.connect().status_code == 200


def recorded() -> list[dict[str, Any]]:
    path = RECORDED / "18-registration-errors.json"
    return json.loads(path.read_text()) if path.exists() else []


@pytest.mark.skipif(not RECORDED.is_dir(), reason="the recordings of a real Moodle are not on this machine")
@pytest.mark.parametrize("row", recorded(), ids=lambda row: row["case"])
def test_recorded_answers_of_a_real_moodle_are_understood(admin: Admin, row: dict[str, Any]) -> None:
    body = row["body"] if isinstance(row["body"], str) else json.dumps(row["body"])
    admin.platform.switch(REGISTER, Answer(row["status"], body.encode(), {"Content-Type": row["content_type"]}))

    response = admin.connect()

    if row["status"] == 200:
        assert response.status_code == 200
        assert Registration.objects.get().client_id == row["body"]["client_id"]
        assert Deployment.objects.get().deployment_id == row["body"][TOOL]["deployment_id"]
        return
    assert response.status_code == 400
    assert str(row["status"]) in text(response)
    assert "<" in body or body in text(response)


def test_known_client_id_is_not_taken_over(admin: Admin) -> None:
    admin.connect()
    school = Institution.objects.create(name="Other", slug="other")
    other = Admin(admin.client, admin.platform, school)

    response = other.connect()

    assert response.status_code == 400
    assert "registered here already" in text(response)
    assert "Keep the tool in the LMS" in text(response)
    assert Registration.objects.get().institution != school
    assert Invitation.objects.get(token_hash=key_hash(other.invite)).used_at is None


def test_same_institution_that_registers_its_tool_again_keeps_its_connection(admin: Admin) -> None:
    admin.connect()
    Registration.objects.update(name="Our name", jwks={"keys": []})
    Deployment.objects.all().update(active=True)
    before = Registration.objects.get()
    again = Admin(admin.client, admin.platform, Institution.objects.get())
    assert again.connect().status_code == 200
    assert Registration.objects.get().jwks == {"keys": []}, "the same address has the same keys"
    again = Admin(admin.client, admin.platform, Institution.objects.get())
    again.says(moodle(admin.platform.url, jwks_uri=f"{admin.platform.url}/new-keys", **{ABOUT: {}}))

    assert again.connect().status_code == 200

    after = Registration.objects.get()
    assert (after.pk, after.name, after.jwks, after.family) == (before.pk, "Our name", {}, "moodle")
    assert after.jwks_tried_at is None
    assert after.jwks_url == f"{admin.platform.url}/new-keys"
    assert Deployment.objects.count() == 1
    assert Invitation.objects.get(token_hash=key_hash(again.invite)).used_at


def test_placement_that_waited_for_somebody_to_say_whose_it_is_is_approved_by_registering_again(admin: Admin) -> None:
    admin.connect()
    Deployment.objects.update(institution=None, active=False)
    again = Admin(admin.client, admin.platform, Institution.objects.get())
    again.connect()
    assert Deployment.objects.get().institution == Institution.objects.get()
    assert Deployment.objects.get().active


@pytest.mark.parametrize(("what", "words"), [(Registration, "had switched this connection off"), (Deployment, "waits")])
def test_what_was_switched_off_here_stays_so_and_is_shown(admin: Admin, what: Any, words: str) -> None:
    admin.connect()
    what.objects.update(active=False)
    again = Admin(admin.client, admin.platform, Institution.objects.get())
    assert words in text(again.connect())
    assert not what.objects.get().active


def test_html_from_the_platform_stays_text(admin: Admin) -> None:
    about = {"product_family_code": "<script>x</script>", CANVAS + "account_name": "<b>B</b>"}
    admin.says(moodle(admin.platform.url, **{ABOUT: about}))

    assert b"<script>x" not in admin.look().content
    assert b"<b>B" not in admin.look().content


@pytest.mark.parametrize("token", ["a b", "a\r\nX-Evil: 1", "é", "x" * 9000])
def test_unusable_token_is_refused(admin: Admin, token: str) -> None:
    assert admin.connect(registration_token=token).status_code == 400
    assert admin.platform.seen == []


# Pages


def test_looking_uses_nothing_up(admin: Admin) -> None:
    for _ in range(3):
        assert admin.look().status_code == 200
    assert admin.client.head("/lti/register", admin.given()).status_code == 200

    assert admin.platform.asked(REGISTER) == []
    assert admin.connect().status_code == 200


def test_page_may_be_framed_and_runs_no_inline_script(admin: Admin) -> None:
    for response in (admin.look(), admin.connect()):
        policy = response["Content-Security-Policy"]
        assert "frame-ancestors" not in policy
        assert "script-src 'self'" in policy
        assert "X-Frame-Options" not in response
        assert response["Referrer-Policy"] == "no-referrer"
        assert "no-store" in response["Cache-Control"]


def test_address_opened_by_hand_says_where_to_paste_it(admin: Admin) -> None:
    response = admin.client.get("/lti/register", {"invite": admin.invite})

    assert response.status_code == 200
    assert "Add LTI Advantage" in text(response)  # type: ignore[arg-type]


def test_form_works_without_cookie_and_csrf_token(admin: Admin) -> None:
    strict = Client(enforce_csrf_checks=True)

    assert strict.post("/lti/register", admin.given()).status_code == 200
    assert not strict.cookies


# One invitation, one LMS


@pytest.mark.django_db(transaction=True)
def test_one_invitation_connects_one_lms_however_many_try(platform: Platform) -> None:
    school = Institution.objects.create(name="School", slug="school")
    admin = Admin(Client(), platform, school)
    platform.switch(REGISTER, *[answered(client_id=f"c{number}", **{TOOL: {}}) for number in range(4)])

    results = race(*[lambda: Admin.connect(admin).status_code] * 4)

    assert sorted(results) == [200, 403, 403, 403]
    assert Registration.objects.count() == 1
    assert len(platform.asked(REGISTER)) == 1


@pytest.mark.django_db(transaction=True)
def test_claim_of_a_dead_process_ends_by_itself(platform: Platform) -> None:
    school = Institution.objects.create(name="School", slug="school")
    admin = Admin(Client(), platform, school)
    now = timezone.now()
    invitations.claim(Invitation.objects.get(), now=now)

    assert admin.connect().status_code == 403

    Invitation.objects.update(claimed_until=now - timedelta(seconds=1))
    assert admin.connect().status_code == 200


def test_registration_that_lost_its_claim_saves_nothing(admin: Admin) -> None:
    late, now = Invitation.objects.get(), timezone.now()
    invitations.claim(late, now=now)
    invitations.claim(Invitation.objects.get(), now=now + invitations.CLAIM_LASTS)

    with pytest.raises(invitations.NotInvited):
        invitations.use_up(late, register(admin.platform), now=now)
    invitations.release(late)

    assert Invitation.objects.get().claimed_until == now + 2 * invitations.CLAIM_LASTS


# Making an invitation


@pytest.mark.django_db
def test_command_prints_the_address_once(school: Institution) -> None:
    out, note = StringIO(), StringIO()
    call_command("invite_platform", "--institution=school", "--name=Our Moodle", "--days=2", stdout=out, stderr=note)

    address = out.getvalue().strip()
    made = Invitation.objects.get()
    assert address.startswith("http://testserver/lti/register?invite=")
    assert made.token_hash == key_hash(address.partition("invite=")[2])
    assert address.partition("invite=")[2] not in str(Invitation.objects.values())
    assert timedelta(days=1.9) < made.expires_at - timezone.now() < timedelta(days=2)
    assert "not shown again" in note.getvalue()


@pytest.mark.django_db
def test_command_makes_an_institution_only_when_asked() -> None:
    with pytest.raises(CommandError):
        call_command("invite_platform", "--institution=new", stdout=StringIO(), stderr=StringIO())
    call_command("invite_platform", "--institution=new", "--create", stdout=StringIO(), stderr=StringIO())

    assert Invitation.objects.get().institution.slug == "new"


@pytest.mark.django_db
@pytest.mark.parametrize("words", [["--days=0"], ["--days=91"], ["--name=" + "x" * 201], ["--create"]])
def test_command_refuses_nonsense(words: list[str]) -> None:
    slug = "Not A Slug" if words == ["--create"] else "new"
    with pytest.raises(CommandError):
        call_command("invite_platform", f"--institution={slug}", *words, stdout=StringIO())
    assert not Invitation.objects.exists()


# Canvas's JSON


def test_canvas_configuration_has_what_canvas_requires(client: Client) -> None:
    found = client.get("/lti/canvas.json").json()

    assert found["oidc_initiation_url"] == "http://testserver/lti/login"
    assert found["target_link_uri"] == "http://testserver/lti/launch"
    assert found["public_jwk_url"] == "http://testserver/lti/jwks"
    assert found["custom_fields"] == {"context_history": "$Context.id.history"}
    assert {*SCOPES, NRPS} <= set(found["scopes"])
    assert all(found[name] for name in ("title", "description"))
    [extension] = found["extensions"]
    assert extension["domain"] == "testserver"
    assert extension["platform"] == "canvas.instructure.com"
    assert extension["privacy_level"] == "name_only"
    by_name = {placement["placement"]: placement for placement in extension["settings"]["placements"]}
    assert by_name["assignment_selection"]["message_type"] == "LtiDeepLinkingRequest"
    assert {"assignment_selection", "course_assignments_menu", "module_index_menu_modal"} <= set(by_name)
    assert by_name["course_navigation"]["default"] == "disabled"
    assert client.get("/lti/canvas.json?privacy=public").json()["extensions"][0]["privacy_level"] == "public"
    assert client.get("/lti/canvas.json?privacy=x").json()["extensions"][0]["privacy_level"] == "name_only"
