"""A school's link with a gradebook column, and what is needed to put scores on their way."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from lti.gradebook import lookups, scores, sending
from lti.models import (
    Context,
    Deployment,
    LineItem,
    PlatformUser,
    Registration,
    ResourceLink,
    Score,
)
from roster.models import Course, Institution, Person
from tests.lti.platform import AGS, Answer, Platform

SCOPES = [AGS + "scope/" + name for name in ("lineitem", "lineitem.readonly", "result.readonly", "score")]
SCORES = "/lineitems/1/lineitem/scores"
RESULTS = "/lineitems/1/lineitem/results"
THROTTLED = Answer(403, b"403 Forbidden (Rate Limit Exceeded)", {"X-Rate-Limit-Remaining": "0.0"})
NOW = datetime.fromisoformat("2026-11-23T12:00:00.123+00:00")


class Desk:
    """`ada` is a learner there; `now` is the time of day, moved on by `drain`."""

    def __init__(self, platform: Platform, deployment: Deployment, school: Institution) -> None:
        self.platform = platform
        self.registration = deployment.registration
        self.school = school
        self.course = Course.objects.create(institution=school, title="Course one")
        context = {"institution": school, "deployment": deployment, "course": self.course}
        self.link = ResourceLink.objects.create(
            institution=school,
            deployment=deployment,
            context=Context.objects.create(**context, context_id="course-1"),
            resource_link_id="link-1",
            title="The check",
            line_items_url=f"{platform.url}/lineitems?type_id=1",
            scopes=SCOPES,
        )
        self.column = LineItem.objects.create(
            institution=school,
            registration=self.registration,
            resource_link=self.link,
            url=f"{platform.url}/lineitems/1/lineitem?type_id=1",
        )
        self.ada = self.person("ada")
        self.now = NOW
        self.tick = timedelta(0)

    def clock(self) -> datetime:
        """The time of day, a `tick` later at each look."""
        self.now += self.tick
        return self.now

    def person(self, sub: str) -> Person:
        person = Person.objects.create(institution=self.school, name=sub)
        PlatformUser.objects.create(institution=self.school, registration=self.registration, sub=sub, person=person)
        return person

    def family(self, family: str) -> None:
        Registration.objects.filter(pk=self.registration.pk).update(family=family)

    def queue(self, given: float = 7, **changes: Any) -> Score | None:
        values: dict[str, Any] = {
            "resource_link": self.link,
            "person": self.ada,
            "given": Decimal(str(given)),
            "maximum": Decimal(10),
            "final": True,
            "started_at": NOW - timedelta(minutes=5),
            "submitted_at": NOW - timedelta(seconds=1),
            "now": self.now,
            **changes,
        }
        return scores.queue(**values)

    def drain(self, after: float = 0) -> Score:
        """Send what is due `after` seconds; Ada's newest event as it is then."""
        self.now += timedelta(seconds=after)
        sending.drain(self.registration.pk, clock=self.clock)
        event = lookups.latest(resource_link=self.link, person=self.ada)
        assert event
        return event

    def sent(self) -> list[dict[str, Any]]:
        return [seen.json for seen in self.platform.asked(SCORES, "POST")]
