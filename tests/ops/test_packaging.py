"""What strangers start is really there: Compose's commands and variables, make's targets, the build script."""

import importlib
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands

from config.celery import app
from dev import system
from dev.local import ROOT

COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
OWN = {name: service for name, service in COMPOSE["services"].items() if service.get("build")}
EXAMPLE = set(re.findall(r"^([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
READ_BY_GRANIAN = {"GRANIAN_WORKERS"}
READ_BY_BOTO3 = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def test_compose_runs_all_parts() -> None:
    assert set(COMPOSE["services"]) == {
        "migrate",
        "web",
        "worker",
        "exports",
        "passback",
        "feeds",
        "beat",
        "postgres",
        "redis",
    }


@pytest.mark.parametrize("name", OWN)
def test_every_command_exists(name: str) -> None:
    command = OWN[name]["command"]
    if command[0] == "celery":
        assert getattr(importlib.import_module(command[2]), "celery_app") is app  # noqa: B009
        assert command[3] in {"worker", "beat"}
    elif command[0] == "granian":
        module, _, name = command[-1].partition(":")
        assert callable(getattr(importlib.import_module(module), name))
        assert command[1:3] == ["--host", "0.0.0.0"]
        assert tuple(command[3:-1]) == system.WEB
        known = subprocess.run([sys.executable, "-m", "granian", "--help"], capture_output=True, text=True).stdout
        assert all(option in known for option in system.WEB if option.startswith("--"))
        plain = " ".join(re.sub(r'["\],\\]', " ", (ROOT / "Dockerfile").read_text()).split())
        assert " ".join(command[3:]) in plain
    else:
        assert command[:2] == ["python", "manage.py"]
        assert command[2] in get_commands()


def test_workers_take_every_queue_that_tasks_go_to() -> None:
    commands = [service["command"] for service in OWN.values()]
    taken = {command[command.index("-Q") + 1] for command in commands if "-Q" in command}
    sent = {app.conf.task_default_queue, *(route["queue"] for route in app.conf.task_routes.values())}
    assert taken == sent


@pytest.mark.parametrize("name", OWN)
def test_every_environment_variable_is_read(name: str) -> None:
    read = set(re.findall(r'env(?:\.\w+)?\(\s*"([A-Z0-9_]+)"', (ROOT / "config" / "settings.py").read_text()))
    assert set(OWN[name]["environment"]) <= read | READ_BY_GRANIAN | READ_BY_BOTO3


def test_every_variable_is_explained_in_the_example() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z0-9_]+)", (ROOT / "docker-compose.yml").read_text()))
    assert used == EXAMPLE


def test_no_secret_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD", "ASSAY_BASE_URL"):
        assert set(re.findall(rf"\$\{{{name}(:?.)", text)) == {":?"}
        assert re.search(rf"^{name}=$", (ROOT / ".env.example").read_text(), re.M)


def test_every_service_but_the_one_shot_is_watched() -> None:
    image_has_one = "HEALTHCHECK" in (ROOT / "Dockerfile").read_text()
    for name, service in COMPOSE["services"].items():
        watched = "test" in service.get("healthcheck", {}) or (name == "web" and image_has_one)
        assert watched or name == "migrate"


def test_image_installs_by_hash_and_runs_as_nobody_special() -> None:
    text = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes -r requirements.txt" in text
    assert re.search(r"^USER (?!root)", text, re.M)


@pytest.mark.parametrize("target", ["run", "test", "lint", "clean", "bench", "lock", "test-next", "help"])
def test_make_has_the_target(target: str) -> None:
    done = subprocess.run(["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_build_script_is_sound_and_calls_make_test() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert subprocess.run([shutil.which("bash") or "bash", "-n", str(script)]).returncode == 0
    assert re.search(r"^exec make test", script.read_text(), re.M)


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt", "requirements-local.txt"])
def test_every_requirement_is_pinned_and_hashed_and_names_no_host(name: str) -> None:
    text = (ROOT / name).read_text()
    packages = [line for line in text.splitlines() if re.match(r"\w", line)]
    assert packages
    assert all("==" in line and line.endswith("\\") for line in packages)
    assert text.count("--hash=sha256:") >= len(packages)
    assert "://" not in text


def test_development_tooling_stays_out_of_the_image_and_needs_no_package() -> None:
    assert "dev" in (ROOT / ".dockerignore").read_text().split()
    own = [sys.executable, "-S", "-c", "import dev.__main__, dev.install, sys; print('django' in sys.modules)"]
    done = subprocess.run(own, cwd=ROOT, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("False\n", "")


def test_manage_works_without_the_development_tooling(tmp_path: Path) -> None:
    shutil.copy(ROOT / "manage.py", tmp_path)
    for room in ("config", "api", "analytics", "feeds", "assessment", "content", "lti", "events", "roster", "locale"):
        (tmp_path / room).symlink_to(ROOT / room)
    command = [sys.executable, "manage.py", "check"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
