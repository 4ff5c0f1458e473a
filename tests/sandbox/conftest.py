from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.rig import Rig, Sandbox, Tool, running


@pytest.fixture(scope="session")
def tool() -> Tool:
    return Tool()


@pytest.fixture(scope="session")
def sandbox(tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    folder: Path = tmp_path_factory.mktemp("sandbox")
    with running(folder, tool_url=tool.url) as sandbox:
        tool.platform = sandbox.url
        yield sandbox


@pytest.fixture(scope="session")
def sandbox_url(sandbox: Sandbox) -> str:
    return sandbox.url


@pytest.fixture(scope="module")
def strict(sandbox_url: str, tool: Tool) -> Iterator[Rig]:
    rig = Rig(sandbox_url, tool, "strict")
    yield rig
    _reset(rig)


@pytest.fixture(scope="module")
def moodle(sandbox_url: str, tool: Tool) -> Iterator[Rig]:
    rig = Rig(sandbox_url, tool, "moodle")
    yield rig
    _reset(rig)


@pytest.fixture(scope="module")
def canvas(sandbox_url: str, tool: Tool) -> Iterator[Rig]:
    rig = Rig(sandbox_url, tool, "canvas")
    yield rig
    rig.lms.set_throttle()
    _reset(rig)


def _reset(rig: Rig) -> None:
    rig.lms.clear_faults()
    rig.lms.turn_clock(0)
