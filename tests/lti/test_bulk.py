"""Many scores due at once, to a platform that throttles and loses answers; `python -m bench passback` times it."""

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from lti.gradebook import sending, states
from lti.models import Deployment, Score, ScoreState
from lti.platform import leases
from roster.models import Institution
from tests.lti.desk import SCORES, Desk
from tests.lti.platform import Answer, Platform, Seen

COUNT = 50
SUBMISSION, GIVES_WAY = "https://canvas.instructure.com/lti/submission", "prioritize_non_tool_grade"


class Storm(Platform):
    """Like Canvas: a leaky bucket that reserves for each request; one answer in ten a fault, one in twenty lost."""

    high_water, up_front, cost, outflow = 600.0, 50.0, 15.0, 800.0

    def __init__(self) -> None:
        super().__init__()
        self.dice = random.Random(5)
        self.used, self.at = 0.0, time.monotonic()
        self.throttled = 0
        self.received: list[dict[str, Any]] = []

    def answer(self, seen: Seen) -> Answer:
        if "/lineitems/1/lineitem/" not in seen.path:
            return super().answer(seen)
        with self.lock:
            now = time.monotonic()
            self.used, self.at = max(self.used - (now - self.at) * self.outflow, 0.0), now
            if self.used + self.up_front * self.in_flight > self.high_water:
                self.throttled += 1
                return Answer(403, b"403 Forbidden (Rate Limit Exceeded)", {"X-Rate-Limit-Remaining": "0.0"})
            self.used += self.cost
            left = {"X-Rate-Limit-Remaining": f"{self.high_water - self.used - self.up_front * self.in_flight:.1f}"}
            luck = self.dice.random()
        if seen.path != SCORES:
            return super().answer(seen)
        if luck < 0.10:
            return Answer(503, headers=left)
        with self.lock:
            self.received.append(seen.json)
            self._keep(seen.json)
        return Answer(200, headers=left, drop=luck < 0.15)


@pytest.fixture
def platform() -> Iterator[Storm]:
    storm = Storm()
    yield storm
    storm.close()


def test_all_scores_arrive_once_whatever_the_platform_does(
    platform: Storm, deployment: Deployment, school: Institution, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(states, "FIRST_RETRY", 0.1)
    desk = Desk(platform, deployment, school)
    desk.family("canvas")
    for number in range(COUNT):
        desk.queue(number % 10, person=desk.person(f"p{number}"))

    while (seconds := sending.drain(desk.registration.pk, patience=5.0)) is not None:
        time.sleep(max(seconds, 0.0))  # as the task comes back to a platform that drops what it answers

    assert set(Score.objects.values_list("state", flat=True)) == {ScoreState.SYNCED}
    shown = {result["userId"]: result["resultScore"] for result in platform.results}
    assert shown == {f"p{number}": number % 10 for number in range(COUNT)}
    received = sorted(
        platform.received, key=lambda score: SUBMISSION in score and "prioritize" in str(score[SUBMISSION])
    )
    firsts = {str(score["userId"]): score for score in reversed(received)}
    for score in received:  # a repeat is the same fact, and gives way to what is there
        first = firsts[str(score["userId"])]
        assert score is first or score == {**first, SUBMISSION: {**first[SUBMISSION], GIVES_WAY: True}}
    assert platform.most_in_flight <= leases.SCORES_IN_FLIGHT
    assert platform.throttled < COUNT / 10
