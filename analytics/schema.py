"""The tables as SQL: views for analysts, and the same query for one institution's export.

A view belongs to Assay's own database user, so it may read the tables behind it while an analyst may not. Whose rows
it shows is looked up by `session_user`, which no SET ROLE and no setting changes. `security_barrier` keeps functions
and operators of an analyst away from rows that are not shown.
"""

from typing import Any
from uuid import UUID

from analytics.table import TYPES, Column, Table
from analytics.tables import TABLES, VERSION

ANALYST = "FROM analytics_analyst WHERE role = session_user::text"


def create() -> str:
    """Make the schema with its views, and let those analysts in that exist already."""
    views = "\n".join(map(_view, TABLES.values()))
    return f"""CREATE SCHEMA analytics;
CREATE VIEW analytics.version AS SELECT {VERSION} AS version;
{views}
DO $$ DECLARE known name; BEGIN
    FOR known IN SELECT rolname FROM pg_roles JOIN analytics_analyst ON role = rolname::text LOOP
        EXECUTE format('GRANT USAGE ON SCHEMA analytics TO %I', known);
        EXECUTE format('GRANT SELECT ON ALL TABLES IN SCHEMA analytics TO %I', known);
    END LOOP;
END $$;"""


def drop() -> str:
    return "DROP SCHEMA analytics CASCADE"


def query(table: Table, *, institution: UUID, since: Any = None, count: bool = False) -> tuple[str, dict[str, Any]]:
    """The table's rows of an institution, ids and JSON as text; or how many there are. Names are among them."""
    text = {"uuid": "text", "json": "text"}
    columns = ", ".join(f"({column.sql})::{text.get(column.type, TYPES[column.type])}" for column in table.columns)
    changed = f" AND ({table.updates}) >= %(since)s" if since and table.updates else ""
    extra = table.extra if changed or not count else ""
    found = f"SELECT {'count(*)' if count else columns} FROM {table.source} {extra} WHERE {table.where}{changed}"
    return found.replace(":institution", "%(institution)s"), {"institution": institution, "since": since}


def _view(table: Table) -> str:
    name = f"analytics.{table.view}"
    columns = ",\n    ".join(map(_column, table.columns))
    rows = f"{table.source} {table.extra} WHERE {table.where}"
    comments = "".join(
        f"COMMENT ON COLUMN {name}.{column.name} IS {_quoted(column.help)};\n" for column in table.columns
    )
    made = f"CREATE VIEW {name} WITH (security_barrier) AS SELECT\n    {columns}\nFROM {rows};\n"
    return made.replace(":institution", f"(SELECT institution_id {ANALYST})") + (
        f"COMMENT ON VIEW {name} IS {_quoted(table.help)};\n{comments}"
    )


def _column(column: Column) -> str:
    shown = f"CASE WHEN (SELECT names {ANALYST}) THEN {column.sql} END" if column.personal else column.sql
    return f'({shown})::{TYPES[column.type]} AS "{column.name}"'


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
