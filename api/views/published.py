"""Lessons and quizzes as everyone may read them."""

from typing import Any, TypeVar

from django.db.models import QuerySet
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response

from api import serializers
from api.paging import CursorPaging
from api.views.base import Public
from content import reading
from content.models import LessonVersion, QuizVersion

Version = TypeVar("Version", LessonVersion, QuizVersion)
SUMMARY_LACKS = {"sections", "items"}


def found_or_404(version: Version | None) -> Version:
    if version is None:
        raise Http404("There is nothing with this name.")
    return version


class PublicList(Public, generics.GenericAPIView[Any]):
    pagination_class = CursorPaging

    def page(self, versions: QuerySet[Any], public: Any) -> Response:
        rows = [public(version) for version in self.paginate_queryset(versions) or []]
        return self.get_paginated_response([without(row) for row in rows])


def without(row: dict[str, Any]) -> dict[str, Any]:
    """The row of a list: all but the long part."""
    return {name: value for name, value in row.items() if name not in SUMMARY_LACKS}


class Lessons(PublicList):
    serializer_class = serializers.LessonSerializer
    queryset = LessonVersion.objects.none()

    @extend_schema(operation_id="listLessons", tags=["Content"], responses=serializers.LessonSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The current version of every lesson, without its text."""
        return self.page(reading.current_lessons(self.institution), reading.public_lesson)


class Lesson(Public):
    @extend_schema(operation_id="getLesson", tags=["Content"], responses=serializers.LessonDetailSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The current version of a lesson with its sections."""
        return Response(reading.public_lesson(found_or_404(reading.lesson_named(slug, self.institution))))


class Quizzes(PublicList):
    serializer_class = serializers.QuizSerializer
    queryset = QuizVersion.objects.none()

    @extend_schema(operation_id="listQuizzes", tags=["Content"], responses=serializers.QuizSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The current version of every quiz, without its questions."""
        return self.page(reading.current_quizzes(self.institution), reading.public_quiz)


class Quiz(Public):
    @extend_schema(operation_id="getQuiz", tags=["Content"], responses=serializers.QuizDetailSerializer)
    def get(self, request: Request, slug: str) -> Response:
        """The current version of a quiz with its questions; never the key, a credit or a rationale."""
        return Response(reading.public_quiz(found_or_404(reading.quiz_named(slug, self.institution))))
