"""Which attempts and answers a regrade is about."""

from typing import Protocol

from django.db.models import QuerySet, Sum

from assessment import rules
from assessment.models import Assignment, Attempt, AttemptState, MarkedBy, Regrade, RegradeChoice, Response
from content.item_types import Outcome
from content.models import ItemVersion


def attempts(regrade: Regrade) -> QuerySet[Attempt]:
    """The attempts handed in that asked the question; those still being marked and those of teachers among them."""
    found = Attempt.objects.filter(
        institution=regrade.institution_id,
        responses__item_version=regrade.item_version_id,
        quiz_version__quiz=regrade.quiz_id,
    ).exclude(state=AttemptState.IN_PROGRESS)
    return found.filter(assignment=regrade.assignment_id) if regrade.assignment_id else found


def counted(regrade: Regrade) -> QuerySet[Attempt]:
    """Those of them that are marked and count."""
    seen = (AttemptState.NEEDS_REVIEW, AttemptState.MARKED)
    return attempts(regrade).filter(state__in=seen, preview=False, voided_at=None)


def assignments(regrade: Regrade) -> QuerySet[Assignment]:
    found = Assignment.objects.filter(institution=regrade.institution_id, quiz=regrade.quiz_id)
    return found.filter(pk=regrade.assignment_id) if regrade.assignment_id else found


class Given(Protocol):
    """A mark, as far as it says who gave it."""

    @property
    def by(self) -> str: ...


def is_kept(counting: Given | None, regrade: Regrade) -> bool:
    """Whether a person's mark stays: unless everyone gets the same."""
    return counting is not None and counting.by == MarkedBy.PERSON and regrade.choice in rules.BY_KEY


def outcome(response: Response, counting: Given | None, regrade: Regrade) -> Outcome | None:
    """What the regrade gives the response; None where what counts now stays."""
    if is_kept(counting, regrade):
        return None
    found = rules.outcome(response, regrade)
    return None if found.credit is None else found


def leaves_nothing(regrade: Regrade) -> bool:
    """Whether some attempt would have no question left that counts."""
    if regrade.choice != RegradeChoice.DROP:
        return False
    at_stake = attempts(regrade).filter(points_max__lte=regrade.item_version.points)
    return at_stake.exists() or not _other_points(regrade)


def _other_points(regrade: Regrade) -> bool:
    """Whether every version of the quiz with the question has others that count."""
    versions = regrade.quiz.versions.filter(places__item_version=regrade.item_version_id)
    least = versions.order_by("points").values_list("points", flat=True).first()
    ruled = rules.ruling(institution=regrade.institution_id, quiz=regrade.quiz_id, choice=RegradeChoice.DROP)
    dropped = ItemVersion.objects.filter(pk__in=ruled.order_by().values("item_version"))
    gone = dropped.exclude(pk=regrade.item_version_id).aggregate(gone=Sum("points"))["gone"] or 0
    return least is not None and least - gone > regrade.item_version.points
