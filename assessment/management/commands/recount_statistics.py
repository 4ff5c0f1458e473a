"""`manage.py recount_statistics`: the statistics from scratch, while marking goes on."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessment.models import Assignment
from assessment.statistics import recount


class Command(BaseCommand):
    help = "Count the statistics again from responses and marks: of one assignment, or of all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--assignment", type=UUID, help="Its id; without it every assignment is counted.")

    def handle(self, *args: Any, assignment: UUID | None, **options: Any) -> None:
        if assignment is None:
            n = recount.recount_all(now=timezone.now())
        else:
            try:
                n = recount.recount(assignment_id=assignment, now=timezone.now())
            except Assignment.DoesNotExist as error:
                raise CommandError(f"There is no assignment {assignment}.") from error
        self.stdout.write(f"{n} attempts counted.")
