"""`make run`: the whole system as child processes, from set-up to Ctrl-C. Standard library only."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from dev import local, samples, servers
from dev.samples import Samples
from dev.servers import Server, Trouble

READY_SECONDS = 120.0
SHARED_ISSUERS = ",".join(
    ["https://canvas.sandbox.example", *(f"https://canvas.{stage}instructure.com" for stage in ("", "beta.", "test."))]
)
HOST = "127.0.0.1"
WEB = (
    *("--interface", "wsgi", "--http", "1", "--no-ws", "--blocking-threads", "4"),
    *("--respawn-failed-workers", "--workers-kill-timeout", "10"),
)


@dataclass(frozen=True)
class Addresses:
    """The tool and the sandbox LMS are different sites to a browser, so that frames are truly cross-site.

    `public` is where browsers and other LMSs find the tool, by a proxy that the caller runs; empty: where it listens.
    """

    port: int
    sandbox_port: int
    public: str = ""

    @property
    def listening(self) -> str:
        return f"http://{HOST}:{self.port}"

    @property
    def tool(self) -> str:
        return self.public or self.listening

    @property
    def sandbox(self) -> str:
        return f"http://localhost:{self.sandbox_port}"


# Ports


def addresses() -> Addresses:
    """The ports asked for, all of them free. Raises Trouble naming the variable to change."""
    ports = {"PORT": _port("PORT", 8000), "SANDBOX_PORT": _port("SANDBOX_PORT", 8100)}
    if ports["PORT"] == ports["SANDBOX_PORT"]:
        raise Trouble(f"PORT and SANDBOX_PORT are both {ports['PORT']}: give the sandbox LMS a port of its own.")
    for name, port in ports.items():
        _must_be_free(name, port)
    return Addresses(ports["PORT"], ports["SANDBOX_PORT"], os.environ.get("ASSAY_BASE_URL", "").strip().rstrip("/"))


def _port(name: str, default: int) -> int:
    text = os.environ.get(name, "").strip() or str(default)
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise Trouble(
            f"{name} is `{text}`, which is no port: give a number from 1 to 65535, as in `make run {name}=8300`."
        )
    return int(text)


def _must_be_free(name: str, port: int) -> None:
    way_out = f"choose another one, as in `make run {name}={port + 300 if port < 65000 else 8300}`."
    if _answers(HOST, port) or _answers("::1", port):
        raise Trouble(f"Port {port} is busy: something else listens there. Stop it or {way_out}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except PermissionError:
            raise Trouble(f"Port {port} is not for ordinary users: {way_out}") from None
        except OSError:
            raise Trouble(f"Port {port} is busy: something else holds it. Stop it or {way_out}") from None


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=0.5):
            return True
    except OSError:
        return False


# Environment and set-up


def environment(home: Path, at: Addresses, services: dict[str, str]) -> dict[str, str]:
    """The environment of every process of the system; the caller's own settings stay, with the sandbox beside them."""
    demo = {
        "ASSAY_STATIC_ROOT": str(home / "static"),
        # The sandbox speaks for a Canvas that several schools share, for dynamic registration too.
        "ASSAY_SHARED_ISSUERS": SHARED_ISSUERS,
        "ASSAY_CANVAS_HOSTS": f".instructure.com,.canvaslms.com,localhost:{at.sandbox_port}",
    }
    if at.tool.startswith("https:"):
        demo["BEHIND_PROXY"] = "1"  # who else would speak TLS
    if not local.given("SECRET_KEY"):
        demo["SECRET_KEY"] = local.secret_key(home)
    private = [os.environ.get("ASSAY_PRIVATE_HOSTS", ""), f"localhost:{at.sandbox_port}"]
    fixed = {
        "ASSAY_BASE_URL": at.tool,
        "ASSAY_PRIVATE_HOSTS": ",".join(filter(None, private)),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONUNBUFFERED": "1",
    }
    return {**demo, **os.environ, **fixed, **services}


def sandbox_environment(home: Path, at: Addresses) -> dict[str, str]:
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "sandbox.settings",
        "SANDBOX_URL": at.sandbox,
        "TOOL_URL": at.tool,
        "SANDBOX_DATABASE": str(home / "sandbox.sqlite3"),
        "SANDBOX_SAMPLES": str(samples.folder(home)),
        "PYTHONUNBUFFERED": "1",
    }


@dataclass(frozen=True)
class Part:
    """A process: the arguments for this Python, and its environment."""

    name: str
    arguments: tuple[str, ...]
    env: dict[str, str]

    def spawn(self, logs: Path) -> "subprocess.Popen[bytes]":
        command = [sys.executable, *self.arguments]
        return servers.spawn(command, logs / f"{self.name}.log", signal.SIGTERM, env=self.env, cwd=local.ROOT)


def set_up(home: Path, at: Addresses, env: dict[str, str], sandbox: dict[str, str]) -> None:
    """Bring both databases and the static files up to date; all of it is safe to repeat."""
    _say("Step 2 of 4: migrating the databases and collecting static files")
    _finish(
        home,
        Part("set-up of the database", ("manage.py", "migrate", "-v0"), env),
        Part("set-up of static files", ("manage.py", "collectstatic", "--noinput", "-v0"), env),
        Part("set-up of the sandbox tables", ("-m", "django", "migrate", "-v0"), sandbox),
    )
    _say("Step 3 of 4: loading lessons and checks, and the people of the sandbox LMS")
    demo = ("manage.py", "setup_demo", "--sandbox-url", at.sandbox, "--notes", str(home / "demo.json"))
    _finish(
        home,
        Part("set-up of the demo", demo, env),
        Part("set-up of the sandbox", ("-m", "django", "setup_sandbox"), sandbox),
    )


def _finish(home: Path, *parts: Part) -> None:
    """Run parts side by side to their end."""
    logs = home / "logs"
    with contextlib.ExitStack() as stack:
        processes = [(part, part.spawn(logs)) for part in parts]
        for _, process in processes:
            stack.callback(servers.stop, process, signal.SIGTERM)
        for part, process in processes:
            if process.wait():
                log = logs / f"{part.name}.log"
                raise Trouble(f"The {part.name} failed; {_short(log)} ends:\n{servers.tail(log)}")


def _short(path: Path) -> str:
    return os.path.relpath(path, local.ROOT) if path.is_relative_to(local.ROOT) else str(path)


# Running


def web(host: str, port: int, *, workers: int) -> tuple[str, ...]:
    """The web server's command; docker-compose.yml has the same."""
    place = ("--host", host, "--port", str(port), "--workers", str(workers), "--log-level", "warning")
    return ("-m", "granian", *place, *WEB, "config.wsgi:application")


def parts(home: Path, at: Addresses, env: dict[str, str], sandbox: dict[str, str]) -> list[Part]:
    lms = ("-m", "gunicorn", "--log-level", "warning", "sandbox.wsgi", "-w", "1", "--threads", "16")
    celery = ("-m", "celery", "-A", "config")
    quiet = ("--without-mingle", "--without-gossip", "-l", "INFO")
    return [
        Part("sandbox", (*lms, "-b", f"{HOST}:{at.sandbox_port}"), sandbox),
        Part("web", web(HOST, at.port, workers=2), env),
        Part("worker", (*celery, "worker", "-Q", "marking,exports", "-c", "2", "-n", "marking@%h", *quiet), env),
        Part(
            "passback",
            (*celery, "worker", "-Q", "passback", "-P", "threads", "-c", "8", "-n", "passback@%h", *quiet),
            env,
        ),
        Part("feeds", (*celery, "worker", "-Q", "feeds", "-P", "threads", "-c", "4", "-n", "feeds@%h", *quiet), env),
        Part("beat", (*celery, "beat", "-s", str(home / "beat"), "--pidfile=", "-l", "INFO"), env),
    ]


@contextlib.contextmanager
def started(home: Path, wanted: list[Part]) -> "Iterator[dict[str, subprocess.Popen[bytes]]]":
    """All parts as processes; at the end they are all asked to stop at once, and none is left."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for part in wanted:
            processes[part.name] = part.spawn(home / "logs")
        yield processes
    finally:
        for process in processes.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in reversed(processes.values()):
            servers.stop(process, signal.SIGTERM)


def _must_live(home: Path, processes: "dict[str, subprocess.Popen[bytes]]", running: list[Server]) -> None:
    logs = {name: home / "logs" / f"{name}.log" for name in processes}
    logs |= {server.name: server.log for server in running}
    for name, process in [*processes.items(), *((server.name, server.process) for server in running)]:
        if process.poll() is not None:
            raise Trouble(
                f"`{name}` has ended by itself, so all is stopped; "
                f"{_short(logs[name])} ends:\n{servers.tail(logs[name])}"
            )


def _responds(url: str) -> bool:
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2):
            return True
    except (OSError, urllib.error.URLError):
        return False


def _make_was_stopped(make: int) -> bool:
    """Whether the `make` above us was asked to stop, or is gone, without our hearing of it.

    GNU make, interrupted alone, waits for its children without telling them; Linux shows it by the signals it blocks.
    """
    if "MAKELEVEL" not in os.environ:
        return False
    if os.getppid() != make:
        return True
    with contextlib.suppress(OSError, IndexError):
        blocked = Path(f"/proc/{make}/status").read_text().split("SigBlk:")[1].split()[0]
        return bool(int(blocked, 16) >> (signal.SIGINT - 1) & 1)
    return False


def screen(home: Path, at: Addresses) -> str:
    notes = json.loads((home / "demo.json").read_text())
    password = notes.get("admin_password") or "(the one set before; `manage.py changepassword admin` sets another)"
    return f"""
  Assay is running.

  Start here       {at.sandbox}    the sandbox LMS: come in as Alice, a student,
                                            or as Tess, her teacher
  The tool         {at.tool}    lesson and check without an account
  Administration   {at.tool}/admin/    user admin, password {password}
  REST             {at.tool}/api/docs    key {notes["api_key"]}

  Logs are in {_short(home / "logs")}. Ctrl-C stops everything; the data stays until `make clean`.
"""


def run() -> int:
    """The whole system until Ctrl-C, SIGTERM or the end of one of its parts."""
    make = os.getppid()
    with local.instance(local.KEPT) as home:
        at = addresses()
        _say("Step 1 of 4: starting PostgreSQL and Redis")
        (home / "logs").mkdir(exist_ok=True)
        with local.services(home) as (found, running):
            env, sandbox = environment(home, at, found), sandbox_environment(home, at)
            set_up(home, at, env, sandbox)
            _say("Step 4 of 4: starting the sandbox LMS, web, workers and beat")
            with started(home, parts(home, at, env, sandbox)) as processes:
                _announce(home, at, env, processes, running)
                with _sample_class(home, env, sandbox) as filling:
                    try:
                        while not _make_was_stopped(make):
                            _must_live(home, processes, running)
                            filling.look()
                            time.sleep(0.3)
                    finally:
                        _say("Stopping everything")
    return 0


@contextlib.contextmanager
def _sample_class(home: Path, env: dict[str, str], sandbox: dict[str, str]) -> Iterator[Samples]:
    """A first class of sample learners, beside everything else; then whatever the sandbox asks for."""
    ask = ("-m", "django", "add_sample_learners", "--learners", str(samples.AT_START))
    asking, filling = Part("set-up of the sample class", ask, sandbox).spawn(home / "logs"), Samples(home, env)
    try:
        yield filling
    finally:
        filling.stop()
        servers.stop(asking, signal.SIGTERM)


def _announce(
    home: Path,
    at: Addresses,
    env: dict[str, str],
    processes: "dict[str, subprocess.Popen[bytes]]",
    running: list[Server],
) -> None:
    """Wait until both sites answer, let other terminals in, and show the way."""
    deadline = time.monotonic() + READY_SECONDS
    while not (_responds(f"{at.listening}/readyz") and _responds(at.sandbox)):
        _must_live(home, processes, running)
        if time.monotonic() > deadline:
            raise Trouble(f"The system did not answer within {READY_SECONDS:.0f} s; see {_short(home / 'logs')}.")
        time.sleep(0.2)
    local.private_file(home / "env.json", json.dumps({name: env[name] for name in SHARED if name in env}))
    print(screen(home, at), flush=True)


SHARED = (
    *("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ASSAY_BASE_URL", "ASSAY_PRIVATE_HOSTS", "ASSAY_CA_BUNDLE"),
    *("ASSAY_STATIC_ROOT", "DEBUG", "BEHIND_PROXY"),
    *("DATABASE_URL_FILE", "REDIS_URL_FILE", "SECRET_KEY_FILE"),
)


def _say(text: str) -> None:
    with contextlib.suppress(OSError):  # the terminal may be gone
        print(f"{text} …", flush=True)
