"""Installing says how far it is, and ends as it was asked to."""

import signal
import subprocess
import sys

import pytest

from dev import install
from dev.local import ROOT


def test_installing_counts_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    says = "for n in range(40): print('Collecting', n)\nprint('Installing collected packages: all')"

    assert install.counted([sys.executable, "-c", says], 45)[0]

    shown = capsys.readouterr().out.split("\n")
    assert shown == ["  20 of 45 packages", "  40 of 45 packages", "  All are here; unpacking them ...", ""]


def test_a_failed_installation_shows_the_last_lines_of_pip() -> None:
    worked, output = install.counted([sys.executable, "-c", "print('no such thing'); raise SystemExit(1)"], 1)

    assert (worked, output) == (False, "no such thing\n")
    assert "no such thing" in install.complaint(output)


def test_ctrl_c_ends_an_installation_by_its_signal_so_that_make_calls_it_no_error() -> None:
    code = (
        "import runpy, sys, dev.install as install\n"
        "def interrupted(*_): raise KeyboardInterrupt\n"
        "import os; os.listdir = interrupted; os.path.join = interrupted\n"
        "runpy.run_path('dev/install.py', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == -signal.SIGINT, done.stderr
