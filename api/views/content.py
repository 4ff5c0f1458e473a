"""Content in and out: imports as jobs, and quizzes as files."""

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.reverse import reverse

from api import idempotency
from api.views.base import Keyed
from content import exporting, import_jobs, importing
from content.formats import table
from content.formats.reading import Source
from content.formats.table import UnknownFormat
from content.models import Import, Quiz
from content.writing import Author

READABLE = [known.name for known in table.FORMATS]


class ImportRequest(serializers.Serializer[Any]):
    file = serializers.FileField(help_text=f"At most {importing.MOST_BYTES // 1_000_000} MB.")
    format = serializers.ChoiceField(READABLE, required=False, help_text="Left out, the file says what it is.")
    publish = serializers.BooleanField(
        default=False, help_text="Publish it, or else leave a draft in the writing room."
    )


class ImportSerializer(serializers.ModelSerializer[Import]):
    quiz = serializers.SlugRelatedField[Quiz](slug_field="slug", read_only=True)

    class Meta:
        model = Import
        fields = [
            "id",
            "name",
            "format",
            "publish",
            "state",
            "progress",
            "report",
            "error",
            "quiz",
            "created_at",
            "finished_at",
        ]


class Imports(Keyed):
    scope = "content:write"
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="importContent",
        tags=["Content"],
        parameters=[idempotency.PARAMETER],
        request=ImportRequest,
        responses={202: ImportSerializer},
    )
    @idempotency.idempotent
    def post(self, request: Request) -> Response:
        """Hand in a file of questions. A worker reads it; follow `Location` until `state` is `done` or `failed`."""
        sent = ImportRequest(data=request.data)
        sent.is_valid(raise_exception=True)
        file: UploadedFile[Any] = sent.validated_data["file"]
        if (file.size or 0) > importing.MOST_BYTES:
            raise ValidationError({"file": [f"Larger than {importing.MOST_BYTES // 1_000_000} MB."]})
        job = import_jobs.queue(
            source=Source(file.name or "import", file.read()),
            author=Author("API", self.institution),
            format_name=sent.validated_data.get("format", ""),
            take=True,
            publish=sent.validated_data["publish"],
        )
        where = reverse("api:import", args=[job.pk], request=request)
        return Response(ImportSerializer(job).data, status=status.HTTP_202_ACCEPTED, headers={"Location": where})


class ImportDetail(Keyed):
    scope = "content:write"

    @extend_schema(operation_id="getImport", tags=["Content"], responses=ImportSerializer)
    def get(self, request: Request, id: str) -> Response:
        """How far an import has come, and what was lost."""
        job = Import.objects.filter(pk=id, institution=self.institution).select_related("quiz").first()
        if job is None:
            raise Http404("There is no such import.")
        return Response(ImportSerializer(job).data)


class Export(Keyed):
    scope = "content:write"
    extra_parameters = frozenset({"format"})

    @extend_schema(
        operation_id="exportQuiz",
        tags=["Content"],
        parameters=[
            OpenApiParameter(
                "format",
                description="The format of the file.",
                enum=[known.name for known in exporting.writable_formats()],
                required=True,
            )
        ],
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY, "The file, with its key.")},
    )
    def get(self, request: Request, slug: str) -> HttpResponse:
        """The current version of a quiz of the institution as a file, with its key.

        The header `X-Losses` counts what the file could not hold.
        """
        quiz = Quiz.objects.filter(slug=slug, institution=self.institution, current__isnull=False).first()
        if quiz is None:
            raise Http404("There is no such quiz.")
        try:
            written = exporting.export(quiz=quiz, to=request.query_params.get("format", ""))
        except UnknownFormat as error:
            names = ", ".join(known.name for known in exporting.writable_formats())
            raise ValidationError({"format": [f"Must be one of {names}."]}) from error
        response = HttpResponse(written.data, content_type=written.content_type)
        response["Content-Disposition"] = f'attachment; filename="{written.name}"'
        response["X-Losses"] = str(len(written.losses))
        return response

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """`format` names the file's format here, not the renderer's."""
        renderer = self.get_renderers()[0]
        return renderer, renderer.media_type
