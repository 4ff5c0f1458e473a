"""The gradebook column of a link: found or made, followed where it moved, renamed and removed at the platform."""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from threading import RLock
from uuid import UUID

from django.db.models import DateTimeField, ExpressionWrapper, F, QuerySet
from django.utils.translation import gettext_noop as _

from lti.gradebook import ags
from lti.models import LineItem, PlatformUser, ResourceLink
from lti.wire import client, pacing
from lti.wire.client import Call
from lti.words import scopes
from roster.models import Person
from roster.rows import Prepared

logger = logging.getLogger(__name__)

SETTLING = timedelta(minutes=2)  # longer than any transaction that queues a score
NO_COLUMN = _(
    "No scores go to the gradebook: the LMS offers no column for this activity. To have one, make it a graded "
    "activity; an administrator of the LMS may have to allow this tool to use grades."
)
NO_RIGHT = _(
    "No scores go to the gradebook: the LMS does not let this tool write them. An administrator of the LMS can "
    "allow it in the settings of the tool."
)
DELETED = _("No scores go to the gradebook: an administrator deleted the column here.")
READS = {scopes.LINE_ITEM, scopes.LINE_ITEM_READ}


class Column:
    """What is known of one column while scores go to it. Shared by threads, so that two never make it twice."""

    def __init__(self, row: LineItem) -> None:
        self.row = row
        self.link: ResourceLink = row.resource_link
        self.scopes = scopes.of_gradebook(self.link.scopes)
        self.url, self.maximum, self.made = row.url, row.score_maximum, row.made
        self._lock = RLock()

    def address(self, call: Call, maximum: Decimal) -> str:
        """Where the column is; found, or made with this maximum where it may be. Empty when there is none."""
        with self._lock:
            if not self.url and self._findable():
                self.url = self._find(call) or self._make(call, maximum)
            return self.url

    def moved(self, call: Call, gone: str) -> bool:
        """Whether the column stands elsewhere than at `gone` now; a column that is gone is not made again.

        Raises http.HttpError where that cannot be found out now.
        """
        with self._lock:
            if self.url != gone or not self._findable():
                return self.url != gone
            try:
                found = self._find(call)
            except client.Refused as error:
                if error.status not in (*client.CLEAR_NO, 401, 403) or pacing.is_throttled(error.answer):
                    raise
                logger.info("column not found again: %s", error)
                return False
            if found and found != gone:
                self.url, self.maximum = found, None
            return self.url != gone

    def own_maximum(self, call: Call) -> Decimal | None:
        """The column's maximum, where it may be read; without it a score goes out in ours.

        Raises http.Refused where the platform asks us to slow down.
        """
        with self._lock:
            if self.maximum is None and READS & set(self.scopes):
                self.maximum = self._read_maximum(call)
            return self.maximum

    def _findable(self) -> bool:
        return bool(self.link.line_items_url and READS & set(self.scopes))

    def _find(self, call: Call) -> str:
        found = ags.find_line_item(
            call,
            line_items=self.link.line_items_url,
            resource_link_id=self.link.resource_link_id,
            resource_id=self.row.resource_id,
        )
        if found is None:
            return ""
        self.made = found.get("resourceId") == self.row.resource_id
        return str(found["id"])

    def _make(self, call: Call, maximum: Decimal) -> str:
        """One whose answer was lost is found at the next try, by its resource id."""
        if scopes.LINE_ITEM not in self.scopes:
            return ""
        url = ags.create_line_item(
            call,
            line_items=self.link.line_items_url,
            resource_link_id=self.link.resource_link_id,
            resource_id=self.row.resource_id,
            label=self.row.label or self.link.title or "Score",
            maximum=self.row.points or maximum,
        )
        self.made = True
        return url

    def _read_maximum(self, call: Call) -> Decimal | None:
        try:
            found = ags.maximum_of(ags.read_line_item(call, self.url))
        except client.HttpError as error:
            if isinstance(error, client.Refused) and pacing.is_throttled(error.answer):
                raise
            logger.info("maximum of a column not read: %s", error)
            return None
        fits = found is not None and 0 < found < 1_000_000 and found == round(found, 3)
        return found if fits else None


def open_column(resource_link: ResourceLink) -> LineItem | None:
    """The link's column, if scores may be sent to it and its address is known or can be found."""
    column = WANTED.one(link=resource_link.pk)
    if column is None or scopes.SCORE not in resource_link.scopes:
        return None
    findable = resource_link.line_items_url and READS & set(resource_link.scopes)
    return column if column.url or findable else None


def gradebook_user(resource_link: ResourceLink, person: Person) -> PlatformUser | None:
    """The person as the link's platform knows them."""
    return KNOWN_AS.one(
        deployment=resource_link.deployment_id, institution=resource_link.institution_id, person=person.pk
    )


def gradebook_users(resource_link: ResourceLink, people: Iterable[UUID]) -> dict[UUID, PlatformUser]:
    """The same of many people, by id."""
    known = PlatformUser.objects.filter(
        registration__deployments=resource_link.deployment_id,
        institution=resource_link.institution_id,
        person__in=people,
    )
    return {user.person_id: user for user in known.order_by("id")}


WANTED = Prepared(lambda link: LineItem.objects.filter(resource_link=link, wanted=True), link=UUID)
KNOWN_AS = Prepared(
    lambda deployment, institution, person: PlatformUser.objects.filter(
        registration__deployments=deployment, institution=institution, person=person
    ).order_by("-id")[:1],
    deployment=UUID,
    institution=UUID,
    person=UUID,
)


def why_none(resource_link: ResourceLink) -> str:
    """Why no score of this link can be sent, to be translated where it is shown; empty where it can."""
    if open_column(resource_link) is not None:
        return ""
    if LineItem.objects.filter(resource_link=resource_link, wanted=False).exists():
        return DELETED
    return NO_RIGHT if resource_link.scopes and scopes.SCORE not in resource_link.scopes else NO_COLUMN


def with_news() -> QuerySet[LineItem, tuple[UUID, datetime, datetime]]:
    """Columns about which the platform said something new, when, and until when a score may have missed that."""
    missed = ExpressionWrapper(F("news_at") + SETTLING, DateTimeField())
    columns = LineItem.objects.filter(news_at__isnull=False, wanted=True).order_by("news_at")
    return columns.values_list("pk", "news_at", missed)


def no_news(column_id: UUID, *, now: datetime) -> None:
    """The scores that waited were looked through; those being written while the news came had time to appear."""
    LineItem.objects.filter(pk=column_id, news_at__lt=now - SETTLING).update(news_at=None)
