"""The terms of use: shown, accepted, and the platform told of it.

Canvas asks with an LtiEulaRequest and waits for `POST {eulaservice.url}/user`. A report is a row first: it is tried
until the platform has it, never inside the request of the person who accepted.
"""

import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from lti.gradebook import ags
from lti.models import EulaAcceptance, Launch, ReportState, Terms
from lti.platform import enqueue, keys, leases, tokens, tool
from lti.wire import client

LEASE = timedelta(minutes=3)  # longer than any one try takes
FIRST_RETRY, LONGEST_RETRY = timedelta(seconds=10), timedelta(hours=1)
GIVE_UP_AFTER = timedelta(days=3)
PATIENCE = 5.0  # seconds: somebody has just accepted
MAY_PASS = {401, 403, 408, 425, 429}  # a token or a throttle; Canvas says 403 for the latter
BUILT_IN = UUID(int=1)
BUILT_IN_TEXT = _(
    "This service keeps what your LMS tells about you (your name, your courses and your role, as far as it shares "
    "them) and the work that you do here: your answers, their marks and your grades.\n\n"
    "Your teachers see your answers and marks. Your grades go to the gradebook of your LMS. Nobody else gets them.\n\n"
    "You can ask to see, to take along and to erase what is kept about you."
)


def current(institution_id: UUID, *, now: datetime) -> Terms:
    """The terms that count for an institution. Where nobody wrote any, those that come with the service."""
    written = Terms.objects.filter(published_at__lte=now).order_by("-published_at", "-pk")
    found = written.filter(institution=institution_id).first() or written.filter(institution=None).first()
    if found is not None:
        return found
    values = {"version": "built-in 1", "text": BUILT_IN_TEXT, "published_at": datetime(2026, 1, 1, tzinfo=UTC)}
    return Terms.objects.get_or_create(pk=BUILT_IN, defaults=values)[0]


def spoken(terms: Terms) -> str:
    """The text in the language of the page, if it is ours; what an institution wrote stays as it is."""
    return gettext(terms.text) if terms.text == BUILT_IN_TEXT else terms.text


def accepted(viewer: Launch, terms: Terms) -> EulaAcceptance | None:
    """What the person of a launch accepted of these terms before."""
    return EulaAcceptance.objects.filter(terms=terms, platform_user=viewer.platform_user_id).first()


@transaction.atomic
def accept(*, viewer: Launch, terms: Terms, now: datetime) -> EulaAcceptance:
    """Write down that the person accepts, and queue the word to the platform. Accepting again has it told again."""
    service = str(viewer.settings.get("eula_service", ""))
    made, _made = EulaAcceptance.objects.get_or_create(
        terms=terms,
        platform_user=viewer.platform_user,
        service_url=service,
        defaults={
            "institution_id": viewer.institution_id,
            "registration_id": viewer.registration_id,
            "person_id": viewer.person_id,
            "accepted_at": now,
        },
    )
    if service:
        # The platform asks again only if it does not know.
        EulaAcceptance.objects.filter(pk=made.pk).update(state=ReportState.DUE, next_try_at=now, tries=0)
        enqueue.on_commit("report_acceptance", str(made.pk))
    return made


def due(now: datetime) -> QuerySet[EulaAcceptance]:
    """Reports that may be tried now."""
    return EulaAcceptance.objects.filter(
        state=ReportState.DUE, next_try_at__lte=now, registration__active=True
    ).order_by("next_try_at")


def report(*, acceptance_id: UUID, now: datetime) -> None:
    """Tell the platform once. Whoever takes the row first tells; a try that dies is taken up after LEASE."""
    row = EulaAcceptance.objects.select_related("registration", "platform_user").get(pk=acceptance_id)
    with suppress(leases.Lost), leases.errand(row.registration_id, patience=PATIENCE):
        _report(row, now)


def _report(row: EulaAcceptance, now: datetime) -> None:
    if not due(now).filter(pk=row.pk).update(next_try_at=now + LEASE, tries=F("tries") + 1):
        return
    row.refresh_from_db(fields=["tries"])
    status, words = _told(row)
    mine = EulaAcceptance.objects.filter(pk=row.pk, tries=row.tries, state=ReportState.DUE)
    if status is not None and 200 <= status < 300:
        values: dict[str, Any] = {"state": ReportState.REPORTED, "next_try_at": None}
    elif _may_pass(status) and now - row.accepted_at < GIVE_UP_AFTER:
        values = {"next_try_at": now + min(FIRST_RETRY * 2 ** min(row.tries - 1, 16), LONGEST_RETRY)}
    else:
        values = {"state": ReportState.REFUSED, "next_try_at": None}
    mine.update(last_status=status, last_answer=words, **values)


def _told(row: EulaAcceptance) -> tuple[int | None, str]:
    """What the platform said: its status, None where no answer came, and its words."""
    try:
        answer = _post(row)
        return answer.status, answer.text[:2_000]
    except tokens.TokenRefused as error:
        return error.status, error.words[:2_000]
    except client.HttpError as error:
        return None, str(error)[:2_000]


def _post(row: EulaAcceptance) -> client.Answer:
    body = {"userId": row.platform_user.sub, "accepted": True, "timestamp": row.accepted_at.isoformat()}
    with client.session() as session:
        call = tokens.authorised(row.registration, [tool.EULA], key=keys.signing_key(), session=session)
        return call(
            "POST",
            ags.ags_url(row.service_url, "user"),
            data=json.dumps(body, separators=(",", ":")).encode(),
            headers={"Content-Type": "application/json", "Accept": "application/json"},
        )


def _may_pass(status: int | None) -> bool:
    return status is None or status >= 500 or status in MAY_PASS
