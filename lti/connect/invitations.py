"""One-time permissions to register an LMS. Nothing is fetched for anyone who brings none."""

import secrets
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet

from lti.models import Invitation, Registration, key_hash
from lti.platform import tool
from roster.models import Institution, User
from roster.rows import one

USUAL_DAYS = 7
CLAIM_LASTS = timedelta(minutes=3)  # longer than the two requests of a registration may take


class NotInvited(Exception):
    """The invitation is unknown, used, expired, or in use at this moment; `reason` says which."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def invite(
    *,
    institution: Institution,
    now: datetime,
    name: str = "",
    days: int = USUAL_DAYS,
    created_by: User | None = None,
) -> str:
    """Make an invitation and return the address to paste into the LMS. It cannot be shown again."""
    token = secrets.token_urlsafe(32)
    Invitation.objects.create(
        institution=institution,
        token_hash=key_hash(token),
        name=name,
        created_by=created_by,
        expires_at=now + timedelta(days=days),
    )
    return f"{tool.address('register')}?invite={token}"


def find(token: str, *, now: datetime) -> Invitation:
    """The invitation behind a token. Raises NotInvited."""
    found = one(Invitation.objects.select_related("institution").filter(token_hash=key_hash(token)))
    if found is None:
        raise NotInvited("unknown")
    if found.used_at:
        raise NotInvited("used")
    if found.expires_at <= now:
        raise NotInvited("expired")
    return found


def claim(invitation: Invitation, *, now: datetime) -> None:
    """Keep it for one registration, for as long as that may take. Raises NotInvited where another was quicker."""
    free = Q(claimed_until=None) | Q(claimed_until__lte=now)
    live = Invitation.objects.filter(free, pk=invitation.pk, used_at=None, expires_at__gt=now)
    if not live.update(claimed_until=now + CLAIM_LASTS):
        raise NotInvited("busy")
    invitation.claimed_until = now + CLAIM_LASTS


def release(invitation: Invitation) -> None:
    """Give it back after a try that failed."""
    _claimed(invitation).update(claimed_until=None)


def use_up(invitation: Invitation, registration: Registration, *, now: datetime) -> None:
    """End it, in the transaction that saves the registration. Raises NotInvited where the claim ran out meanwhile."""
    if not _claimed(invitation).update(used_at=now, registration=registration, claimed_until=None):
        raise NotInvited("busy")


def _claimed(invitation: Invitation) -> QuerySet[Invitation]:
    return Invitation.objects.filter(pk=invitation.pk, used_at=None, claimed_until=invitation.claimed_until)
