"""API keys in the admin: made, shown once, looked at, rotated, revoked."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone

from api import application_admin, keys
from api.forms import KeyForm, RotationForm
from api.models import ApiKey
from roster.admin import OwnRows

__all__ = ["ApiKeyAdmin", "application_admin"]

# What a new key can be tried with.
FIRST_READS = {
    "assignments:read": "assignments",
    "attempts:read": "attempts",
    "grades:read": "grades",
}


@admin.register(ApiKey)
class ApiKeyAdmin(OwnRows):
    list_display = ["name", "prefix", "institution", "granted", "state", "last_used_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "prefix"]
    list_select_related = ["institution"]
    readonly_fields = (
        "institution", "name", "prefix", "granted", "state", "created_at", "expires_at", "replaced_until",
        "last_used_at", "revoked_at",
    )  # fmt: skip
    fields = readonly_fields
    actions = ["revoke"]
    change_form_template = "api/admin_key_change.html"

    @admin.display(description="scopes")
    def granted(self, row: ApiKey) -> str:
        return " ".join(row.scopes)

    @admin.display(description="state")
    def state(self, row: ApiKey) -> str:
        if row.revoked_at:
            return "revoked"
        if row.expires_at is None:
            return "works"
        return "expired" if row.expires_at <= timezone.now() else f"works until {row.expires_at:%Y-%m-%d %H:%M} UTC"

    @admin.action(description="Revoke the selected keys", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        revoked = queryset.filter(revoked_at=None).update(revoked_at=timezone.now())
        self.message_user(request, f"{revoked} revoked. Scripts that use them are refused from now on.")

    def get_urls(self) -> list[Any]:
        one = path("<uuid:pk>/rotate/", self.admin_site.admin_view(self.rotate), name="api_apikey_rotate")
        return [one, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Making a key shows it, once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request)
        made: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            row, key = keys.create(**form.cleaned_data)
            self.log_addition(request, row, "Made here.")
            made = self._shown_once(row, key)
        return self._page(request, {"title": "Make an API key", "form": form, "button": "Make the key", **made})

    def rotate(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Another secret for the same name and scopes, shown once."""
        row = self._mine(request, pk)
        form = RotationForm(request, row)
        made: dict[str, Any] = {}
        if request.method == "POST" and form.is_valid():
            key = keys.rotate(row=row, now=timezone.now(), **form.cleaned_data)
            self.log_change(request, row, "Rotated.")
            made = self._shown_once(row, key)
        context = {"title": f"Rotate {row.name}", "form": form, "rotated": row, "button": "Make the new secret", **made}
        return self._page(request, context)

    def _mine(self, request: HttpRequest, pk: UUID) -> ApiKey:
        """A key that still works or expired, of an institution whose keys this member of staff may change."""
        row: ApiKey = get_object_or_404(self.get_queryset(request), pk=pk, revoked_at=None)
        if not self.has_change_permission(request, row):
            raise PermissionDenied
        return row

    def _shown_once(self, row: ApiKey, key: str) -> dict[str, Any]:
        first = next((name for scope, name in FIRST_READS.items() if scope in row.scopes), "quizzes")
        return {"row": row, "key": key, "first_read": reverse(f"api:{first}")}

    def _page(self, request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
        shared = self.admin_site.each_context(request)
        response = TemplateResponse(request, "api/admin_key.html", {**shared, "opts": self.opts, **context})
        response["Cache-Control"] = "no-store, private"
        return response
