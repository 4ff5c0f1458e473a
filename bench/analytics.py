"""What statistics cost: folding attempts in, and reading the report at two sizes. Rows are made by COPY.

In a database of its own, which goes afterwards. Folding is what one process does; what a marked attempt contributes is
made up here, since marking is measured elsewhere (`attempts`).
"""

import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import django

QUESTIONS, GROUPS = 10, 10
EVERY = 2  # seconds between attempts: a million in 23 days
ROUND = 20_000  # attempts folded at a time
READS = 100


def measure(small: int, large: int) -> Iterator[str]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    with database():
        from tests import cast

        school = cast.make_institution()
        version = cast.quiz_of(*[cast.choice(("1", "0", "0", "0")) for _ in range(QUESTIONS)])
        few, many = (Class(cast.place_quiz(school, version)) for _ in range(2))
        few.grow(small)
        rates = [many.grow(min(ROUND, large - done)) for done in range(0, large, ROUND)]
        yield f"folding, attempts a second: {statistics.median(rates):.0f}, slowest round {min(rates):.0f}"
        times = {few: [], many: []}  # type: dict[Class, list[float]]
        for _ in range(READS):
            for one, taken in times.items():
                taken.append(one.read())
        for one, taken in times.items():
            p95 = statistics.quantiles(taken, n=20)[-1]
            yield f"reading at {one.size} attempts, ms: median {statistics.median(taken):.1f}, p95 {p95:.1f}"
        ratio = statistics.median(times[many]) / statistics.median(times[few])
        yield f"ratio of the medians: {ratio:.2f}"


@contextmanager
def database() -> Iterator[None]:
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


class Class:
    """Learners on one assignment, ten groups of them, who come one after the other."""

    def __init__(self, on: Any) -> None:
        from content import places
        from roster.models import Group

        self.on, self.size, self.made = on, 0, 0
        self.random = random.Random(1)
        self.items = [str(place.item_version_id) for place in places.of(on.quiz.current_id)]
        groups = (Group(institution=on.institution, course=on.course, group_id=str(at)) for at in range(GROUPS))
        self.groups = Group.objects.bulk_create(groups)

    def grow(self, count: int) -> float:
        """Add attempts and fold them; how many were folded a second."""
        from django.utils import timezone

        from assessment.statistics import folding

        self._copy(count)
        started = time.perf_counter()
        assert folding.fold(assignment_id=self.on.pk, now=timezone.now()) == count
        return count / (time.perf_counter() - started)

    def read(self) -> float:
        """Milliseconds of one report."""
        from django.utils import timezone

        from assessment.statistics.report import report

        started = time.perf_counter()
        assert report(scope=self.on, now=timezone.now(), small=True)["n"] == self.size
        return (time.perf_counter() - started) * 1000

    def _copy(self, count: int) -> None:
        from assessment.models import Attempt, StatisticsDelta
        from roster.ids import uuid7
        from roster.models import Group, Person
        from tests.cast import NOW

        people = [uuid7() for _ in range(count)]
        school, moment = self.on.institution_id, NOW
        copy(Person, ((pk, school, "", "", "", "", moment) for pk in people))
        copy(Attempt, (self._attempt(person, NOW) for person in people))
        copy(StatisticsDelta, ((uuid7(), self.on.pk, person, moment) for person in people))
        joined = ((self.groups[at % GROUPS].pk, person) for at, person in enumerate(people))
        copy(Group.members.through, joined, ["group_id", "person_id"])
        self.size += count

    def _attempt(self, person: Any, now: Any) -> tuple[Any, ...]:
        from roster.ids import uuid7

        able = self.random.gauss(0, 1)
        right = [self.random.gauss(able, 1) > 0 for _ in self.items]
        self.made += 1
        began = now + timedelta(seconds=self.made * EVERY)
        took, points = self.random.randrange(60, 1800), sum(right)
        items = {
            item: {
                "x": 1000 * is_right,
                "c": ["a" if is_right else self.random.choice("bcd")],
                "t": True,
                "s": self.random.randrange(5, 120),
            }
            for item, is_right in zip(self.items, right, strict=True)
        }
        counted = {"complete": True, "score": 1000 * points, "total": 1000 * points, "seconds": took, "items": items}
        values: dict[str, Any] = {
            "id": uuid7(),
            "institution_id": self.on.institution_id,
            "assignment_id": self.on.pk,
            "person_id": person,
            "quiz_version_id": self.on.quiz.current_id,
            "state": "marked",
            "started_at": began,
            "submitted_at": began + timedelta(seconds=took),
            "marked_at": began + timedelta(seconds=took),
            "items_total": QUESTIONS,
            "items_marked": QUESTIONS,
            "points": points,
            "points_max": QUESTIONS,
            "counted": json.dumps(counted),
        }
        return tuple(values.get(name, default) for name, default in _columns().items())


def _columns() -> dict[str, Any]:
    """Of an attempt, each with its default."""
    from assessment.models import Attempt

    fields = [field for field in Attempt._meta.local_concrete_fields if not field.generated]
    defaults = {str(field.column): field.get_default() for field in fields}
    return {name: json.dumps(value) if isinstance(value, list | dict) else value for name, value in defaults.items()}


def copy(model: Any, rows: Iterator[tuple[Any, ...]], names: list[str] | None = None) -> None:
    from django.db import connection

    fields = [field for field in model._meta.local_concrete_fields if not field.generated]
    columns = ", ".join(f'"{name}"' for name in names or [field.column for field in fields])
    connection.ensure_connection()
    with connection.cursor() as cursor, cursor.copy(f"COPY {model._meta.db_table} ({columns}) FROM STDIN") as into:
        for row in rows:
            into.write_row(row)
