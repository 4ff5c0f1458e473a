"""A receipt for what was submitted: a short code that the answers and their time give, and nobody can make up.

Its first part says which attempt it is of, the rest proves the attempt's answers.
"""

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from assessment import mailing, sheets
from assessment.models import Attempt, AttemptState

NAMES, PROVES = 4, 8  # characters of 5 bits
LOOK_ALIKES = str.maketrans("018", "OLB")  # which base32 does without


@dataclass(frozen=True)
class Proof:
    """The attempt that a receipt names, and whether it still has the answers that were submitted then."""

    attempt: Attempt
    unchanged: bool


def code(attempt: Attempt, read: list[Any] | None = None) -> str:
    """The receipt of a submitted attempt, such as `K7Q2-M4TX-9PLA`; empty for one that is still open.

    `read` are its responses (`sheets.responses`), where they were read before.
    """
    if attempt.submitted_at is None or attempt.state == AttemptState.IN_PROGRESS:
        return ""
    whole = _name(attempt, settings.SECRET_KEY) + _proof(attempt, settings.SECRET_KEY, read)
    return "-".join(whole[at : at + 4] for at in range(0, NAMES + PROVES, 4))


def check(*, typed: str, attempts: Iterable[Attempt]) -> Proof | None:
    """Which of these attempts a receipt is of. None where it is of none of them.

    Case, spaces and hyphens do not matter. Receipts made with an earlier key (SECRET_KEY_FALLBACKS) hold too.
    """
    given = "".join(character for character in typed.upper() if character.isalnum()).translate(LOOK_ALIKES)
    name, proof = given[:NAMES], given[NAMES:]
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    named = [one for one in attempts if any(constant_time_compare(_name(one, key), name) for key in keys)]
    for one in named:
        if one.submitted_at and any(constant_time_compare(_proof(one, key), proof) for key in keys):
            return Proof(one, unchanged=True)
    return Proof(named[0], unchanged=False) if named and len(given) == NAMES + PROVES else None


def mail(*, attempt: Attempt, language: str) -> None:
    """Send the receipt to the learner's address, where the LMS gave one."""
    person, assignment = attempt.person, attempt.assignment
    if person is None or assignment is None or not (receipt := code(attempt)):
        return
    values = {"title": assignment.title, "at": f"{attempt.submitted_at:%Y-%m-%d %H:%M} UTC", "code": receipt}

    def write() -> tuple[str, str]:
        text = _(
            "Your answers to “%(title)s” were submitted at %(at)s.\n\nReceipt: %(code)s\n\n"
            "Keep it: with it your teacher can check what you submitted and when."
        )
        return _("Receipt: %(title)s") % values, text % values

    mailing.send(to=person, language=language, write=write)


def _name(attempt: Attempt, key: str) -> str:
    return _short("assessment.receipt.attempt", str(attempt.pk), key)[:NAMES]


def _proof(attempt: Attempt, key: str, read: list[Any] | None = None) -> str:
    assert attempt.submitted_at is not None
    answers = [[str(one.item_version_id), one.answer, one.seq] for one in read or sheets.responses(attempt)]
    submitted = [str(attempt.pk), attempt.submitted_at.astimezone(UTC).isoformat(), answers]
    return _short("assessment.receipt.answers", json.dumps(submitted, sort_keys=True), key)[:PROVES]


def _short(salt: str, value: str, key: str) -> str:
    digest = salted_hmac(salt, value, secret=key, algorithm="sha256").digest()
    return base64.b32encode(digest).decode()
