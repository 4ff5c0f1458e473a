"""The staff's view of deployments: one click approves one that waits."""

import re
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import CharField, QuerySet
from django.db.models.functions import Cast
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse

from lti.connect import approval
from lti.models import Deployment
from roster.admin import OwnChoices, OwnRows, is_operator, own
from roster.models import Institution

REFERENCE = re.compile(r"[0-9a-f]{8}")


@admin.register(Deployment)
class DeploymentAdmin(OwnRows):
    list_display = [
        "reference",
        "approval",
        "deployment_id",
        "registration",
        "platform_name",
        "institution",
        "active",
        "created_at",
    ]
    list_filter = ["active", ("registration", OwnChoices)]
    list_select_related = ["registration__institution", "institution"]
    search_fields = ["deployment_id", "platform_name", "registration__name"]
    ordering = ["active", "-created_at"]
    actions = ["approve"]

    def get_urls(self) -> list[Any]:
        one = path("<uuid:pk>/approve/", self.admin_site.admin_view(self.approve_one), name="lti_deployment_approve")
        return [one, *super().get_urls()]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Deployment], search_term: str
    ) -> tuple[QuerySet[Deployment], bool]:
        """By the reference too, which a person before a closed door reads out."""
        found, repeats = super().get_search_results(request, queryset, search_term)
        reference = search_term.strip().lower()
        if REFERENCE.fullmatch(reference):
            ids = queryset.annotate(text=Cast("id", CharField())).filter(text__endswith=reference).values("pk")
            found |= queryset.filter(pk__in=ids)
        return found, repeats

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Only those who may approve see how."""
        shown: list[Any] = list(super().get_list_display(request))
        return shown if self.has_change_permission(request) else [name for name in shown if name != "approval"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Deployment | None = None) -> bool:
        """Whose deployment it is, operators decide: its rows follow it."""
        return is_operator(request) and super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Deployment | None = None) -> list[str]:
        """Whose it is stays as it is once courses hang on it: their rows are that institution's."""
        used = obj is not None and (obj.contexts.exists() or obj.resource_links.exists())
        return ["registration", "deployment_id", "institution"] if used else []

    @admin.display(description="Approval")
    def approval(self, deployment: Deployment) -> str:
        """A button of the list's own form, which carries the CSRF token; with a choice where nothing says whose."""
        if deployment.active:
            return ""
        institution = approval.proposed(deployment)
        choice = [] if institution else list(Institution.objects.order_by("name"))
        context = {"deployment": deployment, "institution": institution, "institutions": choice}
        return render_to_string("lti/admin_approve_button.html", context)

    def approve_one(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Approve one deployment for the institution that the button names."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        waiting = self.get_queryset(request).filter(pk=pk)
        deployment = get_object_or_404(waiting)
        institution = Institution.objects.filter(slug=request.POST.get(f"institution-{pk}", "")).first()
        if not self.has_change_permission(request, deployment):
            return HttpResponse(status=403)
        if institution is None:
            self.message_user(request, "Choose the institution that the placement belongs to.", messages.ERROR)
        else:
            self._approve(request, waiting, institution)
        return HttpResponseRedirect(reverse("admin:lti_deployment_changelist"))

    def save_model(self, request: HttpRequest, obj: Deployment, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if not obj.active:
            said = "It still waits for approval: tick “Active” and save, or press “Approve” in the list."
            self.message_user(request, said, messages.WARNING)

    @admin.action(description="Approve for an institution", permissions=["change"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Deployment]) -> TemplateResponse | None:
        """Ask for the institution, then switch the deployments on."""
        institutions = own(Institution.objects.order_by("name"), request, "pk")
        chosen = institutions.filter(slug=request.POST.get("institution", "")).first()
        if chosen is None:
            context = {
                **self.admin_site.each_context(request),
                "title": "Approve deployments",
                "deployments": queryset,
                "institutions": institutions,
                "opts": self.model._meta,
            }
            return TemplateResponse(request, "lti/admin_approve.html", context)
        self._approve(request, queryset, chosen)
        return None

    def _approve(self, request: HttpRequest, deployments: QuerySet[Deployment], institution: Institution) -> None:
        """Approve, write it into the history of each, and say what happened."""
        approved = approval.approve(deployments=deployments, institution=institution)
        for deployment in approved:
            self.log_change(request, deployment, f"Approved for {institution}.")
        self.message_user(request, f"{len(approved)} approved for {institution}.", messages.SUCCESS)
        if deployments.exclude(institution=institution).exists():
            self.message_user(request, "Deployments of another institution stay as they are.", messages.WARNING)
