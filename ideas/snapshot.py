"""Reading the database in a worker: where the data is, and a session on one state of it.

A worker reads for itself, because sending it ten thousand rows would take the server as long as reading them.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine, create_engine, make_url
from sqlalchemy.orm import Session
from sqlalchemy.pool import NullPool

from ideas import signing

# A worker has one server and one database. Tests have many.
ENGINES_MAX = 4


@dataclass(frozen=True)
class Source:
    """Where a task finds the data of an installation: the address of the database with its password, and the folder of
    the signing key.
    """

    database: str
    keys: Path | None


def source_of(session: Session) -> Source:
    """The source of a session's rows, for a task."""
    return Source(session.get_bind().engine.url.render_as_string(hide_password=False), signing.folder())


@contextmanager
def snapshot(source: Source) -> Iterator[Session]:
    """A session that sees one committed state of the database, that of its first statement, and writes nothing.

    On SQLite that is a read transaction of the write-ahead log; PostgreSQL needs the isolation level for it.
    """
    if source.keys:
        signing.use_folder(source.keys)
    with Session(_engine(source.database), autoflush=False) as session:
        yield session


@lru_cache(maxsize=ENGINES_MAX)
def _engine(database: str) -> Engine:
    is_sqlite = make_url(database).get_backend_name() == "sqlite"
    options = {} if is_sqlite else {"isolation_level": "REPEATABLE READ"}
    return create_engine(database, poolclass=NullPool, **options)
