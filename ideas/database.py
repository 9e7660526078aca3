"""The database: engine settings, the column type for instants and the one way to write.

Reading uses `db.session` as it is. Writing happens inside `write()` only: one writer per process,
`BEGIN IMMEDIATE` on SQLite, events recorded before the commit and published after it.
"""

import json
import random
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    BigInteger,
    ClauseElement,
    ColumnElement,
    Connection,
    Dialect,
    Engine,
    LargeBinary,
    MetaData,
    Row,
    String,
    Subquery,
    Table,
    TextClause,
    bindparam,
    cast,
    event,
    func,
    literal_column,
    select,
    text,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator, TypeEngine

from ideas import clock, events
from ideas.availability import READ_ONLY
from ideas.counters import COUNTERS
from ideas.errors import Busy, NotFound

# SQLite waits in C code, which stops every socket of a green server: wait briefly there, then retry in Python.
BUSY_TIMEOUT_MS = 100
LOCK_PATIENCE_SECONDS = 10

NAMING = {
    "ix": "ix_%(column_0_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": True})

if TYPE_CHECKING:

    class Model(Base):
        __abstract__ = True

        def __init__(self, **columns: object) -> None: ...

else:
    Model = db.Model


M = TypeVar("M", bound=Base)


def require(session: Session, kind: type[M], key: int) -> M:
    """The row with this key. :raise NotFound: if there is none."""
    row = session.get(kind, key)
    if row is None:
        raise NotFound
    return row


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as milliseconds since the epoch: exact, and the same in both databases."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else clock.to_ms(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else clock.from_ms(value)


class Word(TypeDecorator[StrEnum]):
    """A member of a `StrEnum`, stored as its word: a new member needs no migration."""

    impl = String
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__(20)
        self.words = words

    def process_bind_param(self, value: StrEnum | None, dialect: Dialect) -> str | None:
        return None if value is None else str(self.words(value))

    def process_result_value(self, value: str | None, dialect: Dialect) -> StrEnum | None:
        return None if value is None else self.words(value)


@cache
def insertion(
    table: type[Base], *, replacing: tuple[str, ...] = (), adding: tuple[str, ...] = (), ignoring: bool = False
) -> TextClause:
    """An INSERT of whole rows, the same on SQLite and PostgreSQL.

    Where a row with this key exists, the columns `replacing` get the new values and the columns `adding` are raised by
    them; with `ignoring` the row stays as it is. SQLAlchemy compiles such a statement anew each time, which costs more
    than running it, so the text is made once.
    """
    into = table.metadata.tables[table.__tablename__]
    values = ", ".join(f":{column.name}" for column in into.columns)
    sql = f"{_head_of(into)}VALUES ({values}){_on_conflict(into, replacing, adding)}"
    if ignoring:
        sql += " ON CONFLICT DO NOTHING"
    return text(sql).bindparams(*(bindparam(column.name, type_=column.type) for column in into.columns))


class Prepared:
    """A statement whose text is made once for each database.

    SQLAlchemy looks a statement up each time, which costs more than running a small one. The values that it takes and
    gives are the driver's: instants in milliseconds, words and JSON as text.
    """

    def __init__(self, make: Callable[[str], ClauseElement]) -> None:
        self._make = make  # from the name of the database ("sqlite", "postgresql")
        self._made: dict[str, tuple[str, list[str] | None, dict[str, object]]] = {}

    def rows(self, session: Session, **values: object) -> Sequence[Row[tuple[Any, ...]]]:
        """Run it. :return: all rows."""
        connection = session.connection()
        made = self._made.get(connection.dialect.name) or self._text(connection.dialect)
        sql, places, constants = made
        named = constants | values
        # Without any value the driver is given none: a % in the text means itself then.
        given = named if places is None else tuple(named[name] for name in places)
        return connection.exec_driver_sql(sql, given or None).all()

    def _text(self, dialect: Dialect) -> tuple[str, list[str] | None, dict[str, object]]:
        made = self._make(dialect.name).compile(dialect=dialect)
        assert isinstance(made, SQLCompiler)
        constants = {name: value for name, value in made.params.items() if value is not None}
        constants = {name: str(value) if isinstance(value, StrEnum) else value for name, value in constants.items()}
        places = list(made.positiontup or ()) if made.positional else None
        self._made[dialect.name] = made.string, places, constants
        return self._made[dialect.name]


def listed(database: str, name: str, **columns: type[TypeEngine[Any]]) -> Subquery:
    """The bound value `name`, a list of lists in JSON, as a table: a statement takes any number of rows in it."""
    value, cells = bindparam(name, type_=String), list[ColumnElement[Any]]()
    if database == "sqlite":
        each = func.json_each(value).table_valued("value")
        cells += [func.json_extract(each.c.value, literal_column(f"'$[{n}]'")) for n in range(len(columns))]
    else:
        each = func.json_array_elements(cast(value, JSON)).table_valued("value")
        words = [each.c.value.op("->>")(literal_column(str(n))) for n in range(len(columns))]
        cells += [cast(word, kind) for word, kind in zip(words, columns.values(), strict=True)]
    return select(*(cell.label(label) for label, cell in zip(columns, cells, strict=True))).subquery(name)


def insert_rows(
    session: Session,
    table: type[Base],
    rows: Sequence[tuple[object, ...]],
    *,
    replacing: tuple[str, ...] = (),
    adding: tuple[str, ...] = (),
) -> None:
    """Insert whole rows in one statement; see `insertion`. A row has the table's columns, with values of the driver."""
    if not rows:
        return
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(_insertion_of_sqlite(table, replacing, adding), list(rows))
    else:
        told = json.dumps(rows, default=bytes.hex)
        connection.exec_driver_sql(_insertion_of_postgresql(table, replacing, adding), (told,))


@cache
def _insertion_of_sqlite(table: type[Base], replacing: tuple[str, ...], adding: tuple[str, ...]) -> str:
    into = table.metadata.tables[table.__tablename__]
    values = f"VALUES ({', '.join('?' * len(into.columns))})"
    return _head_of(into) + values + _on_conflict(into, replacing, adding)


@cache
def _insertion_of_postgresql(table: type[Base], replacing: tuple[str, ...], adding: tuple[str, ...]) -> str:
    into = table.metadata.tables[table.__tablename__]
    cells = ", ".join(_cell(n, column.type) for n, column in enumerate(into.columns))
    values = f"SELECT {cells} FROM json_array_elements(CAST(%s AS JSON)) AS each"  # noqa: S608 (names of the models only)
    return _head_of(into) + values + _on_conflict(into, replacing, adding)


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


def _head_of(into: Table) -> str:
    return f"INSERT INTO {into.name} ({', '.join(column.name for column in into.columns)}) "


def _on_conflict(into: Table, replacing: tuple[str, ...], adding: tuple[str, ...]) -> str:
    changes = [f"{name} = excluded.{name}" for name in replacing]
    changes += [f"{name} = {into.name}.{name} + excluded.{name}" for name in adding]
    keys = ", ".join(column.name for column in into.primary_key)
    return f" ON CONFLICT ({keys}) DO UPDATE SET {', '.join(changes)}" if changes else ""


@dataclass
class Transaction:
    """An open write transaction. `record` stores an event until the commit."""

    session: Session
    recorded: list[events.Event] = field(default_factory=list)
    before_commit: list[Callable[[], None]] = field(default_factory=list)
    on_rollback: list[Callable[[], None]] = field(default_factory=list)

    def record(self, happened: events.Event) -> None:
        self.recorded.append(happened)


Recorder = Callable[[Transaction, Any], None]

_recorders: list[tuple[type[events.Event], Recorder]] = []

_openers: list[Callable[[Transaction], None]] = []

_writer = threading.Lock()


def add_recorder(kind: type[events.Event], recorder: Recorder) -> None:
    """Call `recorder(transaction, event)` for every event of a kind, before the commit of its act.

    The recorder writes rows in the same transaction. If it fails, the act fails. A root kind (`IdeaEvent`) includes all
    kinds below it.
    """
    _recorders.append((kind, recorder))


def remove_recorder(recorder: Recorder) -> None:
    """Stop calling `recorder`."""
    _recorders[:] = [entry for entry in _recorders if entry[1] != recorder]


def add_opener(opener: Callable[[Transaction], None]) -> None:
    """Call `opener` at the start of every write transaction, before its act. If it raises, nothing is written."""
    _openers.append(opener)


@contextmanager
def write() -> Iterator[Transaction]:
    """Open the only write transaction of this process; commit at the end, roll back on any error.

    The session discards everything that it read before, so every check inside sees the present state.

    :raise Busy: if another process holds the database for longer than `LOCK_PATIENCE_SECONDS`.
    """
    session = db.session()
    session.rollback()
    with _written(session) as transaction:
        yield transaction


@contextmanager
def write_between_reads() -> Iterator[Transaction]:
    """Like `write`, for a page that writes a little and reads on: the session keeps the rows that it read before.

    Those rows may be out of date, so the writer decides by columns that it selects inside.

    :raise Busy: as `write`.
    """
    session = db.session()
    release(session)
    session.expire_on_commit = False
    try:
        with _written(session) as transaction:
            yield transaction
    finally:
        session.expire_on_commit = True


def release(session: Session) -> None:
    """End the transaction of a session that only read, and keep its rows."""
    session.expire_on_commit = False
    try:
        session.commit()
    finally:
        session.expire_on_commit = True


@contextmanager
def _written(session: Session) -> Iterator[Transaction]:
    with _writer:
        _begin_immediate(session)
        transaction = Transaction(session)
        try:
            for opener in _openers:
                opener(transaction)
            yield transaction
            _record(transaction)
            for act in transaction.before_commit:
                act()
            _hint(transaction)
            begun = time.perf_counter()
            session.commit()
            COUNTERS.commits.note(time.perf_counter() - begun)
        except BaseException:
            session.rollback()
            for act in transaction.on_rollback:
                act()
            raise
        events.publish(transaction.recorded)


# The channel on which processes tell each other of changes, in the words of PostgreSQL's NOTIFY.
HINTS = "schwarm_changes"

# The name of this process there.
PROCESS = secrets.token_hex(8)


def _hint(transaction: Transaction) -> None:
    """Let the commit tell the other processes in which challenges lanes advanced: `[process, [challenge, …]]`.

    It is a hint. A process that misses it finds the change in the database.
    """
    connection = transaction.session.connection()
    if connection.dialect.name == "sqlite":
        return
    changed = {e.challenge_id for e in transaction.recorded if isinstance(e, events.StreamAdvanced)}
    if changed:
        told = json.dumps([PROCESS, sorted(changed)[:HINTED_MAX]])
        connection.exec_driver_sql("SELECT pg_notify(%s, %s)", (HINTS, told))


# A hint has at most 8,000 bytes.
HINTED_MAX = 500


def _record(transaction: Transaction) -> None:
    """Call the recorders of each event, in order, also for events that recorders add."""
    for happened in transaction.recorded:
        for kind, recorder in _recorders:
            if isinstance(happened, kind):
                recorder(transaction, happened)


def _begin_immediate(session: Session) -> None:
    give_up = time.monotonic() + LOCK_PATIENCE_SECONDS
    while True:
        try:
            session.connection(execution_options={"immediate": True})
            return
        except OperationalError as error:
            session.rollback()
            if "locked" not in str(error) or time.monotonic() > give_up:
                raise Busy from error
            time.sleep(random.uniform(0.005, 0.03))


@event.listens_for(Engine, "connect")
def _on_connect(connection: DBAPIConnection, _record: ConnectionPoolEntry) -> None:
    if not isinstance(connection, sqlite3.Connection):
        _set_up_postgresql(connection)
        return
    connection.isolation_level = None  # _on_begin issues BEGIN
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # NORMAL loses acknowledged votes at a power cut
        "foreign_keys=ON",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _set_up_postgresql(connection: DBAPIConnection) -> None:
    """Let commits wait until they are on disk, even if the operator's server would not: acknowledged votes stay."""
    cursor = connection.cursor()
    cursor.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    cursor.close()
    connection.commit()


@event.listens_for(Engine, "handle_error")
def _on_error(failure: ExceptionContext) -> None:
    """Give up the connections to a server that became a standby: it would keep them, and refuse to write for ever."""
    if getattr(failure.original_exception, "pgcode", None) == READ_ONLY:
        failure.is_disconnect = True


@event.listens_for(Engine, "begin")
def _on_begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
