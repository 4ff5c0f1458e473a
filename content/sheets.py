"""Publishing a printed sheet together with its answer key."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from django.db import transaction

from content import publishing
from content.drafts import ItemDraft
from content.formats import answer_key, lines, sheet
from content.models import LessonVersion, QuizVersion


@dataclass(frozen=True)
class Source:
    """A file as it came. `name` without folders."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Published:
    """What stands published, and every doubt of the readers as a sentence with its place."""

    lesson: LessonVersion
    quiz: QuizVersion
    doubts: list[str]


@transaction.atomic
def publish(*, printed: Source, key: Source | None, lesson: str, now: datetime) -> Published:
    """Publish the lesson under the slug `lesson` and its check under the slug that the sheet prints.

    Raises PublishingBlocked, and then publishes neither.
    """
    text, odd = lines.decode(printed.data)
    reading = sheet.read(text)
    items, unfit = answer_key.join(reading, _read_key(key), lesson=lesson)
    origin = {"file": printed.name, "sha256": sha256(printed.data).hexdigest()}
    doubts = [f"{printed.name} line {problem.line}: {problem.text}" for problem in [*odd, *reading.problems]]
    doubts += [f"{key.name if key else 'no key'}{_place(problem)}: {problem.text}" for problem in unfit]
    lesson_version = publishing.publish_lesson(
        slug=lesson, body=reading.lesson_body(), provenance={"source": origin, "doubts": doubts}, now=now
    )
    quiz_version = publishing.publish_quiz(
        slug=reading.quiz_slug or f"{lesson}-check",
        title=f"{reading.check_title or 'Check'}: {reading.title}"[: publishing.TITLE_LENGTH],
        items=_from(items, origin),
        lesson_version=lesson_version,
        provenance={"source": origin, "address": reading.quiz_address, "doubts": doubts},
        now=now,
    )
    return Published(lesson_version, quiz_version, doubts)


def _read_key(key: Source | None) -> answer_key.AnswerKey:
    if key is None:
        return answer_key.AnswerKey()
    read = answer_key.read(lines.decode(key.data)[0])
    return replace(read, about={"file": key.name, **read.about}, sha256=sha256(key.data).hexdigest())


def _from(items: Sequence[ItemDraft], origin: dict[str, str]) -> list[ItemDraft]:
    """The drafts, each with the file it was printed in beside its line."""
    return [
        replace(item, provenance={**item.provenance, "source": {**origin, **item.provenance["source"]}})
        for item in items
    ]


def _place(problem: answer_key.KeyProblem) -> str:
    return "" if problem.item is None else f" item {problem.item}"
