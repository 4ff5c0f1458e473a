"""How suggestions agree with the marks that people gave. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import StatisticsError, correlation

STEPS = 8  # marks are compared in eighths of the points


@dataclass(frozen=True)
class Agreement:
    """Of `n` answers. `full_right`: the share right of those with full credit suggested; `denied`: how many were to get
    nothing that earned something. None: not defined.
    """

    n: int
    exact: float | None
    qwk: float | None
    r: float | None
    full_right: float | None
    denied: int


def agreement(given: Sequence[float], suggested: Sequence[float]) -> Agreement:
    pairs = list(zip(map(_step, given), map(_step, suggested), strict=True))
    full = [one == STEPS for one, other in pairs if other == STEPS]
    return Agreement(
        n=len(pairs),
        exact=_mean([one == other for one, other in pairs]),
        qwk=quadratic_kappa(pairs),
        r=_correlation(given, suggested),
        full_right=_mean(full),
        denied=sum(one > 0 and other == 0 for one, other in pairs),
    )


def quadratic_kappa(pairs: Sequence[tuple[int, int]]) -> float | None:
    """Cohen's kappa with quadratic weights; None where chance alone leaves no difference."""
    if not pairs:
        return None
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    seen = sum((one - other) ** 2 for one, other in pairs) / len(pairs)
    chance = sum((one - other) ** 2 * first[one] * second[other] for one in first for other in second) / len(pairs) ** 2
    return 1 - seen / chance if chance else None


def full_in_top(given: Sequence[float], scores: Sequence[float], share: float) -> float | None:
    """Of this share of the answers, those with the highest scores: how many earned full credit."""
    best = sorted(zip(scores, given, strict=True), key=lambda pair: -pair[0])
    return _mean([earned == 1 for _, earned in best[: round(share * len(best))]])


def full_in_bottom(given: Sequence[float], scores: Sequence[float], share: float) -> float | None:
    return full_in_top(given, [-score for score in scores], share)


def most_frequent(given: Sequence[float]) -> list[float]:
    """The mark that most answers earned, for every one of them."""
    return [Counter(given).most_common(1)[0][0]] * len(given) if given else []


def _step(score: float) -> int:
    return round(score * STEPS)


def _mean(values: Sequence[bool]) -> float | None:
    return sum(values) / len(values) if values else None


def _correlation(one: Sequence[float], other: Sequence[float]) -> float | None:
    try:
        return correlation(one, other)
    except StatisticsError:  # one of them is the same throughout
        return None
