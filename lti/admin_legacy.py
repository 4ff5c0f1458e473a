"""The staff's view of what came from LTI 1.1."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from lti.models import LegacyConsumer, LegacyUser
from lti.models.sealed import seal
from roster.admin import OwnRows, ReadOnlyRows


class ConsumerForm(forms.ModelForm):  # type: ignore[type-arg]
    """The secret goes in and never comes out again."""

    new_secret = forms.CharField(
        label="Shared secret",
        required=False,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text="Kept sealed and never shown. Leave it empty to keep the one there is.",
    )

    class Meta:
        model = LegacyConsumer
        fields = ["institution", "key", "registration"]

    def clean_new_secret(self) -> str:
        given = str(self.cleaned_data["new_secret"])
        if not given and not self.instance.secret:
            raise forms.ValidationError("Enter the secret that the platform signed with.")
        return given


@admin.register(LegacyConsumer)
class LegacyConsumerAdmin(OwnRows):
    form = ConsumerForm
    fields = ["institution", "key", "new_secret", "registration", "trouble", "trouble_at"]
    readonly_fields = ["trouble", "trouble_at"]
    list_display = ["key", "institution", "registration", "trouble", "trouble_at"]
    list_select_related = ["institution", "registration"]
    search_fields = ["key"]

    def save_model(self, request: HttpRequest, obj: LegacyConsumer, form: Any, change: bool) -> None:
        """A new secret wipes the trouble with the old one."""
        if form.cleaned_data["new_secret"]:
            obj.secret, obj.trouble, obj.trouble_at = seal(form.cleaned_data["new_secret"]), "", None
        super().save_model(request, obj, form, change)


@admin.register(LegacyUser)
class LegacyUserAdmin(ReadOnlyRows):
    list_display = ["user_id", "person", "consumer"]
    list_select_related = ["person", "consumer"]
    search_fields = ["user_id", "person__name", "person__email"]
