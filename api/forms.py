"""What staff fill in to give a program access, or to renew it."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from api import keys
from api.models import ApiKey
from roster.admin import own
from roster.models import Institution

GRACES = {0: "not at all", 1: "for an hour", 24: "for a day", 168: "for a week"}  # by hours


def in_the_future(moment: datetime) -> None:
    if moment <= timezone.now():
        raise ValidationError("Must be in the future.")


def expiry() -> forms.SplitDateTimeField:
    return forms.SplitDateTimeField(
        required=False,
        label="Expires",
        validators=[in_the_future],
        help_text="Date and time in UTC; from then on it is refused. Empty: never.",
        widget=forms.SplitDateTimeWidget(
            date_attrs={"type": "date"}, time_attrs={"type": "time"}, date_format="%Y-%m-%d", time_format="%H:%M"
        ),
    )


class AccessForm(forms.Form):
    """Of the institutions that this member of staff may see."""

    institution = forms.ModelChoiceField(Institution.objects.none(), help_text="Whose rows it may read.")
    name = forms.CharField(
        max_length=200, help_text="What it is for.", widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    scopes = forms.MultipleChoiceField(
        choices=[(scope, f"{scope}: {words}") for scope, words in keys.SCOPES.items()],
        widget=forms.CheckboxSelectMultiple,
        label="What it may do",
    )

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        choices = own(Institution.objects.order_by("name"), request, "pk")
        field = self.fields["institution"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = choices
        if len(choices) == 1:
            field.initial, field.empty_label = choices[0], None


class KeyForm(AccessForm):
    expires_at = expiry()


class RotationForm(forms.Form):
    grace = forms.TypedChoiceField(
        coerce=lambda hours: timedelta(hours=int(hours)),
        choices=list(GRACES.items()),
        initial=24,
        label="The secret of today still works",
        help_text="Time to put the new one into the script.",
    )
    expires_at = expiry()

    def __init__(self, request: HttpRequest, row: ApiKey) -> None:
        over = row.expires_at is not None and row.expires_at <= timezone.now()
        initial: dict[str, Any] = {"expires_at": None if over else row.expires_at}
        super().__init__(request.POST if request.method == "POST" else None, initial=initial)
