"""Adds sample learners to an activity, with plausible answers. For demos: `make run` starts with such a class."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessment import attempts
from assessment.models import Assignment
from assessment.samples import filling
from lti.models import LineItem

MOST = 2000


class Command(BaseCommand):
    help = "Add sample learners to an activity, with plausible answers: drawn by ability, some blank, some in progress."

    def add_arguments(self, parser: ArgumentParser) -> None:
        where = parser.add_mutually_exclusive_group(required=True)
        where.add_argument("--assignment", type=UUID, help="Its id.")
        where.add_argument("--link", nargs=2, metavar=("CLIENT_ID", "RESOURCE_LINK_ID"), help="As its LMS names it.")
        parser.add_argument("--learners", type=int, default=300, help=f"How many, at most {MOST}.")
        parser.add_argument(
            "--people",
            type=Path,
            help="A JSON list of {sub, given_name, family_name, email}: people that the LMS knows, so that it takes "
            "their scores.",
        )
        parser.add_argument("--seed", type=int, default=1, help="The same seed gives the same class.")

    def handle(self, *args: Any, **options: Any) -> None:
        assignment = _assignment(options["assignment"], options["link"])
        now = timezone.now()
        try:
            people = filling.enrol(assignment=assignment, people=_people(assignment, options), now=now)
            done = filling.fill(assignment=assignment, people=people, seed=options["seed"], now=now)
        except ValueError as error:
            raise CommandError(str(error)) from error
        except (attempts.OutsideWindow, attempts.NotPublished) as error:
            raise CommandError("The check is not open, or not published.") from error
        except attempts.AnotherQuiz as error:
            raise CommandError("Another check was chosen for the activity just now. Run this again.") from error
        self.stdout.write(
            f"{len(people)} sample learners: {done.handed_in} handed in, {done.in_progress} in progress, "
            f"{done.not_started} not started; {done.waiting} answers wait for a mark."
        )


def _assignment(pk: UUID | None, link: list[str] | None) -> Assignment:
    named = (
        {"pk": pk}
        if link is None
        else {
            "resource_link__deployment__registration__client_id": link[0],
            "resource_link__resource_link_id": link[1],
        }
    )
    found = Assignment.objects.filter(**named).select_related("resource_link__context__deployment")
    assignment = found.order_by("-pk").first()
    if assignment is None:
        raise CommandError("There is no such activity: it has to be opened from the LMS once.")
    return assignment


def _people(assignment: Assignment, options: dict[str, Any]) -> list[dict[str, str]]:
    if not 0 < options["learners"] <= MOST:
        raise CommandError(f"Give a number of learners from 1 to {MOST}.")
    if options["people"]:
        listed: list[dict[str, str]] = json.loads(options["people"].read_text())
        return listed[: options["learners"]]
    if LineItem.objects.filter(resource_link=assignment.resource_link_id).exists():
        raise CommandError("This activity has a gradebook column: name people that the LMS knows by --people.")
    return filling.names(options["learners"])
