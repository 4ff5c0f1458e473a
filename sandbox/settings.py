"""Settings of the sandbox LMS, from the environment only.

SANDBOX_DATABASE  path of its SQLite file             SANDBOX_URL   where it answers; also its issuer
TOOL_URL          where the tool under trial answers  SANDBOX_SECRET  else generated beside the database
SANDBOX_CONTROL   1 opens the control API of the tests (never on a machine that others reach)
SANDBOX_SAMPLES   the folder where requests for answers of sample learners are left; empty: none are offered
CANVAS_ISSUER     the issuer that all schools of tools registered in Canvas mode share; no address of anything
"""

import os
import secrets
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

DATABASE_PATH = Path(os.environ.get("SANDBOX_DATABASE", "sandbox.sqlite3"))
SANDBOX_URL = os.environ.get("SANDBOX_URL", "http://localhost:8100").rstrip("/")
TOOL_URL = os.environ.get("TOOL_URL", "http://127.0.0.1:8000").rstrip("/")
CANVAS_ISSUER = os.environ.get("CANVAS_ISSUER", "https://canvas.sandbox.example")
SANDBOX_SAMPLES = os.environ.get("SANDBOX_SAMPLES", "")
SANDBOX_CONTROL = os.environ.get("SANDBOX_CONTROL", "") == "1"


def kept_secret(path: Path) -> str:
    """The secret in `path`, made on first use. Every worker process must read the same one, and never half of it."""
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(48))
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
    return path.read_text()


SECRET_KEY = os.environ.get("SANDBOX_SECRET") or kept_secret(DATABASE_PATH.with_suffix(".secret"))
DEBUG = False
ALLOWED_HOSTS = sorted({"localhost", "127.0.0.1", urlsplit(SANDBOX_URL).hostname or "localhost"})

INSTALLED_APPS = ["django.contrib.sessions", "django.contrib.staticfiles", "sandbox.apps.SandboxConfig"]
MIDDLEWARE = [
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "sandbox.wire.faults.FaultMiddleware",
    "sandbox.platform.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
]
ROOT_URLCONF = "sandbox.urls"
WSGI_APPLICATION = "sandbox.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {"context_processors": ["django.template.context_processors.request", "sandbox.pages.pages.common"]},
    }
]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(DATABASE_PATH),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": 20,
            # A write transaction that starts as a reader cannot wait for its turn in SQLite: it fails at once.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
        },
    }
}

# Cookies ignore ports: on one host with the tool, equal names would overwrite each other.
SESSION_COOKIE_NAME = "sandbox_session"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = SANDBOX_URL.startswith("https:")
CSRF_COOKIE_NAME = "sandbox_csrf"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_TRUSTED_ORIGINS = [SANDBOX_URL]

APPEND_SLASH = False
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "loggers": {
        # A refusal is an answer of this LMS, kept in its own history; only its own faults belong in the log.
        "django.request": {"handlers": ["console"], "level": "ERROR", "propagate": False},
    },
}
