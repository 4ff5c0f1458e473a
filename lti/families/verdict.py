"""What a platform's answer means for the outbox."""

from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    DELIVERED = auto()
    COMPARE = auto()  # the platform holds something as new: read it back
    RETRY = auto()
    LOST = auto()  # the column is not where it was: look for it
    WITHOUT_SUBMISSION = auto()  # send again as a new grade of a known submission (Canvas)
    REFUSED = auto()
    CONFLICT = auto()


@dataclass(frozen=True)
class Verdict:
    """`hint` says what a teacher can do. `delay` (seconds) is asked for by the platform; `pause` stops all sending."""

    kind: Kind
    hint: str = ""
    delay: float | None = None
    pause: bool = False
