"""JSON by default; lists also as CSV (RFC 4180), page by page or streamed whole."""

import csv
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from io import StringIO
from typing import Any

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from rest_framework.exceptions import ValidationError
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.encoders import JSONEncoder

from api.keyset import Order, chunks
from roster.spreadsheets import BOM, safe

CSV = "text/csv; charset=utf-8"


class Negotiation(DefaultContentNegotiation):
    """`?format=` of a type that is not offered is a bad parameter, not a missing page."""

    def filter_renderers(self, renderers: Iterable[BaseRenderer], format: str) -> list[BaseRenderer]:
        found = [renderer for renderer in renderers if renderer.format == format]
        if not found:
            offered = ", ".join(f"`{renderer.format}`" for renderer in renderers)
            raise ValidationError({"format": [f"Offered here: {offered}."]})
        return found


class Encoder(JSONEncoder):
    """Points are numbers in JSON: their three decimals survive it."""

    def default(self, obj: Any) -> Any:
        return float(obj) if isinstance(obj, Decimal) else super().default(obj)


class JsonRenderer(JSONRenderer):
    encoder_class = Encoder


class CsvRenderer(BaseRenderer):
    """One page of a list: `results` become rows. A list without rows keeps its header line."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> bytes:
        view = (renderer_context or {})["view"]
        return "".join(lines(view.columns(), data["results"], bom=view.wants_bom())).encode()


def lines(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, bom: bool) -> Iterator[str]:
    """CSV lines, the header first. Excel reads UTF-8 by its byte order mark only."""
    if bom:
        yield BOM
    buffer = StringIO()
    writer = csv.writer(buffer)
    for row in _with_header(columns, rows):
        writer.writerow(row)
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def stream(
    name: str, serializer: BaseSerializer[Any], queryset: QuerySet[Any], order: Order, *, bom: bool
) -> StreamingHttpResponse:
    """Every row of the query as a CSV file; `serializer` turns one row into its columns."""
    columns = list(serializer.fields)  # type: ignore[attr-defined]
    rows = (serializer.to_representation(row) for chunk in chunks(queryset, order) for row in chunk)
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    return StreamingHttpResponse(lines(columns, rows, bom=bom), content_type=CSV, headers=headers)


def _with_header(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> Iterator[Sequence[Any]]:
    yield columns
    for row in rows:
        yield [cell(row[column]) for column in columns]


def cell(value: Any) -> Any:
    """A cell of a CSV file: lists and objects as JSON."""
    return safe(json.dumps(value, ensure_ascii=False, cls=Encoder) if isinstance(value, list | dict) else value)
