"""Linting is part of the tests; each part is the line of `make lint` itself."""

import os
import re
import subprocess
import sys

import django
import pytest

from dev.local import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
LINES = re.findall(r"^\t@(.*)$", MAKEFILE.split("\nlint:")[1].split("\n\n")[0], re.M)
COMMANDS = [line.replace("$(PY)", "$PY") for line in LINES]


pytestmark = pytest.mark.skipif(django.VERSION >= (6,), reason="linting is of the locked packages, on Django 5.2")


def test_there_are_six_parts() -> None:
    assert len(COMMANDS) == 6


@pytest.mark.parametrize("command", COMMANDS)
def test_lint(command: str) -> None:
    done = subprocess.run(
        command.replace("$PY", sys.executable),
        shell=True,
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
