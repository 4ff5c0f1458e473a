"""Connecting an LMS by hand: what to paste into it, and a form for what it shows afterwards, in its own words."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms

from lti.models import Registration
from lti.wire import client
from lti.words import claims
from roster.models import Institution

LONGEST = 500
NOT_AN_ADDRESS = "Enter a whole address that begins with https://"


@dataclass(frozen=True)
class Paste:
    """One field of the LMS's form: its label there and what belongs in it; `choose` where it is picked, not pasted."""

    label: str
    value: str
    choose: bool = False


class Address(forms.CharField):
    """An https address; http only to hosts that the operator opened on purpose."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.TextInput(attrs={"class": "vTextField", "inputmode": "url", "placeholder": "https://"})
        super().__init__(max_length=LONGEST, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        address = str(super().clean(value))
        if address and (not claims.url(address) or not client.may_fetch(address)):
            raise forms.ValidationError(NOT_AN_ADDRESS)
        return address.rstrip("/") if self.is_site else address

    is_site = False


class Site(Address):
    """The base address of an LMS, kept without a closing slash."""

    is_site = True


class Identifier(forms.CharField):
    """An id of the LMS, kept exactly but for the blanks around it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=255, widget=forms.TextInput(attrs={"class": "vTextField"}), **kwargs)


class ConnectForm(forms.Form):
    """What every LMS shows; its subclasses say where the rest comes from."""

    family = ""
    name = forms.CharField(
        max_length=200, label="Name of this connection", widget=forms.TextInput(attrs={"class": "vTextField"})
    )
    institution = forms.ModelChoiceField(Institution.objects.order_by("name"))
    client_id = Identifier(label="Client ID")
    deployment_id = Identifier(label="Deployment ID")

    def clean(self) -> dict[str, Any]:
        super().clean()
        if not self.errors:
            self.connection = self.endpoints()
            known = Registration.objects.filter(
                issuer=self.connection["issuer"], client_id=self.cleaned_data["client_id"]
            ).first()
            if known:
                self.add_error("client_id", f"This client ID is registered already, as “{known}”.")
        return self.cleaned_data

    def endpoints(self) -> dict[str, str]:
        """The columns of Registration that say where the LMS is."""
        raise NotImplementedError


@dataclass(frozen=True)
class Guide:
    """How one kind of LMS is connected: the way to its form, what goes in, where it shows what we need."""

    title: str
    noun: str  # inside a sentence
    form: type[ConnectForm]
    pastes: Callable[[], list[Paste]]
    way: str
    shows: str
    next_steps: str  # the template of what is left to do in the LMS
