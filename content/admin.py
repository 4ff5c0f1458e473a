"""Published content for staff to look at. A version is immutable, so nothing can be changed here."""

import json
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from content.models import Item, ItemVersion, Lesson, LessonVersion, Quiz, QuizVersion, QuizVersionItem
from roster.admin import ReadOnlyRows

# Only the type checker sees this class as generic.
if TYPE_CHECKING:
    Inline = admin.TabularInline[Any, Any]
else:
    Inline = admin.TabularInline


def readable(value: Any) -> SafeString | str:
    """JSON as nested lists, with text as text."""
    if isinstance(value, dict):
        rows = format_html_join(
            "", "<dt><strong>{}</strong></dt><dd>{}</dd>", ((k, readable(v)) for k, v in value.items())
        )
        return format_html("<dl>{}</dl>", rows)
    if isinstance(value, list):
        return format_html("<ul>{}</ul>", format_html_join("", "<li>{}</li>", ((readable(part),) for part in value)))
    return value if isinstance(value, str) else json.dumps(value)


class ReadOnly:
    """Look, do not touch."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class OwnContent(ReadOnlyRows):
    """Staff of an institution look at its content and at the library's."""

    shared = True


class WithReadableJson:
    """Body and provenance in a form that people read."""

    @admin.display(description="content")
    def content(self, version: Any) -> SafeString | str:
        return readable(version.body)

    @admin.display(description="provenance")
    def origin(self, version: Any) -> SafeString | str:
        return readable(version.provenance) if version.provenance else "-"


class VersionsOfLesson(ReadOnly, Inline):
    model = LessonVersion
    fields = ["number", "title", "content_hash", "published_at"]
    ordering = ["-number"]
    show_change_link = True


@admin.register(Lesson)
class LessonAdmin(OwnContent):
    list_display = ["slug", "current", "current_since"]
    list_select_related = ["current"]
    search_fields = ["slug", "versions__title"]
    inlines = [VersionsOfLesson]


@admin.register(LessonVersion)
class LessonVersionAdmin(WithReadableJson, OwnContent):
    institution_path = "lesson__institution"
    list_display = ["title", "lesson", "number", "published_at"]
    list_select_related = ["lesson"]
    search_fields = ["title", "lesson__slug"]
    fields = ["lesson", "number", "title", "content", "origin", "content_hash", "published_at"]
    readonly_fields = ["content", "origin"]


class VersionsOfQuiz(ReadOnly, Inline):
    model = QuizVersion
    fields = ["number", "title", "points", "content_hash", "published_at"]
    ordering = ["-number"]
    show_change_link = True


@admin.register(Quiz)
class QuizAdmin(OwnContent):
    list_display = ["slug", "lesson", "current"]
    list_select_related = ["lesson", "current"]
    search_fields = ["slug", "versions__title"]
    inlines = [VersionsOfQuiz]


class Places(ReadOnly, Inline):
    model = QuizVersionItem
    fields = ["position", "item_version", "kind", "key_state", "stem"]
    readonly_fields = ["kind", "key_state", "stem"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[QuizVersionItem]:
        return super().get_queryset(request).select_related("item_version__item__quiz")

    def kind(self, place: QuizVersionItem) -> str:
        return place.item_version.kind

    def key_state(self, place: QuizVersionItem) -> str:
        return place.item_version.get_key_state_display()

    @admin.display(description="question")
    def stem(self, place: QuizVersionItem) -> str:
        return str(place.item_version.body.get("stem", ""))


@admin.register(QuizVersion)
class QuizVersionAdmin(WithReadableJson, OwnContent):
    institution_path = "quiz__institution"
    list_display = ["title", "quiz", "number", "points", "published_at"]
    list_select_related = ["quiz"]
    search_fields = ["title", "quiz__slug"]
    fields = ["quiz", "number", "title", "lesson_version", "points", "origin", "content_hash", "published_at"]
    readonly_fields = ["origin"]
    inlines = [Places]


@admin.register(Item)
class ItemAdmin(OwnContent):
    institution_path = "quiz__institution"
    list_display = ["identifier", "quiz"]
    list_select_related = ["quiz"]
    list_filter = [("quiz", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["identifier", "quiz__slug"]


@admin.register(ItemVersion)
class ItemVersionAdmin(WithReadableJson, OwnContent):
    institution_path = "item__quiz__institution"
    list_display = ["item", "number", "kind", "key_state", "points", "stem"]
    list_select_related = ["item__quiz"]
    list_filter = ["key_state", "kind", ("item__quiz", admin.RelatedOnlyFieldListFilter)]
    search_fields = ["item__identifier", "item__quiz__slug", "body__stem"]
    fields = ["item", "number", "kind", "points", "key_state", "content", "origin", "content_hash"]
    readonly_fields = ["content", "origin"]

    @admin.display(description="question")
    def stem(self, version: ItemVersion) -> str:
        return str(version.body.get("stem", ""))
