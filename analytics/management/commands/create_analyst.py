"""Make a database role for a BI tool."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import ProgrammingError

from analytics import analysts
from roster.models import Institution


class Command(BaseCommand):
    help = (
        "Make a PostgreSQL role that reads the schema `analytics` for one institution. The password is printed once, "
        "alone on standard output. Assay's own database user needs CREATEROLE for it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="Name of the role.")
        parser.add_argument("--institution", required=True, help="Slug of the institution.")
        parser.add_argument("--with-names", action="store_true", help="The role sees names and e-mail addresses too.")
        parser.add_argument("--password", default="", help="Left out, one is made.")
        parser.add_argument("--drop", action="store_true", help="End the role's sessions and remove it.")

    def handle(self, *args: Any, **options: Any) -> None:
        institution = Institution.objects.filter(slug=options["institution"]).first()
        if institution is None:
            raise CommandError(f"There is no institution `{options['institution']}`.")
        try:
            self._do(institution, options)
        except analysts.Refused as error:
            raise CommandError(str(error)) from error
        except ProgrammingError as error:
            raise CommandError(f"The database refused; Assay's user needs CREATEROLE. It said: {error}") from error

    def _do(self, institution: Institution, options: dict[str, Any]) -> None:
        role, given = options["role"], options["password"]
        if options["drop"]:
            analysts.drop(role=role, institution=institution)
            self.stderr.write(f"Role {role} is gone.")
            return
        password = analysts.create(role=role, institution=institution, names=options["with_names"], password=given)
        self.stderr.write(f"Role {role} reads the rows of {institution}. Its password is not shown again.")
        if not given:
            self.stdout.write(password)
