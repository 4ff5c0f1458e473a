"""`make bench`: what a launch and an attempt cost, and how fast scores leave, on the real processes.

`python -m bench passback` runs one part alone (launch, attempts, passback, gift, statistics, exports).

CPU time is read from the kernel, so the sandbox and this client do not count.
"""

import argparse
import os
import statistics
import tempfile
from pathlib import Path

import django

from bench import analytics, attempt, class_rush, exports, launch, pages, passback, read_gift, regrade, steps
from tests.system import System


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument(
        "parts",
        nargs="*",
        help=f"of {', '.join(PARTS)}; all but class when none is named; alone: statistics, regrade, pages, steps",
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
    if options.parts == ["gift"]:
        return _gift(None, options)
    if options.parts == ["exports"]:
        return _exports(options)
    if options.parts == ["statistics"]:
        return _statistics(options)
    if options.parts == ["regrade"]:
        return _regrade(options)
    if options.parts == ["pages"]:
        return _pages(options)
    if options.parts == ["steps"]:
        return _steps(options)
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
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    print(read_gift.measure(options.questions), flush=True)


def _exports(options: argparse.Namespace) -> None:
    for line in exports.measure(options.responses):
        print(line, flush=True)


def _statistics(options: argparse.Namespace) -> None:
    print(f"load before: {_load()}, cores: {os.cpu_count()}", flush=True)
    for line in analytics.measure(options.small, options.large, options.folded):
        print(line, flush=True)


def _regrade(options: argparse.Namespace) -> None:
    print(f"load before: {_load()}, cores: {os.cpu_count()}", flush=True)
    for line in regrade.measure(options.again):
        print(line, flush=True)


def _steps(options: argparse.Namespace) -> None:
    for line in steps.measure(options.attempts):
        print(line, flush=True)


def _pages(options: argparse.Namespace) -> None:
    print(f"load before: {_load()}, cores: {os.cpu_count()}", flush=True)
    for line in pages.measure(options.of):
        print(line, flush=True)


def _class(system: System, options: argparse.Namespace) -> None:
    for line in class_rush.measure(system, options.learners, options.pause):
        print(line, flush=True)


USUAL = {"launch": _launches, "attempts": _attempts, "passback": _passback, "gift": _gift}
PARTS = {**USUAL, "class": _class}


def _all(values: list[float]) -> str:
    return f"{statistics.median(values):.2f}, median of {', '.join(f'{value:.2f}' for value in values)}"


def _load() -> str:
    return " ".join(f"{value:.2f}" for value in os.getloadavg())


if __name__ == "__main__":
    main()
