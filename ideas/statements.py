"""Statements whose text is made once, on the driver's own cursor.

SQLAlchemy's way to a result costs more than a small statement does. These statements are for paths that run hundreds of
times a second. The values that they take and give are the driver's: instants in milliseconds, words and JSON as text.
"""

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from enum import StrEnum
from functools import cache
from hashlib import sha256
from typing import Any, NoReturn

from sqlalchemy import (
    JSON,
    BindParameter,
    ClauseElement,
    ColumnElement,
    LargeBinary,
    String,
    Subquery,
    Table,
    bindparam,
    cast,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import Dialect
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator, TypeEngine

from ideas.errors import Busy

log = logging.getLogger(__name__)

SQLITE = "sqlite"

# PostgreSQL says that a connection has no such prepared statement, or has it already: a pooler between us and it gives
# each transaction another connection (SQLSTATE).
_OF_A_POOLER = ("26000", "42P05")


class PreparedLost(Busy):
    """A prepared statement is not where it was made. From now on none is prepared, and the same command may be sent
    again.
    """


class Prepared:
    """A statement that is compiled once for each database, and prepared once on each connection of PostgreSQL."""

    def __init__(self, make: Callable[[str], ClauseElement]) -> None:
        self._make = make  # from the name of the database ("sqlite", "postgresql")
        self._made: dict[str, _CompiledText] = {}

    def text_for(self, dialect: Dialect) -> "_CompiledText":
        return self._made.get(dialect.name) or self._made.setdefault(
            dialect.name, _CompiledText(self._make(dialect.name), dialect)
        )


class _CompiledText:
    """A compiled statement: `sql` for the driver, and what PREPARE and EXECUTE take on PostgreSQL."""

    def __init__(self, statement: ClauseElement, dialect: Dialect) -> None:
        made = statement.compile(dialect=dialect)
        assert isinstance(made, SQLCompiler)
        constants = {name: value for name, value in made.params.items() if value is not None}
        self._constants = {n: str(value) if isinstance(value, StrEnum) else value for n, value in constants.items()}
        self.sql = made.string
        self._places = list(made.positiontup or ()) if made.positional else None
        self._names = [name for name in made.params if name not in self._constants]
        if not made.positional:
            told = {name: f"${n}" for n, name in enumerate(self._names, 1)}
            body = self.sql % (told | {name: _literal(value) for name, value in self._constants.items()})
            self.name = f"schwarm_{sha256(body.encode()).hexdigest()[:16]}"
            self.preparation = f"PREPARE {self.name} AS {body}"
            arguments = ", ".join(f"%({name})s" for name in self._names)
            self.execution = f"EXECUTE {self.name}({arguments})" if arguments else f"EXECUTE {self.name}"

    def values(self, named: dict[str, object]) -> Any:
        """The values as the driver takes them."""
        if self._places is None:
            return self._constants | named
        return [named[name] if name in named else self._constants[name] for name in self._places]


def _literal(value: object) -> str:
    assert isinstance(value, str | int)
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


class Preparing:
    """Whether this process prepares statements on PostgreSQL."""

    is_on = True


class Statements:
    """Runs statements in the transaction of a session, which must not end before.

    On PostgreSQL what is run `later` waits, and travels with the next rows that are read, or with `flush`, in one round
    trip. On SQLite nothing waits.
    """

    def __init__(self, session: Session) -> None:
        self._connection = session.connection()
        self._pooled = self._connection.connection
        self._cursor: Any = self._pooled.cursor()
        self._waiting: list[bytes] = []
        self.database = self._connection.dialect.name

    def rows(self, statement: Prepared, **values: object) -> list[tuple[Any, ...]]:
        """:raise PreparedLost:"""
        made = statement.text_for(self._connection.dialect)
        if self.database == SQLITE:
            self._run(self._cursor.execute, made.sql, made.values(values))
        else:
            self._waiting.append(self._told(made, values))
            self.flush()
        found: list[tuple[Any, ...]] = self._cursor.fetchall()
        return found

    def later(self, statement: Prepared, **values: object) -> None:
        """Run a statement without a result."""
        made = statement.text_for(self._connection.dialect)
        if self.database == SQLITE:
            self._run(self._cursor.execute, made.sql, made.values(values))
        else:
            self._waiting.append(self._told(made, values))

    def insert(
        self,
        table: type[DeclarativeBase],
        rows: Sequence[tuple[object, ...]],
        *,
        replacing: tuple[str, ...] = (),
        adding: tuple[str, ...] = (),
    ) -> None:
        """Insert whole rows in one statement. A row has the table's columns, with values of the driver.

        Where a row with this key exists, the columns `replacing` get the new values and the columns `adding` are raised
        by them.
        """
        if not rows:
            return
        if self.database == SQLITE:
            self.each(_insertion_of_sqlite(table, replacing, adding), rows)
        else:
            self.later(_insertion_of_postgresql(table, replacing, adding), rows=in_json(rows))

    def each(self, sql: str, rows: Sequence[tuple[object, ...]]) -> None:
        """Run a statement of SQLite once for each row of values."""
        if len(rows) == 1:
            self._run(self._cursor.execute, sql, rows[0])
        else:
            self._run(self._cursor.executemany, sql, rows)

    def flush(self) -> None:
        """Send what waits. :raise PreparedLost:"""
        if self._waiting:
            script, self._waiting = b";\n".join(self._waiting), []
            self._run(self._cursor.execute, script, None)

    def _told(self, made: _CompiledText, values: dict[str, object]) -> bytes:
        """A statement with its values in it, for PostgreSQL."""
        if not Preparing.is_on:
            return bytes(self._cursor.mogrify(made.sql, made.values(values)))
        known: set[str] = self._pooled.info.setdefault("schwarm-prepared", set())
        if made.name not in known:
            self._run(self._cursor.execute, made.preparation, None)
            known.add(made.name)
        return bytes(self._cursor.mogrify(made.execution, values or None))

    def _run(self, execute: Callable[..., object], sql: str | bytes, values: Any) -> None:
        dispatch = self._connection.dispatch
        for listener in dispatch.before_cursor_execute:
            listener(self._connection, self._cursor, sql, values, None, execute != self._cursor.execute)
        try:
            if values is None:
                execute(sql)
            else:
                execute(sql, values)
        except Exception as error:
            self._fail(error, sql, values)

    def _fail(self, error: Exception, sql: str | bytes, values: Any) -> NoReturn:
        """Raise what SQLAlchemy would raise; it also gives up a connection that broke."""
        if getattr(error, "pgcode", None) in _OF_A_POOLER:
            Preparing.is_on = False
            log.warning("statements are no longer prepared: a pooler changes connections between transactions")
            raise PreparedLost from None
        told = sql.decode(errors="replace") if isinstance(sql, bytes) else sql
        self._connection._handle_dbapi_exception(error, told, values, self._cursor, None)


@contextmanager
def at_once(session: Session) -> Iterator[Statements]:
    """Statements that have been run by the end of the block."""
    statements = Statements(session)
    yield statements
    statements.flush()


def listed(database: str, name: str, **columns: type[TypeEngine[Any]]) -> Subquery:
    """The bound value `name`, a list of lists in JSON, as a table: a statement takes any number of rows in it."""
    return _table(bindparam(name, type_=String), database, name, columns)


def one_of(
    session: Session, column: InstrumentedAttribute[Any], values: Iterable[int | str | None]
) -> ColumnElement[bool]:
    """The SQL of whether a column is one of these ids or words, however many.

    They are one bound value. `in_` binds each, and a statement of SQLite takes 32,766.
    """
    value = bindparam("values", in_json([(each,) for each in values]), type_=String, unique=True)
    return column.in_(select(_table(value, session.get_bind().dialect.name, None, {"value": type(column.type)})))


def _table(
    value: BindParameter[str], database: str, name: str | None, columns: Mapping[str, type[TypeEngine[Any]]]
) -> Subquery:
    cells = list[ColumnElement[Any]]()
    if database == SQLITE:
        each = func.json_each(value).table_valued("value")
        cells += [func.json_extract(each.c.value, literal_column(f"'$[{n}]'")) for n in range(len(columns))]
    else:
        each = func.json_array_elements(cast(value, JSON)).table_valued("value")
        words = [each.c.value.op("->>")(literal_column(str(n))) for n in range(len(columns))]
        cells += [cast(word, kind) for word, kind in zip(words, columns.values(), strict=True)]
    return select(*(cell.label(label) for label, cell in zip(columns, cells, strict=True))).subquery(name)


def in_json(rows: Sequence[tuple[object, ...]]) -> str:
    """Rows for a statement that takes a list of them: bytes are hex digits."""
    return _encode(rows)


# One encoder for all: `json.dumps` makes a new one for each text.
_encode = json.JSONEncoder(default=bytes.hex).encode


@cache
def _insertion_of_sqlite(table: type[DeclarativeBase], replacing: tuple[str, ...], adding: tuple[str, ...]) -> str:
    into = table.metadata.tables[table.__tablename__]
    values = f"VALUES ({', '.join('?' * len(into.columns))})"
    return head_of_insertion(into) + values + on_conflict(into, replacing, adding)


@cache
def _insertion_of_postgresql(
    table: type[DeclarativeBase], replacing: tuple[str, ...], adding: tuple[str, ...]
) -> Prepared:
    into = table.metadata.tables[table.__tablename__]
    cells = ", ".join(_cell(n, column.type) for n, column in enumerate(into.columns))
    values = f"SELECT {cells} FROM json_array_elements(CAST(:rows AS JSON)) AS each"  # noqa: S608 (names of the models only)
    sql = head_of_insertion(into) + values + on_conflict(into, replacing, adding)
    return Prepared(lambda _: text(sql))


def _cell(n: int, kind: TypeEngine[Any]) -> str:
    """Column `n` of a row in JSON."""
    word = f"(each.value ->> {n})"
    if isinstance(kind, LargeBinary):
        return f"decode({word}, 'hex')"
    if isinstance(kind, TypeDecorator):
        kind = kind.impl_instance
    if isinstance(kind, String):
        return word
    return f"CAST({word} AS {kind.compile(dialect=postgresql.dialect())})"  # type: ignore[no-untyped-call]


def head_of_insertion(into: Table) -> str:
    return f"INSERT INTO {into.name} ({', '.join(column.name for column in into.columns)}) "


def on_conflict(into: Table, replacing: tuple[str, ...], adding: tuple[str, ...]) -> str:
    changes = [f"{name} = excluded.{name}" for name in replacing]
    changes += [f"{name} = {into.name}.{name} + excluded.{name}" for name in adding]
    keys = ", ".join(column.name for column in into.primary_key)
    return f" ON CONFLICT ({keys}) DO UPDATE SET {', '.join(changes)}" if changes else ""
