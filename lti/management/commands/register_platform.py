"""Tell the tool about a platform, or correct what it knows. Safe to repeat."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils.text import slugify

from lti.models import Deployment, Registration
from roster.models import Institution

ADDRESSES = ("auth_url", "token_url", "jwks_url")


class Command(BaseCommand):
    help = "Register an LTI 1.3 platform and approve its deployments. Safe to repeat: values are updated."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name in ("name", "issuer", "client-id", "auth-url", "token-url", "jwks-url"):
            parser.add_argument(f"--{name}", required=True)
        parser.add_argument("--deployment-id", action="append", required=True, help="May be given more than once.")
        parser.add_argument("--institution", help="Slug; made when missing. Left out: made from the name.")
        parser.add_argument("--token-audience", default="", help="Where it differs from the token URL.")

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        registration, made = self._register(options)
        institution, founded = _institution(options)
        self.stdout.write(f"{'Registered' if made else 'Updated'} {registration.name} ({registration.pk})")
        self.stdout.write(f"  issuer {registration.issuer}, client id {registration.client_id}")
        self.stdout.write(f"  institution {institution.slug}{' (new)' if founded else ''}")
        given = options["deployment_id"]
        for deployment_id in [given] if isinstance(given, str) else dict.fromkeys(given):
            deployment, new = _approve(registration, deployment_id, institution)
            self.stdout.write(f"  deployment {deployment.deployment_id}{' (new)' if new else ''}, active")

    def _register(self, options: dict[str, Any]) -> tuple[Registration, bool]:
        identity = {"issuer": options["issuer"], "client_id": options["client_id"]}
        known = Registration.objects.select_for_update().filter(**identity).first()
        registration = known or Registration(**identity)
        if known and known.jwks_url != options["jwks_url"]:
            registration.jwks, registration.jwks_fetched_at, registration.jwks_tried_at = {}, None, None
        registration.active = True
        for name in ("name", "token_audience", *ADDRESSES):
            setattr(registration, name, options[name])
        _check(registration)
        registration.save()
        return registration, known is None


def _check(registration: Registration) -> None:
    """Addresses may name hosts without a dot (`http://localhost:8100`), which Django's URLField refuses."""
    try:
        registration.clean_fields(exclude=ADDRESSES)
    except ValidationError as error:
        raise CommandError("; ".join(error.messages)) from error
    for name in ADDRESSES:
        if not getattr(registration, name).startswith(("https://", "http://")):
            raise CommandError(f"--{name.replace('_', '-')} is not an http address")


def _institution(options: dict[str, Any]) -> tuple[Institution, bool]:
    slug = options["institution"] or slugify(options["name"])[:50]
    if not slug or slug != slugify(slug):
        raise CommandError("--institution must be a slug: small letters, digits and hyphens")
    return Institution.objects.get_or_create(slug=slug, defaults={"name": options["name"]})


def _approve(registration: Registration, deployment_id: str, institution: Institution) -> tuple[Deployment, bool]:
    """An institution that was chosen before stays: moving a deployment would mix two schools' people."""
    deployment, new = Deployment.objects.get_or_create(
        registration=registration,
        deployment_id=deployment_id,
        defaults={"institution": institution, "active": True},
    )
    if deployment.institution_id not in (None, institution.pk):
        raise CommandError(f"deployment {deployment_id} already belongs to {deployment.institution}")
    if not deployment.active:
        deployment.institution, deployment.active = institution, True
        deployment.save(update_fields=["institution", "active"])
    return deployment, new
