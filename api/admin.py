"""API keys in the admin: look and revoke. A key is made by `manage.py create_api_key`, which alone can show it."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from api.models import ApiKey
from roster.admin import OwnRows


@admin.register(ApiKey)
class ApiKeyAdmin(OwnRows):
    list_display = ["name", "prefix", "institution", "granted", "last_used_at", "revoked_at"]
    list_filter = ["revoked_at"]
    search_fields = ["name", "prefix"]
    list_select_related = ["institution"]
    readonly_fields = ["institution", "name", "prefix", "granted", "created_at", "last_used_at", "revoked_at"]
    exclude = ["key_hash", "scopes"]
    actions = ["revoke"]

    @admin.display(description="scopes")
    def granted(self, row: ApiKey) -> str:
        return " ".join(row.scopes)

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        revoked = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, f"{revoked} revoked. Scripts that use them are refused from now on.")

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False
