"""What a worker keeps between tasks."""

import pytest

from tests.learner import Course, new_course
from tests.system import System, wait_for


def scored(course: Course, name: str) -> None:
    visit = course.launch(name)
    visit.start()
    visit.submit()
    wait_for(lambda: course.score(name))


@pytest.mark.parametrize("worker", ["worker", "passback"])
def test_a_worker_keeps_its_database_connections_from_task_to_task(system: System, worker: str) -> None:
    course = new_course(system)
    scored(course, "alice")
    before = connections(system, worker)
    assert before

    for name in ("bob", "carol"):
        scored(course, name)

    assert before <= connections(system, worker)


def connections(system: System, worker: str) -> set[int]:
    """The PostgreSQL processes that serve a worker."""
    rows = system.query(
        "SELECT pid FROM pg_stat_activity WHERE datname = %s AND application_name = %s", system.database, worker
    )
    return {pid for (pid,) in rows}
