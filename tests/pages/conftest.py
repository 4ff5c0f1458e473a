"""Visits to pages inside a launch: the cast with keys in hand."""

import os
import re
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from assessment import attempts
from assessment.models import Attempt
from lti.models import Launch, key_hash
from tests.cast import Cast, make_cast, published_quiz
from tests.patience import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PICTURES = os.environ.get("ASSAY_PICTURES", "")  # a folder, to look at what the tests saw


def key_of(launch: Launch) -> str:
    """A key for the launch, as its first redirect would carry it."""
    key = f"key-{launch.pk.hex}"
    Launch.objects.filter(pk=launch.pk).update(key_hash=key_hash(key), expires_at=timezone.now() + timedelta(hours=1))
    return key


class Visit:
    """One launch in a browser without script. Several visits may share the browser."""

    def __init__(self, launch: Launch, client: Client | None = None) -> None:
        self.launch, self.client, self.base = launch, client or Client(), f"/s/{key_of(launch)}"

    def get(self, path: str = "/", **options: Any) -> HttpResponse:
        return self.client.get(self.base + path, **options)

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> HttpResponse:
        return self.client.post(self.base + path, data or {}, **options)

    def send(self, attempt: Attempt, body: Any) -> HttpResponse:
        return self.post(f"/attempts/{attempt.pk}/responses", body, content_type="application/json")

    def begin(self) -> Attempt:
        """Press "Start the check"."""
        answer = self.post("/check/")
        assert answer.status_code == 303
        return Attempt.objects.get(pk=answer["Location"].rstrip("/").rsplit("/", 1)[1])

    def form(self, attempt: Attempt, **answers: str) -> dict[str, str]:
        """The player's form as the page prints it now, with answers put in by item identifier."""
        return filled(self.get(f"/attempts/{attempt.pk}/").content.decode(), attempt, answers)


def filled(html: str, attempt: Attempt, answers: dict[str, str]) -> dict[str, str]:
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', html)
    fields = {name: unescape(value) for name, value in hidden}
    checked = re.findall(r'<input type="radio" name="([^"]+)" value="([^"]*)" checked', html)
    texts = re.findall(r'<textarea name="([^"]+)"[^>]*>\n?(.*?)</textarea>', html, re.DOTALL)
    fields |= {name: unescape(value) for name, value in checked + texts}
    items = {question.identifier: question.item_version_id for question in attempts.questions(attempt)}
    return fields | {f"answer-{items[name]}": value for name, value in answers.items()}


def stored(attempt: Attempt) -> dict[str, Any]:
    """What the server holds, by item identifier."""
    return {one.identifier: one.answer.get("option", one.answer.get("text")) for one in attempts.questions(attempt)}


@pytest.fixture
def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """The moment that it stays, however slow the machine is."""
    moment = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: moment)
    return moment


@pytest.fixture
def cast(db: None) -> Cast:
    return make_cast(quiz=published_quiz("the-check"))


@pytest.fixture
def visit() -> Callable[..., Visit]:
    return Visit


@pytest.fixture
def acting(chromium: "Browser", transactional_db: None) -> Cast:
    """The cast in a database that the browser's server sees."""
    return make_cast(quiz=published_quiz("the-check"))


@pytest.fixture
def page(chromium: "Browser") -> Iterator["Page"]:
    context = chromium.new_context()
    context.set_default_timeout(PATIENCE * 1000)
    yield context.new_page()
    context.close()


def take_picture(page: "Page", name: str) -> None:
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
