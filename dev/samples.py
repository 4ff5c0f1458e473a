"""Answers for the sample learners of the sandbox LMS, which may ask for them but knows nothing of the tool's inside.

The sandbox leaves a request in a folder; `make run`, which started both sides, runs the tool's own command for it.
Standard library only.
"""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from dev import local, servers

AT_START = 30  # learners of the first class


@dataclass
class Samples:
    """One request at a time; a request that fails is left as `.failed`, with the reason in the log."""

    home: Path
    env: dict[str, str]
    running: "subprocess.Popen[bytes] | None" = None
    request: Path = field(default_factory=Path)

    def look(self) -> None:
        """Take up the oldest request, once the one before it is done. Returns at once."""
        if self.running is not None:
            if self.running.poll() is None:
                return
            self._settle(self.running.returncode)
        waiting = sorted(folder(self.home).glob("*.json"), key=lambda path: path.stat().st_mtime)
        if waiting:
            self.request = waiting[0]
            self.running = self._start(json.loads(self.request.read_text()))

    def stop(self) -> None:
        if self.running is not None:
            servers.stop(self.running, signal.SIGTERM)

    def _start(self, asked: dict[str, object]) -> "subprocess.Popen[bytes]":
        people = self.request.with_suffix(".people")
        people.write_text(json.dumps(asked["people"]))
        where = ("--link", str(asked["client_id"]), str(asked["link"]), "--people", str(people))
        seed = ("--seed", self.request.stem.rpartition("-")[2])
        command = [sys.executable, "manage.py", "add_sample_class", *where, *seed]
        log = self.home / "logs" / "samples.log"
        return servers.spawn(command, log, signal.SIGTERM, env=self.env, cwd=local.ROOT)

    def _settle(self, code: int) -> None:
        self.running = None
        self.request.with_suffix(".people").unlink(missing_ok=True)
        if code:
            self.request.rename(self.request.with_suffix(".failed"))
        else:
            self.request.unlink()


def folder(home: Path) -> Path:
    """Where the sandbox leaves its requests."""
    return home / "samples"
