"""Finds or starts PostgreSQL and Redis for an instance, and runs a command with them at hand.

Whatever DATABASE_URL and REDIS_URL (or DATABASE_URL_FILE, REDIS_URL_FILE) name is used as it is. Only what they do not
name is started here, kept in `.local/<instance>`. The instance `run` keeps its data; every other one starts empty.
"""

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import IO

from dev import postgres, servers
from dev.servers import Server, Trouble

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".local"
KEPT = "run"
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def given(name: str) -> bool:
    """Whether the environment names it, itself or by a file."""
    return bool(os.environ.get(name) or os.environ.get(f"{name}_FILE"))


def private_file(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    fresh.rename(path)


def secret_key(home: Path) -> str:
    """Django's SECRET_KEY for this instance, made once."""
    path = home / "secret_key"
    if not path.exists():
        private_file(path, secrets.token_urlsafe(50))
    return path.read_text()


# One instance at a time


def _lock(home: Path) -> IO[str] | None:
    """The open, locked file; None when another process holds it. The lock goes when its holder does."""
    file = (home / "lock").open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        return None
    return file


@contextlib.contextmanager
def instance(name: str) -> Iterator[Path]:
    """The folder of an instance, held alone. Raises Trouble when it is in use."""
    home = FOLDER / name
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    home.mkdir(mode=0o700, exist_ok=True)
    lock = _lock(home)
    if lock is None:
        what = "`make run` is running already" if name == KEPT else f"The instance `{name}` is in use"
        raise Trouble(f"{what} in this folder (process {_holder(home)}): stop it first (Ctrl-C in its terminal).")
    with lock:
        lock.truncate(0)
        print(os.getpid(), file=lock, flush=True)
        try:
            (home / "env.json").unlink(missing_ok=True)
            yield home
        finally:
            (home / "env.json").unlink(missing_ok=True)


def _holder(home: Path) -> str:
    return (home / "lock").read_text().strip() or "unknown"


def running(name: str = KEPT) -> dict[str, str]:
    """The environment of the running instance, empty when none runs."""
    home = FOLDER / name
    try:
        lock = _lock(home)
        if lock is None:
            return dict(json.loads((home / "env.json").read_text()))
        lock.close()
    except (OSError, ValueError):
        pass
    return {}


def adopt_running_services() -> None:
    """Let a command in another terminal talk to what `make run` started, unless another database is set."""
    if not given("DATABASE_URL"):
        for name, value in running().items():
            os.environ.setdefault(name, value)


# Services


@contextlib.contextmanager
def services(home: Path, *, durable: bool = True) -> Iterator[tuple[dict[str, str], list[Server]]]:
    """What to add to the environment so that PostgreSQL and Redis are found, and the servers started for it."""
    env: dict[str, str] = {}
    started: list[Server] = []
    with contextlib.ExitStack() as stack:
        for name, server in (
            ("DATABASE_URL", postgres.running(home, durable=durable)),
            ("REDIS_URL", servers.redis(home)),
        ):
            if not given(name):
                started.append(stack.enter_context(server))
                env[name] = started[-1].url
        yield env, started


def _empty(home: Path) -> None:
    """Start afresh, but first end what a crashed run may have left in there."""
    postgres.stop_orphans(home)
    servers.stop_redis_orphan(home)
    for path in home.iterdir():
        if path.name not in {"lock", "secret_key"}:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    servers.remove_spare(home)


# Commands


def execute(command: list[str], *, name: str, durable: bool) -> int:
    """Run a command with PostgreSQL and Redis at hand; its exit code."""
    beside = running(name) if name == KEPT else {}
    if beside:
        return _call(command, {**beside, **os.environ})
    with instance(name) as home:
        if name != KEPT:
            _empty(home)
        with services(home, durable=durable) as (env, _):
            key = {} if given("SECRET_KEY") else {"SECRET_KEY": secret_key(home)}
            return _call(command, {**os.environ, **key, **env})


def _call(command: list[str], env: dict[str, str]) -> int:
    """The terminal's Ctrl-C reaches the command by itself; a SIGTERM to us alone is passed on."""
    process = subprocess.Popen(command, env=env, preexec_fn=servers.die_with_parent(signal.SIGTERM))

    def pass_on(number: int, frame: FrameType | None) -> None:
        if number != signal.SIGINT:
            process.send_signal(number)

    for sig in SIGNALS:
        signal.signal(sig, pass_on)
    code = process.wait()
    return 128 - code if code < 0 else code


def clean() -> int:
    """Remove everything that was kept, unless it is in use."""
    for home in sorted(FOLDER.glob("*/")):
        with instance(home.name):
            postgres.stop_orphans(home)
            servers.stop_redis_orphan(home)
            servers.remove_spare(home)
    shutil.rmtree(FOLDER, ignore_errors=True)
    return 0
