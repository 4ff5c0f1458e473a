"""The tool's own keys: see docs/operations.md for when to use which option."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from lti.models import ToolKey
from lti.platform import keys


class Command(BaseCommand):
    help = "Publish the key that will sign in a day. Safe to repeat: one that waits already is kept."

    def add_arguments(self, parser: ArgumentParser) -> None:
        how = parser.add_mutually_exclusive_group()
        how.add_argument("--now", action="store_true", help="The new key signs at once; the old one stays published.")
        how.add_argument(
            "--withdraw",
            metavar="KID",
            action="append",
            help="Forget this key at once: it leaked. Written --withdraw=KID, since a key id may begin with a hyphen.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        for kid in options["withdraw"] or []:
            self._withdraw(kid)
        if options["now"]:
            keys.rotate_at_once(now=now)
        elif not options["withdraw"]:
            keys.rotate(now=now)
        for key in ToolKey.objects.order_by("signs_from"):
            self.stdout.write(f"{key.kid} signs from {key.signs_from.isoformat(timespec='minutes')}")

    def _withdraw(self, kid: str) -> None:
        try:
            keys.withdraw(kid=kid, now=timezone.now())
        except ToolKey.DoesNotExist as error:
            raise CommandError(f"there is no key {kid}") from error
        self.stdout.write(f"{kid} is withdrawn")
