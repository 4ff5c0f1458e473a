"""The whole system as real processes: PostgreSQL, Redis, web, workers, beat and the sandbox LMS.

PostgreSQL and Redis are those that DATABASE_URL and REDIS_URL name; everything else is started here, on free ports,
over a database of its own.
"""

import functools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import redis
import requests
from psycopg import sql

from dev import system
from sandbox.client import CANVAS_ISSUER, SandboxClient
from tests.patience import PATIENCE

ROOT = Path(__file__).resolve().parent.parent
QUIZ = "end-model-families-when-to-fine-tune-creators"
LESSON = "when-to-fine-tune"
REDIS_DB = 9
PARTS = ("web", "sandbox", "worker", "passback", "beat")
STOP_SECONDS = 10.0  # then a process is killed
COMMANDS = """
import json, sys
import django
from django.core.management import call_command
django.setup()
for command in json.loads(sys.argv[1]):
    call_command(*command)
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: Callable[[], Any], seconds: float = PATIENCE, every: float = 0.1) -> Any:
    """The first true value of `what`, which is asked again and again. Fails with its last answer."""
    deadline = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"still {value!r} after {seconds} s")
        time.sleep(every)


def _replaced(url: str, **parts: str) -> str:
    """The address with parts replaced; `urlunsplit` would drop the empty host of a socket address."""
    changed = urlsplit(url)._replace(**parts)
    query = f"?{changed.query}" if changed.query else ""
    return f"{changed.scheme}://{changed.netloc}{changed.path}{query}"


def database_url(name: str) -> str:
    """The address of another database of the same server."""
    return _replaced(os.environ["DATABASE_URL"], path=f"/{name}")


class System:
    running: "list[System]" = []

    def __init__(
        self,
        folder: Path,
        *,
        template: str = "template1",
        sweep_seconds: float = 1.0,
        web_workers: int = 2,
        log_level: str = "INFO",
    ) -> None:
        """`template` is the database that its own begins as a copy of."""
        self.folder = folder
        self.template = template
        self.web_workers = web_workers
        self.port, self.sandbox_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.sandbox_url = f"http://localhost:{self.sandbox_port}"
        self.database = f"assay_system_{os.getpid()}_{self.port}"
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.env = {
            **os.environ,
            "DATABASE_URL": database_url(self.database),
            "REDIS_URL": self._redis_url(),
            "SECRET_KEY": "only-for-tests-" + "x" * 50,
            "DEBUG": "0",
            "LOG_LEVEL": log_level,
            "ASSAY_BASE_URL": self.url,
            "ASSAY_PRIVATE_HOSTS": f"localhost:{self.sandbox_port}",
            "ASSAY_SHARED_ISSUERS": CANVAS_ISSUER,
            "ASSAY_CANVAS_HOSTS": f"localhost:{self.sandbox_port}",
            "ASSAY_SWEEP_SECONDS": str(sweep_seconds),
            "ASSAY_STATIC_ROOT": str(folder / "static"),
            "SANDBOX_URL": self.sandbox_url,
            "TOOL_URL": self.url,
            "SANDBOX_DATABASE": str(folder / "sandbox.sqlite3"),
            "SANDBOX_CONTROL": "1",
            "SANDBOX_SAMPLES": str(folder / "samples"),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        self.sandbox_env = {**self.env, "DJANGO_SETTINGS_MODULE": "sandbox.settings"}

    # Set-up and end

    def __enter__(self) -> "System":
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self) -> None:
        self.running.append(self)
        self._sql("CREATE DATABASE {} TEMPLATE {}", self.database, self.template)
        self.redis.flushdb()
        with ThreadPoolExecutor() as beside:
            sandbox = beside.submit(self._prepare_sandbox)
            self.api_key = self._prepare()
            sandbox.result()
        self.start_web()
        for name in ("worker", "passback", "beat"):
            self.start(name)
        wait_for(lambda: self._answers(f"{self.url}/readyz"))
        wait_for(lambda: self._answers(self.sandbox_url))
        self.sandbox = SandboxClient(self.sandbox_url, timeout=PATIENCE)

    def close(self) -> None:
        """End everything; to close it twice does no harm."""
        for name in list(self.processes):
            self.stop(name)
        self._sql("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.database)

    def _prepare_sandbox(self) -> None:
        self._commands([["migrate", "-v0"], ["setup_sandbox"]], env=self.sandbox_env)
        self.start_sandbox()

    def _prepare(self) -> str:
        """Everything that is done once before the tool runs; the API key that was made."""
        lms = self.sandbox_url
        register = [
            *("register_platform", "--name", "Sandbox", "--issuer", lms, "--client-id", "assay-sandbox"),
            *("--auth-url", f"{lms}/lti/authorize", "--token-url", f"{lms}/lti/token"),
            *("--jwks-url", f"{lms}/lti/jwks", "--deployment-id", "1", "--institution", "test"),
        ]
        scopes = "assignments:read,attempts:read,grades:read,statistics:read,people:read"
        key = ["create_api_key", "--institution", "test", "--name", "stack", "--scopes", scopes]
        static = ["collectstatic", "--noinput", "-v0"]
        printed = self._commands([["migrate", "-v0"], static, ["load_demo_content"], register, key], env=self.env)
        return next(word for word in printed.split() if word.startswith("assay_"))

    def _commands(self, commands: list[list[str]], env: dict[str, str]) -> str:
        """Several commands in one process: each alone would load everything again."""
        return self.run("-c", COMMANDS, json.dumps(commands), env=env)

    # Processes

    def start_web(self) -> None:
        self._spawn("web", *system.web("127.0.0.1", self.port, workers=self.web_workers))

    def start_sandbox(self) -> None:
        self._spawn(
            "sandbox",
            *("-m", "gunicorn", "sandbox.wsgi", "-b", f"127.0.0.1:{self.sandbox_port}", "-k", "gthread"),
            *("-w", "1", "--threads", "16", "--log-level", "warning"),
            env=self.sandbox_env,
        )

    def start(self, name: str) -> None:
        """Start `worker` (marks), `passback` (sends scores) or `beat` (sweeps)."""
        quiet = ("--without-mingle", "--without-gossip", "-l", self.env["LOG_LEVEL"])
        arguments = {
            "worker": ("worker", "-Q", "marking,exports", "-c", "2", "-n", f"marking-{self.port}@h", *quiet),
            "passback": (
                "worker",
                "-Q",
                "passback",
                "-P",
                "threads",
                "-c",
                "8",
                "-n",
                f"passback-{self.port}@h",
                *quiet,
            ),
            "beat": ("beat", "-s", str(self.folder / "beat"), "--pidfile=", "-l", self.env["LOG_LEVEL"]),
        }[name]
        self._spawn(name, "-m", "celery", "-A", "config", *arguments)

    def stop(self, name: str, sig: signal.Signals = signal.SIGTERM) -> None:
        """End a process and its children; SIGKILL gives it no chance to finish anything."""
        process = self.processes.pop(name)
        for attempt in (sig, signal.SIGKILL):
            try:
                os.killpg(process.pid, attempt)
                process.wait(STOP_SECONDS)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue

    def _spawn(self, name: str, *arguments: str, env: dict[str, str] | None = None) -> None:
        log = (self.folder / f"{name}.log").open("ab")
        env = {**(env or self.env), "PGAPPNAME": name}  # tells its connections from those of the others
        self.processes[name] = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
        )

    def mend(self) -> None:
        """Replace the parts that ended or hang, so that one failure is not that of every later test."""
        starters = {"web": self.start_web, "sandbox": self.start_sandbox}
        addresses = {"web": f"{self.url}/readyz", "sandbox": self.sandbox_url}
        for name in PARTS:
            process = self.processes.get(name)
            dead = process is None or process.poll() is not None
            if dead or (name in addresses and not self._answers(addresses[name])):
                if process is not None:
                    self.stop(name, signal.SIGKILL)
                starters.get(name, functools.partial(self.start, name))()
        for address in addresses.values():
            wait_for(functools.partial(self._answers, address))

    def run(self, *arguments: str, env: dict[str, str] | None = None) -> str:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=env or self.env,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def manage(self, *arguments: str) -> str:
        return self.run("manage.py", *arguments)

    # Talking to it

    @property
    def redis(self) -> "redis.Redis":
        return redis.Redis.from_url(self.env["REDIS_URL"])

    def api(self, path: str, **params: str) -> Any:
        """GET a JSON resource of the REST interface with the institution's key."""
        answer = requests.get(
            f"{self.url}/api/v1/{path}",
            params=params,
            headers={"Authorization": f"Bearer {self.api_key}"},
            timeout=PATIENCE,
        )
        answer.raise_for_status()
        return answer.json()

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Read the tool's database, for what no page shows."""
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            return connection.execute(statement, values).fetchall()

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    @staticmethod
    def _answers(url: str) -> bool:
        try:
            return requests.get(url, timeout=PATIENCE).status_code < 500
        except requests.RequestException:
            return False

    @staticmethod
    def _redis_url() -> str:
        url = os.environ["REDIS_URL"]
        if url.startswith("unix:"):
            return _replaced(url, query=f"db={REDIS_DB}")
        return _replaced(url, path=f"/{REDIS_DB}")

    def _sql(self, statement: str, *names: str) -> None:
        with psycopg.connect(database_url("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
