"""Make an API key from the command line."""

import re
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from api import keys
from roster.models import Institution


class Command(BaseCommand):
    help = "Make an API key for an institution. The key is printed once, alone on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--institution", required=True, help="Slug of the institution.")
        parser.add_argument(
            "--scopes", required=True, nargs="+", help=f"Separated by spaces or commas: {', '.join(keys.SCOPES)}."
        )
        parser.add_argument("--name", default="made by command", help="What the key is for.")
        parser.add_argument("--days", type=int, help="Days after which it expires; left out, it never does.")

    def handle(self, *args: Any, **options: Any) -> None:
        scopes = [scope for part in options["scopes"] for scope in re.split(r"[\s,]+", part) if scope]
        if not scopes:
            raise CommandError(f"Name at least one scope: {', '.join(keys.SCOPES)}.")
        days = options["days"]
        expires_at = None if days is None else timezone.now() + timedelta(days=days)
        given = {"institution": self._institution(options), "name": options["name"], "scopes": scopes}
        try:
            row, key = keys.create(**given, expires_at=expires_at)
        except keys.UnknownScope as error:
            raise CommandError(f"There is no scope {error}. Scopes are: {', '.join(keys.SCOPES)}.") from error
        self.stderr.write(f"Key of {row.institution} for {' '.join(row.scopes)}. Keep it: it is not shown again.")
        self.stdout.write(key)

    def _institution(self, options: dict[str, Any]) -> Institution:
        found = Institution.objects.filter(slug=options["institution"]).first()
        if found is None:
            known = ", ".join(Institution.objects.order_by("slug").values_list("slug", flat=True)[:20]) or "none yet"
            raise CommandError(f"There is no institution `{options['institution']}`. There are: {known}.")
        return found
