"""How fast a platform is asked."""

import pytest

from lti.wire import pacing
from lti.wire.pacing import Pace


def test_requests_come_slower_while_the_rate_limit_runs_low_and_faster_again() -> None:
    pace, now = Pace(lambda: now), 100.0
    pace.start()
    pace.heard(None)
    assert pace.wait() == 0

    for _ in range(10):
        pace.heard(pacing.LOW - 1)
    pace.start()
    slow = pace.wait()
    assert 0.05 < slow < 0.5
    now += slow
    assert pace.wait() == 0
    for _ in range(10):
        pace.heard(pacing.LOW + 50)
    assert pace.gap == pytest.approx(slow, rel=0.05)

    for _ in range(100):
        pace.heard(pacing.HIGH + 1)
    assert pace.gap == 0


def test_pauses_grow_while_the_platform_says_slow_down() -> None:
    pace = Pace()
    assert [pace.throttled() for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    pace.heard(500.0)
    assert pace.throttled() == 2


@pytest.mark.parametrize("value", ["", "soon", None])
def test_rate_limit_that_is_no_number_is_none(value: str | None) -> None:
    assert pacing.remaining({} if value is None else {"x-rate-limit-remaining": value}) is None
