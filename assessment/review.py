"""A person marks what no rule may decide, or puts a mark right."""

from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from assessment import marking
from assessment.models import DROPPED, Attempt, AttemptState, Mark, MarkedBy, Response, SecondMark
from assessment.templatetags.assay import points as points_text
from lti.words.claims import UNSTORABLE
from roster import enqueue
from roster.models import Person


class NotReviewable(Exception):
    """The attempt is not marked by rule yet, or belongs to nobody (practice), or the question was dropped."""


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
    if (before := counting.get(reviewed.pk)) and before.tier == DROPPED:
        raise NotReviewable
    if seen is not None and seen != _key(counting.get(reviewed.pk)):
        raise MarkedMeanwhile
    mark = Mark.objects.create(
        response=reviewed,
        points=valid(points, reviewed.item_version.points),
        by=MarkedBy.PERSON,
        tier="person",
        evidence=_evidence(counting.get(reviewed.pk)),
        person=by,
        note=UNSTORABLE.sub("", note).strip(),
        created_at=_later(counting.get(reviewed.pk), now),
    )
    _settle(reviewed)
    response.waiting = False
    _ask_second(attempt, mark)
    _conclude(attempt, responses, {**counting, reviewed.pk: mark}, reviewed.pk, now)
    return mark


@transaction.atomic
def undo(*, mark: Mark, by: Person, now: datetime) -> None:
    """Take back the person's own mark while it counts, and append the mark before it again.

    An answer that had none waits again: that mark is removed, and the attempt's log says so. Raises MarkedMeanwhile.
    """
    attempt = marking.locked(mark.response.attempt_id)
    responses = list(attempt.responses.select_related("item_version"))
    reviewed = next(other for other in responses if other.pk == mark.response_id)
    counting = marking.counting_marks(attempt)
    if counting.get(reviewed.pk) != mark or mark.person_id != by.pk:
        raise MarkedMeanwhile
    earlier = reviewed.marks.filter(pk=mark.evidence.get("replaces")).first()
    if earlier:
        counting[reviewed.pk] = _again(earlier, mark, by, now)
        _ask_second(attempt, counting[reviewed.pk])
    else:
        del counting[reviewed.pk]
        _remove(mark, attempt, reviewed, now)
    _conclude(attempt, responses, counting, reviewed.pk, now)


def _again(earlier: Mark, undone: Mark, by: Person, now: datetime) -> Mark:
    return Mark.objects.create(
        response_id=earlier.response_id,
        points=earlier.points,
        by=MarkedBy.PERSON,
        tier="person",
        evidence={"replaces": str(undone.pk), "restores": str(earlier.pk)},
        person=by,
        note=earlier.note,
        created_at=_later(undone, now),
    )


def _remove(mark: Mark, attempt: Attempt, response: Response, now: datetime) -> None:
    entry = {"what": "mark undone", "by": mark.person.display_name if mark.person else "", "why": ""}
    entry |= {"at": now.isoformat(), "question": str(response.position), "points": f"{mark.points.normalize():f}"}
    attempt.log = [*attempt.log, entry]
    mark.delete()
    response.waiting = True
    response.save(update_fields=["waiting"])


def _conclude(
    attempt: Attempt, responses: list[Response], counting: dict[UUID, Mark], reviewed: UUID, now: datetime
) -> None:
    marking.conclude(attempt, responses, list(counting.values()), now)
    if not attempt.preview:
        enqueue.on_commit("assessment.tasks.fold_statistics", str(attempt.assignment_id))
        enqueue.on_commit("assessment.tasks.suggest_alike", str(reviewed))


def _ask_second(attempt: Attempt, mark: Mark) -> None:
    """Where the answer is in the sample, ask a second person too; a second mark that is given stays as it is."""
    if attempt.preview or attempt.assignment is None or not attempt.assignment.asks_second(mark.response_id):
        return
    asked, is_new = SecondMark.objects.get_or_create(
        response_id=mark.response_id, defaults={"first": mark, "asked_at": mark.created_at}
    )
    if not is_new and (asked.marked_at is None or asked.first_id is None):
        asked.first = mark
        asked.save(update_fields=["first"])


def _key(mark: Mark | None) -> str:
    return str(mark.pk) if mark else ""


def _settle(response: Response) -> None:
    if response.waiting:
        response.waiting = False
        response.save(update_fields=["waiting"])


def valid(points: Decimal, most: Decimal) -> Decimal:
    """The points as they are stored. Raises InvalidPoints."""
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
