"""Endpoints in the admin: made, tried, paused, resumed; a webhook's secret is shown once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone

from events.models import DeliveryState, Endpoint, EndpointState, EventDelivery, Format, Scheme, Type
from feeds import endpoints, formats, sending, webhook
from lti.wire import client
from roster import sealed
from roster.admin import OwnRows

SHOWN = 20
ADDRESS = (
    "Where events are posted, by https. For xAPI the whole address of the statements, such as "
    "https://lrs.example.edu/xapi/statements."
)
NOT_ALLOWED = (
    "This address is not reached by https. Use https, or have the operator name its host in ASSAY_PRIVATE_HOSTS."
)


class EndpointForm(forms.ModelForm):  # type: ignore[type-arg]
    types = forms.MultipleChoiceField(
        choices=[(value, value) for value in Type.values],
        widget=forms.CheckboxSelectMultiple,
        label="Events",
        help_text="Caliper and xAPI tell of attempt.submitted and attempt.marked.",
    )
    token = forms.CharField(
        required=False,
        strip=True,
        label="Token or password",
        widget=forms.PasswordInput(attrs={"class": "vTextField", "autocomplete": "new-password"}),
        help_text="Never shown again. Leave it empty to keep the one that is stored.",
    )

    class Meta:
        model = Endpoint
        fields = [
            "institution", "name", "format", "url", "types", "with_names", "with_key", "scheme", "username",
            "token", "xapi_version",
        ]  # fmt: skip
        help_texts = {
            "url": ADDRESS,
            "with_names": "Send the names of people beside their ids.",
            "with_key": "xAPI: send what would have been right (correctResponsesPattern).",
            "scheme": "Caliper and xAPI. Webhooks are signed instead.",
        }
        widgets = {"url": forms.TextInput(attrs={"class": "vLargeTextField", "inputmode": "url"})}

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"]).strip()
        if not client.may_fetch(url):
            raise forms.ValidationError(NOT_ALLOWED)
        return url

    def clean(self) -> dict[str, Any]:
        found = super().clean() or self.cleaned_data
        format = found.get("format") or self.instance.format
        unknown = sorted(set(found.get("types", [])) - set(formats.FORMATS[format].TYPES))
        if unknown:
            self.add_error("types", f"{Format(format).label} has no event for {', '.join(unknown)}.")
        scheme = found.get("scheme", Scheme.NONE)
        if scheme != Scheme.NONE and not (found.get("token") or self.instance.credential):
            self.add_error("token", "Give the token or password that it signs in with.")
        return found

    def save(self, commit: bool = True) -> Endpoint:
        if given := self.cleaned_data["token"]:
            self.instance.credential = sealed.seal(given)
        saved: Endpoint = super().save(commit)
        return saved


@admin.register(Endpoint)
class EndpointAdmin(OwnRows):
    form = EndpointForm
    change_form_template = "feeds/admin_endpoint.html"
    list_display = ["name", "institution", "format", "url", "state", "waiting", "failed", "delivered_at"]
    list_filter = ["format", "state"]
    list_select_related = ["institution"]
    search_fields = ["name", "url"]
    fieldsets = (
        (None, {"fields": ["institution", "name", "format", "url"]}),
        ("What is sent", {"fields": ["types", "with_names", "with_key"]}),
        ("Caliper and xAPI", {"fields": ["scheme", "username", "token", "xapi_version"]}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        counted = {
            f"{state}_count": Count("deliveries", filter=Q(deliveries__state=state))
            for state in (DeliveryState.DUE, DeliveryState.FAILED)
        }
        return super().get_queryset(request).annotate(**counted)

    @admin.display(ordering="due_count")
    def waiting(self, row: Any) -> int:
        return int(row.due_count)

    @admin.display(ordering="failed_count")
    def failed(self, row: Any) -> int:
        return int(row.failed_count)

    def get_readonly_fields(self, request: HttpRequest, obj: Endpoint | None = None) -> list[str]:
        """Its events are those of one institution, in one format."""
        return ["institution", "format"] if obj else []

    def get_deleted_objects(self, objs: Any, request: HttpRequest) -> Any:
        """Its log, which nobody deletes by hand, goes with it."""
        return [str(row) for row in objs], {"endpoints": len(objs)}, set(), []

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if not change and obj.format == Format.WEBHOOK:
            request.secret = webhook.new_secret()  # type: ignore[attr-defined]
            obj.secret = sealed.seal(request.secret)  # type: ignore[attr-defined]
        super().save_model(request, obj, form, change)

    def response_add(self, request: HttpRequest, obj: Endpoint, post_url_continue: str | None = None) -> HttpResponse:
        if secret := getattr(request, "secret", ""):
            return self._secret_page(request, obj, secret)
        return HttpResponseRedirect(reverse("admin:events_endpoint_log", args=[obj.pk]))

    def get_urls(self) -> list[URLPattern]:
        actions = {"test": self.test, "pause": self.pause, "resume": self.resume, "secret": self.rotate}
        own = [path("<uuid:pk>/log/", self.admin_site.admin_view(self.log), name="events_endpoint_log")]
        for name, act in actions.items():
            view = self.admin_site.admin_view(self._posted(act))
            own.append(path(f"<uuid:pk>/{name}/", view, name=f"events_endpoint_{name}"))
        return own + super().get_urls()

    def log(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The state in a sentence, what can be done, and the last deliveries."""
        endpoint = self._endpoint(request, pk, change=False)
        rows = EventDelivery.objects.filter(endpoint=endpoint).select_related("event").order_by("-pk")
        context = self._context(request, endpoint, str(endpoint)) | {
            "deliveries": rows[:SHOWN],
            "paused": endpoint.state == EndpointState.PAUSED,
            "signed": endpoint.format == Format.WEBHOOK,
            "resting": endpoint.resting_until and endpoint.resting_until > timezone.now(),
            "may_change": self.has_change_permission(request, endpoint),
            "may_see_all": request.user.has_perm("events.view_eventdelivery"),
        }
        return TemplateResponse(request, "feeds/admin_log.html", context)

    # What the buttons do

    def test(self, request: HttpRequest, endpoint: Endpoint) -> None:
        delivery = sending.test(endpoint, now=timezone.now())
        answer = f"{delivery.status or 'No answer'}: {delivery.answer}".strip(": ")
        if delivery.state == DeliveryState.DELIVERED:
            self.message_user(request, f"The test arrived. {answer}", messages.SUCCESS)
        else:
            self.message_user(request, f"The test did not arrive. {answer}", messages.ERROR)

    def pause(self, request: HttpRequest, endpoint: Endpoint) -> None:
        endpoints.pause(endpoint, reason=f"Paused by {request.user}.")
        self.message_user(request, "Paused. Events are kept for 30 days.", messages.SUCCESS)

    def resume(self, request: HttpRequest, endpoint: Endpoint) -> None:
        endpoints.resume(endpoint, now=timezone.now())
        self.message_user(request, "Resumed. What was kept is on its way.", messages.SUCCESS)

    def rotate(self, request: HttpRequest, endpoint: Endpoint) -> HttpResponse:
        if endpoint.format != Format.WEBHOOK:
            raise Http404
        return self._secret_page(request, endpoint, webhook.rotate(endpoint, now=timezone.now()), rotated=True)

    # Small parts

    def _posted(self, act: Callable[[HttpRequest, Endpoint], HttpResponse | None]) -> Callable[..., HttpResponse]:
        def view(request: HttpRequest, pk: Any) -> HttpResponse:
            if request.method != "POST":
                return HttpResponseNotAllowed(["POST"])
            endpoint = self._endpoint(request, pk, change=True)
            self.log_change(request, endpoint, f"{act.__name__.capitalize()} by a button.")
            done = act(request, endpoint)
            return done or HttpResponseRedirect(reverse("admin:events_endpoint_log", args=[endpoint.pk]))

        return view

    def _endpoint(self, request: HttpRequest, pk: Any, *, change: bool) -> Endpoint:
        endpoint: Endpoint | None = self.get_object(request, str(pk))
        if endpoint is None:
            raise Http404
        allowed = self.has_change_permission if change else self.has_view_permission
        if not allowed(request, endpoint):
            raise PermissionDenied
        return endpoint

    def _secret_page(
        self, request: HttpRequest, endpoint: Endpoint, secret: str, *, rotated: bool = False
    ) -> HttpResponse:
        context = self._context(request, endpoint, "Secret") | {"secret": secret, "rotated": rotated}
        response = TemplateResponse(request, "feeds/admin_secret.html", context)
        response["Cache-Control"] = "no-store, private"
        return response

    def _context(self, request: HttpRequest, endpoint: Endpoint, title: str) -> dict[str, Any]:
        return {**self.admin_site.each_context(request), "title": title, "opts": self.opts, "endpoint": endpoint}
