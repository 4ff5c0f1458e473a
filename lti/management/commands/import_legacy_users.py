"""`manage.py import_legacy_users --consumer KEY --csv FILE`: whom an LMS knew under LTI 1.1."""

import csv
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from lti import legacy
from lti.models import LegacyConsumer


class Command(BaseCommand):
    help = "Make a person for every LTI 1.1 user of a CSV file (user_id,name,email). Known ones are left as they are."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--consumer", required=True, help="The consumer key.")
        parser.add_argument("--csv", required=True, help="The file, UTF-8, with a first line that names the columns.")
        parser.add_argument("--institution", help="Its slug, where several have a consumer of that key.")

    def handle(self, *args: Any, **options: Any) -> None:
        consumer = self._consumer(options["consumer"], options["institution"])
        try:
            with Path(options["csv"]).open(encoding="utf-8-sig", newline="") as file:
                rows = csv.DictReader(file)
                if "user_id" not in (rows.fieldnames or ()):
                    raise CommandError("The first line must name the columns: user_id,name,email")
                done = legacy.import_users(consumer=consumer, rows=rows)
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            raise CommandError(f"The file cannot be read: {error}") from error
        for reason in done.refused:
            self.stderr.write(reason)
        self.stdout.write(f"{done.made} new, {done.known} known before, {len(done.refused)} refused.")

    def _consumer(self, key: str, institution: str | None) -> LegacyConsumer:
        consumers = LegacyConsumer.objects.filter(key=key)
        if institution:
            consumers = consumers.filter(institution__slug=institution)
        found = list(consumers[:2])
        if len(found) != 1:
            raise CommandError("Several institutions have this key: name one." if found else "No such consumer.")
        return found[0]
