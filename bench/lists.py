"""What a page of each long list of the API costs where it has a million rows, and how the database finds it.

The rows are made within the database, all after the one sitting that a learner really took: each by another learner, a
second after the last, and every tenth changed again later.
"""

import statistics
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

TIMES = 5
PAGES = (
    "first page", "since the middle", "the page after it", "the last hundredth", "latest first", "of a small school",
)  # fmt: skip
LISTS = ("attempts", "responses", "marks", "grades", "deliveries", "changes")


def measure(rows: int) -> Iterator[str]:
    from tests import cast

    made = cast.make_cast()
    for viewer in (made.alice, made.dora):
        cast.hand_in(viewer, **cast.all_right())
    started = time.perf_counter()
    _fill(made.alice.institution_id, rows)
    yield f"lists of {rows} rows, made in {time.perf_counter() - started:.0f} s; ms of a page of 50 (CPU of the web):"
    callers = [Caller(viewer.institution) for viewer in (made.alice, made.dora)]
    for name in LISTS:
        yield f"  {name:<11} {_pages(name, *callers, rows)}"


def _pages(name: str, caller: "Caller", small: "Caller", rows: int) -> str:
    middle, late = (
        {"updated_since": (START + timedelta(seconds=seconds)).isoformat()} for seconds in (rows // 2, rows * 19 // 10)
    )
    latest = {"sort": "-at" if name == "changes" else "-updated_at"}
    after = caller.get(f"/api/v1/{name}", middle)[0]["next"]
    asked: list[tuple[Caller, str, dict[str, str]]] = [
        (caller, name, {}),
        (caller, name, middle),
        (caller, after, {}),
        (caller, name, late),
        (caller, name, latest),
        (small, name, {}),
    ]
    found = []
    for title, (by, path, query) in zip(PAGES, asked, strict=True):
        address = path if path.startswith("http") else f"/api/v1/{path}"
        walls, cpus = zip(*(by.get(address, query)[1:] for _ in range(TIMES)), strict=True)
        scans = ", ".join(by.scans(address, query))
        cost = f"{statistics.median(walls):.0f} ({statistics.median(cpus):.0f})"
        found.append(f"{title} {cost}{f', reads all of {scans}' if scans else ''}")
    return "; ".join(found)


class Caller:
    """A script with a key of the institution."""

    def __init__(self, institution: Any) -> None:
        from django.test import Client

        from api import keys

        _, key = keys.create(institution=institution, name="bench", scopes=list(keys.SCOPES))
        self.client = Client(headers={"Authorization": f"Bearer {key}"}, SERVER_NAME="localhost")

    def get(self, address: str, query: dict[str, str]) -> tuple[Any, float, float]:
        """The answer, and the milliseconds that it took, on the clock and of this process."""
        wall, cpu = time.perf_counter(), time.process_time()
        answer = self.client.get(address, query or None)
        taken = (time.perf_counter() - wall) * 1000, (time.process_time() - cpu) * 1000
        assert answer.status_code == 200, answer.content
        return answer.json(), *taken

    def scans(self, address: str, query: dict[str, str]) -> list[str]:
        """The filled tables that the database reads from end to end for this."""
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        with CaptureQueriesContext(connection) as captured:
            self.client.get(address, query or None)
        found = set()
        with connection.cursor() as cursor:
            for statement in captured:
                if statement["sql"].startswith("SELECT") and " LIMIT " in statement["sql"]:
                    cursor.execute("EXPLAIN (FORMAT JSON) " + statement["sql"].replace("%", "%%"))
                    found |= set(_scanned(cursor.fetchone()[0][0]["Plan"]))
        return sorted(found)


def _scanned(plan: dict[str, Any]) -> Iterator[str]:
    if plan["Node Type"] == "Seq Scan" and plan["Plan Rows"] > 10_000:
        yield plan["Relation Name"]
    for inner in plan.get("Plans", ()):
        yield from _scanned(inner)


START = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
MOMENT = f"timestamptz '{START.isoformat()}' + interval '1 second' * CASE WHEN i %% 10 = 0 THEN i + %(rows)s ELSE i END"


def _fill(institution: Any, rows: int) -> None:
    from django.db import connection

    from assessment.models import Attempt, Grade, Mark, Response
    from lti.models import PlatformUser, Score
    from roster.models import Change, Person

    Change.objects.create(institution_id=institution, kind="attempt", row=institution, at=START)
    [attempt] = Attempt.objects.filter(institution=institution)
    response = attempt.responses.order_by("position")[0]
    [user] = PlatformUser.objects.filter(person=attempt.person_id)
    grade, score = Grade.objects.get(attempt=attempt), Score.objects.get(platform_user=user)
    of_attempt = {"person_id": _key("person"), "attempt_id": _key("attempt")}
    like: list[tuple[Any, Any, dict[str, str]]] = [
        (Person, attempt.person_id, {"id": _key("person"), "updated_at": MOMENT}),
        (PlatformUser, user.pk, {"id": _key("user"), "person_id": _key("person"), "sub": "'u' || i"}),
        (Attempt, attempt.pk, {"id": _key("attempt"), "person_id": _key("person"), "updated_at": MOMENT}),
        (Response, response.pk, {"id": _key("response"), "attempt_id": _key("attempt")}),
        (Mark, response.marks.get().pk, {"id": _key("mark"), "response_id": _key("response")}),
        (Grade, grade.pk, {"id": _key("grade"), **of_attempt, "updated_at": MOMENT}),
        (Score, score.pk, {"id": _key("score"), "platform_user_id": _key("user"), "updated_at": MOMENT}),
        (Change, Change.objects.get().pk, {"id": _key("change"), "row": _key("gone"), "at": MOMENT}),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # no triggers, which would look at each row
        for model, pk, changes in like:
            names = [str(field.column) for field in model._meta.local_concrete_fields if not field.generated]
            columns = ", ".join(f'"{name}"' for name in names)
            values = ", ".join(changes.get(name, f't."{name}"') for name in names)
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({columns}) SELECT {values}"
                f" FROM {model._meta.db_table} t, generate_series(1, %(rows)s) i WHERE t.id = %(like)s",
                {"rows": rows, "like": pk},
            )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")


def _key(name: str) -> str:
    """A time-ordered UUID of version 7, the same for the same name and number."""
    return f"(lpad(to_hex(1767225600000 + i), 12, '0') || '7' || substr(md5('{name}' || i), 1, 19))::uuid"
