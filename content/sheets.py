"""Publishing a printed sheet together with its answer key."""

from dataclasses import dataclass, replace
from datetime import datetime

from django.db import transaction

from content import publishing
from content.formats import table
from content.formats.reading import Source as Source
from content.models import LessonVersion, QuizVersion


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
    draft = table.named("sheet").read(replace(printed, key=key, lesson=lesson))
    provenance = {name: draft.provenance[name] for name in ("source", "doubts")}
    lesson_version = publishing.publish_lesson(slug=lesson, body=draft.lesson or {}, provenance=provenance, now=now)
    quiz_version = publishing.publish_quiz(
        slug=draft.slug or f"{lesson}-check",
        title=draft.title[: publishing.TITLE_LENGTH],
        items=draft.items,
        lesson_version=lesson_version,
        provenance=draft.provenance,
        now=now,
    )
    quiz_version.quiz.practice = True  # a printed sheet names the address of its practice
    quiz_version.quiz.save(update_fields=["practice"])
    return Published(lesson_version, quiz_version, list(draft.doubts))
