"""What everyone may read of published content. The answer key is never part of it.

`public_lesson` and `public_quiz` make no query on a version that came from `current_lessons` or `current_quizzes`.
Ids are text, points are Decimal, times are datetime.
"""

from typing import Any

from django.db.models import F, Prefetch, QuerySet

from content import item_types
from content.models import LessonVersion, Quiz, QuizVersion, QuizVersionItem


def current_lessons() -> QuerySet[LessonVersion]:
    """The current version of every lesson, by slug; 2 queries."""
    published = Quiz.objects.filter(current__isnull=False).order_by("slug")
    return (
        LessonVersion.objects.filter(lesson__current=F("pk"))
        .select_related("lesson")
        .prefetch_related(Prefetch("lesson__quizzes", published, to_attr="published_quizzes"))
        .order_by("lesson__slug")
    )


def current_quizzes() -> QuerySet[QuizVersion]:
    """The current version of every quiz, by slug; 2 queries."""
    return with_items(QuizVersion.objects.filter(quiz__current=F("pk"))).order_by("quiz__slug")


def quizzes_without_lesson() -> QuerySet[QuizVersion]:
    """The current version of every quiz that belongs to no lesson, by title."""
    alone = QuizVersion.objects.filter(quiz__current=F("pk"), lesson_version=None)
    return alone.select_related("quiz").order_by("title", "quiz__slug")


def slugs_of_quizzes(version: LessonVersion) -> list[str]:
    return [quiz.slug for quiz in _published_quizzes(version)]


def with_items(versions: QuerySet[QuizVersion]) -> QuerySet[QuizVersion]:
    """The versions with all that `public_quiz` shows."""
    places = QuizVersionItem.objects.select_related("item_version__item").order_by("position")
    return versions.select_related("quiz", "lesson_version__lesson").prefetch_related(Prefetch("places", places))


def public_lesson(version: LessonVersion) -> dict[str, Any]:
    body = version.body
    return {
        "id": str(version.lesson_id),
        "slug": version.lesson.slug,
        "version": version.number,
        "version_id": str(version.pk),
        "title": version.title,
        "summary": body["summary"],
        "minutes": body["minutes"],
        "reviewed": body["reviewed"],
        "sections": body["sections"],
        "quizzes": slugs_of_quizzes(version),
        "content_hash": version.content_hash,
        "published_at": version.published_at,
    }


def public_quiz(version: QuizVersion) -> dict[str, Any]:
    return {
        "id": str(version.quiz_id),
        "slug": version.quiz.slug,
        "version": version.number,
        "version_id": str(version.pk),
        "title": version.title,
        "lesson": version.lesson_version.lesson.slug if version.lesson_version else None,
        "points": version.points,
        "items": [_public_item(place) for place in version.places.all()],
        "content_hash": version.content_hash,
        "published_at": version.published_at,
    }


def _public_item(place: QuizVersionItem) -> dict[str, Any]:
    version = place.item_version
    return {
        "id": str(version.pk),
        "identifier": version.item.identifier,
        "version": version.number,
        "position": place.position,
        "kind": version.kind,
        "points": version.points,
        **item_types.get(version.kind).public(version.body),
    }


def _published_quizzes(version: LessonVersion) -> list[Quiz]:
    found: list[Quiz] | None = getattr(version.lesson, "published_quizzes", None)
    if found is None:
        found = list(version.lesson.quizzes.filter(current__isnull=False).order_by("slug"))
    return found
