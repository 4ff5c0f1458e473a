"""Misconfiguration is reported by the system checks, with ids, and without a database."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dev import local

GOOD = {
    "SECRET_KEY": "kD8v-Zq3X0n7Rt5yB2mWc9LhJ4sPfG6aUeT1iOoQxVzNwYr",
    "DATABASE_URL": "postgres://assay:secret@nowhere.invalid:5432/assay",
    "REDIS_URL": "redis://nowhere.invalid:6379/0",
    "ASSAY_BASE_URL": "https://assay.example.org",
    "BEHIND_PROXY": "1",
}
GOOD["SECRET_KEY"] += "0aB9"
GOOD["ASSAY_ENCRYPTION_KEYS"] = "Vb3hK-w8Zt5eRq0sXyN6cLmJ2pGf9dTu,an-older-one-that-still-opens-old-rows"


def check(*options: str, **changes: str | None) -> tuple[int, str]:
    """Exit code and words of Django's `check` under the good settings but for `changes`.

    Not by manage.py, which takes the settings that are missing here from a `make run` beside the tests.
    """
    env = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings", **GOOD, **changes}
    done = subprocess.run(
        [sys.executable, "-m", "django", "check", *options],
        cwd=local.ROOT,
        env={name: value for name, value in env.items() if value is not None},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_production_settings_are_clean() -> None:
    assert check("--deploy", "--fail-level", "WARNING") == (0, "System check identified no issues (0 silenced).\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {
            "assay.E001": ("SECRET_KEY", "short"),
            "assay.E003": ("ASSAY_BASE_URL", "http://assay.example.org"),
            "assay.E005": ("REDIS_URL", "amqp://somewhere"),
            "assay.E006": ("ASSAY_ENCRYPTION_KEYS", f"{GOOD['SECRET_KEY']},short"),
            "assay.E007": ("ASSAY_CA_BUNDLE", __file__),
        },
        {
            "assay.E004": ("ASSAY_BASE_URL", "https://assay.example.org/tool"),
            "assay.E007": ("ASSAY_CA_BUNDLE", "/nowhere/ca.pem"),
            "assay.E008": ("ASSAY_LLM_URL", "https://models.example.org/v1"),  # and no model
        },
    ],
    ids=lambda wrong: " ".join(wrong),
)
def test_errors_have_their_ids_and_stop(wrong: dict[str, tuple[str, str]]) -> None:
    code, said = check(**dict(wrong.values()))
    assert code == 1
    assert re.findall(r"\((assay\.\w+)\)", said) == sorted(wrong)


def test_nothing_set_names_every_missing_variable() -> None:
    code, said = check(SECRET_KEY=None, DATABASE_URL=None)
    assert code == 1
    assert "assay.E001" in said
    assert "assay.E002" in said


def test_deployment_warnings_have_ids() -> None:
    code, said = check(
        "--deploy",
        ASSAY_PRIVATE_HOSTS="localhost:8100,lms.lan",
        BEHIND_PROXY="0",
        ALLOWED_HOSTS="other.example.org",
        ASSAY_ENCRYPTION_KEYS=None,
    )
    assert code == 0
    assert all(id in said for id in ("assay.W001", "assay.W002", "assay.W003", "assay.W004"))
    assert "lms.lan" not in said


def test_secrets_come_from_files_too(tmp_path: Path) -> None:
    files: dict[str, str | None] = {}
    for name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ASSAY_ENCRYPTION_KEYS"):
        (tmp_path / name).write_text(GOOD[name] + "\n")
        files |= {name: None, f"{name}_FILE": str(tmp_path / name)}
    code, said = check("--deploy", "--fail-level", "WARNING", **files)
    assert code == 0, said


def test_loopback_needs_no_https() -> None:
    assert check(ASSAY_BASE_URL="http://127.0.0.1:8300", BEHIND_PROXY="0")[0] == 0
