"""An attempt as Caliper and xAPI describe it, read when it is sent: an erased attempt is described to nobody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings

from assessment import sheets
from assessment.models import Assignment, Attempt, Mark, Response
from content import item_types, rendering
from events.models import Endpoint, Event
from roster.models import Person


@dataclass(frozen=True)
class Sitting:
    """`event` asks for it to be described to `endpoint`."""

    endpoint: Endpoint
    event: Event
    attempt: Attempt

    @property
    def assignment(self) -> Assignment:
        assert self.attempt.assignment is not None
        return self.attempt.assignment

    @property
    def person(self) -> Person:
        assert self.attempt.person is not None
        return self.attempt.person

    @cached_property
    def answers(self) -> list["Answered"]:
        earned = {mark.response_id: mark.points for mark in _marks(self.attempt)}
        return [Answered(response, earned.get(response.pk)) for response in sheets.responses(self.attempt)]

    def identifier(self, *parts: object) -> str:
        """The same at every try, so that a repeat is known as one."""
        return str(uuid5(self.event.pk, " ".join(map(str, parts))))


@dataclass(frozen=True)
class Answered:
    """One question and what was answered, in the words of SCORM's and xAPI's `cmi.interaction`."""

    response: Response
    points: Decimal | None

    @property
    def item(self) -> Any:
        return self.response.item_version

    @property
    def body(self) -> Mapping[str, Any]:
        return self.response.body

    @property
    def interaction(self) -> str:
        return item_types.interaction(self.item.kind)

    @property
    def stem(self) -> str:
        return rendering.plain(str(self.body.get("stem", "")))

    @property
    def values(self) -> list[str]:
        """What was answered, part by part; ids where the question has them."""
        if not self.response.answer:
            return []
        if self.interaction in ("fill-in", "long-fill-in", "other"):
            return [item_types.get(self.item.kind).text(self.body, self.response.answer)]
        answer = self.response.answer
        return parts(answer["value"] if "value" in answer else next(iter(answer.values())))

    @property
    def right(self) -> bool | None:
        return None if self.points is None else self.points == self.item.points


def of(endpoint: Endpoint, event: Event) -> Sitting | None:
    """None where the attempt is gone."""
    rows = Attempt.objects.select_related("assignment__course", "quiz_version__quiz", "person")
    attempt = rows.filter(
        pk=event.data["attempt"], institution_id=endpoint.institution_id, assignment__isnull=False
    ).first()
    return Sitting(endpoint, event, attempt) if attempt else None


def parts(value: Any) -> list[str]:
    """An answer's value as xAPI writes it: ids, `source[.]target`, true, or a number."""
    if isinstance(value, bool):
        return [str(value).lower()]
    if isinstance(value, Mapping):
        return [f"{source}[.]{target}" for source, target in value.items()]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [str(part) for part in value if part]
    return [str(value)]


def urn(identifier: UUID | str) -> str:
    return f"urn:uuid:{identifier}"


def home() -> str:
    """This service, as the one that sends and that knows the people's ids."""
    return str(settings.BASE_URL)


def duration(seconds: float) -> str:
    """ISO 8601."""
    return f"PT{max(round(seconds), 0)}S"


def _marks(attempt: Attempt) -> list[Mark]:
    """The mark that counts comes last."""
    return list(Mark.objects.filter(response__attempt=attempt).order_by("created_at", "pk"))
