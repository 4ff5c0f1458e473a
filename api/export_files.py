"""An export as a ZIP file: one member a table, a data dictionary and a note. Only a batch of rows is in memory."""

import csv
import json
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from analytics.reading import Rows, Snapshot
from analytics.table import Table
from analytics.tables import VERSION
from api.models import Export, ExportFormat
from roster.spreadsheets import BOM, safe

ROW_GROUP = 10_000
README = """Export of {institution} from Assay
Written {until} (tables version {version}), format {format}.

{rows}

All tables are as they were at one moment. {since}
Every change before {until} is in this file: give that as `since` to get the changes after it. A row that changed
meanwhile comes again, so replace rows by the first column of their table, which is its key. Rows that were deleted are
listed by /api/v1/changes.
Tables without `updated_at` are always whole. dictionary.csv says what each column means. Times are in UTC.
{csv}"""
CSV_NOTE = "An apostrophe was put before text that a spreadsheet would run as a formula."
Written = Callable[[str, int], None]


def write(path: Path, *, export: Export, snapshot: Snapshot, tables: Iterable[Table], written: Written) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for table in tables:
            WRITERS[ExportFormat(export.format)](archive, table, _counted(snapshot, table, written), export.bom)
        with _member(archive, "dictionary.csv") as file:
            _csv(file, ("table", "view", "column", "type", "description"), _dictionary(tables), export.bom)
        archive.writestr("README.txt", _readme(export))


def _counted(snapshot: Snapshot, table: Table, written: Written) -> Iterator[Rows]:
    count = 0
    written(table.name, count)
    for rows in snapshot.batches(table):
        yield rows
        count += len(rows)
        written(table.name, count)


def _write_csv(archive: zipfile.ZipFile, table: Table, batches: Iterator[Rows], bom: bool) -> None:
    with _member(archive, f"{table.name}.csv") as file:
        names = [column.name for column in table.columns]
        _csv(file, names, (map(_cell, row) for rows in batches for row in rows), bom)


def _write_jsonl(archive: zipfile.ZipFile, table: Table, batches: Iterator[Rows], bom: bool) -> None:
    readers = [(column.name, json.loads if column.type == "json" else _plain) for column in table.columns]
    with _member(archive, f"{table.name}.jsonl") as file:
        for row in (row for rows in batches for row in rows):
            values = zip(readers, row, strict=True)
            found = {name: value if value is None else read(value) for (name, read), value in values}
            file.write(json.dumps(found, ensure_ascii=False) + "\n")


def _write_parquet(archive: zipfile.ZipFile, table: Table, batches: Iterator[Rows], bom: bool) -> None:
    """Parquet is compressed already. Row groups of some ten thousand rows keep both writers and readers small."""
    import pyarrow as arrow  # 60 MB that only this needs
    from pyarrow import parquet

    arrow.set_memory_pool(arrow.system_memory_pool())  # the others keep what they once had
    known = {"integer": arrow.int64(), "number": arrow.float64(), "boolean": arrow.bool_()}
    known["timestamp"] = arrow.timestamp("us", tz="UTC")
    types = [known.get(column.type, arrow.string()) for column in table.columns]
    fields = [
        arrow.field(column.name, type, metadata={"description": column.help})
        for column, type in zip(table.columns, types, strict=True)
    ]
    schema = arrow.schema(fields, metadata={"description": table.help})
    info = zipfile.ZipInfo(f"{table.name}.parquet", datetime.now(UTC).timetuple()[:6])
    with archive.open(info, "w", force_zip64=True) as file, parquet.ParquetWriter(file, schema) as writer:
        made = (
            arrow.record_batch(
                [arrow.array(*pair) for pair in zip(zip(*rows, strict=True), types, strict=True)], schema
            )
            for rows in batches
        )
        for group in _grouped(made):
            writer.write_table(arrow.Table.from_batches(group))


WRITERS = {ExportFormat.CSV: _write_csv, ExportFormat.JSONL: _write_jsonl, ExportFormat.PARQUET: _write_parquet}


def _grouped(batches: Iterator[Any]) -> Iterator[list[Any]]:
    """So many batches that they have ROW_GROUP rows, which Arrow holds in a tenth of the memory."""
    group: list[Any] = []
    for batch in batches:
        group.append(batch)
        if sum(map(len, group)) >= ROW_GROUP:
            yield group
            group = []
    if group:
        yield group


def _member(archive: zipfile.ZipFile, name: str) -> TextIOWrapper:
    info = zipfile.ZipInfo(name, datetime.now(UTC).timetuple()[:6])
    info.compress_type = zipfile.ZIP_DEFLATED
    return TextIOWrapper(archive.open(info, "w", force_zip64=True), "utf-8", newline="")


def _csv(file: IO[str], names: Iterable[str], rows: Iterable[Iterable[Any]], bom: bool) -> None:
    if bom:
        file.write(BOM)
    writer = csv.writer(file)
    writer.writerow(names)
    writer.writerows(rows)


def _cell(value: Any) -> Any:
    return safe(_plain(value)) if value is not None else ""


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value


def _dictionary(tables: Iterable[Table]) -> Iterator[tuple[str, ...]]:
    for table in tables:
        yield table.name, f"analytics.{table.view}", "", "", table.help
        for column in table.columns:
            yield table.name, f"analytics.{table.view}", column.name, column.type, column.help


def _readme(export: Export) -> str:
    return README.format(
        institution=export.institution,
        version=VERSION,
        format=export.format,
        until=_plain(export.updated_until),
        rows="\n".join(f"{table}: {count} rows" for table, count in export.rows.items()),
        since=f"Only rows changed at or after {_plain(export.since)} are in it." if export.since else "",
        csv=CSV_NOTE if export.format == ExportFormat.CSV else "",
    )
