"""What the rules give an answer: by the question's own key, or as a regrade has it."""

import logging
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from assessment.models import DROPPED, Assignment, Regrade, RegradeChoice, RegradeState, Response
from content import item_types, variants
from content.item_types import InvalidAnswer, ItemType, Outcome
from content.models import ItemVersion, KeyState
from roster.rows import Prepared

logger = logging.getLogger(__name__)

MILLI = Decimal("0.001")
RULING = (RegradeState.RUNNING, RegradeState.DONE)
BY_KEY = (RegradeChoice.NEW_KEY, RegradeChoice.BOTH)  # the others ask no key


def decide(item: ItemVersion, body: Mapping[str, Any], answer: dict[str, object]) -> Outcome:
    """What the rules say: a blank earns nothing; beyond that only an approved key decides, else a person."""
    if not answer:
        return Outcome(Decimal(0), "blank")
    if item.key_state != KeyState.APPROVED:
        return Outcome(None, "unapproved key")
    try:
        return item_types.get(item.kind).mark(body, answer)
    except Exception:
        # A fault in one item must hold up neither the other nine nor the rest of the class.
        logger.exception("no rule could mark item version %s; a person has to", item.pk)
        return Outcome(None, "fault")


def points(credit: Decimal, item: ItemVersion) -> Decimal:
    """The share of the item's points, to a thousandth."""
    return (credit * item.points).quantize(MILLI)


def outcome(response: Response, regrade: Regrade | None) -> Outcome:
    """What the rules say of a response whose question the regrade rules, if any does."""
    if regrade is None:
        return decide(response.item_version, response.body, response.answer)
    found = _by_regrade(response, regrade)
    return Outcome(found.credit, _tier(regrade), {"regrade": str(regrade.pk), "tier": found.tier, **found.evidence})


def _tier(regrade: Regrade) -> str:
    return DROPPED if regrade.choice == RegradeChoice.DROP else "regrade"


def _by_regrade(response: Response, regrade: Regrade) -> Outcome:
    if regrade.choice == RegradeChoice.DROP:
        return Outcome(Decimal(0), DROPPED)
    if regrade.choice == RegradeChoice.FULL:
        return Outcome(Decimal(1), "full marks")
    corrected = _corrected(response, regrade)
    if regrade.choice == RegradeChoice.NEW_KEY:
        return corrected
    own = decide(response.item_version, response.body, response.answer)
    return max(corrected, own, key=lambda one: -1 if one.credit is None else one.credit)


def _corrected(response: Response, regrade: Regrade) -> Outcome:
    if not response.answer:
        return Outcome(Decimal(0), "blank")
    try:
        kind = item_types.get(response.item_version.kind)
        return kind.mark(corrected_body(response, regrade), response.answer)
    except InvalidAnswer:  # of a question that was worded otherwise
        return Outcome(None, "unfit answer")


def corrected_body(response: Response, regrade: Regrade) -> Mapping[str, Any]:
    """The question with the corrected key, as this learner saw it."""
    return variants.apply(_key(regrade), response.shown)


def _key(regrade: Regrade) -> Mapping[str, Any]:
    body: dict[str, Any] = regrade.key.body if regrade.key else regrade.body
    return body


def bodies(response: Response, regrade: Regrade | None) -> list[Mapping[str, Any]]:
    """The question with each key that holds, as this learner saw it; none where every answer earns the same."""
    return [variants.apply(body, response.shown) for body in keyed(response.item_version, regrade)]


def keyed(item: ItemVersion, regrade: Regrade | None) -> list[Mapping[str, Any]]:
    """The same as it was written."""
    if regrade is None:
        return [item.body]
    by_key = {RegradeChoice.NEW_KEY: [_key(regrade)], RegradeChoice.BOTH: [item.body, _key(regrade)]}
    return by_key.get(RegradeChoice(regrade.choice), [])


def credit(kind: ItemType, body: Mapping[str, Any], answer: dict[str, Any]) -> Decimal:
    """What the key in a body gives the answer; 0 where it decides nothing."""
    try:
        return (kind.mark(body, answer).credit if answer else None) or Decimal(0)
    except InvalidAnswer:
        return Decimal(0)


def ruling(**scope: Any) -> QuerySet[Regrade]:
    """The regrades that rule, the latest first."""
    found = Regrade.objects.filter(state__in=RULING, **scope)
    return found.order_by(F("committed_at").desc(), "-pk")


def in_force(assignment: Assignment) -> dict[UUID, Regrade]:
    """The regrade that rules each question of an assignment that has one, with its key, by item version; one query."""
    found = ruling(institution=assignment.institution_id, quiz=assignment.quiz_id)
    return _latest(found.filter(Q(assignment=assignment) | Q(assignment=None)))


def in_force_everywhere(*, institution: UUID, quiz: UUID) -> dict[UUID, Regrade]:
    """The same in all assignments that an institution has of a quiz."""
    return _latest(ruling(institution=institution, quiz=quiz, assignment=None))


def _latest(found: QuerySet[Regrade]) -> dict[UUID, Regrade]:
    return {regrade.item_version_id: regrade for regrade in reversed(found.select_related("key"))}


def regrade_of() -> Subquery:
    """In a query of responses: the id of the regrade that rules each one's question, null where none does."""
    attempt = {name: OuterRef(f"attempt__{name}") for name in ("institution", "assignment")}
    here = Q(assignment=attempt["assignment"]) | Q(assignment=None, quiz=OuterRef("attempt__quiz_version__quiz"))
    found = ruling(item_version=OuterRef("item_version"), institution=attempt["institution"]).filter(here)
    return Subquery(found.values("pk")[:1])


REGRADE = Prepared(lambda pk: Regrade.objects.select_related("key").filter(pk=pk), pk=UUID)


def named(found: set[UUID]) -> dict[UUID, Regrade]:
    """Regrades by id, each with its key."""
    return {pk: cast(Regrade, REGRADE.one(pk=pk)) for pk in found}
