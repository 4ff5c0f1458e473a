"""A whole class at once: learners start, save ten answers each and submit, each within ten seconds of the others.

The starts lie within ten seconds, and so do the submissions; in between a learner thinks for some seconds before each
answer, as people do, so that the saves of 300 come at about 50 a second. `--pause 0` is stricter: nobody thinks, and
all of it comes at once.

Every answer that was acknowledged must be what was marked. Wall-clock times here, unlike elsewhere: what a learner
waits for. The load generator runs on the same machine and takes part of it: its share of the CPU is printed too.
"""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from statistics import quantiles

from bench import cpu
from tests.learner import RIGHT, Course, Visit, new_course
from tests.page import Form
from tests.patience import PATIENCE
from tests.system import System, wait_for

WITHIN = 10.0  # seconds between the first and the last learner's start, and so of their submissions
QUESTIONS = 10
NAMES = iter(range(1_000_000))
HELD = """
select count(*) from assessment_response r join assessment_attempt a on a.id = r.attempt_id
where a.id = any(%s::uuid[]) and r.answer <> '{}'
"""
OPEN = """
select count(*) from assessment_attempt a where a.id = any(%s::uuid[]) and a.state in ('in_progress', 'submitted')
"""
GRADED = "select count(*) from assessment_grade where attempt_id = any(%s::uuid[])"
QUEUED = """
select count(*) from lti_score s join lti_platformuser u on u.id = s.platform_user_id
join assessment_grade g on g.person_id = u.person_id where g.attempt_id = any(%s::uuid[])
"""


@dataclass
class Tally:
    """What the learners saw; `acknowledged` counts answers that the server said were saved."""

    attempts: list[str] = field(default_factory=list)
    acknowledged: int = 0
    failed: list[str] = field(default_factory=list)
    seconds: dict[str, list[float]] = field(default_factory=lambda: {"start": [], "save": [], "submit": []})
    lock: threading.Lock = field(default_factory=threading.Lock)

    def timed(self, what: str, began: float) -> None:
        with self.lock:
            self.seconds[what].append(time.perf_counter() - began)


def measure(system: System, learners: int, pause: float) -> list[str]:
    """The lines to print. `pause` is how long a learner thinks before each answer, in seconds."""
    course = new_course(system)
    names = [f"rush-{next(NAMES)}" for _ in range(learners)]
    for name in names:
        course.person(name)
    with ThreadPoolExecutor(8) as pool:
        visits = list(pool.map(course.launch, names))
    before, tally, began = cpu.spent(system), Tally(), time.perf_counter()
    with ThreadPoolExecutor(learners) as pool:
        list(pool.map(lambda visit: _sit(visit, tally, began, pause), visits))
    last = time.perf_counter()
    settled = _settled(system, course, tally, last)
    spent = cpu.each(before, cpu.spent(system), learners)
    split = ", ".join(f"{part} {cost:.0f}" for part, cost in spent.items())
    return [*_report(tally, last - began), *settled, f"  ms of CPU for each learner: {split}"]


def _sit(visit: Visit, tally: Tally, began: float, pause: float) -> None:
    """One learner: begins somewhere in the first seconds, saves ten answers, submits in the last seconds."""
    _wait_until(began + random.uniform(0, WITHIN))
    try:
        form = _answer(visit, tally, pause)
        if pause:
            _wait_until(began + WITHIN + QUESTIONS * pause + random.uniform(0, WITHIN))
        asked = time.perf_counter()
        visit.press(form)
        tally.timed("submit", asked)
    except Exception as error:
        with tally.lock:
            tally.failed.append(repr(error)[:200])


def _wait_until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.perf_counter()))


def _answer(visit: Visit, tally: Tally, pause: float) -> Form:
    began = time.perf_counter()
    visit.start()
    tally.timed("start", began)
    form = visit.answer(RIGHT)
    address = form.action.replace("/submit", "/responses")
    with tally.lock:
        tally.attempts.append(form.action.split("/attempts/")[1].split("/")[0])
    for name in [name for name in form.order if name.startswith("answer-")]:
        time.sleep(pause * random.uniform(0.5, 1.5))
        item = name.removeprefix("answer-")
        entry = {"item": item, "answer": form.fields[name], "seq": int(form.fields[f"seq-{item}"])}
        began = time.perf_counter()
        answer = visit.session.post(address, json={"responses": [entry]}, timeout=PATIENCE)
        tally.timed("save", began)
        if answer.ok and answer.json()["results"][0]["state"] == "saved":
            with tally.lock:
                tally.acknowledged += 1
    return form


def _report(tally: Tally, took: float) -> list[str]:
    lines = [
        f"class of {len(tally.attempts)}: {tally.acknowledged} answers acknowledged, {len(tally.failed)} learners with"
        f" a failed request, all done in {took:.1f} s"
    ]
    lines += [f"  failed: {why}" for why in sorted(set(tally.failed))[:5]]
    for what, seconds in tally.seconds.items():
        if len(seconds) > 1:
            cuts = quantiles(seconds, n=100)
            lines.append(
                f"  {what:<7} p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms, p99 {cuts[98] * 1000:.0f} ms"
            )
    return lines


def _settled(system: System, course: Course, tally: Tally, last: float) -> list[str]:
    """How long after the last submission everything was marked, and due or sent to the gradebook."""
    of = tally.attempts
    wait_for(lambda: system.query(OPEN, of) == [(0,)], seconds=600)
    marked = time.perf_counter() - last
    wait_for(
        lambda: system.query(GRADED, of) == [(len(of),)] and system.query(QUEUED, of)[0][0] >= len(of), seconds=600
    )
    due = time.perf_counter() - last
    [(kept,)] = system.query(HELD, of)
    assert kept >= tally.acknowledged, f"{tally.acknowledged - kept} acknowledged answers are lost"
    return [
        f"  every one of {tally.acknowledged} acknowledged answers is kept ({kept} stored)",
        f"  after the last submission: all marked in {marked:.1f} s, every score due in {due:.1f} s",
    ]
