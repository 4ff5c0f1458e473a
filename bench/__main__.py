"""`make bench`: what a launch and an attempt cost, and how fast scores leave, on the real processes.

`python -m bench passback` runs one part alone (launch, attempts, passback, gift, statistics, exports).

CPU time is read from the kernel, so the sandbox and this client do not count.
"""

import argparse
import os
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import django

from bench import analytics, attempt, class_rush, exports, launch, pages, passback, read_gift, regrade, steps
from tests.system import System


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument(
        "parts",
        nargs="*",
        help=f"of {', '.join(PARTS)}; all but class when none is named; alone: {', '.join(ALONE)}",
    )
    parser.add_argument("--launches", type=int, default=200, help="per round")
    parser.add_argument("--attempts", type=int, default=60, help="per round")
    parser.add_argument("--saves", type=int, default=1, help="of each attempt, before the whole form is handed in")
    parser.add_argument("--scores", type=int, default=2_000)
    parser.add_argument("--questions", type=int, default=10_000, help="of the GIFT bank")
    parser.add_argument("--responses", type=int, default=1_000_000, help="of the export")
    parser.add_argument("--small", type=int, default=1_000, help="attempts, of the statistics read")
    parser.add_argument(
        "--large", type=int, default=1_000_000, help="the same of the large class, and rows of the lists"
    )
    parser.add_argument("--folded", type=int, default=40_000, help="of the large class, one by one")
    parser.add_argument("--learners", type=int, default=300, help="of the class that takes the check at once")
    parser.add_argument("--pause", type=float, default=6.0, help="seconds that each of them thinks before an answer")
    parser.add_argument("--again", type=int, default=10_000, help="whose attempts are marked again")
    parser.add_argument("--of", type=int, default=500, help="learners, of the class whose pages are measured")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if len(options.parts) == 1 and options.parts[0] in ALONE:
        return _alone(ALONE[options.parts[0]](options))
    with tempfile.TemporaryDirectory() as folder, System(Path(folder), sweep_seconds=5, log_level="WARNING") as system:
        print(f"load before: {_load()}, cores: {os.cpu_count()}", flush=True)
        for name in options.parts or USUAL:
            PARTS[name](system, options)
        print(f"load after: {_load()}")


def _launches(system: System, options: argparse.Namespace) -> None:
    launch.warm_up(system)
    for name, cost in (("in a rush", launch.in_a_rush), ("one after the other", launch.alone)):
        costs = [cost(system, options.launches) for _ in range(options.rounds)]
        print(f"launch (login + launch + first page) {name}, ms of web CPU: {_all(costs)}", flush=True)


def _attempts(system: System, options: argparse.Namespace) -> None:
    attempt.measure(system, count=options.attempts // 4, saves=options.saves)  # warm-up
    rounds = [attempt.measure(system, count=options.attempts, saves=options.saves) for _ in range(options.rounds)]
    print(f"attempt (launch, start, {options.saves} saved, submit, marked, score posted), ms of CPU:", flush=True)
    for part in rounds[0].cost:
        print(f"  {part:<10} {_all([one.cost[part] for one in rounds])}")
    print(f"  a second   {_all([one.rate for one in rounds])}", flush=True)


def _passback(system: System, options: argparse.Namespace) -> None:
    rate = passback.capacity(system)
    print(f"scores a second to the sandbox without throttle and faults: {rate:.0f}", flush=True)
    print(passback.run(system, options.scores), flush=True)


def _gift(_system: System | None, options: argparse.Namespace) -> None:
    print(*_read_gift(options), flush=True)


def _read_gift(options: argparse.Namespace) -> Iterator[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    yield str(read_gift.measure(options.questions))


def _alone(lines: Iterator[str]) -> None:
    print(f"load before: {_load()}, cores: {os.cpu_count()}", flush=True)
    for line in lines:
        print(line, flush=True)


def _class(system: System, options: argparse.Namespace) -> None:
    for line in class_rush.measure(system, options.learners, options.pause):
        print(line, flush=True)


USUAL = {"launch": _launches, "attempts": _attempts, "passback": _passback, "gift": _gift}
PARTS = {**USUAL, "class": _class}
ALONE: dict[str, Callable[[argparse.Namespace], Iterator[str]]] = {  # need no system
    "gift": _read_gift,
    "exports": lambda options: exports.measure(options.responses),
    "statistics": lambda options: analytics.measure(options.small, options.large, options.folded),
    "regrade": lambda options: regrade.measure(options.again),
    "pages": lambda options: pages.measure(options.of),
    "steps": lambda options: steps.measure(options.attempts),
}


def _all(values: list[float]) -> str:
    return f"{statistics.median(values):.2f}, median of {', '.join(f'{value:.2f}' for value in values)}"


def _load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


if __name__ == "__main__":
    main()
