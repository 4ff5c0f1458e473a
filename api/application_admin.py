"""Applications in the admin: made with a secret that is shown once, looked at, revoked."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone

from api import applications
from api.forms import AccessForm
from api.models import Application
from roster.admin import OwnRows

# The toolkit's own pages know no institutions.
TOOLKIT: list[type[Model]] = [Application, *apps.get_app_config("oauth2_provider").get_models()]
for model in TOOLKIT:
    if admin.site.is_registered(model):
        admin.site.unregister(model)


@admin.register(Application)
class ApplicationAdmin(OwnRows):
    list_display = ["name", "client_id", "institution", "granted", "last_used_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "client_id"]
    list_select_related = ["institution"]
    readonly_fields = ("institution", "name", "client_id", "granted", "created", "last_used_at", "revoked_at")
    fields = readonly_fields
    actions = ["revoke"]

    @admin.display(description="scopes")
    def granted(self, row: Application) -> str:
        return " ".join(row.scopes)

    @admin.action(description="Revoke the selected applications", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[Application]) -> None:
        revoked = applications.revoke(rows=queryset, now=timezone.now())
        self.message_user(request, f"{revoked} revoked. Their tokens are refused from now on.")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Making an application shows its secret, once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = AccessForm(request)
        context = {**self.admin_site.each_context(request), "title": "Make an application", "opts": self.opts}
        context["form"] = form
        if request.method == "POST" and form.is_valid():
            context["row"], context["secret"] = row, _ = applications.create(**form.cleaned_data)
            self.log_addition(request, row, "Made here.")
        response = TemplateResponse(request, "api/admin_application.html", context)
        response["Cache-Control"] = "no-store, private"
        return response
