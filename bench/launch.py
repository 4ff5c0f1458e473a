"""Web CPU per launch."""

import os
from pathlib import Path

from tests.learner import new_course
from tests.system import System

TICKS = os.sysconf("SC_CLK_TCK")


def warm_up(system: System) -> None:
    cpu_milliseconds(system, 40)


def cpu_milliseconds(system: System, count: int) -> float:
    """Mean CPU milliseconds that the web processes spend on login, launch and first page of one learner."""
    course = new_course(system)
    before = web_cpu_seconds(system)
    for number in range(count):
        course.launch(f"learner-{number % 20}")
    return (web_cpu_seconds(system) - before) / count * 1000


def web_cpu_seconds(system: System) -> float:
    """User and system time of all web processes so far, from /proc (Linux)."""
    group = system.processes["web"].pid
    return sum(_cpu_seconds(path) for path in Path("/proc").glob("[0-9]*/stat") if _group(path) == group)


def _fields(path: Path) -> list[str]:
    try:
        return path.read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _group(path: Path) -> int:
    fields = _fields(path)
    return int(fields[2]) if fields else 0


def _cpu_seconds(path: Path) -> float:
    fields = _fields(path)
    return (int(fields[11]) + int(fields[12])) / TICKS if fields else 0.0
