"""One instance at a time, private files, and commands that find what runs."""

import json
import os
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dev import local, servers
from dev.servers import Trouble


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(local, "FOLDER", tmp_path)
    return tmp_path


@pytest.fixture
def no_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_URL_FILE", "REDIS_URL", "REDIS_URL_FILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("folder")
def test_a_second_run_says_who_is_first() -> None:
    with (
        local.instance("run"),
        pytest.raises(Trouble, match=f"running already.*process {os.getpid()}"),
        local.instance("run"),
    ):
        pass
    with local.instance("run"):
        pass


@pytest.mark.usefixtures("no_addresses")
def test_another_terminal_adopts_only_what_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY", raising=False)
    with local.instance("run") as home:
        local.private_file(home / "env.json", json.dumps({"DATABASE_URL": "postgres:///there", "SECRET_KEY": "s"}))
        local.adopt_running_services()
        assert os.environ["DATABASE_URL"] == "postgres:///there"
        assert os.environ["SECRET_KEY"] == "s"
        monkeypatch.delenv("DATABASE_URL")
        monkeypatch.delenv("SECRET_KEY")
    (folder / "run" / "env.json").write_text('{"DATABASE_URL": "stale"}')
    local.adopt_running_services()
    assert "DATABASE_URL" not in os.environ


@pytest.mark.parametrize("name", ["DATABASE_URL", "DATABASE_URL_FILE"])
@pytest.mark.usefixtures("no_addresses", "folder")
def test_what_the_caller_names_is_not_replaced(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "mine")
    with local.instance("run") as home:
        local.private_file(home / "env.json", json.dumps({"DATABASE_URL": "other", "REDIS_URL": "other"}))
        local.adopt_running_services()
    assert os.environ[name] == "mine"
    assert "REDIS_URL" not in os.environ


@pytest.mark.usefixtures("no_addresses")
def test_given_addresses_start_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/x")
    monkeypatch.setenv("REDIS_URL_FILE", "/run/secrets/redis")
    with local.services(tmp_path) as (env, started):
        assert (env, started) == ({}, [])


def test_secrets_are_kept_and_only_the_owner_reads_them(tmp_path: Path) -> None:
    key = local.secret_key(tmp_path)
    assert local.secret_key(tmp_path) == key
    assert len(key) >= 50
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600


@pytest.mark.usefixtures("no_addresses", "folder")
@pytest.mark.parametrize(
    ("code", "expected"), [("raise SystemExit(7)", 7), ("import os; os.kill(os.getpid(), 9)", 137)]
)
def test_exec_hands_back_the_exit_code(code: str, expected: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "x")
    monkeypatch.setenv("REDIS_URL", "x")
    before = {sig: signal.getsignal(sig) for sig in local.SIGNALS}
    try:
        assert local.execute([sys.executable, "-c", code], name="scratch", durable=True) == expected
    finally:
        for sig, handler in before.items():
            signal.signal(sig, handler)


def test_exec_gives_a_command_both_servers_and_ends_them(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from dev import __main__, local; local.FOLDER = Path(sys.argv[1])\n"
        "code = 'import os, psycopg, redis; c = psycopg.connect(os.environ[\"DATABASE_URL\"]);'\\\n"
        '       \'print(c.info.backend_pid, redis.Redis.from_url(os.environ["REDIS_URL"]).info()["process_id"])\'\n'
        "sys.exit(__main__.main(['exec', '--instance', 'scratch', '--fast', '--', sys.executable, '-c', code]))\n"
    )
    env = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        cwd=local.ROOT,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert not any(servers.command_line(int(pid)) for pid in done.stdout.split())
