"""Scores as pages ask for them."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from lti.models import Registration, ResourceLink, Score, ScoreState
from roster.models import Person
from roster.rows import Prepared


def latest(*, resource_link: ResourceLink | UUID, person: Person | UUID) -> Score | None:
    """The score of a person on a link (rows or their ids), with its state."""
    return LATEST.one(link=_id(resource_link), person=_id(person))


def _id(row: ResourceLink | Person | UUID) -> UUID:
    return row if isinstance(row, UUID) else row.pk


LATEST = Prepared(
    lambda link, person: Score.objects.filter(line_item__resource_link=link, platform_user__person=person).order_by(
        "-timestamp"
    )[:1],
    link=UUID,
    person=UUID,
)


def of_link(resource_link: ResourceLink | UUID | None) -> QuerySet[Score]:
    """The scores of everyone on a link."""
    return Score.objects.filter(line_item__resource_link=resource_link)


def latest_by_person(*, resource_link: ResourceLink) -> dict[UUID, Score]:
    """The score of everyone on a link, by person id, in one query."""
    return by_person(newest(resource_link))


def newest(resource_link: ResourceLink) -> QuerySet[Score]:
    """The newest score of everyone on a link."""
    own = of_link(resource_link).order_by("platform_user__person", "-timestamp").distinct("platform_user__person")
    return Score.objects.filter(pk__in=own.values("pk"))


def unsettled(scores: QuerySet[Score]) -> QuerySet[Score]:
    """Those that are not in the gradebook as they should be."""
    return scores.exclude(state__in=[ScoreState.SYNCED, ScoreState.KEPT])


def by_person(scores: QuerySet[Score]) -> dict[UUID, Score]:
    """By person id, in the order of their time."""
    found = scores.select_related("platform_user").order_by("timestamp")
    return {score.platform_user.person_id: score for score in found}


def states_by_person(*, resource_link: UUID | None) -> dict[UUID, str]:
    """The state of everyone's score on a link, by person id."""
    found = of_link(resource_link).order_by("timestamp")
    return dict(found.values_list("platform_user__person", "state"))


def in_trouble(scores: QuerySet[Score]) -> QuerySet[Score]:
    """Those that wait for a person: refused, lost, or beside another grade in the LMS."""
    return scores.filter(state__in=[ScoreState.REFUSED, ScoreState.LOST, ScoreState.HELD])


def paused_until(*, resource_link_id: UUID) -> datetime | None:
    """Until when the link's platform is left alone; None where it is not."""
    platform = PLATFORM.one(link=resource_link_id)
    return platform.paused_until if platform else None


PLATFORM = Prepared(
    lambda link: Registration.objects.filter(deployments__resource_links=link).only("paused_until"),
    link=UUID,
)
