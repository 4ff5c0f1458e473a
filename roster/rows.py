"""Reading and writing rows without building their SQL each time."""

import copy
from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID, uuid4

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


def one(rows: QuerySet[Row]) -> Row | None:
    """The row that a unique condition names, or None. `first()` would have the database sort what is one row."""
    return next(iter(rows[:1]), None)


class Prepared(Generic[Row]):
    """A query whose SQL is built once in the life of a process: Django's building costs more than the database's work.

    `build` makes the queryset from its values, which are named and typed by `kinds` (UUID or str). They may stand in
    conditions only; a UUID may be given as an id, not as a row.
    """

    def __init__(self, build: Callable[..., QuerySet[Row]], **kinds: type) -> None:
        self.build = build
        self.kinds = kinds

    def one(self, **values: UUID | str) -> Row | None:
        """The only row that a unique condition names, or None."""
        return next(iter(self.all(**values)), None)

    def all(self, **values: UUID | str) -> list[Row]:
        queryset, compiler, sql, slots = self._built
        mine = copy.copy(compiler)
        mine.connection = connections[mine.using]
        parameters = tuple(values[slot] if is_value else slot for is_value, slot in slots)
        mine.as_sql = lambda: (sql, parameters)
        return list(queryset._iterable_class(_Ready(queryset, mine)))

    @cached_property
    def _built(self) -> tuple[Any, Any, str, list[tuple[bool, Any]]]:
        """The parts of the query that stay; each parameter is a value's name or a constant."""
        stand_ins = {name: uuid4() if kind is UUID else uuid4().hex for name, kind in self.kinds.items()}
        queryset = self.build(**stand_ins)
        compiler: Any = queryset.query.get_compiler(queryset.db)
        sql, parameters = compiler.as_sql()
        converters = compiler.get_converters([column for column, *_ in compiler.select])
        compiler.get_converters = lambda _: converters
        found = {value: name for name, value in stand_ins.items()}
        slots = [(True, found[value]) if value in found else (False, value) for value in parameters]
        return queryset, compiler, sql, slots


class Insert(Generic[Row]):
    """Writes new rows of a model with SQL that is built once, like `Prepared`. No signal is sent."""

    def __init__(self, model: type[Row]) -> None:
        self.model = model

    def __call__(self, row: Row) -> Row:
        """Raises IntegrityError as `save` does."""
        connection = connections[DEFAULT_DB_ALIAS]
        sql, fields = self._built
        values = [field.get_db_prep_save(field.pre_save(row, add=True), connection=connection) for field in fields]
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
        row._state.adding, row._state.db = False, connection.alias
        return row

    @cached_property
    def _built(self) -> tuple[str, list[Any]]:
        fields = [field for field in self.model._meta.local_concrete_fields if not field.generated]
        quote = connections[DEFAULT_DB_ALIAS].ops.quote_name
        columns = ", ".join(quote(str(field.column)) for field in fields)
        marks = ", ".join(["%s"] * len(fields))
        return f"INSERT INTO {quote(self.model._meta.db_table)} ({columns}) VALUES ({marks})", fields


class _Ready:
    """What Django's iterables ask of a queryset, with the compiler already there."""

    _known_related_objects: ClassVar[dict[Any, Any]] = {}

    def __init__(self, queryset: Any, compiler: Any) -> None:
        self.db, self.model, self.query = queryset.db, queryset.model, self
        self._fetch_mode = getattr(queryset, "_fetch_mode", None)  # Django 6.1
        self.compiler = compiler

    def get_compiler(self, using: str) -> Any:
        return self.compiler
