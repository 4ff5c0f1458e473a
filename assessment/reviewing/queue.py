"""Which answers a person marks, in which order."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import BooleanField, Case, Exists, F, OuterRef, Q, QuerySet, Value, When

from assessment.models import Attempt, AttemptState, Counts, Grade, Mark, MarkedBy, Response
from roster.models import Person

SHOWS = ("", "asked", "second", "differ")


@dataclass(frozen=True)
class Entry:
    """An answer in the queue; `counts` says whether its attempt can count by the policy."""

    pk: UUID
    item: UUID
    waiting: bool
    counts: bool


@dataclass(frozen=True)
class Question:
    """A question with how many of its answers that need a person are marked. `start` is where marking goes on.

    `idle`: so many of those that wait belong to attempts that cannot count.
    """

    item: UUID
    start: UUID
    marked: int
    total: int
    idle: int

    @property
    def waiting(self) -> int:
        return self.total - self.marked


def entries(rows: QuerySet[Response], show: str, by: Person, item: UUID | None = None) -> list[Entry]:
    """The queue in its order: first what can count, the oldest first. One query.

    `show` is "" for all that a person marks or has marked, "asked" where a learner asks for a second look, "second"
    where this person is asked for a second mark, "differ" where the two marks differ.
    """
    found = _shown(rows, show, by)
    if item:
        found = found.filter(item_version__item=item)
    ordered = found.annotate(counts=_CAN_COUNT).order_by("-counts", "attempt__submitted_at", "pk")
    return [Entry(*row) for row in ordered.values_list("pk", "item_version__item", "waiting", "counts")]


def count(rows: QuerySet[Response], show: str, by: Person) -> int:
    return _shown(rows, show, by).count()


def questions(queue: Iterable[Entry]) -> list[Question]:
    """The questions of a queue, those with waiting answers first."""
    by_item: dict[UUID, list[Entry]] = {}
    for entry in queue:
        by_item.setdefault(entry.item, []).append(entry)
    found = [_question(item, own) for item, own in by_item.items()]
    return sorted(found, key=lambda question: not question.waiting)


def _question(item: UUID, queue: list[Entry]) -> Question:
    marked = sum(not entry.waiting for entry in queue)
    idle = sum(entry.waiting and not entry.counts for entry in queue)
    return Question(item, _start(queue), marked, len(queue), idle)


def _start(queue: list[Entry]) -> UUID:
    return next((entry.pk for entry in queue if entry.waiting), queue[0].pk)


def around(queue: list[Entry], pk: UUID) -> tuple[UUID | None, UUID | None]:
    """The answers before and after this one."""
    at = next((at for at, entry in enumerate(queue) if entry.pk == pk), None)
    if at is None:
        return None, None
    before = queue[at - 1].pk if at else None
    return before, queue[at + 1].pk if at + 1 < len(queue) else None


def following(queue: list[Entry], pk: UUID, done: Iterable[UUID], *, waiting: bool) -> UUID | None:
    """The next answer after this one that is not done, from the start again where none is left behind it."""
    at = next((at for at, entry in enumerate(queue) if entry.pk == pk), -1)
    settled = {pk, *done}
    ahead = [*queue[at + 1 :], *queue[: max(at, 0)]]
    return next((one.pk for one in ahead if one.pk not in settled and (one.waiting or not waiting)), None)


def _shown(rows: QuerySet[Response], show: str, by: Person) -> QuerySet[Response]:
    if show == "asked":
        return rows.filter(second_looks__isnull=False, second_looks__answered_at__isnull=True)
    if show == "second":
        asked = rows.filter(second_mark__marked_at__isnull=True, second_mark__first__isnull=False)
        return asked.exclude(second_mark__first__person=by)
    if show == "differ":
        given = rows.filter(second_mark__marked_at__isnull=False, second_mark__first__isnull=False)
        return given.exclude(second_mark__points=F("second_mark__first__points"))
    by_person = Mark.objects.filter(response=OuterRef("pk"), by=MarkedBy.PERSON)
    return rows.filter(Q(waiting=True) | Exists(by_person))


def _others(**number: OuterRef) -> QuerySet[Attempt]:
    """The learner's other attempts that were handed in, with a number before or after this one's."""
    own = {name: OuterRef(f"attempt__{name}") for name in ("assignment", "person")}
    handed_in = Attempt.objects.filter(**own, preview=False, voided_at__isnull=True)
    return handed_in.exclude(state=AttemptState.IN_PROGRESS).filter(**number)


_NUMBER = OuterRef("attempt__number")
# A better attempt has more than this one can still reach. Late credit is left aside: it can only lower what is reached.
_BETTER = Grade.objects.filter(
    assignment=OuterRef("attempt__assignment"),
    person=OuterRef("attempt__person"),
    points__gt=(OuterRef("attempt__points") + OuterRef("attempt__points_waiting"))
    / OuterRef("attempt__points_max")
    * F("points_max"),
).exclude(attempt=OuterRef("attempt"))
_CAN_COUNT = Case(
    When(attempt__voided_at__isnull=False, then=Value(False)),
    When(attempt__assignment__counts=Counts.FIRST, then=~Exists(_others(number__lt=_NUMBER))),
    When(attempt__assignment__counts=Counts.LATEST, then=~Exists(_others(number__gt=_NUMBER))),
    When(attempt__assignment__counts=Counts.HIGHEST, then=~Exists(_BETTER)),
    default=Value(True),
    output_field=BooleanField(),
)
