from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from content import exporting
from content.models import Quiz


class Command(BaseCommand):
    help = "Write a published check as a file that another system, or Assay itself, reads."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("quiz", help="Its slug.")
        parser.add_argument("--to", required=True, choices=[known.name for known in exporting.writable_formats()])
        parser.add_argument("-o", "--output", type=Path, help="The file to write; else its usual name, in this folder.")
        parser.add_argument("--institution", metavar="SLUG", help="Whose quiz it is, where several have the slug.")

    def handle(self, *args: Any, **options: Any) -> None:
        found = Quiz.objects.filter(slug=options["quiz"])
        if options["institution"]:
            found = found.filter(institution__slug=options["institution"])
        quiz = found.own_first(None).first()
        if quiz is None or (quiz.current is None and not quiz.draft):
            raise CommandError(f"There is no quiz {options['quiz']}.")
        written = exporting.export(quiz=quiz, to=options["to"])
        target: Path = options["output"] or Path(written.name)
        target.write_bytes(written.data)
        self.stdout.write(f"{target}: {len(written.data)} bytes.")
        for loss in written.losses:
            self.stdout.write(f"  {loss.severity}: {loss.item or 'file'}: {loss.what}: {loss.why}")
