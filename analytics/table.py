"""What a table of the analytics schema is made of."""

from dataclasses import dataclass

TYPES = {
    "uuid": "uuid",
    "text": "text",
    "integer": "bigint",
    "number": "double precision",
    "boolean": "boolean",
    "timestamp": "timestamptz",
    "json": "jsonb",
}


@dataclass(frozen=True)
class Column:
    """`sql` reads it from the table's source. A personal column is null for those who may not see names."""

    name: str
    type: str
    sql: str
    help: str
    personal: bool = False


@dataclass(frozen=True)
class Table:
    """One view, and one table of an export. The first column is its key; where there is one, `updated_at` is the last.

    `source` decides with `where` which rows there are; `extra` is joined for columns and neither adds nor drops a row.
    In them `:institution` stands for the id of the institution, and nothing of another one may pass.
    """

    name: str
    view: str
    help: str
    source: str
    where: str
    columns: tuple[Column, ...]
    extra: str = ""

    @property
    def updates(self) -> str:
        """The expression by which changed rows are found."""
        return self.columns[-1].sql if self.columns[-1].name == "updated_at" else ""
