"""Print the one address that connects an LMS by dynamic registration. It is shown once."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.text import slugify

from lti.connect import invitations
from roster.models import Institution

LONGEST_DAYS = 90


class Command(BaseCommand):
    help = "Make a one-time invitation: the address that an LMS administrator pastes to connect the LMS."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--institution", required=True, help="Slug of the institution that the LMS belongs to.")
        parser.add_argument("--create", action="store_true", help="Make the institution when there is none.")
        parser.add_argument(
            "--institution-name", default="", help="What a new one is called; its slug in words if empty."
        )
        parser.add_argument("--name", default="", help="What the connection will be called here.")
        parser.add_argument("--days", type=int, default=invitations.USUAL_DAYS, help="How long it is good for.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 1 <= options["days"] <= LONGEST_DAYS:
            raise CommandError(f"--days goes from 1 to {LONGEST_DAYS}")
        if len(options["name"]) > 200:
            raise CommandError("--name has at most 200 characters")
        institution = _institution(options["institution"], create=options["create"], name=options["institution_name"])
        now, days = timezone.now(), options["days"]
        self.stdout.write(invitations.invite(institution=institution, now=now, name=options["name"], days=days))
        note = f"Paste it into the LMS of {institution} within {days} days. It connects one LMS and is not shown again."
        self.stderr.write(note)


def _institution(slug: str, *, create: bool, name: str) -> Institution:
    if create and slug == slugify(slug)[:50] and slug:
        return Institution.objects.get_or_create(slug=slug, defaults={"name": name or slug.replace("-", " ").title()})[
            0
        ]
    found = Institution.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no institution {slug}. Add --create to make it (small letters, digits, hyphens).")
    return found
