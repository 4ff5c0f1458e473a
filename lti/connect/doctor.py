"""What works between an LMS and us, step by step, and the remedy where something does not.

Everything is asked afresh: no kept key or token is used. Only the score test writes anything, see `doctor_score`.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any

from django.db.models import F, Max, QuerySet
from django.utils import timezone

from lti.connect import doctor_score, remedies
from lti.connect.examination import FAILED, SKIPPED, Finding, Skip, Trouble, Visit, attempt
from lti.gradebook import ags
from lti.models import Context, Registration, ResourceLink, Score, ScoreState
from lti.people import nrps
from lti.platform import jwks, keys, leases, tokens, tool
from lti.wire import client
from lti.wire.client import Answer, with_query
from lti.words import claims, scopes
from roster.rows import one

CLOCKS_MAY_DIFFER = 30.0  # seconds: our assertions are backdated by as much, launches have a minute
PATIENCE, LASTS = 10.0, timedelta(minutes=5)  # seconds; longer than an examination takes
READ_COLUMNS = (scopes.LINE_ITEM_READ, scopes.LINE_ITEM)
SCOPES = {
    scopes.SCORE: "Permission to send scores",
    scopes.RESULT: "Permission to read results",
    scopes.LINE_ITEM: "Permission to make columns",
    scopes.LINE_ITEM_READ: "Permission to read columns",
    scopes.MEMBERSHIP: "Permission to read the roster",
}
NEEDED = (scopes.SCORE, scopes.RESULT)


def examine(
    *, registration: Registration, score_test: bool = False, clock: Callable[[], datetime] = timezone.now
) -> list[Finding]:
    """Run all steps. Nothing in the LMS is changed unless `score_test` says so."""
    try:
        with leases.request_lease(registration.pk, patience=PATIENCE, lasts=LASTS), client.session() as session:
            visit = Visit(registration, session, clock)
            found = [_launching(visit), *_connection(visit), *_permissions(visit), *_services(visit), _outbox(visit)]
            found += doctor_score.steps(visit) if score_test else []
            _remember(visit, found)
            return found
    except leases.Lost as busy:
        return [Finding("A free moment", FAILED, f"Not now: {busy}.", remedies.BUSY)]


def _remember(visit: Visit, found: list[Finding]) -> None:
    steps = ", ".join(finding.step for finding in failed(found))
    Registration.objects.filter(pk=visit.registration.pk).update(checked_at=visit.clock(), check_failed=steps)


def failed(findings: list[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.outcome == FAILED]


def _launching(visit: Visit) -> Finding:
    return attempt("Launches", partial(_open_for_launches, visit))


def _open_for_launches(visit: Visit) -> str:
    if not visit.registration.active:
        raise Trouble("This connection is switched off here: every launch is refused.", remedies.SWITCHED_OFF)
    waiting = visit.registration.deployments.filter(active=False).count()
    if waiting:
        raise Trouble(f"Deployments that wait for approval, whose launches are refused: {waiting}.", remedies.APPROVE)
    known = visit.registration.deployments.count()
    return f"Open for {known} deployments." if known != 1 else "Open for one deployment."


def _connection(visit: Visit) -> Iterator[Finding]:
    yield attempt("Key set of the LMS", partial(_their_keys, visit), remedies.KEYS_OF_LMS)
    yield attempt("Our own key set", partial(_own_keys, visit), remedies.OWN_KEYS)
    yield attempt("Clocks", partial(_clocks, visit))


def _their_keys(visit: Visit) -> str:
    answer = client.fetch("GET", visit.registration.jwks_url, using=visit.session)
    visit.skew = _skew(answer, visit.clock())
    found = jwks.read(answer)
    usable = [jwk["kid"] for jwk in found["keys"] if jwks.matching(found, jwk["kid"])]
    if not usable:
        raise client.NotJson("its keys are broken, or shorter than 2048 bits")
    return f"{len(usable)} of {len(found['keys'])} keys usable"


def _own_keys(visit: Visit) -> str:
    address = tool.address("jwks")
    try:
        found = jwks.read(client.fetch("GET", address, using=visit.session))
    except client.Forbidden as error:
        raise Skip(f"{address} was not opened from here.", remedies.OWN_KEYS_PRIVATE) from error
    if keys.signing_key(now=visit.clock()).kid not in [jwk["kid"] for jwk in found["keys"]]:
        raise Trouble(f"{address} does not show the key that signs now", remedies.OWN_KEYS_OTHER)
    return f"{address} shows the key that signs now"


def _skew(answer: Answer, now: datetime) -> float | None:
    """How far the platform's clock is ahead of ours, in seconds, by its Date header (whole seconds)."""
    try:
        return (parsedate_to_datetime(answer.headers["date"]) - now).total_seconds()
    except (KeyError, TypeError, ValueError):
        return None


def _clocks(visit: Visit) -> str:
    if visit.skew is None:
        raise Skip("The LMS did not say what time it has.")
    said = f"The LMS is {abs(visit.skew):.0f} s {'ahead of' if visit.skew > 0 else 'behind'} us."
    if abs(visit.skew) > CLOCKS_MAY_DIFFER:
        raise Trouble(said, remedies.CLOCK)
    return said if abs(visit.skew) >= 2 else "They agree."


def _permissions(visit: Visit) -> Iterator[Finding]:
    """Each scope alone, since some platforms refuse all for one. Where there is no token at all, one step says so."""
    for scope, name in SCOPES.items():
        if visit.refused:
            yield Finding(name, SKIPPED, "There are no tokens, see above.")
        else:
            yield attempt(name, partial(_permission, visit, scope))


def _permission(visit: Visit, scope: str) -> str:
    registration = visit.registration
    try:
        key = keys.signing_key(now=visit.clock())
        given = tokens.ask(registration, (scope,), key=key, session=visit.session)
    except tokens.TokenRefused as error:
        if "scope" in error.words:
            raise _lacking(visit, scope, f"{error.status} {error.words}") from error
        visit.refused = True
        remedy = remedies.token(error.status, error.words, registration.family)
        raise Trouble(str(error), remedy) from error
    except client.HttpError as error:
        visit.refused = True
        raise Trouble(f"{registration.token_url}: {error}", remedies.TOKEN_ADDRESS) from error
    granted = given.get("scope")
    if isinstance(granted, str) and scope not in granted.split():
        raise _lacking(visit, scope, "The token does not hold it.")
    visit.tokens[scope] = given["access_token"]
    return "Granted."


def _lacking(visit: Visit, scope: str, said: str) -> Trouble:
    if scope == scopes.LINE_ITEM_READ and scopes.LINE_ITEM in visit.tokens:
        return Skip("Not granted by itself; making columns includes it.")
    kind = Trouble if scope in NEEDED else Skip
    return kind(said, remedies.scope(scope, visit.registration.family))


# Services, in the course where the tool was used last


def _services(visit: Visit) -> Iterator[Finding]:
    yield attempt("Gradebook columns", partial(_columns, visit), remedies.SERVICE_FAILED)
    yield attempt("Results", partial(_results, visit), remedies.SERVICE_FAILED)
    yield attempt("Roster", partial(_roster, visit), remedies.SERVICE_FAILED)


def _links(registration: Registration) -> QuerySet[ResourceLink]:
    links = ResourceLink.objects.select_related("context__course", "line_item")
    latest_first = F("seen").desc(nulls_last=True)
    return (
        links.filter(deployment__registration=registration)
        .annotate(seen=Max("launch__created_at"))
        .order_by(latest_first, "-pk")
    )


def _columns(visit: Visit) -> str:
    links = _links(visit.registration)
    visit.link = one(links.exclude(line_items_url=""))
    if visit.link is None and links.exists():
        raise Trouble("Its launches offer no gradebook.", remedies.gradebook(visit.registration.family))
    if visit.link is None:
        raise Skip("No launch has named the gradebook yet.", remedies.NO_LAUNCH)
    url = with_query(visit.link.line_items_url, resource_link_id=visit.link.resource_link_id)
    visit.line_items = objects(visit.call(READ_COLUMNS, "GET", url, media=ags.LINE_ITEMS_TYPE))
    return f"{len(visit.line_items)} for “{visit.link}”, {visit.link.context or 'no course'}."


def _results(visit: Visit) -> str:
    column = getattr(visit.link, "line_item", None)
    if column is None or not column.url:
        raise Skip("No gradebook column is known yet.", remedies.NO_LAUNCH)
    found = objects(visit.call((scopes.RESULT,), "GET", ags.ags_url(column.url, "results"), media=ags.RESULTS_TYPE))
    return f"{len(found)} in the column of “{visit.link}”."


def _roster(visit: Visit) -> str:
    known = Context.objects.filter(deployment__registration=visit.registration).annotate(seen=Max("launch__created_at"))
    own = known.filter(pk=visit.link.context.pk) if visit.link and visit.link.context else known
    context = one(own.exclude(memberships_url="").order_by(F("seen").desc(nulls_last=True), "-pk"))
    if context is None and known.exists():
        raise Skip("Its launches offer no roster.", remedies.roster(visit.registration.family))
    if context is None:
        raise Skip("No launch has named the class list yet.", remedies.NO_LAUNCH)
    found = visit.call((scopes.MEMBERSHIP,), "GET", context.memberships_url, media=nrps.MEMBERS_TYPE).json()
    members = found.get("members") if isinstance(found, dict) else None
    if not isinstance(members, list):
        raise client.NotJson("the answer holds no members")
    visit.members = [member for member in members if isinstance(member, dict)]
    return f"{len(visit.members)} people on the first page of {context}."


def _outbox(visit: Visit) -> Finding:
    return attempt("Scores on their way", partial(_waiting, visit))


def _waiting(visit: Visit) -> str:
    """What waits here to be sent, and whether the platform wants none of it now."""
    waiting = Score.objects.filter(registration=visit.registration, state=ScoreState.DUE).count()
    said = f"{waiting} wait to be sent."
    until = visit.registration.paused_until
    if until and until > visit.clock():
        raise Trouble(
            f"Nothing is sent until {until:%Y-%m-%d %H:%M} UTC: the LMS wants a pause. {said}", remedies.PAUSED
        )
    return said


def objects(answer: Answer) -> list[claims.Claims]:
    """The objects of a JSON list. Raises http.NotJson."""
    found: Any = answer.json()
    if not isinstance(found, list):
        raise client.NotJson("the answer is not a list")
    return [entry for entry in found if isinstance(entry, dict)]
