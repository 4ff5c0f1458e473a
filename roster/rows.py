"""Reading and writing rows without building their SQL each time."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from secrets import randbits
from typing import Any, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql import UpdateQuery
from psycopg.types.json import Jsonb

Row = TypeVar("Row", bound=Model)
Value = UUID | str | datetime
Slots = list[tuple[bool, Any]]  # the parameters of a statement: the name of a value, or a constant


def one(rows: QuerySet[Row]) -> Row | None:
    """The row that a unique condition names, or None. `first()` would have the database sort what is one row."""
    return next(iter(rows[:1]), None)


class Prepared(Generic[Row]):
    """A query whose SQL is built once in the life of a process: Django's building costs more than the database's work.

    `build` makes the queryset from its values, which are named and typed by `kinds` (UUID, str or datetime). They may
    stand in conditions only; a UUID may be given as an id, not as a row. What locks rows is called in a transaction.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]], **kinds: type) -> None:
        self.build = build
        self.kinds = kinds

    def one(self, **values: Value) -> Row | None:
        """The only row that a unique condition names, or None."""
        return next(iter(self.all(**values)), None)

    def all(self, **values: Value) -> list[Row]:
        sql, slots, reader = self._built
        connection = connections[reader.alias]
        with connection.cursor() as cursor:
            cursor.execute(sql, _filled(slots, values))
            return [reader.row(found, connection) for found in cursor.fetchall()]

    @cached_property
    def _built(self) -> tuple[str, Slots, "_Reader[Row]"]:
        """The parts of the query that stay."""
        stand_ins = _stand_ins(self.kinds)
        queryset = self.build(**stand_ins)
        compiler: Any = queryset.query.get_compiler(queryset.db)
        sql, parameters = compiler.as_sql()
        return sql, _slots(parameters, stand_ins), _Reader(queryset, compiler)


class _Reader(Generic[Row]):
    """Makes a row of a model, with what is joined and annotated, of what the database gives: as Django's ModelIterable
    does, which works out the way again for every query.
    """

    def __init__(self, queryset: QuerySet[Row], compiler: Any) -> None:
        assert queryset._iterable_class is ModelIterable
        info, self.alias = compiler.klass_info, compiler.using
        mode = getattr(queryset, "_fetch_mode", None)  # Django 6.1
        self.model: type[Row] = info["model"]
        self.columns = slice(info["select_fields"][0], info["select_fields"][-1] + 1)
        self.names = [column.target.attname for column, *_ in compiler.select[self.columns]]
        self.joined = get_related_populators(info, compiler.select, self.alias, *[mode] if mode else [])
        self.annotated = list((compiler.annotation_col_map or {}).items())
        self.more = {"fetch_mode": mode} if mode else {}
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        self.converted = [(at, expression, each) for at, (all, expression) in converters.items() for each in all]

    def row(self, found: Sequence[Any], connection: Any) -> Row:
        values = list(found)
        for at, expression, convert in self.converted:
            values[at] = convert(values[at], expression, connection)
        made = self.model.from_db(self.alias, self.names, values[self.columns], **self.more)
        for one in self.joined:
            one.populate(values, made)
        for name, at in self.annotated:
            setattr(made, name, values[at])
        return made


class Change:
    """An update of rows whose SQL is built once, like `Prepared`.

    `build` makes the queryset and what to set from the values. A value that is None stays None: it is no condition
    that a column is empty.
    """

    def __init__(self, build: Callable[..., tuple[QuerySet[Any], dict[str, Any]]], **kinds: type) -> None:
        self.build = build
        self.kinds = kinds

    def __call__(self, **values: Any) -> int:
        """How many rows it changed."""
        sql, slots = self._built
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(sql, _filled(slots, values))
            return int(cursor.rowcount)

    @cached_property
    def _built(self) -> tuple[str, Slots]:
        stand_ins = _stand_ins(self.kinds)
        rows, changes = self.build(**stand_ins)
        query: UpdateQuery = rows.query.chain(UpdateQuery)  # type: ignore[assignment]
        query.add_update_values(changes)
        sql, parameters = query.get_compiler(DEFAULT_DB_ALIAS).as_sql()
        return sql, _slots(parameters, stand_ins)


def _stand_ins(kinds: dict[str, type]) -> dict[str, Value]:
    """A value for each name that no constant of a statement equals by chance."""
    makers: dict[type, Callable[[], Value]] = {UUID: uuid4, str: lambda: uuid4().hex, datetime: _any_moment}
    return {name: makers[kind]() for name, kind in kinds.items()}


def _any_moment() -> datetime:
    return datetime.min.replace(tzinfo=UTC) + timedelta(microseconds=randbits(55))


def _slots(parameters: Iterable[Any], stand_ins: dict[str, Value]) -> Slots:
    found = {value: name for name, value in stand_ins.items()}
    return [(True, found[value]) if value in found else (False, value) for value in parameters]


def _filled(slots: Slots, values: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(values[slot] if is_value else slot for is_value, slot in slots)


class Insert(Generic[Row]):
    """Writes new rows of a model with SQL that is built once, like `Prepared`. No signal is sent."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model

    def __call__(self, row: Row) -> Row:
        """Raises IntegrityError as `save` does."""
        self._write(row)
        return row

    def if_new(self, row: Row) -> bool:
        """Whether it was written: not where a unique constraint finds it there already.

        Waits for a transaction that is writing the same row.
        """
        return self._write(row, " ON CONFLICT DO NOTHING")

    def _write(self, row: Row, otherwise: str = "") -> bool:
        connection = connections[DEFAULT_DB_ALIAS]
        sql, fields = self._built
        values = [field.get_db_prep_save(field.pre_save(row, add=True), connection=connection) for field in fields]
        with connection.cursor() as cursor:
            cursor.execute(sql + otherwise, values)
            written = bool(cursor.rowcount)
        row._state.adding, row._state.db = not written, connection.alias
        return written

    @cached_property
    def _built(self) -> tuple[str, list[Any]]:
        fields = [field for field in self.model._meta.local_concrete_fields if not field.generated]
        quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
        columns = ", ".join(quote(str(field.column)) for field in fields)
        marks = ", ".join(["%s"] * len(fields))
        return f"INSERT INTO {quote(self.model._meta.db_table)} ({columns}) VALUES ({marks})", fields


class Save(Generic[Row]):
    """Writes the fields of a row that is there, all or those named, with SQL that is built once. No signal is sent."""

    def __init__(self, model: type[Row], *names: str) -> None:
        self.model, self.names = model, names

    def __call__(self, row: Row) -> None:
        sql, _, fields = self._built
        with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
            cursor.execute(sql, [*self._values(row, fields[1:]), row.pk])

    def all(self, rows: Iterable[Row]) -> None:
        """The same of many rows, in one statement."""
        _, sql, fields = self._built
        names = [str(field.column) for field in fields]
        given = [dict(zip(names, self._values(row, fields), strict=True)) for row in rows]
        if given:
            with connections[DEFAULT_DB_ALIAS].cursor() as cursor:
                cursor.execute(sql, [json.dumps(given, default=_plain)])

    def _values(self, row: Row, fields: Iterable[Any]) -> list[Any]:
        connection = connections[DEFAULT_DB_ALIAS]
        return [field.get_db_prep_save(field.pre_save(row, add=False), connection=connection) for field in fields]

    @cached_property
    def _built(self) -> tuple[str, str, list[Any]]:
        """The statement for a row, the one for many, and the fields, the key first."""
        meta, connection = self.model._meta, connections[DEFAULT_DB_ALIAS]
        stored = [field for field in meta.local_concrete_fields if not (field.generated or field.primary_key)]
        fields: list[Any] = [meta.pk, *(field for field in stored if not self.names or field.name in self.names)]
        key, *columns = (connection.ops.quote_name(str(field.column)) for field in fields)
        table = connection.ops.quote_name(meta.db_table)
        types = (str(field.db_type(connection)).split("(")[0] for field in fields)  # what is too long is to be refused
        typed = ", ".join(f"{column} {type}" for column, type in zip([key, *columns], types, strict=True))
        one = ", ".join(f"{column} = %s" for column in columns)
        many = ", ".join(f"{column} = given.{column}" for column in columns)
        given = f"json_to_recordset(%s::json) AS given ({typed})"
        return (
            f"UPDATE {table} SET {one} WHERE {key} = %s",
            f"UPDATE {table} SET {many} FROM {given} WHERE {table}.{key} = given.{key}",
            fields,
        )


def _plain(value: Any) -> Any:
    """A value for PostgreSQL to read in a JSON document: of numbers and moments every digit."""
    return value.obj if isinstance(value, Jsonb) else str(value)
