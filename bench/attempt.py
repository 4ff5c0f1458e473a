"""One learner's way through the check: launch, start, saves, submit, marked, score in the gradebook.

The client does what the pages' scripts do: it saves as the player does, and asks the result page's address for news
at the same intervals as `wait.js`.
"""

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from bench import cpu
from tests.learner import Course, Visit, new_course
from tests.page import Form
from tests.system import System

AT_ONCE = 8
FIRST, MOST, GIVE_UP = 0.7, 10.0, 120.0  # seconds, as in wait.js
NAMES = iter(range(1_000_000))


@dataclass(frozen=True)
class Round:
    """What some attempts cost: milliseconds of CPU of each part for one attempt, and how many were done a second."""

    cost: cpu.Seconds
    rate: float


def measure(system: System, *, count: int, saves: int) -> Round:
    course = new_course(system)
    names = [f"learner-{next(NAMES)}" for _ in range(count)]
    for name in names:
        course.person(name)
    before, started = cpu.spent(system), time.perf_counter()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda name: _run(course, name, saves), names))
    rate = count / (time.perf_counter() - started)
    split = cpu.each(before, cpu.spent(system), count)
    _check(course, count)
    return Round(split, rate)


def _run(course: Course, name: str, saves: int) -> None:
    visit = course.launch(name)
    visit.start()
    form = visit.answer()
    for field in [field for field in form.order if field.startswith("answer-")][:saves]:
        _save(visit, form, field.removeprefix("answer-"))
    visit.press(form)
    _wait(visit)
    assert "of 10 points so far" in visit.page.text, visit.page.text[:300]


def _save(visit: Visit, form: Form, item: str) -> None:
    entry = {"item": item, "answer": form.fields[f"answer-{item}"], "seq": int(form.fields[f"seq-{item}"])}
    address = form.action.replace("/submit", "/responses")
    answer = visit.session.post(address, json={"responses": [entry]}, timeout=20)
    assert answer.json()["results"][0]["state"] == "saved", answer.text


def _wait(visit: Visit) -> None:
    """Until nothing on the page moves any more: marked, and the score arrived."""
    root, pauses = visit.page.url.split("/check/")[0].rsplit("/s/", 1)[0], _pauses()
    while (waiter := _waiter(visit))["moving"]:
        time.sleep(next(pauses))
        answer = visit.session.get(root + waiter["status"], timeout=20)
        if answer.json()["version"] != waiter["version"]:
            visit.get(visit.page.url)
            pauses = _pauses()


def _pauses() -> Iterator[float]:
    pause, waited = FIRST, 0.0
    while waited < GIVE_UP:
        yield pause
        waited += pause
        pause = min(pause * 1.5, MOST)
    raise AssertionError("the result page still waits")


def _waiter(visit: Visit) -> dict[str, str]:
    found = re.search(r'<result-waiter data-status="([^"]*)" data-version="([^"]*)"( data-moving)?', visit.page.html)
    assert found, visit.page.text[:300]
    return {"status": found[1], "version": found[2], "moving": found[3] or ""}


def _check(course: Course, count: int) -> None:
    graded = [row for row in course.system.sandbox.gradebook(course.id) if row["final"] is not None]
    assert len(graded) == count, f"{len(graded)} of {count} scores are in the gradebook"
