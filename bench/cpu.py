"""CPU time by part of the system, read from the kernel (Linux): what ran is counted, not how long it took.

So figures hold on a machine that is busy with other things too.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.system import System

TICKS = os.sysconf("SC_CLK_TCK")
OUTSIDE = ("sandbox", "client")  # the LMS and the learners' browsers: not what Assay costs

Seconds = dict[str, float]
Process = tuple[int, int, int, float]  # pid, parent, process group, seconds


def spent(system: System) -> Seconds:
    """Seconds so far of each part: the processes that the system started, PostgreSQL, Redis, and this client."""
    running = list(_processes())
    parts = {name: _sum(running, group=process.pid) for name, process in system.processes.items()}
    parts["postgresql"] = _sum(running, root=_postmaster(system))
    parts["redis"] = _of_redis(system)
    parts["client"] = sum(os.times()[:2])
    return parts


def web(system: System) -> float:
    """Seconds of the web processes so far."""
    return _sum(list(_processes()), group=system.processes["web"].pid)


def each(before: Seconds, after: Seconds, count: int) -> Seconds:
    """Milliseconds of each part for one of `count`, with the sum of what belongs to Assay."""
    split = {name: (after[name] - before[name]) / count * 1000 for name in after}
    return {**split, "in all": sum(cost for name, cost in split.items() if name not in OUTSIDE)}


def _sum(processes: list[Process], *, group: int = 0, root: int = 0) -> float:
    """Of a process group, or of a process and its children."""
    return sum(
        seconds for pid, parent, of, seconds in processes if (group and of == group) or (root and root in (pid, parent))
    )


def _postmaster(system: System) -> int:
    """The parent of every server process."""
    with psycopg.connect(system.env["DATABASE_URL"]) as connection:
        return next(parent for pid, parent, *_ in _processes() if pid == connection.info.backend_pid)


def _of_redis(system: System) -> float:
    used = system.redis.info("cpu")
    return float(used["used_cpu_user"] + used["used_cpu_sys"])


def _processes() -> Iterator[Process]:
    """Every process, with the time of the children that it has waited for."""
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            pid, rest = path.read_text().split(" (", 1)
        except (FileNotFoundError, ProcessLookupError):
            continue
        fields = rest.rsplit(")", 1)[1].split()
        yield int(pid), int(fields[1]), int(fields[2]), sum(map(int, fields[11:15])) / TICKS
