"""Misconfiguration, reported by `manage.py check` with an id and the way out. None of it asks the database.

Errors stop every command; warnings about a deployment show with `check --deploy`.
"""

import ipaddress
import os
import ssl
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.http.request import validate_host

MIN_SECRET_LENGTH = 50
MIN_ENCRYPTION_KEY_LENGTH = 32
MAKE_ONE = "python3 -c 'import secrets; print(secrets.token_urlsafe(50))' makes one."


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


@register(Tags.security)
def production(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """What a service that strangers can reach must have set."""
    return [] if settings.DEBUG else [*_secret(), *_encryption_keys(), *_database(), *_base_url()]


def _secret() -> list[CheckMessage]:
    try:
        key = settings.SECRET_KEY
    except ImproperlyConfigured:  # how Django answers when it is empty
        key = ""
    if len(key) >= MIN_SECRET_LENGTH:
        return []
    hint = f"{MAKE_ONE} SECRET_KEY_FILE may name a file."
    what = "too short" if key else "not set"
    return [Error(f"SECRET_KEY is {what}: it needs {MIN_SECRET_LENGTH} random characters.", hint=hint, id="assay.E001")]


def _encryption_keys() -> list[CheckMessage]:
    if all(len(key) >= MIN_ENCRYPTION_KEY_LENGTH for key in settings.ASSAY_ENCRYPTION_KEYS):
        return []
    what = f"A key in ASSAY_ENCRYPTION_KEYS has fewer than {MIN_ENCRYPTION_KEY_LENGTH} characters."
    return [Error(what, hint=f"{MAKE_ONE} A comma stands between two.", id="assay.E006")]


def _database() -> list[CheckMessage]:
    if os.environ.get("DATABASE_URL") or os.environ.get("DATABASE_URL_FILE"):
        return []
    hint = "postgres://user:password@host:5432/name, in DATABASE_URL or a file that DATABASE_URL_FILE names."
    return [Error("DATABASE_URL is not set.", hint=hint, id="assay.E002")]


def _base_url() -> list[CheckMessage]:
    url = urlsplit(settings.BASE_URL)
    if url.scheme == "https" or (url.scheme == "http" and _is_loopback(url.hostname or "")):
        return []
    hint = "LMSs embed the tool over https only: set ASSAY_BASE_URL to its public address, https://assay.example.org."
    return [Error(f"ASSAY_BASE_URL is {settings.BASE_URL}, not an https address.", hint=hint, id="assay.E003")]


@register(Tags.urls)
def address(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """The address set as ours must be one that we can build links on and answer to."""
    url = urlsplit(settings.BASE_URL)
    if not url.hostname or url.query or url.fragment or url.path:
        hint = "Scheme and host, with a port where needed, and nothing behind: https://assay.example.org"
        return [Error(f"ASSAY_BASE_URL is {settings.BASE_URL}, not a plain address.", hint=hint, id="assay.E004")]
    if not validate_host(url.hostname, settings.ALLOWED_HOSTS):
        hint = f"Add {url.hostname} to ALLOWED_HOSTS; without it every request is answered with 400."
        return [Warning("ASSAY_BASE_URL is not among ALLOWED_HOSTS.", hint=hint, id="assay.W001")]
    return []


@register(Tags.security, deploy=True)
def deployment(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """What is right on one's own machine and questionable on the internet."""
    found: list[CheckMessage] = []
    inside = [host for host in settings.ASSAY_PRIVATE_HOSTS if _is_loopback(urlsplit(f"//{host}").hostname or "")]
    if inside:
        hint = "An LMS registration could make the server fetch from itself; name only hosts of your LMSs."
        found.append(Warning(f"ASSAY_PRIVATE_HOSTS names {', '.join(inside)}.", hint=hint, id="assay.W002"))
    if settings.BASE_URL.startswith("https://") and not settings.SECURE_PROXY_SSL_HEADER:
        hint = (
            "Where a proxy ends TLS, let it set X-Forwarded-Proto and set BEHIND_PROXY=1, or pages redirect for ever."
        )
        found.append(Warning("The tool's address is https, but no proxy is declared.", hint=hint, id="assay.W003"))
    if not settings.ASSAY_ENCRYPTION_KEYS:
        hint = f"Set ASSAY_ENCRYPTION_KEYS, then run manage.py reseal_secrets. {MAKE_ONE}"
        what = "Secrets in the database are sealed with nothing but a key derived from SECRET_KEY."
        found.append(Warning(what, hint=hint, id="assay.W004"))
    return found


@register(Tags.security)
def certificates(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """A file that cannot be read would stop every request to every LMS."""
    try:
        if settings.ASSAY_CA_BUNDLE:
            ssl.create_default_context(cafile=settings.ASSAY_CA_BUNDLE)
    except (OSError, ValueError) as error:  # among them ssl.SSLError
        hint = "Certificates in PEM, readable by this service: -----BEGIN CERTIFICATE----- …"
        return [Error(f"ASSAY_CA_BUNDLE cannot be used: {error}.", hint=hint, id="assay.E007")]
    return []


@register(Tags.compatibility)
def language_model(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """An address of http(s) and a model together, or neither."""
    url, model = settings.ASSAY_LLM_URL, settings.ASSAY_LLM_MODEL
    fit = urlsplit(url).scheme in {"http", "https"} and model if url else not model
    if fit:
        return []
    hint = "Set ASSAY_LLM_URL (http:// or https://, before /chat/completions) and ASSAY_LLM_MODEL, or neither."
    return [Error("The language model is half configured.", hint=hint, id="assay.E008")]


@register(Tags.compatibility)
def broker(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Redis by an address that both redis-py and Celery understand."""
    if urlsplit(settings.REDIS_URL).scheme in {"redis", "rediss", "unix"}:
        return []
    hint = "redis://host:6379/0, rediss://… for TLS, or unix:///path/redis.sock?db=0"
    return [Error(f"REDIS_URL is no Redis address: {settings.REDIS_URL.split('@')[-1]}", hint=hint, id="assay.E005")]
