"""The tool's own keys: how they follow each other, and how they are kept."""

import time
from datetime import timedelta
from typing import Any

import jwt
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.utils import timezone

from lti import tasks
from lti.models import ToolKey
from lti.platform import keys, tokens
from roster import sealed
from tests.lti.desk import NOW, Desk
from tests.races import race

DAY = timedelta(hours=24)
OLD = f"older-{'x' * 40}"
NEW = f"newer-{'y' * 40}"


def published(now: Any) -> set[str]:
    return {key["kid"] for key in keys.key_set(now=now)["keys"]}


@pytest.mark.django_db(transaction=True)
def test_first_need_makes_one_key_however_many_ask() -> None:
    found = race(*[lambda: keys.signing_key(now=NOW).kid] * 4)

    assert len(set(found)) == 1
    assert ToolKey.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("rotate", [keys.rotate, keys.rotate_at_once])
def test_two_rotations_at_once_make_one_new_key(rotate: Any) -> None:
    keys.generate(signs_from=NOW - DAY)

    first, second = race(*[lambda: rotate(now=NOW).kid] * 2)

    assert first == second
    assert ToolKey.objects.count() == 2


@pytest.mark.django_db
def test_next_key_is_published_a_day_before_it_signs_and_the_old_one_a_day_after() -> None:
    old = keys.signing_key(now=NOW)
    new = keys.rotate(now=NOW)
    takes_over = new.signs_from

    assert takes_over - NOW >= DAY
    assert published(NOW) == {old.kid, new.kid}
    assert keys.signing_key(now=takes_over - timedelta(seconds=1)) == old
    assert keys.signing_key(now=takes_over) == new
    assert published(takes_over + DAY) == {old.kid, new.kid}
    assert published(takes_over + 2 * DAY) == {new.kid}
    assert ToolKey.objects.count() == 2


@pytest.mark.django_db
def test_schedule_renews_an_old_key_in_time_and_forgets_what_is_over(settings: Any) -> None:
    settings.ASSAY_KEY_DAYS = 90
    first = keys.signing_key(now=NOW)
    signers = set()
    for hour in range(0, 24 * 200, 12):
        now = NOW + timedelta(hours=hour)
        keys.rotate_when_old(now=now)
        signer = keys.signing_key(now=now)
        signers.add(signer.kid)
        assert signer.signs_from > now - timedelta(days=91)
        assert signer.kid in published(now)

    assert len(signers) == 3
    assert first.kid in signers
    assert ToolKey.objects.count() == 1


@pytest.mark.django_db
def test_schedule_leaves_a_young_key_alone_and_can_be_switched_off(settings: Any) -> None:
    keys.signing_key(now=NOW)
    keys.rotate_when_old(now=NOW + timedelta(days=80))
    settings.ASSAY_KEY_DAYS = 0
    keys.rotate_when_old(now=NOW + timedelta(days=800))

    assert ToolKey.objects.count() == 1


@pytest.mark.django_db
def test_beat_runs_the_schedule(settings: Any) -> None:
    keys.generate(signs_from=timezone.now() - timedelta(days=89, hours=23, minutes=30))

    tasks.rotate_keys()

    assert ToolKey.objects.count() == 2
    assert {"lti.tasks.rotate_keys"} <= {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}


def test_assertion_signed_before_the_change_verifies_during_the_overlap(desk: Desk) -> None:
    old = keys.signing_key(now=NOW)
    signed = tokens.assertion(desk.registration, old, now=int(time.time()))
    new = keys.rotate(now=NOW)

    (jwk,) = [key for key in keys.key_set(now=new.signs_from + DAY)["keys"] if key["kid"] == old.kid]
    audience = desk.registration.token_url
    assert jwt.decode(signed, jwt.PyJWK(jwk), algorithms=["RS256"], audience=audience)["iss"] == "tool-client"


@pytest.mark.django_db
def test_rotation_at_once_takes_the_key_that_waits_and_keeps_the_old_one_readable() -> None:
    old = keys.signing_key(now=NOW)
    waiting = keys.rotate(now=NOW)

    later = NOW + timedelta(hours=1)
    assert keys.rotate_at_once(now=later) == waiting
    assert keys.signing_key(now=later) == waiting
    assert published(later) == {old.kid, waiting.kid}
    much_later = later + timedelta(hours=1)
    third = keys.rotate_at_once(now=much_later)
    assert third not in (old, waiting)
    assert keys.signing_key(now=much_later) == third


@pytest.mark.django_db
@pytest.mark.parametrize("which", ["old", "waiting", "only"])
def test_leaked_key_is_withdrawn_at_once_and_another_signs(which: str) -> None:
    old = keys.signing_key(now=NOW)
    waiting = keys.rotate(now=NOW) if which != "only" else None
    leaked = waiting if which == "waiting" and waiting else old

    signer = keys.withdraw(kid=leaked.kid, now=NOW)

    assert leaked.kid not in published(NOW)
    assert signer.kid in published(NOW)
    assert keys.signing_key(now=NOW) == signer != leaked
    assert keys.signing_key(now=NOW + 3 * DAY) != leaked


@pytest.mark.django_db
def test_command_rotates_and_withdraws(capsys: pytest.CaptureFixture[str]) -> None:
    old = keys.generate(signs_from=timezone.now() - DAY)
    call_command("rotate_keys")
    waiting = ToolKey.objects.exclude(pk=old.pk).get()
    call_command("rotate_keys", "--now")
    assert keys.signing_key() == waiting
    call_command("rotate_keys", f"--withdraw={old.kid}")

    said = capsys.readouterr().out
    assert f"{old.kid} is withdrawn" in said
    assert list(ToolKey.objects.all()) == [waiting]
    with pytest.raises(CommandError):
        call_command("rotate_keys", f"--withdraw={old.kid}")


@pytest.mark.django_db
def test_key_set_costs_one_query(client: Client, django_assert_num_queries: Any) -> None:
    keys.rotate(now=timezone.now())
    keys.rotate(now=timezone.now())

    with django_assert_num_queries(1):
        assert len(client.get("/lti/jwks").json()["keys"]) == 2


@pytest.mark.django_db
def test_database_alone_gives_no_private_key_away() -> None:
    key = keys.signing_key(now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("SELECT private_key FROM lti_toolkey")
        (stored,) = cursor.fetchone()

    assert "PRIVATE" not in stored
    assert sealed.unseal(stored).startswith("-----BEGIN PRIVATE KEY-----")
    assert keys.private_key(key.private_key) is keys.private_key(key.private_key)


@pytest.mark.django_db
def test_secrets_move_to_a_new_key(settings: Any) -> None:
    derived = keys.signing_key(now=NOW)
    settings.ASSAY_ENCRYPTION_KEYS = [OLD]
    keys.rotate(now=NOW)
    settings.ASSAY_ENCRYPTION_KEYS = [NEW, OLD]
    assert sealed.unseal(derived.private_key)
    call_command("reseal_secrets")

    settings.ASSAY_ENCRYPTION_KEYS, settings.SECRET_KEY = [NEW], "another"
    assert {sealed.unseal(key.private_key)[:10] for key in ToolKey.objects.all()} == {"-----BEGIN"}
    with pytest.raises(sealed.CannotOpen):
        sealed.unseal(derived.private_key)


@pytest.mark.django_db
def test_derived_key_follows_a_changed_secret_key(settings: Any) -> None:
    key = keys.signing_key(now=NOW)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another", [settings.SECRET_KEY]
    assert sealed.unseal(key.private_key)
    settings.SECRET_KEY_FALLBACKS = []
    with pytest.raises(CommandError, match="Nothing was changed"):
        call_command("reseal_secrets")

    fresh = keys.rotate_at_once(now=NOW + DAY)
    assert keys.private_key(keys.signing_key(now=NOW + DAY).private_key)
    assert fresh != key
