"""After ASSAY_ENCRYPTION_KEYS got a new first key: seal what is stored with it. Then the old one may go."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from roster import sealed


class Command(BaseCommand):
    help = "Reseal every stored secret with the first key of ASSAY_ENCRYPTION_KEYS. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            count = sealed.reseal()
        except sealed.CannotOpen as error:
            raise CommandError(f"Nothing was changed: {error}") from error
        self.stdout.write(f"{count} resealed.")
