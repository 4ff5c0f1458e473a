import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from content import importing
from content.formats import progress, table
from content.formats.reading import Draft, Refused, Source
from content.publishing import PublishingBlocked
from content.writing import Author
from roster.models import Institution

BAR = 40  # characters


class Command(BaseCommand):
    help = "Read a file of questions and say what came through. Nothing is stored without --publish."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--institution", metavar="SLUG", help="Whose it becomes; else the library's, for everybody."
        )
        parser.add_argument("--format", choices=[known.name for known in table.FORMATS], default="")
        parser.add_argument("--key", type=Path, help="The answer key that belongs to a printed sheet.")
        parser.add_argument("--publish", action="store_true", help="Store and publish it.")
        parser.add_argument("--json", action="store_true", help="Print the report as JSON.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            source = importing.open_file(options["file"], options["key"])
            with progress.listening(self._count):
                known, draft = importing.read(source, options["format"])
        except Refused as error:
            raise CommandError(str(error)) from error
        except OSError as error:
            raise CommandError(f"{error.filename} cannot be read: {error.strerror}.") from error
        report = importing.report(known, draft)
        self.stdout.write(
            json.dumps(report, ensure_ascii=False, indent=1, default=str) if options["json"] else _text(report)
        )
        if options["publish"]:
            self._publish(draft, source, options)

    def _count(self, questions: int, expected: int) -> None:
        """A line that grows, for a person at a terminal; a large bank takes some seconds."""
        if questions % 100 == 0 and self.stderr.isatty():
            self.stderr.write(f"\r{_bar(questions, expected)} {questions} questions read", ending="")
            self.stderr.flush()

    def _publish(self, draft: Draft, source: Source, options: dict[str, Any]) -> None:
        author = Author("import_content", institution=institution_of(options["institution"]))
        try:
            taken = importing.take(draft=draft, source=source, author=author, now=timezone.now(), publish=True)
        except PublishingBlocked as blocked:
            raise CommandError(f"It cannot be published:\n{blocked}") from blocked
        said = "Published" if taken.changed else "Unchanged"
        stream = self.stderr if options["json"] else self.stdout
        stream.write(f"{said}: {taken.quiz.slug}, version {taken.version.number if taken.version else '-'}")


def institution_of(slug: str | None) -> Institution | None:
    if slug is None:
        return None
    found = Institution.objects.filter(slug=slug).first()
    if found is None:
        raise CommandError(f"There is no institution {slug}.")
    return found


def _bar(done: int, expected: int) -> str:
    filled = BAR * min(done, expected) // expected if expected else 0
    return f"[{'#' * filled}{'.' * (BAR - filled)}]" if expected else ""


def _text(report: dict[str, Any]) -> str:
    lines = [f"{report['title'] or 'Untitled'}: {len(report['items'])} questions, read as {report['format']}."]
    lines += [f"  {item['identifier']}: {item['kind']}, {item['points']:g} points" for item in report["items"]]
    lines += [f"  {item['identifier']}: {text}" for item in report["items"] for text in item["problems"]]
    losses = report["losses"]
    lines.append(f"{len(losses)} losses." if losses else "Nothing was lost.")
    lines += [f"  {one['severity']}: {one['item'] or 'file'}: {one['what']}: {one['why']}" for one in losses]
    return "\n".join(lines)
