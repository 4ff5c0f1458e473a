"""Comments that a teacher uses again, and the comment on a whole attempt."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from assessment.models import Attempt, SavedComment
from content.models import Item
from lti.words.claims import UNSTORABLE
from roster.models import Person

LONGEST = 500
MOST = 20  # shown


def saved(person: Person, item: Item) -> QuerySet[SavedComment]:
    """The newest first."""
    return SavedComment.objects.filter(person=person, item=item).order_by("-created_at")[:MOST]


def save(*, person: Person, item: Item, text: str, now: datetime) -> None:
    written = UNSTORABLE.sub("", text).strip()[:LONGEST]
    if written and person.institution_id:
        SavedComment.objects.get_or_create(
            person=person,
            item=item,
            text=written,
            defaults={"institution_id": person.institution_id, "created_at": now},
        )


def forget(*, person: Person, comment: UUID) -> None:
    SavedComment.objects.filter(person=person, pk=comment).delete()


def comment(*, attempt: Attempt, text: str) -> None:
    """Say something to the learner about the whole attempt; an empty text takes it back."""
    written = UNSTORABLE.sub("", text).strip()
    if written != attempt.comment:
        attempt.comment = written
        attempt.save(update_fields=["comment"])
