"""From LTI 1.1 to 1.3 without losing anyone (LTI 1.3 migration guide, claim `lti1p1`).

The platform proves that it is the one of old by a signature with the old secret; then the old user id leads to the
person of old, and to the attempts and grades that go with them.
"""

import hmac
import logging
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import transaction

from lti.models import LegacyConsumer, LegacyUser, PlatformUser, Registration
from lti.models.sealed import CannotOpen
from lti.words import claims
from lti.words.claims import CLAIM, Claims
from roster import people
from roster.models import Enrollment, Group, Person
from roster.rows import one

logger = logging.getLogger(__name__)

LTI1P1 = CLAIM + "lti1p1"
CANVAS_USER = CLAIM + "lti11_legacy_user_id"
FROM_A_LIST = (PlatformUser, Enrollment, Group.members.through)  # what a reading of the LMS's list leaves of somebody
AT_ONCE = 1_000  # rows of an import in one statement


def signature(*, secret: str, key: str, deployment_id: str, issuer: str, client_id: str, exp: Any, nonce: str) -> str:
    """`oauth_consumer_key_sign` (migration guide, "Remapping parameters"): HMAC-SHA256 of six values, base64."""
    whole = int(exp) if isinstance(exp, float) and exp.is_integer() else exp
    base = "&".join([key, deployment_id, issuer, client_id, str(whole), nonce])
    return b64encode(hmac.new(secret.encode(), base.encode(), sha256).digest()).decode()


def person(*, found: Claims, registration: Registration, institution_id: UUID, now: datetime) -> Person | None:
    """Whom the message means by an LTI 1.1 user id, if it may say so and nobody at this platform is that person yet.

    Call it in the transaction that makes the platform user: the row of old is locked until then.
    """
    if not _names_one_of_old(found):
        return None
    consumer = _consumer(found, registration, institution_id, now)
    user_id = claims.mapping(found, LTI1P1).get("user_id") or found.get(CANVAS_USER) or found["sub"]
    if consumer is None or not claims.is_identifier(user_id):
        return None
    known = one(LegacyUser.objects.select_for_update().filter(consumer=consumer, user_id=user_id))
    if known is None or PlatformUser.objects.filter(person=known.person_id, registration=registration).exists():
        return None
    return known.person


def _names_one_of_old(found: Claims) -> bool:
    return LTI1P1 in found or CANVAS_USER in found


def adopt(*, user: PlatformUser, found: Claims, registration: Registration, now: datetime) -> None:
    """Hand a platform user whom only the roster knew to the person of old: the first launch tells who it is.

    Somebody who has answered, or launched, stays who they are.
    """
    if not _names_one_of_old(found) or not LegacyConsumer.objects.filter(institution=user.institution_id).exists():
        return
    before = user.person_id
    if not people.left_nothing([before], beside=FROM_A_LIST).exists():
        return
    of_old = person(found=found, registration=registration, institution_id=user.institution_id, now=now)
    if of_old is not None:
        user.person = of_old
        user.save(update_fields=["person"])
        vars(user).pop("enrolled", None)  # the reading was of the other person
        Enrollment.objects.filter(person=before).delete()
        Group.members.through.objects.filter(person=before).delete()
        people.forget_unused([before])


@dataclass
class Imported:
    """What came of a file: `refused` holds line numbers and reasons."""

    made: int = 0
    known: int = 0
    refused: list[str] = field(default_factory=list)


@transaction.atomic
def import_users(*, consumer: LegacyConsumer, rows: Iterable[Mapping[str, Any]]) -> Imported:
    """A person for every user id of old that has none yet. Rows have `user_id` and may have `name` and `email`."""
    done = Imported()
    seen = set(consumer.users.values_list("user_id", flat=True))
    new: list[tuple[str, Person]] = []
    for line, row in enumerate(rows, 2):
        user_id = (row.get("user_id") or "").strip()
        if not claims.is_identifier(user_id):
            done.refused.append(f"line {line}: user_id is missing or not usable")
        elif user_id in seen:
            done.known += 1
        else:
            seen.add(user_id)
            new.append((user_id, _new_person(consumer, row)))
    Person.objects.bulk_create([made for _, made in new], AT_ONCE)
    users = [_new_user(consumer, user_id, made) for user_id, made in new]
    done.made = len(LegacyUser.objects.bulk_create(users, AT_ONCE))
    return done


def _consumer(found: Claims, registration: Registration, institution_id: UUID, now: datetime) -> LegacyConsumer | None:
    """The consumer that the message proves to come from; one whose signature is wrong is never believed."""
    claim = claims.mapping(found, LTI1P1)
    consumers = LegacyConsumer.objects.filter(institution=institution_id)
    key, given = claim.get("oauth_consumer_key"), claim.get("oauth_consumer_key_sign")
    if not claims.is_identifier(key):
        # Canvas names the user without a key too. An administrator may have said which platform this is.
        bound = list(consumers.filter(registration=registration)[:2])
        return bound[0] if len(bound) == 1 and given is None else None
    consumer = one(consumers.filter(key=key))
    if consumer is not None:
        trouble = _trouble(consumer, given, found, registration)
        if not trouble:
            return consumer
        logger.warning("LTI 1.1 consumer %s not believed: %s", consumer.pk, trouble)
        LegacyConsumer.objects.filter(pk=consumer.pk).update(trouble=trouble, trouble_at=now)
    return None


def _trouble(consumer: LegacyConsumer, given: Any, found: Claims, registration: Registration) -> str:
    """Why a message is not from this consumer; empty where it is."""
    if consumer.registration_id not in (None, registration.pk):
        return f"The launch came from {registration}, which this consumer did not become."
    if given is None:
        return "" if consumer.registration_id else "The platform did not sign with the old secret."
    try:
        expected = signature(
            secret=consumer.shared_secret,
            key=consumer.key,
            deployment_id=found[CLAIM + "deployment_id"],
            issuer=found["iss"],
            client_id=registration.client_id,
            exp=found["exp"],
            nonce=found["nonce"],
        )
    except CannotOpen:
        return "The stored secret does not open: enter it again."
    right = isinstance(given, str) and hmac.compare_digest(given.encode("utf-8", "ignore"), expected.encode())
    return "" if right else "The signature does not match: is the secret the one that the platform had?"


def _new_person(consumer: LegacyConsumer, row: Mapping[str, Any]) -> Person:
    name, email = claims.text(row.get("name")), claims.text(row.get("email"), 254)
    return Person(institution_id=consumer.institution_id, name=name, email=email)


def _new_user(consumer: LegacyConsumer, user_id: str, made: Person) -> LegacyUser:
    return LegacyUser(institution_id=consumer.institution_id, consumer=consumer, user_id=user_id, person=made)
