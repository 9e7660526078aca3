"""The database: engine settings, the column type for instants and the one way to write.

Reading uses `db.session` as it is. Writing happens inside `write()` only: one writer per process,
`BEGIN IMMEDIATE` on SQLite, events recorded before the commit and published after it.
"""

import json
import os
import random
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    BigInteger,
    Connection,
    Dialect,
    Engine,
    MetaData,
    String,
    TextClause,
    bindparam,
    event,
    text,
)
from sqlalchemy.engine.interfaces import DBAPIConnection, ExceptionContext
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Session, aliased
from sqlalchemy.pool import ConnectionPoolEntry, Pool, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

from ideas import clock, events
from ideas.availability import READ_ONLY
from ideas.counters import COUNTERS
from ideas.errors import Busy, NotFound
from ideas.statements import SQLITE, Prepared, Statements, head_of_insertion, on_conflict
from ideas.unread import has_unread

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
def alias_of(model: type[M], name: str) -> type[M]:
    """A second name for the table of a model in a statement, made once: SQLAlchemy takes longer for it than for a row.

    Subqueries inside each other need different names.
    """
    return aliased(model, name=name)


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
    sql = f"{head_of_insertion(into)}VALUES ({values}){on_conflict(into, replacing, adding)}"
    if ignoring:
        sql += " ON CONFLICT DO NOTHING"
    return text(sql).bindparams(*(bindparam(column.name, type_=column.type) for column in into.columns))


@dataclass
class Transaction:
    """An open write transaction. `record` stores an event until the commit."""

    session: Session
    recorded: list[events.Event] = field(default_factory=list)
    before_commit: list[Callable[[], None]] = field(default_factory=list)
    on_rollback: list[Callable[[], None]] = field(default_factory=list)

    @cached_property
    def statements(self) -> Statements:
        """For statements that must cost little. What waits there is sent before the commit."""
        return Statements(self.session)

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
            if "statements" in vars(transaction):
                transaction.statements.flush()
            begun = time.perf_counter()
            session.commit()
            COUNTERS.commits.note(time.perf_counter() - begun)
        except BaseException:
            session.rollback()
            for act in transaction.on_rollback:
                act()
            raise
        finally:
            vars(transaction).pop("statements", None)  # an open cursor would keep the connection open
        events.publish(transaction.recorded)


# The channel on which processes tell each other of changes, in the words of PostgreSQL's NOTIFY.
HINTS = "schwarm_changes"

_STARTED = secrets.token_hex(8)


def process_name() -> str:
    """The name of this process there; a fork has a name of its own."""
    return f"{_STARTED}-{os.getpid()}"


def _hint(transaction: Transaction) -> None:
    """Let the commit tell the other processes in which challenges lanes advanced: `[process, [challenge, …]]`.

    It is a hint. A process that misses it finds the change in the database.
    """
    if transaction.session.get_bind().dialect.name == SQLITE:
        return
    advanced = (e.challenge_id for e in transaction.recorded if isinstance(e, events.StreamAdvanced))
    changed = {challenge_id for challenge_id in advanced if challenge_id is not None}
    if changed:
        told = json.dumps([process_name(), sorted(changed)[:HINTED_MAX]])
        transaction.statements.later(_NOTIFICATION, channel=HINTS, told=told)


_NOTIFICATION = Prepared(lambda _: text("SELECT pg_notify(:channel, :told)"))

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


@event.listens_for(Pool, "checkout")
def _on_checkout(connection: Any, _record: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
    """Take no connection from the pool on which PostgreSQL said good-bye meanwhile: it stopped, or ends what is idle.

    What a server says without being asked waits to be read. It costs a system call, a question would cost a round trip.

    :raise DisconnectionError: so that the pool takes another one.
    """
    is_watched = hasattr(connection, "fileno")  # that of psycopg2 is
    if is_watched and (connection.closed or has_unread(connection.fileno())):
        raise DisconnectionError


@event.listens_for(Engine, "begin")
def _on_begin(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        immediate = connection.get_execution_options().get("immediate")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")
