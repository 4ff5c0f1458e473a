from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessment import paper
from assessment.models import Assignment


class Command(BaseCommand):
    help = "Hand in what learners wrote on paper, from a table (CSV), and say what became of each row."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("assignment", type=UUID, help="Its id.")
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        found = Assignment.objects.select_related("quiz__current", "resource_link__deployment")
        assignment = found.filter(pk=options["assignment"]).first()
        if assignment is None:
            raise CommandError(f"There is no assignment {options['assignment']}.")
        try:
            report = paper.take(assignment=assignment, data=options["file"].read_bytes(), now=timezone.now())
        except paper.Unreadable as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        self.stdout.write(_text(report))


def _text(report: paper.Report) -> str:
    counts = f"{report.taken} handed in, {report.known} were here already, {len(report.refused)} refused."
    refused = [f"  row {row.number} ({row.who or '-'}): {reason}" for row in report.refused for reason in row.reasons]
    return "\n".join([counts, *refused, *(f"  {doubt}" for doubt in report.doubts)])
