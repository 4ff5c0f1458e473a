from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from sandbox import demo


class Command(BaseCommand):
    help = "Make the demo's people, courses and tool registration. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        demo.set_up()
        if options["verbosity"]:
            self.stdout.write(f"Sandbox University is ready: {settings.SANDBOX_URL} opens {settings.TOOL_URL}")
