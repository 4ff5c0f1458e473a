"""Check a connection to an LMS step by step. Fails, with an exit code, when a step does."""

import contextlib
from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from lti.connect import doctor
from lti.models import Registration


class Command(BaseCommand):
    help = "Check a connection: keys, clocks, permissions, gradebook, roster. Names the failing step and its remedy."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("registration", help="Its id or its name.")
        parser.add_argument(
            "--score-test",
            action="store_true",
            help="Make a gradebook column, send a learner one score, delete the column. The LMS may tell the learner.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        registration = _registration(options["registration"])
        findings = doctor.examine(registration=registration, score_test=options["score_test"])
        self.stdout.write(f"{registration.name}, {registration.issuer}, client id {registration.client_id}")
        for finding in findings:
            took = f" ({finding.seconds:.1f} s)" if finding.seconds >= 0.1 else ""
            self.stdout.write(f"{finding.outcome:8}{finding.step}: {finding.said}{took}")
            if finding.remedy:
                self.stdout.write(f"        What to do: {finding.remedy}")
        failed = doctor.failed(findings)
        if failed:
            raise CommandError(f"failed: {', '.join(finding.step for finding in failed)}")


def _registration(given: str) -> Registration:
    known = Registration.objects.filter(name=given)
    with contextlib.suppress(ValueError):
        known = Registration.objects.filter(pk=UUID(given))
    found = list(known[:2])
    if len(found) == 1:
        return found[0]
    listed = "".join(f"\n  {row.pk}  {row.name}  {row.issuer}" for row in Registration.objects.order_by("name"))
    what = "More than one registration has that name" if found else "There is no such registration"
    raise CommandError(f"{what}. Known are:{listed or ' none'}")
