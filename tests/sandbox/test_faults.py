"""Troubles on demand: what a tool meets is what the tests asked for."""

import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from sandbox.client import SandboxClient
from tests.patience import PATIENCE
from tests.sandbox.rig import SCORE, Rig, Tool, a_score, moment, running, tail


@pytest.fixture
def rig(strict: Rig) -> Iterator[Rig]:
    yield strict
    strict.lms.clear_faults()


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_status_is_answered_so_often_and_no_more(rig: Rig, status: int) -> None:
    rig.lms.fault("scores", status=status, headers={"Retry-After": "2"}, count=2)
    answers = [rig.score(rig.student()) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [status, status, 204]
    assert answers[0].headers["Retry-After"] == "2"


def test_a_fault_without_a_count_lasts_until_cleared(rig: Rig) -> None:
    rig.lms.fault("token")
    assert [rig.token().status_code for _ in range(2)] == [503, 503]
    rig.lms.clear_faults("token")
    assert rig.token().status_code == 200


def test_a_rate_limit_looks_like_canvas(rig: Rig) -> None:
    rig.lms.fault("scores", "rate_limit", count=1)
    answer = rig.score(rig.alice)
    assert (answer.status_code, answer.headers["X-Rate-Limit-Remaining"]) == (403, "0.0")
    assert answer.text == "403 Forbidden (Rate Limit Exceeded)\n"


def test_a_dropped_connection_stores_nothing(rig: Rig) -> None:
    person = rig.student()
    rig.lms.fault("scores", "drop", count=1)
    with pytest.raises(requests.ConnectionError):
        rig.score(person)
    assert rig.lms.history(rig.course, person) == []
    assert rig.score(person).status_code == 204


def test_accept_then_drop_stores_the_score_unseen(rig: Rig) -> None:
    person = rig.student()
    rig.lms.fault("scores", "accept_drop", count=1)
    with pytest.raises(requests.ConnectionError):
        rig.score(person, 5)
    assert rig.grade(person)["final"] == 5
    assert rig.lms.request_log("scores")[-1]["status"] is None


def test_slow_is_slow(rig: Rig) -> None:
    rig.lms.fault("results", "slow", seconds=0.4, count=1)
    started = time.monotonic()
    assert rig.results().status_code == 200
    assert time.monotonic() - started >= 0.4


def test_a_rate_of_failures_repeats_with_its_seed(rig: Rig) -> None:
    def drawn() -> list[int]:
        rig.lms.clear_faults()
        rig.lms.fault("results", rate=0.5, seed=7)
        return [rig.results().status_code for _ in range(12)]

    first = drawn()
    assert (first, set(first)) == (drawn(), {200, 503})


def test_requests_are_logged_without_secrets(rig: Rig) -> None:
    rig.lms.post("requests/clear")
    rig.token()
    rig.score(rig.alice, at=moment(60))
    log = rig.lms.request_log()
    assert [(row["endpoint"], row["status"]) for row in log] == [("token", 200), ("scores", 204)]
    assert rig.bearer not in str(log)


def test_revoked_tokens_stop_working(sandbox_url: str, rig: Rig) -> None:
    own = Rig(sandbox_url, rig.tool, "strict")
    own.lms.revoke_tokens()
    assert own.results().status_code == 401
    rig.bearer = rig.token().json()["access_token"]


def test_nonsense_for_the_control_api_is_refused(rig: Rig) -> None:
    for path, body in (("faults", {"endpoint": "x", "kind": "status"}), ("launch", {}), ("courses", {"nope": 1})):
        with pytest.raises(ValueError, match="400"):
            rig.lms.post(path, body)


def test_without_the_switch_there_is_no_control_api(tmp_path: Path) -> None:
    with running(tmp_path, control=False) as sandbox:
        url = sandbox.url
        assert requests.get(f"{url}/control/gradebook?course=1", timeout=PATIENCE).status_code == 404
        assert requests.post(f"{url}/control/launch", json={}, timeout=PATIENCE).status_code == 404
        assert requests.get(url, timeout=PATIENCE).status_code == 200


@pytest.mark.parametrize("trouble", [signal.SIGKILL, signal.SIGSTOP], ids=["ended", "hangs"])
def test_a_sandbox_that_ended_or_hangs_is_replaced_and_keeps_its_courses(
    tool: Tool, tmp_path: Path, trouble: signal.Signals
) -> None:
    with running(tmp_path, tool_url=tool.url) as sandbox:
        lms = SandboxClient(sandbox.url, timeout=PATIENCE)
        course = lms.create_course("Kept")
        os.killpg(sandbox.process.pid, trouble)
        if trouble == signal.SIGKILL:
            sandbox.process.wait()

        sandbox.mend(patience=0.5)

        assert lms.gradebook(course) == []


@pytest.mark.parametrize("mode", ["strict", "moodle"])
def test_scores_in_parallel_all_arrive(mode: str, request: pytest.FixtureRequest) -> None:
    rig: Rig = request.getfixturevalue(mode)
    people = rig.lms.add_people([{"username": f"load-{mode}-{number}"} for number in range(40)], course=rig.course)
    where, codes = tail(rig.line_item, "scores"), []

    def send(part: list[int]) -> None:
        codes.extend(rig.call("POST", where, media=SCORE, body=a_score(person, 3)).status_code for person in part)

    threads = [threading.Thread(target=send, args=(people[start::8],)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(codes) == {204 if mode == "strict" else 200}
    assert sum(row["final"] == 3 for row in rig.lms.gradebook(rig.course) if row["person"] in people) == 40


def test_one_persons_scores_in_parallel_end_with_the_latest(moodle: Rig) -> None:
    person = moodle.student()
    threads = [
        threading.Thread(target=moodle.score, args=(person, given), kwargs={"at": moment(given)}) for given in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert moodle.grade(person)["final"] == 7
