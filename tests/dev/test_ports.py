"""`make run` says which variable to change before it starts anything."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev import system
from dev.servers import Trouble


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture
def free() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("name", ["PORT", "SANDBOX_PORT"])
def test_busy_port_is_named_with_the_variable(
    name: str, taken: int, free: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORT", str(free))
    monkeypatch.setenv("SANDBOX_PORT", str(free + 1 if free < 65535 else free - 1))
    monkeypatch.setenv(name, str(taken))
    with pytest.raises(Trouble, match=f"Port {taken} is busy.*make run {name}="):
        system.addresses()


@pytest.mark.parametrize("text", ["none", "0", "65536", "-1", "80.5", "²"])
def test_what_is_no_port_is_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", text)
    with pytest.raises(Trouble, match="PORT is"):
        system.addresses()


def test_both_sites_need_ports_of_their_own(free: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", str(free))
    monkeypatch.setenv("SANDBOX_PORT", str(free))
    with pytest.raises(Trouble, match="both"):
        system.addresses()


def test_tool_and_sandbox_are_different_sites() -> None:
    at = system.Addresses(8300, 8400)
    assert (at.tool, at.sandbox) == ("http://127.0.0.1:8300", "http://localhost:8400")


def test_public_address_and_private_hosts_of_the_caller_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system, "_must_be_free", lambda name, port: None)
    monkeypatch.setenv("PORT", "8300")
    monkeypatch.setenv("SANDBOX_PORT", "8400")
    monkeypatch.setenv("ASSAY_BASE_URL", "https://assay.test/")
    monkeypatch.setenv("ASSAY_PRIVATE_HOSTS", "moodle.test")
    at = system.addresses()
    assert (at.tool, at.listening) == ("https://assay.test", "http://127.0.0.1:8300")

    given = system.environment(tmp_path, at, {})

    assert given["ASSAY_BASE_URL"] == system.sandbox_environment(tmp_path, at)["TOOL_URL"] == "https://assay.test"
    assert given["ASSAY_PRIVATE_HOSTS"] == f"moodle.test,localhost:{at.sandbox_port}"
    assert given["BEHIND_PROXY"] == "1"
