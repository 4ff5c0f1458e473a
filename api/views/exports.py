"""Exports as jobs: tables of the institution as files."""

from typing import Any, cast
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpResponseBase, HttpResponseRedirect
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from analytics.tables import TABLES
from api import exports
from api.authentication import require
from api.models import Export, ExportFormat, ExportState
from api.views.base import Keyed

LINK_SECONDS = 300


class Conflict(APIException):
    status_code = status.HTTP_409_CONFLICT


class NoFile(Conflict):
    default_detail = "The export is not done: its file comes when `state` is `done`."


class ExportRequest(serializers.Serializer[Any]):
    tables = serializers.MultipleChoiceField(
        choices=list(TABLES),
        allow_empty=False,
        help_text="Each needs its scope: "
        + "; ".join(f"`{scope}` for {', '.join(tables)}" for scope, tables in exports.SCOPES.items())
        + ".",
    )
    format = serializers.ChoiceField(ExportFormat.choices, help_text="Of the tables in the ZIP file.")
    since = serializers.DateTimeField(
        required=False,
        help_text="Rows changed at or after it: `updated_until` of your last export. Tables that do not note changes "
        "(`dictionary.csv` shows no `updated_at`) come whole.",
    )
    bom = serializers.BooleanField(
        default=False, help_text="CSV with a byte order mark, by which Excel knows that it is UTF-8."
    )

    def validate_tables(self, tables: set[str]) -> list[str]:
        return [table for table in TABLES if table in tables]


class ExportSerializer(serializers.ModelSerializer[Export]):
    tables = serializers.ListField(child=serializers.ChoiceField(list(TABLES)))
    progress = serializers.IntegerField(help_text="In percent.")
    rows = serializers.DictField(child=serializers.IntegerField(), help_text="Written so far, by table.")
    file = serializers.SerializerMethodField(help_text="Where to fetch the file with the same key; null until done.")

    class Meta:
        model = Export
        fields = [
            "id", "tables", "format", "bom", "since", "state", "progress", "rows", "error", "file", "size",
            "updated_until", "created_at", "finished_at",
        ]  # fmt: skip

    def get_file(self, row: Export) -> str | None:
        done = row.state == ExportState.DONE
        return reverse("api:export-file", args=[row.pk], request=self.context["request"]) if done else None


class OfTables(Keyed):
    """For a key that has the scopes of all tables."""

    def must_have_scopes(self, tables: list[str]) -> None:
        for scope in exports.SCOPES:
            if scope in {exports.SCOPE_OF[table] for table in tables}:
                require(cast(Any, self.request.auth), scope)

    def export(self, pk: UUID) -> Export:
        found = Export.objects.filter(pk=pk, institution=self.institution).first()
        if found is None:
            raise Http404("There is no such export.")
        self.must_have_scopes(found.tables)
        return found


class Exports(OfTables):
    @extend_schema(
        operation_id="createExport",
        tags=["Records"],
        request=ExportRequest,
        responses={202: ExportSerializer, 409: OpenApiResponse(description="Replaced by the problem.")},
    )
    def post(self, request: Request) -> Response:
        """Have tables written to a ZIP file with a data dictionary.

        A worker writes it; follow `Location` until `state` is `done` or `failed`, then fetch `file`. All tables are as
        they were at one moment. One export of an institution runs at a time.
        """
        sent = ExportRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        self.must_have_scopes(sent.validated_data["tables"])
        try:
            export = exports.queue(institution=self.institution, now=timezone.now(), **sent.validated_data)
        except exports.Busy as busy:
            raise Conflict(f"Export {busy} of this institution is not finished: wait for it, or delete it.") from busy
        where = reverse("api:export-job", args=[export.pk], request=request)
        body = ExportSerializer(export, context={"request": request}).data
        return Response(body, status=status.HTTP_202_ACCEPTED, headers={"Location": where})


class ExportDetail(OfTables):
    @extend_schema(operation_id="getExport", tags=["Records"], responses=ExportSerializer)
    def get(self, request: Request, id: UUID) -> Response:
        """How far an export has come, and where its file is. It is kept for seven days."""
        return Response(ExportSerializer(self.export(id), context={"request": request}).data)

    @extend_schema(operation_id="deleteExport", tags=["Records"], responses={204: None})
    def delete(self, request: Request, id: UUID) -> Response:
        """Stop an export that is not finished, and remove its file."""
        exports.delete(export=self.export(id))
        return Response(status=status.HTTP_204_NO_CONTENT)


class ExportFile(OfTables):
    @extend_schema(
        operation_id="getExportFile",
        tags=["Records"],
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, "The tables, a dictionary and a note."),
            302: OpenApiResponse(
                description="The file lies in storage of its own: an address that is good for minutes."
            ),
            409: OpenApiResponse(description="Replaced by the problem."),
        },
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        """The file of an export that is done."""
        export = self.export(id)
        if export.state != ExportState.DONE:
            raise NoFile
        if getattr(default_storage, "querystring_auth", False):  # the storage signs addresses: no need to pass it on
            signed = cast(Any, default_storage).url(export.file.name, expire=LINK_SECONDS)
            return HttpResponseRedirect(signed, headers={"Referrer-Policy": "no-referrer"})
        name = f"assay-{export.created_at:%Y%m%d-%H%M}.zip"
        return FileResponse(export.file.open(), as_attachment=True, filename=name, content_type="application/zip")
