"""Connecting an LMS by hand: what to paste into it, and a form for what it shows afterwards, in its own words."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import transaction

from lti.models import Deployment, Family, Registration
from lti.platform import tool
from lti.wire import client
from lti.words import claims
from roster.models import Institution

LONGEST = 500
NOT_AN_ADDRESS = "Enter a whole address that begins with https://"

# Canvas's three environments: issuer, and the host of its endpoints.
CANVAS = {
    "production": ("https://canvas.instructure.com", "https://sso.canvaslms.com"),
    "beta": ("https://canvas.beta.instructure.com", "https://sso.beta.canvaslms.com"),
    "test": ("https://canvas.test.instructure.com", "https://sso.test.canvaslms.com"),
}


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


class MoodleForm(ConnectForm):
    family = Family.MOODLE
    site = Site(label="Platform ID", help_text="The address of the Moodle site. The other addresses follow from it.")
    field_order = ["name", "institution", "site", "client_id", "deployment_id"]

    def endpoints(self) -> dict[str, str]:
        site = self.cleaned_data["site"]
        scripts = {"auth_url": "auth", "token_url": "token", "jwks_url": "certs"}
        return {"issuer": site, **{name: f"{site}/mod/lti/{script}.php" for name, script in scripts.items()}}


class CanvasForm(ConnectForm):
    family = Family.CANVAS
    environment = forms.ChoiceField(
        label="Canvas",
        choices=[
            ("production", "Hosted by Instructure (production)"),
            ("beta", "Hosted by Instructure, beta"),
            ("test", "Hosted by Instructure, test"),
            ("own", "Hosted by the school itself"),
        ],
    )
    site = Site(
        required=False, label="Address of the school's own Canvas", help_text="Only where it hosts Canvas itself."
    )
    issuer = Address(
        required=False,
        label="Issuer of the school's own Canvas",
        help_text="It is lti_iss in its security.yml. Empty: https://canvas.instructure.com, as Canvas comes.",
    )
    field_order = ["name", "institution", "environment", "site", "issuer", "client_id", "deployment_id"]

    def clean(self) -> dict[str, Any]:
        if self.cleaned_data.get("environment") == "own" and not self.cleaned_data.get("site"):
            self.add_error("site", "Enter the address of the school's own Canvas.")
        return super().clean()

    def endpoints(self) -> dict[str, str]:
        given = self.cleaned_data
        own = (given["issuer"] or CANVAS["production"][0], given["site"])
        issuer, host = CANVAS.get(given["environment"], own)
        paths = {
            "auth_url": "api/lti/authorize_redirect",
            "token_url": "login/oauth2/token",
            "jwks_url": "api/lti/security/jwks",
        }
        return {"issuer": issuer, **{name: f"{host}/{path}" for name, path in paths.items()}}


class OtherForm(ConnectForm):
    issuer = Address(label="Issuer, platform ID")
    auth_url = Address(label="Authentication request URL, authorization endpoint")
    token_url = Address(label="Access token URL")
    jwks_url = Address(label="Public keyset URL")
    token_audience = Identifier(
        required=False,
        label="Audience of token requests",
        help_text="Only where the LMS names one that is not the access token URL.",
    )
    field_order = ["name", "institution", "issuer", "client_id", "deployment_id", "auth_url", "token_url", "jwks_url"]

    def endpoints(self) -> dict[str, str]:
        names = ("issuer", "auth_url", "token_url", "jwks_url", "token_audience")
        return {name: self.cleaned_data[name] for name in names}


@dataclass(frozen=True)
class Guide:
    """How one kind of LMS is connected: the way to its form, what goes in, where it shows what we need."""

    title: str
    noun: str  # inside a sentence
    form: type[ConnectForm]
    way: str
    shows: str

    def pastes(self) -> list[Paste]:
        return _PASTES[self.form]()


GUIDES = {
    "moodle": Guide(
        "Moodle",
        "Moodle",
        MoodleForm,
        "Site administration > Plugins > Activity modules > External tool > Manage tools > configure a tool manually",
        "Save changes, then press the list icon on the tool's card (“View configuration details”).",
    ),
    "canvas": Guide(
        "Canvas",
        "Canvas",
        CanvasForm,
        "Admin > your account > Developer Keys > + Developer Key > + LTI Key",
        "Save, switch the key ON and copy the number under Details: that is the client ID. Then Settings > Apps > "
        "View App Configurations > + App > By Client ID. The deployment ID is in the app's gear menu.",
    ),
    "other": Guide(
        "Another LMS",
        "your LMS",
        OtherForm,
        "Wherever your LMS adds an LTI 1.3 tool",
        "The LMS shows these when it has saved the tool.",
    ),
}


@transaction.atomic
def connect(form: ConnectForm) -> Registration:
    """Save a valid form: the registration, and its deployment approved for the institution."""
    given = form.cleaned_data
    registration = Registration.objects.create(
        name=given["name"],
        client_id=given["client_id"],
        family=form.family,
        institution=given["institution"],
        **form.connection,
    )
    shared = {"institution": given["institution"], "active": True}
    Deployment.objects.create(registration=registration, deployment_id=given["deployment_id"], **shared)
    return registration


def _moodle() -> list[Paste]:
    return [
        Paste("Tool name", tool.NAME),
        Paste("Tool URL", tool.address("launch")),
        Paste("LTI version", "LTI 1.3", choose=True),
        Paste("Public key type", "Keyset URL", choose=True),
        Paste("Public keyset", tool.address("jwks")),
        Paste("Initiate login URL", tool.address("login")),
        Paste("Redirection URI(s)", tool.address("launch")),
        Paste("Custom parameters", tool.custom_lines()),
        Paste("Default launch container", "Embed, without blocks", choose=True),
        Paste("Supports Deep Linking (Content-Item Message)", "ticked", choose=True),
        Paste("Content Selection URL", tool.address("launch")),
        Paste(
            "Services: IMS LTI Assignment and Grade Services",
            "Use this service for grade sync and column management",
            choose=True,
        ),
        Paste(
            "Services: IMS LTI Names and Role Provisioning",
            "Use this service to retrieve members' information as per privacy settings",
            choose=True,
        ),
        Paste("Privacy: Share launcher's name with tool", "Always", choose=True),
        Paste("Privacy: Share launcher's email with tool", "Never", choose=True),
        Paste(
            "Privacy: Accept grades from the tool",
            "As specified in Deep Linking definition or Delegate to teacher",
            choose=True,
        ),
    ]


def _canvas() -> list[Paste]:
    return [
        Paste("Key Name", tool.NAME),
        Paste("Redirect URIs", tool.address("launch")),
        Paste("Method", "Enter URL", choose=True),
        Paste("JSON URL", tool.address("canvas_configuration")),
    ]


def _other() -> list[Paste]:
    return [
        Paste("Tool URL, target link URI", tool.address("launch")),
        Paste("Initiate login URL, OpenID Connect initiation URL", tool.address("login")),
        Paste("Redirection URI", tool.address("launch")),
        Paste("Public keyset URL, JWKS URL", tool.address("jwks")),
        Paste("Deep linking URL", tool.address("launch")),
        Paste("Custom parameters", tool.custom_lines()),
    ]


_PASTES = {MoodleForm: _moodle, CanvasForm: _canvas, OtherForm: _other}
