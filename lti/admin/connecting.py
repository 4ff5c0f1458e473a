"""The operators' pages that connect an LMS: by an invitation, by hand, and to see whether it works."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet, URLField
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from lti.connect import connecting, doctor, invitations
from lti.gradebook import by_hand, families
from lti.models import Invitation, Registration
from roster.admin import ForOperators, OwnRows
from roster.models import Institution, User


class OperatorRows(ForOperators, OwnRows):
    institution_path = ""


class InviteForm(forms.Form):
    institution = forms.ModelChoiceField(
        Institution.objects.order_by("name"), help_text="Whose LMS it is; its people and grades belong there."
    )
    name = forms.CharField(
        max_length=200,
        required=False,
        label="Name of the connection",
        help_text="Empty: what the LMS calls itself.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    days = forms.IntegerField(min_value=1, max_value=90, initial=invitations.USUAL_DAYS, label="Good for days")


@admin.register(Invitation)
class InvitationAdmin(OperatorRows):
    """Making one shows the address to paste, once."""

    list_display = ["__str__", "institution", "expires_at", "used_at", "registration", "created_by"]
    list_select_related = ["institution", "registration", "created_by"]
    list_filter = ["institution"]
    readonly_fields = ["name", "institution", "expires_at", "used_at", "registration", "created_by", "created_at"]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = InviteForm(request.POST or None)
        context = {**self.admin_site.each_context(request), "title": "Invite an LMS", "opts": self.opts, "form": form}
        if request.method == "POST" and form.is_valid():
            given = form.cleaned_data
            by = request.user if isinstance(request.user, User) else None
            context["address"] = invitations.invite(**given, created_by=by, now=timezone.now())
            context |= given
        response = TemplateResponse(request, "lti/admin_invite.html", context)
        response["Cache-Control"] = "no-store, private"
        return response


@admin.register(Registration)
class RegistrationAdmin(OperatorRows):
    list_display = ["name", "issuer", "client_id", "family", "institution", "active", "paused"]
    list_select_related = ["institution"]
    list_filter = ["active", "family"]
    actions = ["resume"]
    formfield_overrides = {URLField: {"assume_scheme": "https"}}
    exclude = ["paused_until"]
    readonly_fields = ["to_paste", "jwks_fetched_at", "paused", "created_at"]
    change_list_template = "lti/admin_registrations.html"
    change_form_template = "lti/admin_registration.html"

    @admin.display(description="paused until", empty_value="–")
    def paused(self, registration: Registration) -> datetime | None:
        until = registration.paused_until
        return until if until and until > timezone.now() else None

    @admin.action(description="Send waiting scores now, whatever pause the LMS asked for", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Registration]) -> None:
        waiting = sum(by_hand.resume(registration_id=row.pk, now=timezone.now()) for row in queryset)
        self.message_user(request, f"{waiting} waiting scores go out now.", messages.SUCCESS)

    @admin.display(description="For the LMS administrator")
    def to_paste(self, registration: Registration) -> SafeString:
        """What the LMS needs to know about this tool."""
        pairs = ((paste.label, paste.value) for paste in families.of(registration.family).GUIDE.pastes())
        return format_html_join("", "<p>{}: <code>{}</code></p>", pairs)

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            path("connect/", view(self.connect), name="lti_registration_connect"),
            path("connect/<slug:lms>/", view(self.connect), name="lti_registration_connect"),
            path("<uuid:pk>/check/", view(self.check_connection), name="lti_registration_check"),
        ]
        return [*own, *super().get_urls()]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """The bare form would leave the deployment out."""
        return HttpResponseRedirect(reverse("admin:lti_registration_connect"))

    def connect(self, request: HttpRequest, lms: str = "") -> HttpResponse:
        """What to paste into the LMS beside a form for what it shows then."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        guides = families.guides()
        lms = lms or next(iter(guides))
        if lms not in guides:
            raise Http404
        guide = guides[lms]
        form = guide.form(request.POST or None)
        if request.method == "POST" and form.is_valid():
            made = connecting.connect(form)
            self.message_user(request, f"{made} is saved. See whether it works.", messages.SUCCESS)
            return HttpResponseRedirect(reverse("admin:lti_registration_check", args=[made.pk]))
        context = {"title": f"Connect {guide.noun} by hand", "guide": guide, "form": form, "lms": lms}
        return self._page(request, "lti/admin_connect.html", {**context, "guides": guides})

    def check_connection(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """GET offers the examination, POST does it: it asks the LMS a dozen things."""
        if not self.has_change_permission(request):
            raise PermissionDenied
        registration = get_object_or_404(Registration, pk=pk)
        context: dict[str, Any] = {"title": "Check this connection", "registration": registration}
        if request.method == "POST":
            context["score_test"] = "score_test" in request.POST
            findings = doctor.examine(registration=registration, score_test=context["score_test"])
            context |= {"findings": findings, "failed": doctor.failed(findings)}
        return self._page(request, "lti/admin_check.html", context)

    def _page(self, request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
        return TemplateResponse(
            request, template, {**self.admin_site.each_context(request), "opts": self.opts, **context}
        )
