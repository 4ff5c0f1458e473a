"""What this room keeps about a person, and forgetting it. The whole of it: `assessment.privacy`."""

from datetime import datetime
from typing import Any

from django.db.models import F
from django.db.models.functions import Least

from lti.models import Launch, PlatformUser, Score
from roster.models import Person


def kept(person: Person) -> dict[str, list[Any]]:
    """Everything about the person, ready for JSON."""
    users = PlatformUser.objects.filter(person=person)
    return {
        "known_to_platforms_as": list(
            users.values("sub", platform=F("registration__name"), issuer=F("registration__issuer"))
        ),
        "launches": _launches(person),
        "scores_sent_to_platforms": _scores(person),
    }


def _launches(person: Person) -> list[Any]:
    launches = Launch.objects.filter(person=person).order_by("created_at")
    where = {"course_title": F("course__title"), "activity": F("resource_link__title")}
    return list(launches.values("created_at", "message_type", "role", "custom", "locale", **where))


def _scores(person: Person) -> list[Any]:
    found = Score.objects.filter(platform_user__person=person).order_by("created_at")
    said = ("score_given", "score_maximum", "final", "submitted_at", "timestamp")
    became = ("state", "delivered_at", "last_answer")
    return list(found.values(*said, *became, activity=F("line_item__resource_link__title")))


def forget(*, person: Person, now: datetime) -> None:
    """Drop who the person is to platforms, and with it every score on its way. Open launches end.

    The launch rows stay, emptied, until they are pruned: they keep their tokens from being used again.
    """
    mine = Launch.objects.filter(person=person)
    emptied: dict[str, Any] = {"custom": {}, "settings": {}, "return_url": "", "target_link_uri": "", "locale": ""}
    mine.update(platform_user=None, expires_at=Least("expires_at", now), **emptied)
    Launch.objects.filter(for_person=person).update(for_person=None)
    PlatformUser.objects.filter(person=person).delete()
