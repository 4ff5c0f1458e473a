from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from sandbox.launch import samples
from sandbox.models import Activity, Person


class Command(BaseCommand):
    help = "Give the demo's first activity a class of sample learners, unless it has one. Needs both sides running."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--learners", type=int, default=30)

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SANDBOX_SAMPLES:
            raise CommandError("SANDBOX_SAMPLES names no folder: nobody would make their answers.")
        activity = Activity.objects.select_related("course", "tool").order_by("pk").first()
        if activity and not Person.objects.filter(username__startswith=samples.PREFIX).exists():
            samples.add(activity, options["learners"])
