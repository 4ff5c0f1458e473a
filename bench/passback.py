"""Scores due at once to an LMS that throttles, fails and loses answers: do they all arrive, and how soon?

The sandbox stands in for Canvas: a leaky bucket for each client, one answer in ten is a fault, one in twenty is lost
after the score was taken. The throttle, not the sandbox, is to be the limit: `OUTFLOW / COST` is well below what the
sandbox can answer. The time that the throttle allows is that of a sender who sends each score as often as the faults
make necessary, reads nothing, and never waits longer than the bucket makes it.
"""

import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

from tests.learner import Course, new_course
from tests.system import System, wait_for

CLIENT = "assay-canvas"
FAULTS, LOSSES = 0.10, 0.05
COST, OUTFLOW, HIGH_WATER = 1.0, 20.0, 600.0
LONGEST = 1_800.0  # seconds


@dataclass(frozen=True)
class Passback:
    """What came of it. Times in seconds."""

    scores: int
    seconds: float
    allowed: float
    right: int
    requests: Counter[str]
    twice: int  # scores that the history holds more than once with another timestamp
    throttled: int

    @property
    def factor(self) -> str:
        return f"{self.seconds / self.allowed:.2f}" if self.allowed else "none: all fit into the bucket"

    def __str__(self) -> str:
        asked = ", ".join(f"{count} {what}" for what, count in sorted(self.requests.items()))
        return (
            f"{self.scores} scores due at once: {self.seconds:.1f} s, the throttle allows {self.allowed:.1f} s "
            f"(factor {self.factor}); right at the end: {self.right}; twice in the history: "
            f"{self.twice}; asked to slow down: {self.throttled}; requests: {asked}"
        )


def run(system: System, count: int) -> Passback:
    course = _course(system)
    people = system.sandbox.add_people([{"username": f"bench-{number}"} for number in range(count)], course=course.id)
    file = system.folder / "people.txt"
    file.write_text("\n".join(str(person) for person in people))
    system.stop("beat")
    system.stop("passback")
    system.run("-m", "bench.queue_scores", CLIENT, str(file))
    system.redis.flushdb()
    _make_trouble(system)
    started = time.perf_counter()
    system.start("passback")
    system.start("beat")
    wait_for(lambda: _left(system) == 0, seconds=LONGEST, every=0.5)
    seconds = time.perf_counter() - started
    system.sandbox.clear_faults()
    system.sandbox.set_throttle()
    return _judge(system, course, people, seconds)


def allowed(count: int) -> float:
    """Seconds that the throttle makes the best sender take: what fits into the bucket at once costs no time."""
    sent = count / (1 - FAULTS - LOSSES)
    return max(sent * COST - HIGH_WATER, 0.0) / OUTFLOW


def capacity(system: System, count: int = 200) -> float:
    """Requests a second that the sandbox answers to the real sender without throttle and faults."""
    course = _course(system)
    people = system.sandbox.add_people([{"username": f"warm-{number}"} for number in range(count)], course=course.id)
    file = system.folder / "warm.txt"
    file.write_text("\n".join(str(person) for person in people))
    system.stop("beat")
    system.stop("passback")
    system.run("-m", "bench.queue_scores", CLIENT, str(file))
    system.sandbox.set_throttle(outflow=10_000.0, cost=0.0)
    system.start("passback")
    system.start("beat")
    wait_for(lambda: _left(system) < count, every=0.02)
    started, left = time.perf_counter(), _left(system)
    wait_for(lambda: _left(system) == 0, seconds=LONGEST, every=0.02)
    return left / (time.perf_counter() - started)


def _course(system: System) -> Course:
    """A course like Canvas with one activity, launched once, so that the tool knows its column."""
    course = new_course(system, "canvas")
    course.launch("opener")
    return course


def _make_trouble(system: System) -> None:
    system.sandbox.post("requests/clear")
    system.sandbox.set_throttle(high_water=HIGH_WATER, outflow=OUTFLOW, cost=COST)
    system.sandbox.fault("scores", "status", status=503, rate=FAULTS, seed=1)
    # Drawn only where the first did not strike.
    system.sandbox.fault("scores", "accept_drop", rate=LOSSES / (1 - FAULTS), seed=2)


def _left(system: System) -> int:
    return int(system.query("SELECT count(*) FROM lti_score WHERE state IN ('due', 'sending')")[0][0])


def _judge(system: System, course: Course, people: list[int], seconds: float) -> Passback:
    expected = {person: (number % 100) / 10 for number, person in enumerate(people)}
    shown = {row["person"]: row for row in system.sandbox.gradebook(course.id) if row["final"] is not None}
    right = sum(1 for one, score in expected.items() if one in shown and abs(shown[one]["final"] - score) < 0.005)
    return Passback(
        scores=len(people),
        seconds=seconds,
        allowed=allowed(len(people)),
        right=right,
        requests=_requests(system),
        twice=_twice(system.sandbox.history(course.id), {one: row["attempt"] for one, row in shown.items()}),
        throttled=sum(1 for one in system.sandbox.request_log("scores") if one["status"] == 403),
    )


def _requests(system: System) -> Counter[str]:
    return Counter(one["endpoint"] for one in system.sandbox.request_log() if one["endpoint"] in ("scores", "results"))


def _twice(history: list[dict[str, Any]], attempts: dict[int, int]) -> int:
    """People with more than one attempt, or scores of more than one timestamp: a retry repeats both."""
    stamps: dict[int, set[str]] = {}
    for entry in history:
        if entry["accepted"] and entry["person"]:
            stamps.setdefault(entry["person"], set()).add(entry["timestamp"])
    return sum(1 for person, found in stamps.items() if len(found) > 1 or attempts.get(person, 0) > 1)
