"""The staff's view of people and courses, and the rule that every admin page of the system keeps."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import admin as auth_admin
from django.contrib.auth.models import Group as Rights
from django.db.models import ForeignKey, Model, Q, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest

from roster.models import Course, Enrollment, Group, Institution, Person, User


class OwnRows(admin.ModelAdmin):  # type: ignore[type-arg]
    """Staff of one institution see and choose its rows only; operators, who have none, see all.

    `institution_path` is the lookup from a row to its institution; `shared` shows rows that have none to everybody.
    Base of every admin page with tenants' rows.
    """

    institution_path = "institution"
    shared = False

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return own(super().get_queryset(request), request, self.institution_path, shared=self.shared)

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField[Any] | None:
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None and field.queryset is not None:
            field.queryset = own(field.queryset, request, _path_of(field.queryset.model))
        return field


class OwnChoices(admin.RelatedFieldListFilter):
    """A filter of a list that names only what this member of staff may see."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, Any]]:
        model = field.remote_field.model
        rows = model._default_manager.order_by(*self.field_admin_ordering(field, request, model_admin))
        return [(str(row.pk), str(row)) for row in own(rows, request, _path_of(model))]


class ForOperators(admin.ModelAdmin):  # type: ignore[type-arg]
    """Rows of the whole service, shared between institutions."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return is_operator(request) and super().has_module_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request) and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_operator(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return is_operator(request) and super().has_delete_permission(request, obj)


class ReadOnlyRows(OwnRows):
    """Rows that the system writes; people look."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


def own(rows: QuerySet[Any], request: HttpRequest, path: str | None, *, shared: bool = False) -> QuerySet[Any]:
    """The rows that this member of staff may see; a model without an institution is for everyone."""
    institution_id = getattr(request.user, "institution_id", None)
    if institution_id is None or not path:
        return rows
    mine = Q(**{path: institution_id})
    return rows.filter(mine | Q(**{path: None}) if shared else mine)


def _path_of(model: type[Model]) -> str | None:
    if model is Institution:
        return "pk"
    return "institution" if any(field.name == "institution" for field in model._meta.fields) else None


@admin.register(Institution)
class InstitutionAdmin(OwnRows):
    institution_path = "pk"
    list_display = ["name", "slug", "created_at"]
    search_fields = ["name", "slug"]


@admin.register(User)
class StaffAdmin(OwnRows, auth_admin.UserAdmin):  # type: ignore[type-arg]
    list_display = ["username", "email", "institution", "is_staff", "is_superuser"]
    list_select_related = ["institution"]

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        return [*super().get_fieldsets(request, obj), ("Institution", {"fields": ["institution"]})]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Accounts and their rights are for operators: an institution's staff could widen their own otherwise."""
        return is_operator(request) and super().has_add_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return is_operator(request) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return is_operator(request) and super().has_delete_permission(request, obj)


class RightsAdmin(ForOperators, auth_admin.GroupAdmin):
    """Rights that staff have in common: those of every institution have them."""


admin.site.unregister(Rights)
admin.site.register(Rights, RightsAdmin)


def is_operator(request: HttpRequest) -> bool:
    """Staff without an institution run the whole service."""
    return getattr(request.user, "institution_id", None) is None


@admin.register(Person)
class PersonAdmin(ReadOnlyRows):
    list_display = ["display_name", "email", "institution"]
    list_select_related = ["institution"]
    search_fields = ["name", "given_name", "family_name", "email"]


@admin.register(Course)
class CourseAdmin(ReadOnlyRows):
    list_display = ["title", "label", "institution"]
    list_select_related = ["institution"]
    search_fields = ["title", "label"]


@admin.register(Enrollment)
class EnrollmentAdmin(ReadOnlyRows):
    list_display = ["person", "course", "role", "active"]
    list_select_related = ["person", "course"]
    list_filter = ["role", "active"]


@admin.register(Group)
class GroupAdmin(ReadOnlyRows):
    list_display = ["name", "set_name", "course"]
    list_select_related = ["course"]
    search_fields = ["name", "set_name"]
