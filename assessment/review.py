"""A person marks what no rule may decide, or puts a mark right."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from assessment import enqueue, marking
from assessment.models import AttemptState, Mark, MarkedBy, Response
from assessment.templatetags.assay import points as points_text
from lti.words.claims import UNSTORABLE
from roster.models import Person


class NotReviewable(Exception):
    """The attempt is not submitted and marked by rule yet, or belongs to nobody (practice)."""


class MarkedMeanwhile(Exception):
    """Someone else marked the response after the page was shown."""


class InvalidPoints(ValueError):
    """The points lie outside 0 to the item's points, or are finer than a thousandth."""


@transaction.atomic
def confirm(
    *, response: Response, points: Decimal, note: str, by: Person, now: datetime, seen: str | None = None
) -> Mark:
    """Append a person's mark; totals, statistics, grade and score follow in the same transaction.

    Also revises an earlier mark; the old one stays on record. `seen` is the id of the mark that the person had before
    them, empty where there was none. Raises InvalidPoints, MarkedMeanwhile, NotReviewable.
    """
    attempt = marking.locked(response.attempt_id)
    if attempt.state not in (AttemptState.NEEDS_REVIEW, AttemptState.MARKED) or attempt.assignment_id is None:
        raise NotReviewable
    responses = list(attempt.responses.select_related("item_version"))
    reviewed = next(other for other in responses if other.pk == response.pk)
    counting = marking.counting_marks(attempt)
    if seen is not None and seen != _key(counting.get(reviewed.pk)):
        raise MarkedMeanwhile
    mark = Mark.objects.create(
        response=reviewed,
        points=_valid(points, reviewed.item_version.points),
        by=MarkedBy.PERSON,
        tier="person",
        evidence=_evidence(counting.get(reviewed.pk)),
        person=by,
        note=UNSTORABLE.sub("", note).strip(),
        created_at=_later(counting.get(reviewed.pk), now),
    )
    _settle(reviewed)
    response.waiting = False
    marking.conclude(attempt, responses, list({**counting, reviewed.pk: mark}.values()), now)
    if not attempt.preview:
        enqueue.on_commit("fold_statistics", str(attempt.assignment_id))
        enqueue.on_commit("suggest_alike", str(reviewed.pk))
    return mark


def _key(mark: Mark | None) -> str:
    return str(mark.pk) if mark else ""


def _settle(response: Response) -> None:
    if response.waiting:
        response.waiting = False
        response.save(update_fields=["waiting"])


def _valid(points: Decimal, most: Decimal) -> Decimal:
    if not points.is_finite() or not 0 <= points <= most:
        raise InvalidPoints(_("The points must lie between 0 and {most}.").format(most=points_text(most)))
    if points != points.quantize(marking.MILLI):
        raise InvalidPoints(_("The points may have at most three decimals."))
    return points.quantize(marking.MILLI)


def _evidence(earlier: Mark | None) -> dict[str, str]:
    return {"replaces": str(earlier.pk)} if earlier else {}


def _later(earlier: Mark | None, now: datetime) -> datetime:
    """Strictly after the mark that it replaces, whatever the clocks of two servers say."""
    return max(now, earlier.created_at + timedelta(microseconds=1)) if earlier else now
