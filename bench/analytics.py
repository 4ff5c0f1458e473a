"""What statistics cost: folding attempts in, reading the report at two sizes, and the long lists of the API.

In a database of its own, which goes afterwards. Folding is what one process does; its attempts come by COPY, and what
each contributes is made up here, since marking is measured elsewhere (`attempts`).
"""

import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import django

QUESTIONS, GROUPS = 10, 10
EVERY = 2  # seconds between attempts: a million in 23 days
ROUND = 10_000  # attempts folded at a time
READS = 100
TICKS = os.sysconf("SC_CLK_TCK")


class Cost(NamedTuple):
    """Seconds on the clock, and of CPU of this process and of PostgreSQL's process for it."""

    clock: float
    python: float
    database: float


def measure(small: int, large: int, folded: int) -> Iterator[str]:
    """Of the large class `folded` attempts come one by one; then each is counted so often that there are `large`."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    with database():
        from bench import lists
        from tests import cast

        school = cast.make_institution()
        version = cast.quiz_of(*[cast.choice(("1", "0", "0", "0")) for _ in range(QUESTIONS)])
        few, many = (Class(cast.place_quiz(school, version)) for _ in range(2))
        few.grow(small)
        yield _folding([many.grow(ROUND) for _ in range(0, folded, ROUND)])
        many.multiply(large)
        yield from _reading(few, many)
        yield from lists.measure(large)


def _folding(rounds: list[Cost]) -> str:
    rates = [ROUND / one.clock for one in rounds]
    python, database = (statistics.median(getattr(one, name) for one in rounds) for name in ("python", "database"))
    return (
        f"folding, attempts a second: {statistics.median(rates):.0f}, slowest round {min(rates):.0f}; ms of CPU for an "
        f"attempt: {python / ROUND * 1000:.2f} and {database / ROUND * 1000:.2f} of PostgreSQL"
    )


def _reading(few: "Class", many: "Class") -> Iterator[str]:
    times: dict[Class, list[Cost]] = {few: [], many: []}
    for _ in range(READS):
        for one, taken in times.items():
            taken.append(one.read())
    for one, taken in times.items():
        clock, cpu = _spread([cost.clock for cost in taken]), _spread([cost.python for cost in taken])
        yield f"reading at {one.size} attempts, ms: {clock}; of CPU: {cpu}"
    for name in ("clock", "python"):
        medians = [statistics.median(getattr(cost, name) for cost in times[one]) for one in (many, few)]
        yield f"ratio of the medians ({'CPU' if name == 'python' else name}): {medians[0] / medians[1]:.2f}"


def _spread(seconds: list[float]) -> str:
    return f"median {statistics.median(seconds) * 1000:.1f}, p95 {statistics.quantiles(seconds, n=20)[-1] * 1000:.1f}"


@contextmanager
def database() -> Iterator[None]:
    from django.db import connection

    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


@contextmanager
def measured() -> Iterator[list[Cost]]:
    """What the block costs, once it has ended."""
    found: list[Cost] = []
    before = time.perf_counter(), time.process_time(), _of_database()
    yield found
    after = time.perf_counter(), time.process_time(), _of_database()
    found.append(Cost(*(late - early for early, late in zip(before, after, strict=True))))


def _of_database() -> float:
    """Seconds of CPU that PostgreSQL's process for this connection took so far."""
    from django.db import connection

    connection.ensure_connection()
    pid = connection.connection.info.backend_pid  # type: ignore[union-attr]
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()[11:13]
    return (int(user) + int(system)) / TICKS


def multiplied(data: dict[str, Any], times: int) -> dict[str, Any]:
    return {key: multiplied(one, times) if isinstance(one, dict) else one * times for key, one in data.items()}


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

    def grow(self, count: int) -> Cost:
        """Add attempts and fold them."""
        from django.utils import timezone

        from assessment.statistics import folding

        self._copy(count)
        with measured() as cost:
            assert folding.fold(assignment_id=self.on.pk, now=timezone.now()) == count
        return cost[0]

    def multiply(self, size: int) -> None:
        """Count each attempt so often that there are `size`, in the cell that a report is about: it has all of its
        numbers already, which only grow from there on.
        """
        from assessment.models import StatisticsCell

        times = max(1, size // self.size)
        for cell in StatisticsCell.objects.filter(assignment=self.on, population="first", group=None, day=None):
            cell.data, cell.n = multiplied(cell.data, times), cell.n * times
            cell.save()
        self.size *= times

    def read(self) -> Cost:
        """One report."""
        from django.utils import timezone

        from assessment.statistics.report import report

        with measured() as cost:
            assert report(scope=self.on, now=timezone.now(), small=True)["n"] == self.size
        return cost[0]

    def _copy(self, count: int) -> None:
        from assessment.models import Attempt, StatisticsDelta
        from roster.ids import uuid7
        from roster.models import Group, Person
        from tests.cast import NOW

        people = [uuid7() for _ in range(count)]
        school, moment = self.on.institution_id, NOW
        named = ["id", "institution_id", "name", "given_name", "family_name", "email", "created_at", "updated_at"]
        copy(Person, ((pk, school, "", "", "", "", moment, moment) for pk in people), named)
        copy(Attempt, (self._attempt(person, NOW) for person in people))
        marked = ["id", "assignment_id", "person_id", "created_at"]
        copy(StatisticsDelta, ((uuid7(), self.on.pk, person, moment) for person in people), marked)
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
