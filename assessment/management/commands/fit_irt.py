"""`manage.py fit_irt --assignment ID`: Rasch and 2PL for a large class."""

from argparse import ArgumentParser
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from assessment.models import Assignment, IrtFit
from assessment.statistics import irt


class Command(BaseCommand):
    help = "Fit Rasch and 2PL to the first attempts on the newest answered version, and say how well they fit."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--assignment", type=UUID, required=True, help="Its id.")

    def handle(self, *args: Any, assignment: UUID, **options: Any) -> None:
        found, version = Assignment.objects.filter(pk=assignment).first(), irt.newest(assignment)
        if found is None or version is None:
            raise CommandError(f"There are no marked attempts on an assignment {assignment}.")
        try:
            fits = irt.fit(assignment=found, version=version, now=timezone.now())
        except irt.NotEnough as error:
            raise CommandError(f"Needs {irt.LEAST} first attempts and three items: {error}.") from error
        except ImportError as error:
            raise CommandError("Needs the package mirt: pip install 'assay[irt]'.") from error
        for fit in fits:
            self.stdout.write(_line(fit))


def _line(fit: IrtFit) -> str:
    m2 = fit.data["m2"]
    return f"{fit}: AIC {fit.data['aic']:.1f}, BIC {fit.data['bic']:.1f}, M2 p {m2['p']}, RMSEA {fit.data['rmsea']}"
