"""What a teacher's pages cost with a large class: milliseconds of each, and how many statements it takes.

In a database of its own, which goes afterwards. The class is filled as the sandbox fills one (`assessment/samples`).
One process makes the pages; its CPU time does not count PostgreSQL, the wall time does.
"""

import os
import statistics
import time
from collections.abc import Iterator
from typing import Any

import django

COURSES, IN_EACH = 10, 30  # what else the teacher teaches, and how many learners are in it
VISITS = 20


def measure(learners: int) -> Iterator[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings

    from bench.analytics import database

    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with database():
        teacher, seconds = _teacher(learners)
        yield f"filling a class of {learners}, s of CPU of this process: {seconds:.1f}"
        yield f"{'page':<24} {'wall ms':>8} {'p95':>6} {'CPU ms':>7} {'p95':>6} {'statements':>11} {'KB':>5}"
        for name, path in _pages(teacher):
            yield _line(name, path, teacher)


def _teacher(learners: int) -> tuple[Any, float]:
    """A visit of the teacher of the class, and how long filling it took."""
    from django.utils import timezone

    from assessment.samples import filling
    from lti.models import Score, ScoreState
    from roster.models import Enrollment, Role
    from tests import cast
    from tests.pages.conftest import Visit

    made = cast.make_cast(quiz=cast.published_quiz("the-check"))
    tess, now = made.tess, timezone.now()
    others = [
        cast.make_assignment(cast.make_link(tess.deployment, column=False), made.quiz, f"Check {at}")
        for at in range(COURSES)
    ]
    for one in (made.assignment, *others):
        Enrollment.objects.create(
            institution=tess.institution, course=one.course, person=tess.person, role=Role.INSTRUCTOR
        )
    started = time.process_time()
    _fill(filling, made.assignment, learners, now)
    spent = time.process_time() - started
    for one in others:
        _fill(filling, one, IN_EACH, now)
    Score.objects.update(state=ScoreState.SYNCED)
    return Visit(tess), spent


def _fill(filling: Any, assignment: Any, learners: int, now: Any) -> None:
    people = filling.enrol(assignment=assignment, people=filling.names(learners), now=now)
    filling.fill(assignment=assignment, people=people, seed=1, now=now)


def _pages(visit: Any) -> Iterator[tuple[str, str]]:
    from assessment import access

    people = access.class_people(visit.launch).order_by("-made", "pk")
    waiting = access.waiting_responses(visit.launch)
    yield "class", "/class/"
    yield "class, last page", "/class/?page=5"
    yield "class, filtered", "/class/?show=submitted&sort=-score&q=learner"
    yield "class as CSV", "/class/list.csv"
    yield "what changed", "/class/changes"
    yield "questions", "/class/questions/"
    yield "one question", "/class/questions/1/"
    yield "answers to it", "/class/questions/1/answers/"
    yield "a learner", f"/class/people/{people[0].pk}/"
    yield "courses", "/courses/"
    yield "exceptions", "/class/exceptions/"
    yield "answers to mark", "/review/"
    yield "marking room", f"/review/{waiting[0].pk}/"


def _line(name: str, path: str, visit: Any) -> str:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    for _ in range(3):
        answer = visit.get(path)
        assert answer.status_code in (200, 204), (name, answer.status_code)
    wall, cpu = [], []
    for _ in range(VISITS):
        began, at_first = time.perf_counter(), time.process_time()
        visit.get(path)
        cpu.append((time.process_time() - at_first) * 1000)
        wall.append((time.perf_counter() - began) * 1000)
    with CaptureQueriesContext(connection) as asked:
        visit.get(path)
    size = len(answer.content) / 1024
    return (
        f"{name:<24} {statistics.median(wall):>8.0f} {_p95(wall):>6.0f} {statistics.median(cpu):>7.0f} "
        f"{_p95(cpu):>6.0f} {len(asked):>11} {size:>5.0f}"
    )


def _p95(taken: list[float]) -> float:
    return statistics.quantiles(taken, n=20)[-1]
