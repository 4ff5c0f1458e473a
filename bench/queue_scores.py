"""`python -m bench.queue_scores CLIENT_ID FILE`: queue one score for each platform user id (a line each) in the file.

Run in a process of its own, over the database of the system under test. The newest link of the client is used.
"""

import sys
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import django


def main(client_id: str, file: str) -> None:
    django.setup()
    from django.utils import timezone

    from lti.gradebook import scores
    from lti.models import PlatformUser, ResourceLink
    from roster.models import Person

    link = ResourceLink.objects.filter(deployment__registration__client_id=client_id).latest("id")
    registration = link.deployment.registration
    now = timezone.now()
    for number, sub in enumerate(Path(file).read_text().split()):
        known = PlatformUser.objects.filter(institution=link.institution, registration=registration, sub=sub).first()
        user = known or PlatformUser.objects.create(
            institution=link.institution,
            registration=registration,
            sub=sub,
            person=Person.objects.create(institution=link.institution, name=f"Learner {number}"),
        )
        queued = scores.queue(
            resource_link=link,
            person=user.person,
            given=Decimal(number % 100) / 10,
            maximum=Decimal(10),
            final=True,
            started_at=now - timedelta(minutes=5),
            submitted_at=now - timedelta(seconds=1),
            now=now,
        )
        assert queued is not None, "the link offers no column"


if __name__ == "__main__":
    main(*sys.argv[1:])
