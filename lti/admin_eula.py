"""The staff's view of the terms of use and of who accepted them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import ForeignKey
from django.forms import ModelChoiceField
from django.http import HttpRequest

from lti.models import EulaAcceptance, Terms
from roster.admin import OwnRows, ReadOnlyRows, is_operator


@admin.register(Terms)
class TermsAdmin(OwnRows):
    """What people accepted never changes: another text is another version."""

    list_display = ["version", "institution", "published_at"]
    list_select_related = ["institution"]
    fields = ["institution", "version", "text", "published_at"]

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        """Terms for everyone are for operators to write."""
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.required = not is_operator(request)
        return field

    def has_change_permission(self, request: HttpRequest, obj: Terms | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Terms | None = None) -> bool:
        return False


@admin.register(EulaAcceptance)
class EulaAcceptanceAdmin(ReadOnlyRows):
    list_display = ["person", "terms", "accepted_at", "state", "tries", "last_status", "registration"]
    list_select_related = ["person", "terms", "registration"]
    list_filter = ["state"]
