"""What everyone may read of published content. The answer key is never part of it.

`public_lesson` and `public_quiz` make no query on a version that came from `current_lessons` or `current_quizzes`.
Ids are text, points are Decimal, times are datetime.
"""

from typing import Any

from django.db.models import F, Prefetch, QuerySet

from content import item_types, variants
from content.models import Lesson, LessonVersion, OwnedQuerySet, Quiz, QuizVersion, QuizVersionItem, own_first
from roster.models import Institution


def current_lessons(institution: Institution | None = None) -> QuerySet[LessonVersion]:
    """The current version of every lesson that the institution, or else everybody, may read, by slug; 2 queries."""
    published = _open_quizzes(institution).select_related("institution").order_by("slug")
    lessons = Lesson.objects.readable(institution)
    return (
        LessonVersion.objects.filter(lesson__current=F("pk"), lesson__in=lessons)
        .select_related("lesson")
        .prefetch_related(Prefetch("lesson__quizzes", published, to_attr="published_quizzes"))
        .order_by("lesson__slug")
    )


def current_quizzes(institution: Institution | None = None) -> QuerySet[QuizVersion]:
    """The current version of every quiz that the institution may read, or else of public practice; 2 queries."""
    open_ones = _open_quizzes(institution)
    return with_items(QuizVersion.objects.filter(quiz__current=F("pk"), quiz__in=open_ones)).order_by("quiz__slug")


def practice_without_lesson() -> QuerySet[QuizVersion]:
    """The current version of every quiz of public practice that belongs to no lesson, by title."""
    alone = QuizVersion.objects.filter(quiz__current=F("pk"), quiz__in=_open_quizzes(None), lesson_version=None)
    return alone.select_related("quiz__institution").order_by("title", "quiz__slug")


def practice_named(slug: str, institution: str = "") -> Quiz | None:
    """The published quiz of public practice with this slug; of several that of the named institution or the library."""
    found = _open_quizzes(None).filter(slug=slug)
    if institution:
        found = found.filter(institution__slug=institution)
    return found.own_first(None).select_related("current__lesson_version__lesson").first()


def lesson_named(slug: str, institution: Institution | None = None) -> LessonVersion | None:
    """The current version of the lesson with this slug that the institution, or else everybody, may read."""
    named = current_lessons(institution).filter(lesson__slug=slug)
    return named.order_by(own_first(institution, "lesson__"), "lesson").first()


def quiz_named(slug: str, institution: Institution | None = None) -> QuizVersion | None:
    """The current version of the quiz with this slug that `current_quizzes` holds."""
    named = current_quizzes(institution).filter(quiz__slug=slug)
    return named.order_by(own_first(institution, "quiz__"), "quiz").first()


def _open_quizzes(institution: Institution | None) -> OwnedQuerySet[Quiz]:
    published = Quiz.objects.filter(current__isnull=False)
    return published.readable(institution) if institution else published.filter(practice=True)


def slugs_of_quizzes(version: LessonVersion) -> list[str]:
    return [quiz.slug for quiz in quizzes_of(version)]


def practice_of(version: LessonVersion) -> QuizVersion | None:
    """The current version of the lesson's check, where its public practice is on; of several the first by slug."""
    quizzes = quizzes_of(version)
    versions = QuizVersion.objects.select_related("quiz__institution")
    return versions.filter(quiz=quizzes[0], pk=F("quiz__current")).first() if quizzes else None


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
        **item_types.get(version.kind).public(variants.sample(version.body)),
    }


def quizzes_of(version: LessonVersion) -> list[Quiz]:
    """The lesson's quizzes of public practice, or those that came with the version."""
    found: list[Quiz] | None = getattr(version.lesson, "published_quizzes", None)
    if found is None:
        found = list(version.lesson.quizzes.filter(current__isnull=False, practice=True).order_by("slug"))
    return found
