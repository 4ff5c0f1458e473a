"""The staff's view of platforms, their gradebook columns, and the scores on their way."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from lti.admin.connecting import OperatorRows
from lti.gradebook import by_hand, column_changes, lookups
from lti.models import (
    Context,
    Launch,
    LineItem,
    PlatformUser,
    ResourceLink,
    Score,
    ToolKey,
)
from lti.wire import client
from roster.admin import OwnChoices, ReadOnlyRows


class Trouble(admin.SimpleListFilter):
    title = "needs attention"
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: admin.ModelAdmin[Score]) -> list[tuple[str, str]]:
        return [("yes", "Yes")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Score]) -> QuerySet[Score]:
        return lookups.in_trouble(queryset) if self.value() else queryset


@admin.register(Score)
class ScoreAdmin(ReadOnlyRows):
    list_display = [
        "person",
        "points",
        "state",
        "hint",
        "column",
        "seen",
        "tries",
        "last_status",
        "timestamp",
    ]
    list_filter = [Trouble, "state", "final", ("registration", OwnChoices)]
    list_select_related = ["platform_user__person", "line_item__resource_link"]
    search_fields = ["platform_user__sub", "platform_user__person__name", "platform_user__person__email"]
    date_hierarchy = "timestamp"
    actions = ["resend"]

    @admin.display(ordering="platform_user__person__name")
    def person(self, score: Score) -> str:
        return score.platform_user.person.display_name

    @admin.display(ordering="line_item__resource_link__title")
    def column(self, score: Score) -> str:
        return str(score.line_item.resource_link)

    @admin.display
    def points(self, score: Score) -> str:
        return f"{score.score_given.normalize():f} of {score.score_maximum.normalize():f}"

    @admin.display(description="in the LMS")
    def seen(self, score: Score) -> str:
        """What the gradebook showed when it was last read."""
        if score.live_given is None:
            return score.get_live_display() or "–"
        of = f" of {score.live_maximum.normalize():f}" if score.live_maximum else ""
        return f"{score.live_given.normalize():f}{of}"

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("lti.change_score")

    @admin.action(description="Send again", permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[Score]) -> None:
        now = timezone.now()
        sent = [by_hand.resend(score=score, now=now) for score in queryset]
        self.message_user(request, f"{len(sent)} on the way again.", messages.SUCCESS)


@admin.register(LineItem)
class LineItemAdmin(ReadOnlyRows):
    list_display = ["resource_link", "registration", "url", "made", "wanted", "reconciled_at", "created_at"]
    list_select_related = ["resource_link", "registration"]
    actions = ["remove", "want"]

    def has_remove_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("lti.delete_lineitem")

    @admin.action(description="Delete the column in the LMS, with its grades", permissions=["remove"])
    def remove(self, request: HttpRequest, queryset: QuerySet[LineItem]) -> None:
        """Only columns that this tool made; each that stays is named with the reason."""
        for column in queryset.select_related("registration", "resource_link"):
            try:
                column_changes.remove(column=column, now=timezone.now())
                self.message_user(request, f"{column.resource_link}: deleted.", messages.SUCCESS)
            except column_changes.NotOurs:
                words = "not made by this tool, so it stays."
                self.message_user(request, f"{column.resource_link}: {words}", messages.WARNING)
            except client.HttpError as error:
                self.message_user(request, f"{column.resource_link}: not deleted. {error}", messages.ERROR)

    @admin.action(description="Send scores to it again", permissions=["remove"])
    def want(self, request: HttpRequest, queryset: QuerySet[LineItem]) -> None:
        count = queryset.filter(wanted=False).update(wanted=True, news_at=timezone.now())
        self.message_user(request, f"{count} get scores again.", messages.SUCCESS)


@admin.register(Launch)
class LaunchAdmin(ReadOnlyRows):
    list_display = ["person", "role", "course", "resource_link", "deployment", "created_at"]
    list_select_related = ["person", "course", "resource_link", "deployment__registration"]
    list_filter = ["role", "test_user"]
    exclude = ["key_hash", "nonce"]


@admin.register(ResourceLink)
class ResourceLinkAdmin(ReadOnlyRows):
    list_display = ["title", "resource_link_id", "context", "deployment"]
    list_select_related = ["context", "deployment__registration"]
    search_fields = ["title", "resource_link_id"]


@admin.register(Context)
class ContextAdmin(ReadOnlyRows):
    list_display = ["title", "context_id", "deployment", "roster_read_at", "roster_words"]
    list_select_related = ["deployment__registration"]
    search_fields = ["title", "label", "context_id"]


@admin.register(PlatformUser)
class PlatformUserAdmin(ReadOnlyRows):
    list_display = ["sub", "person", "registration"]
    list_select_related = ["person", "registration"]
    search_fields = ["sub", "person__name", "person__email"]


@admin.register(ToolKey)
class ToolKeyAdmin(OperatorRows):
    """To look at; `manage.py rotate_keys` changes them."""

    list_display = ["kid", "signs_from", "created_at"]
    fields = ["kid", "signs_from", "created_at"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """`manage.py rotate_keys --withdraw` publishes the next one first."""
        return False
