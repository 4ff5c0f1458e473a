"""How far two people agree who marked the same answers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

Pair = tuple[float, float]  # points of the first and of the second


@dataclass(frozen=True)
class Agreement:
    """`exact` is the share of equal marks, `kappa` the quadratic weighted kappa; None where they are not defined."""

    n: int
    exact: float | None
    kappa: float | None


def of(pairs: Sequence[Pair]) -> Agreement:
    if not pairs:
        return Agreement(0, None, None)
    return Agreement(len(pairs), sum(a == b for a, b in pairs) / len(pairs), quadratic_kappa(pairs))


def quadratic_kappa(pairs: Sequence[Pair]) -> float | None:
    """1 less the mean squared difference over that of all first with all second marks (Cohen 1968, squared weights).

    None where everybody gave the same to every answer.
    """
    n = len(pairs)
    observed = sum((a - b) ** 2 for a, b in pairs) * n
    first, second = [a for a, _ in pairs], [b for _, b in pairs]
    expected = n * sum(a * a for a in first) + n * sum(b * b for b in second) - 2 * sum(first) * sum(second)
    return 1 - observed / expected if expected else None
