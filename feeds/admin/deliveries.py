"""The log: which event went where, and what was answered."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from events.models import EventDelivery
from feeds import sending
from roster.admin import OwnChoices, ReadOnlyRows


@admin.register(EventDelivery)
class DeliveryAdmin(ReadOnlyRows):
    list_display = ["type", "at", "endpoint", "state", "tries", "tried_at", "status", "answer"]
    list_filter = ["state", "event__type", ("endpoint", OwnChoices)]
    list_select_related = ["event", "endpoint"]
    ordering = ["-pk"]
    actions = ["send_again"]

    @admin.display(ordering="event__type", description="event")
    def type(self, row: EventDelivery) -> str:
        return row.event.type

    @admin.display(ordering="event__at", description="happened")
    def at(self, row: EventDelivery) -> str:
        return f"{row.event.at:%Y-%m-%d %H:%M:%S}"

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("events.change_endpoint")

    @admin.action(description="Send again", permissions=["resend"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[EventDelivery]) -> None:
        count = sending.send_again(queryset, now=timezone.now())
        self.message_user(request, f"{count} on the way again.", messages.SUCCESS)
