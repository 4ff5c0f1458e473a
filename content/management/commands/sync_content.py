from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from content import importing
from content.formats.reading import Refused
from content.management.commands.import_content import institution_of
from content.publishing import PublishingBlocked
from content.writing import Author


class Command(BaseCommand):
    help = "Publish every Markdown file of a folder that has changed. Files that are gone are left as they are."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)
        parser.add_argument("--institution", metavar="SLUG", help="Whose they become; else the library's.")
        parser.add_argument("--draft", action="store_true", help="Store the drafts without publishing them.")

    def handle(self, *args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        if not folder.is_dir():
            raise CommandError(f"{folder} is no folder.")
        author = Author("sync_content", institution=institution_of(options["institution"]))
        failed = [path for path in sorted(folder.rglob("*.md")) if not self._sync(folder, path, author, options)]
        if failed:
            raise CommandError(f"{len(failed)} files could not be published.")

    def _sync(self, folder: Path, path: Path, author: Author, options: dict[str, Any]) -> bool:
        name = path.relative_to(folder).as_posix()
        try:
            source = importing.open_file(path, name=name)
            _format, draft = importing.read(source, "markdown")
            taken = importing.take(
                draft=draft, source=source, author=author, now=timezone.now(), publish=not options["draft"]
            )
        except (Refused, PublishingBlocked) as error:
            self.stderr.write(f"{name}: {error}")
            return False
        self.stdout.write(f"{name}: {taken.quiz.slug} {'changed' if taken.changed else 'unchanged'}")
        return True
