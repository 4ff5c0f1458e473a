"""One reading of a course's list, from the claim on it to what is written down of its end.

A reading that fails, or that names nobody, takes nobody for gone; what its pages said before is kept.
"""

import logging
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import requests
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from lti.models import Context, ToolKey
from lti.people import membership, nrps, rosters
from lti.people.membership import Reading
from lti.platform import keys, leases, tokens
from lti.platform.leases import Clock, Lease
from lti.wire import client
from lti.wire.client import Call
from lti.words import scopes
from roster.rows import one

logger = logging.getLogger(__name__)

EVERY = timedelta(hours=6)
READ_FOR = timedelta(minutes=10)
LEASE = timedelta(minutes=15)
QUIET = timedelta(seconds=20)  # between two readings
FIRST_RETRY, LONGEST_RETRY = timedelta(minutes=5), timedelta(hours=12)

NO_GROUPS = _("The groups could not be read:")
EMPTY = _("The LMS sent an empty list. Nobody was removed for that.")


def read(context_id: UUID, *, clock: Clock = timezone.now) -> None:
    """Read one context's list if it is due, and then the others that are due at its platform, one after the other.

    While someone else asks that platform nothing is read; that worker goes on with what is due.
    """
    began = clock()
    first = one(rosters.due(began).filter(pk=context_id).select_related("deployment"))
    if first is None:
        return
    try:
        with leases.request_lease(first.deployment.registration_id, clock=clock) as lease:
            due: Context | None = first
            while due and clock() - began < READ_FOR and _read(due.pk, lease, clock):
                due = one(rosters.due(clock()).filter(deployment__registration=first.deployment.registration_id))
    except leases.Lost:
        logger.info("list of context %s waits: its platform is being asked something else", context_id)


def _read(context_id: UUID, lease: Lease, clock: Clock) -> bool:
    """Read one list, unless someone else is at it."""
    began = clock()
    if not rosters.due(began).filter(pk=context_id).update(roster_lease=began + LEASE):
        return False
    context = Context.objects.select_related("deployment__registration").get(pk=context_id)
    try:
        with client.session() as session:
            words = _Errand(context, session, keys.signing_key(), lease).run(began)
    except leases.Lost:
        _write(context, clock(), timedelta(0))
        return False
    except client.HttpError as error:
        _failed(context, error, clock())
    else:
        _write(context, clock(), EVERY, roster_read_at=began, roster_tries=0, roster_words=words[:300])
    return True


class _Errand:
    def __init__(self, context: Context, session: requests.Session, key: ToolKey, lease: Lease) -> None:
        self.context, self.session, self.key, self.lease = context, session, key, lease

    def run(self, began: datetime) -> str:
        """Read everything; what a teacher should know of it. Raises http.HttpError."""
        groups, words = self._groups()
        reading = Reading(self.context, began, groups)
        pages = nrps.members(self._call(scopes.MEMBERSHIP), url=self.context.memberships_url, groups=bool(groups))
        named = 0
        for page in pages:
            membership.apply(reading, page)
            named += len(page)
            if self.lease.clock() - began > READ_FOR:
                raise client.Unreachable(f"the list was not at its end after {READ_FOR}")
        if not named:
            return EMPTY
        membership.close(reading)
        return words

    def _groups(self) -> tuple[dict[str, UUID], str]:
        """The course's groups, where the platform offers them. Without them the list is read all the same."""
        if not self.context.groups_url:
            return {}, ""
        call, sets_url = self._call(scopes.GROUPS), self.context.group_sets_url
        try:
            listed = nrps.groups(call, url=self.context.groups_url)
            sets = nrps.group_sets(call, url=sets_url) if sets_url else {}
        except leases.Lost:
            raise
        except client.HttpError as error:
            return {}, f"{NO_GROUPS} {error}"
        return membership.keep_groups(self.context, listed, sets), ""

    def _call(self, scope: str) -> Call:
        registration = self.context.deployment.registration
        return self.lease.holding(tokens.authorised(registration, [scope], key=self.key, session=self.session))


def _failed(context: Context, error: client.HttpError, now: datetime) -> None:
    """Try again later and later: 5 min, 10 min ... half a day; longer where the platform asks for it."""
    logger.warning("list of context %s not read: %s", context.pk, error)
    leases.pause_if_asked(context.deployment.registration_id, error, now=now)
    wait = min(FIRST_RETRY * 2 ** min(context.roster_tries, 10), LONGEST_RETRY)
    wait = max(wait, timedelta(seconds=error.delay if isinstance(error, client.Refused) else 0.0))
    _write(context, now, wait, roster_tries=context.roster_tries + 1, roster_words=str(error)[:300])


def _write(context: Context, now: datetime, wait: timedelta, **values: Any) -> None:
    """The end of a reading. A course that is no longer in use sleeps until its next launch."""
    in_use = rosters.is_in_use(context, now=now)
    next_at = now + wait * random.uniform(0.9, 1.1) if in_use else None
    Context.objects.filter(pk=context.pk).update(roster_lease=now + QUIET, roster_next_at=next_at, **values)
