"""A request with an Idempotency-Key is done once (draft-ietf-httpapi-idempotency-key-header-07)."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from api.models import KeptAnswer
from api.tasks import clear_away
from content import import_jobs
from content.models import Import
from tests.api.conftest import School
from tests.api.test_problems import assert_problem
from tests.patience import PATIENCE

pytestmark = pytest.mark.django_db
TEXT = b"Which is right?\nA) One\nB) Two\nANSWER: A\n"


def send(key: str, again: str | None = '"one"', text: bytes = TEXT, client: Client | None = None, **fields: str) -> Any:
    headers = {"Authorization": f"Bearer {key}"} | ({} if again is None else {"Idempotency-Key": again})
    data = {"file": SimpleUploadedFile("quiz.txt", text), "format": "aiken", **fields}
    client = client or Client(raise_request_exception=False)
    return client.post("/api/v1/imports", data, headers=headers)


def test_the_same_request_gets_the_first_answer_and_is_done_once(north: School) -> None:
    key = north.key()
    first, second, unquoted = send(key), send(key), send(key, "one")
    assert first.status_code == 202
    for again in (second, unquoted):
        assert (again.status_code, again.json(), again["Location"]) == (202, first.json(), first["Location"])
        assert again["Content-Type"] == "application/json"
    assert Import.objects.count() == 1


def test_without_a_key_every_request_is_done(north: School) -> None:
    key = north.key()
    send(key, None)
    send(key, None)
    assert Import.objects.count() == 2
    assert not KeptAnswer.objects.exists()


def test_the_key_with_another_request_is_refused(north: School) -> None:
    key = north.key()
    send(key)
    assert_problem(send(key, text=TEXT + b"\n"), 422)
    assert_problem(send(key, publish="true"), 422)
    assert send(key, '"two"', text=TEXT + b"\n").status_code == 202
    assert Import.objects.count() == 2


def test_callers_do_not_meet_each_others_keys(north: School, south: School) -> None:
    answers = [send(key) for key in (north.key(), north.key(), south.key())]
    assert len({answer.json()["id"] for answer in answers}) == 3
    assert KeptAnswer.objects.filter(institution=south.institution).count() == 1


def test_what_failed_may_be_sent_again(north: School) -> None:
    key = north.key()
    assert_problem(send(key, publish="perhaps"), 400)
    assert send(key).status_code == 202


@pytest.mark.parametrize("value", ["", '""', "x" * 256])
def test_a_key_that_is_none_is_refused(north: School, value: str) -> None:
    body = assert_problem(send(north.key(), value), 400)
    assert "Idempotency-Key" in body["errors"]


def test_an_answer_is_kept_for_a_day(north: School) -> None:
    key = north.key()
    send(key)
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=23))
    clear_away()
    send(key)
    assert Import.objects.count() == 1
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    send(key)
    assert Import.objects.count() == 2
    KeptAnswer.objects.update(created_at=timezone.now() - timedelta(hours=25))
    clear_away()
    assert not KeptAnswer.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_repetition_while_the_first_is_served_waits_for_it(north: School, monkeypatch: pytest.MonkeyPatch) -> None:
    key = north.key()
    begun, go_on, answers = threading.Event(), threading.Event(), []
    queue = import_jobs.queue

    def slow(**given: Any) -> Import:
        begun.set()
        assert go_on.wait(PATIENCE)
        return queue(**given)

    monkeypatch.setattr(import_jobs, "queue", slow)
    first = threading.Thread(target=lambda: answers.append(send(key)))
    first.start()
    assert begun.wait(PATIENCE)
    meanwhile = send(key)
    go_on.set()
    first.join(PATIENCE)
    assert_problem(meanwhile, 409)
    assert meanwhile["Retry-After"] == "1"
    assert send(key).json() == answers[0].json()
    assert Import.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_fault_leaves_nothing_behind(north: School, monkeypatch: pytest.MonkeyPatch) -> None:
    key = north.key()
    queue = import_jobs.queue

    def broken(**given: Any) -> Import:
        queue(**given)
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(import_jobs, "queue", broken)
        assert_problem(send(key), 500)
    assert not Import.objects.exists()
    assert send(key).status_code == 202
