"""The LTI 1.1 migration claim: the person of old keeps attempts and grades."""

from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from lti import legacy
from lti.models import Launch, LegacyConsumer, LegacyUser, PlatformUser, Registration
from lti.models.sealed import seal
from roster.models import Course, Enrollment, Group, Institution, Person, User
from tests.lti.conftest import Browser, register
from tests.lti.platform import CLAIM, Platform

SECRET = "my-lti11-secret"


@pytest.fixture
def consumer(school: Institution) -> LegacyConsumer:
    return LegacyConsumer.objects.create(institution=school, key="179248902", secret=seal(SECRET))


@pytest.fixture
def ada(consumer: LegacyConsumer) -> Person:
    person = Person.objects.create(institution=consumer.institution, name="Ada of old")
    LegacyUser.objects.create(institution=consumer.institution, consumer=consumer, user_id="old-1", person=person)
    return person


def _launch(
    browser: Browser, *, secret: str = SECRET, key: str = "179248902", claim: dict[str, Any] | None = None, **more: Any
) -> Launch:
    """A launch with the claim as a platform signs it; `claim` changes the claim, None deletes."""
    begun = browser.started()
    claims = browser.platform.claims(begun.nonce, **more)
    client_id = claims["aud"][-1] if isinstance(claims["aud"], list) else claims["aud"]
    sign = legacy.signature(
        secret=secret,
        key=key,
        deployment_id="dep-1",
        issuer=claims["iss"],
        client_id=client_id,
        exp=claims["exp"],
        nonce=begun.nonce,
    )
    whole = {"oauth_consumer_key": key, "oauth_consumer_key_sign": sign, "user_id": "old-1", **(claim or {})}
    claims[CLAIM + "lti1p1"] = {name: value for name, value in whole.items() if value is not None}
    response = browser.post(browser.platform.token(claims), begun.state)
    assert response.status_code == 303, response.content
    return Launch.objects.latest("created_at")


def test_signature_is_the_one_of_the_specifications_example() -> None:
    made = legacy.signature(
        secret="my-lti11-secret",
        key="179248902",
        deployment_id="689302",
        issuer="https://lmsvendor.com",
        client_id="PM48OJSfGDTAzAo",
        exp=1551290856,
        nonce="172we8671fd8z",
    )

    assert made == "lWd54kFo5qU7xshAna6v8BwoBm6tmUjc6GTax6+12ps="


def test_signed_claim_leads_to_the_person_of_old(browser: Browser, ada: Person) -> None:
    assert _launch(browser).person == ada
    assert _launch(browser).person == ada

    ada.refresh_from_db()
    assert ada.name == "Ada Lovelace"
    assert Person.objects.count() == 1


def test_audience_may_be_a_list(browser: Browser, ada: Person) -> None:
    client_id = browser.platform.client_id

    assert _launch(browser, aud=["another", client_id], azp=client_id).person == ada


def test_user_id_that_stayed_the_same_is_left_out(browser: Browser, ada: Person) -> None:
    assert _launch(browser, sub="old-1", claim={"user_id": None}).person == ada


def test_canvas_own_claim_names_the_user_where_the_standards_does_not(browser: Browser, ada: Person) -> None:
    assert _launch(browser, claim={"user_id": None}, lti11_legacy_user_id="old-1").person == ada


BAD: list[dict[str, Any]] = [
    {"secret": "wrong"},
    {"claim": {"oauth_consumer_key_sign": "é" * 40}},
    {"claim": {"oauth_consumer_key_sign": 7}},
    {"claim": {"oauth_consumer_key_sign": ""}},
    {"claim": {"oauth_consumer_key_sign": None}},
]


@pytest.mark.parametrize("bad", BAD)
def test_bad_signature_never_links_and_staff_see_it(
    browser: Browser, ada: Person, consumer: LegacyConsumer, bad: dict[str, Any]
) -> None:
    assert _launch(browser, **bad).person != ada

    consumer.refresh_from_db()
    assert consumer.trouble
    operator = Client()
    operator.force_login(User.objects.create_superuser("operator"))
    page = operator.get("/admin/lti/legacyconsumer/").content.decode()
    assert consumer.trouble.split(":")[0] in page


@pytest.mark.parametrize(
    "claim",
    [
        {"oauth_consumer_key": "unknown"},
        {"oauth_consumer_key": 7},
        {"oauth_consumer_key": None},
        {"user_id": "nobody"},
        {"user_id": ["old-1"]},
        {"user_id": "old-1\x00"},
    ],
)
def test_claim_that_names_nobody_opens_for_a_new_person(browser: Browser, ada: Person, claim: dict[str, Any]) -> None:
    assert _launch(browser, claim=claim).person != ada


def test_second_user_of_a_registration_does_not_become_the_same_person(browser: Browser, ada: Person) -> None:
    _launch(browser)

    assert _launch(browser, sub="user-2").person != ada


def test_another_institutions_users_are_out_of_reach(browser: Browser, ada: Person, consumer: LegacyConsumer) -> None:
    LegacyConsumer.objects.update(institution=Institution.objects.create(name="Other", slug="other"))

    assert _launch(browser).person != ada


def test_bound_consumer_needs_no_signature_but_takes_no_wrong_one(
    browser: Browser, ada: Person, registration: Registration
) -> None:
    LegacyConsumer.objects.update(registration=registration)

    assert _launch(browser, secret="wrong", sub="user-2").person != ada
    unsigned = {"oauth_consumer_key": None, "oauth_consumer_key_sign": None}
    assert _launch(browser, claim=unsigned).person == ada


def test_consumer_bound_to_one_registration_is_closed_to_others(browser: Browser, ada: Person) -> None:
    other = Platform.__new__(Platform)
    other.url, other.client_id = "https://other.example", "other"
    LegacyConsumer.objects.update(registration=register(other))

    assert _launch(browser).person != ada
    assert "did not become" in LegacyConsumer.objects.get().trouble


@pytest.mark.parametrize("proof", ["signed", "bound", "canvas"])
def test_user_whom_only_the_roster_knew_is_handed_over_at_the_first_launch(
    browser: Browser, ada: Person, registration: Registration, school: Institution, proof: str
) -> None:
    listed = Person.objects.create(institution=school, name="Ada of the roster")
    PlatformUser.objects.create(institution=school, registration=registration, sub="user-1", person=listed)
    group = Group.objects.create(institution=school, course=Course.objects.create(institution=school), group_id="g")
    group.members.add(listed)
    unsigned: dict[str, Any] = {"oauth_consumer_key": None, "oauth_consumer_key_sign": None}
    if proof != "signed":
        LegacyConsumer.objects.update(registration=registration)

    if proof == "signed":
        opened = _launch(browser)
    elif proof == "bound":
        opened = _launch(browser, claim=unsigned)
    else:
        opened = _launch(browser, claim=unsigned | {"user_id": None}, lti11_legacy_user_id="old-1")

    assert opened.person == ada
    assert Enrollment.objects.get().person == ada
    assert not Person.objects.filter(pk=listed.pk).exists()


def test_user_who_launched_before_stays_who_they_are(browser: Browser, ada: Person) -> None:
    browser.launch()
    before = Launch.objects.get().person

    assert _launch(browser).person == before


def test_file_of_users_is_imported_once(consumer: LegacyConsumer, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("\ufeffuser_id,name,email\nu1,Ada,ada@example.test\nu2,,\n,Nobody,\nu1,Twice,\n", encoding="utf-8")
    out, err = StringIO(), StringIO()

    call_command("import_legacy_users", consumer="179248902", csv=str(file), stdout=out, stderr=err)
    call_command("import_legacy_users", consumer="179248902", csv=str(file), stdout=out, stderr=err)

    assert out.getvalue().splitlines() == ["2 new, 1 known before, 1 refused.", "0 new, 3 known before, 1 refused."]
    assert "line 4" in err.getvalue()
    assert LegacyUser.objects.get(user_id="u1").person.email == "ada@example.test"


def test_file_without_its_column_is_refused(consumer: LegacyConsumer, tmp_path: Path) -> None:
    file = tmp_path / "users.csv"
    file.write_text("id,name\n1,Ada\n")

    with pytest.raises(CommandError, match="user_id"):
        call_command("import_legacy_users", consumer="179248902", csv=str(file))
    with pytest.raises(CommandError, match="No such consumer"):
        call_command("import_legacy_users", consumer="none", csv=str(file))


def test_secret_goes_in_by_the_admin_and_never_comes_out(school: Institution) -> None:
    operator = Client()
    operator.force_login(User.objects.create_superuser("operator"))
    given = {"institution": str(school.pk), "key": "k", "new_secret": "very secret", "registration": ""}

    operator.post("/admin/lti/legacyconsumer/add/", given)

    made = LegacyConsumer.objects.get()
    assert made.shared_secret == "very secret"
    assert "very secret" not in made.secret
    LegacyConsumer.objects.update(trouble="x", trouble_at=timezone.now())
    page = operator.get(f"/admin/lti/legacyconsumer/{made.pk}/change/").content.decode()
    assert "very secret" not in page
    assert made.secret not in page
    operator.post(f"/admin/lti/legacyconsumer/{made.pk}/change/", {**given, "new_secret": ""})
    made.refresh_from_db()
    assert made.shared_secret == "very secret"
