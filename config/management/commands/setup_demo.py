"""Brings the installation that `make run` shows up to date. Safe to repeat: what is there stays."""

import json
import secrets
from io import StringIO
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from api import keys
from roster.models import Institution, User


class Command(BaseCommand):
    help = "Adds demo content, the demo institution, an admin, an API key and the sandbox LMS."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--sandbox-url", required=True, help="where the sandbox LMS answers, http://localhost:8100")
        parser.add_argument("--notes", required=True, type=Path, help="file that keeps the made password and key")

    def handle(self, *args: Any, sandbox_url: str, notes: Path, **options: Any) -> None:
        call_command("load_demo_content")
        institution, _ = Institution.objects.get_or_create(slug="demo", defaults={"name": "Demo University"})
        register_sandbox(sandbox_url.rstrip("/"), institution)
        known = json.loads(notes.read_text()) if notes.exists() else {}
        keep(notes, json.dumps({**known, **admin(known), **api_key(known, institution)}))


def keep(notes: Path, text: str) -> None:
    """Write the notes for their owner alone, whole or not at all."""
    fresh = notes.with_name(notes.name + ".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.rename(notes)


def register_sandbox(url: str, institution: Institution) -> None:
    """The registrations of the sandbox's demo: two of its own, and one under an issuer that several schools share."""
    _register("Sandbox LMS, like Moodle", url, "assay-sandbox", url, institution)
    _register("Sandbox LMS, by the standard", url, "assay-strict", url, institution)
    _register("Sandbox LMS, like Canvas", "https://canvas.sandbox.example", "assay-canvas", url, institution)


def _register(name: str, issuer: str, client_id: str, url: str, institution: Institution) -> None:
    call_command(
        "register_platform",
        name=name,
        issuer=issuer,
        client_id=client_id,
        auth_url=f"{url}/lti/authorize",
        token_url=f"{url}/lti/token",
        jwks_url=f"{url}/lti/jwks",
        deployment_id="1",
        institution=institution.slug,
        stdout=StringIO(),
    )


def admin(known: dict[str, str]) -> dict[str, str]:
    """The admin's password, when it was made here. An account that was there before keeps its own."""
    user = User.objects.filter(username="admin").first()
    if user:
        password = known.get("admin_password", "")
        return {"admin_password": password if user.check_password(password) else ""}
    password = secrets.token_urlsafe(9)
    User.objects.create_superuser("admin", password=password)
    return {"admin_password": password}


def api_key(known: dict[str, str], institution: Institution) -> dict[str, str]:
    """The key made at the first run. Only its hash is in the database, so a lost one is replaced."""
    key = known.get("api_key", "")
    if not keys.authenticate(key, now=timezone.now()):
        _, key = keys.create(institution=institution, name="make run", scopes=list(keys.SCOPES))
    return {"api_key": key}
