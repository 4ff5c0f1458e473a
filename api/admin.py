"""API keys in the admin: made, shown once, looked at, revoked."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from api import keys
from api.models import ApiKey
from roster.admin import OwnRows, own
from roster.models import Institution


class KeyForm(forms.Form):
    """Of the institutions that this member of staff may see."""

    institution = forms.ModelChoiceField(Institution.objects.none(), help_text="Whose rows the key may read.")
    name = forms.CharField(
        max_length=200, help_text="What the key is for.", widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {words}") for scope, words in keys.SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        label="What the key may read",
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        choices = own(Institution.objects.order_by("name"), request, "pk")
        field = self.fields["institution"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = choices
        if len(choices) == 1:
            field.initial, field.empty_label = choices[0], None


@admin.register(ApiKey)
class ApiKeyAdmin(OwnRows):
    list_display = ["name", "prefix", "institution", "granted", "last_used_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
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

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Making a key shows it, once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = KeyForm(request)
        context = {**self.admin_site.each_context(request), "title": "Make an API key", "opts": self.opts, "form": form}
        if request.method == "POST" and form.is_valid():
            context["row"], context["key"] = row, _ = keys.create(**form.cleaned_data)
            self.log_addition(request, row, "Made here.")
        response = TemplateResponse(request, "api/admin_key.html", context)
        response["Cache-Control"] = "no-store, private"
        return response
