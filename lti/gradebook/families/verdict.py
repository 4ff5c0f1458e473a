"""What a platform's answer means for the outbox, and how a score is to be sent."""

from dataclasses import dataclass
from decimal import Decimal
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
    """`hint` says what a teacher can do. `delay` (seconds) is asked for by the platform; `pause` stops all sending.

    `ours` marks a refusal that no teacher can mend: the score itself was malformed.
    """

    kind: Kind
    hint: str = ""
    delay: float | None = None
    pause: bool = False
    ours: bool = False


@dataclass(frozen=True)
class Manner:
    """How a score is sent, beside what it says.

    `maximum` is the column's; `new_submission` is false for a new grade of an attempt that the platform knows;
    `comment` is false where it may have been sent already.
    """

    maximum: Decimal
    new_submission: bool = True
    comment: bool = True
