"""PostgreSQL ends every connection and is back at once, as by a restart, a failover, or a cut of idle ones."""

import re
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.learner import new_course
from tests.patience import PATIENCE
from tests.system import System, wait_for

END_ALL = """
SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity WHERE datname = %s AND pid <> pg_backend_pid()
"""


def many_pages(system: System) -> set[int]:
    """The states of the answers to more requests at once than there are connections."""
    with ThreadPoolExecutor(16) as threads:
        return set(threads.map(lambda _: requests.get(f"{system.url}/", timeout=PATIENCE).status_code, range(64)))


def end_connections(system: System) -> None:
    """Fill the pools of all processes, then end every connection there is."""
    assert many_pages(system) == {200}
    assert system.query(END_ALL, system.database)[0][0] >= 2


def test_everything_works_at_the_first_try_after_all_connections_were_ended(system: System) -> None:
    course = new_course(system)
    course.launch("bob")
    end_connections(system)
    assert many_pages(system) == {200}

    end_connections(system)
    alice = course.launch("alice")

    end_connections(system)
    player = alice.start()
    assert player.status == 200

    end_connections(system)
    item = re.search(r'data-item="([^"]+)"', player.html)
    save = re.search(r'data-save="([^"]+)"', player.html)
    assert item
    assert save
    row = {"item": item[1], "seq": 1, "answer": "a"}
    answer = requests.post(f"{system.url}{save[1]}", json={"responses": [row]}, timeout=PATIENCE)
    assert (answer.status_code, answer.json()["results"][0]["state"]) == (200, "saved")

    end_connections(system)
    page = alice.submit()
    assert (page.status, "/result" in page.url) == (200, True)

    end_connections(system)
    wait_for(lambda: course.score("alice"), seconds=60)
    assert "Traceback" not in system.log("web")
