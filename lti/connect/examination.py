"""The frame of an examination: what one step finds, and what a visit to a platform knows by now."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests

from lti.connect import platforms, remedies
from lti.models import Registration, ResourceLink
from lti.wire import client
from lti.wire.client import Answer
from lti.words import claims

OK, FAILED, SKIPPED = "ok", "failed", "skipped"


@dataclass(frozen=True)
class Finding:
    """One step: what was looked at, how it went, what was seen, and what to do about it."""

    step: str
    outcome: str
    said: str
    remedy: str = ""
    seconds: float = 0.0


class Trouble(Exception):
    """A step that failed."""

    def __init__(self, said: str, remedy: str = "") -> None:
        super().__init__(said)
        self.said, self.remedy = said, remedy


class Skip(Trouble):
    """A step that cannot be tried; why, and how to change that."""


@dataclass
class Visit:
    """One examination of a platform. `tokens` maps each scope to the token granted for it alone."""

    registration: Registration
    session: requests.Session
    clock: Callable[[], datetime]
    tokens: dict[str, str] = field(default_factory=dict)
    refused: bool = False  # there are no tokens to be had at all
    skew: float | None = None
    link: ResourceLink | None = None
    line_items: list[claims.Claims] = field(default_factory=list)
    members: list[claims.Claims] = field(default_factory=list)

    def call(
        self,
        scopes: tuple[str, ...],
        method: str,
        url: str,
        *,
        media: str = "*/*",
        fine: tuple[int, ...] = (),
        **kwargs: Any,
    ) -> Answer:
        """A service call by whichever of the scopes was granted. Raises Skip without one, Trouble where refused."""
        token = next((self.tokens[scope] for scope in scopes if scope in self.tokens), None)
        if token is None:
            raise Skip("There is no permission for it, see above.")
        headers = {"Accept": media, "Authorization": f"Bearer {token}", **kwargs.pop("headers", {})}
        answer = client.fetch(method, url, using=self.session, headers=headers, **kwargs)
        if not answer.ok and answer.status not in fine:
            remedy = remedies.LMS_IN_TROUBLE if answer.status >= 500 else remedies.SERVICE_FAILED
            raise Trouble(platforms.words(answer), remedy)
        return answer


def attempt(name: str, look: Callable[[], str], remedy: str = "") -> Finding:
    """Run one step; `remedy` is for a platform that gave no usable answer."""
    started = time.monotonic()
    try:
        outcome, said, remedy = OK, look(), ""
    except Skip as skip:
        outcome, said, remedy = SKIPPED, skip.said, skip.remedy
    except Trouble as trouble:
        outcome, said, remedy = FAILED, trouble.said, trouble.remedy
    except client.HttpError as error:
        outcome, said = FAILED, str(error)
    return Finding(name, outcome, claims.text(said, 500), remedy, time.monotonic() - started)
