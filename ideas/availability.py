"""Whether the database can be used: what stands against it, and which errors mean that it is away."""

import logging
import os
import re
import time
from collections.abc import Collection
from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from ideas.errors import Busy

log = logging.getLogger(__name__)

LOG_SECONDS = 60

# How SQLite says that its disk is full, gone or read-only.
_OF_SQLITE = ("unable to open database file", "disk I/O error", "readonly database", "database or disk is full")
# How PostgreSQL refuses to write on a server that has become a standby (SQLSTATE).
READ_ONLY = "25006"

# How PostgreSQL, or a pooler before it, says that it can't serve now (beginnings of SQLSTATE): the connection failed,
# the server has become a standby, its disk, memory or connections are used up, it stops or starts, or its disk fails.
_OF_POSTGRES = ("08", READ_ONLY, "53", "57P", "58030")

# In the extensions of an application whose process is about to end.
LEAVING = "schwarm-leaving"

PREPARE = "Run `flask --app wsgi prepare`"

_logged_at: float = -LOG_SECONDS


def is_away(error: BaseException) -> bool:
    """Whether an error means that the database can't be used at all just now."""
    if isinstance(error, ConnectionError | TimeoutError | PoolTimeout):
        return True  # the driver hands on some errors of its socket as they are
    if isinstance(error, Busy):
        return error.__cause__ is not None  # a writer names what failed; other queues do not
    if not isinstance(error, DBAPIError):
        return False
    if isinstance(error, InterfaceError) or error.connection_invalidated:
        return True
    code = getattr(error.orig, "pgcode", "")  # SQLite has none
    if code is None:  # the driver lost the connection, or never had one
        return isinstance(error, OperationalError)
    if code:
        return code.startswith(_OF_POSTGRES)
    return any(word in str(error.orig) for word in _OF_SQLITE)


def note_away(error: BaseException) -> None:
    """Log that the database is away, at most once a minute."""
    global _logged_at
    if time.monotonic() - _logged_at >= LOG_SECONDS:
        _logged_at = time.monotonic()
        log.error("the database can't be used: %s", _reason(error))


class _WithoutAway(logging.Filter):
    """Drops what the pool says about connections that broke because the database is away."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        return error is None or not is_away(error)


logging.getLogger("sqlalchemy.pool.impl.QueuePool").addFilter(_WithoutAway())


def obstacle(engine: Engine, migrations: Path) -> str | None:
    """Why a server can't work on this database, as a sentence for its operator; None if it can."""
    name = engine.url.render_as_string(hide_password=True)
    if problem := _problem_of_file(engine):
        return problem
    try:
        with engine.connect() as connection:
            found = _revision_of(connection)
    except DBAPIError as error:
        return f"The database {name} can't be used: {_reason(error)}."
    known, newest = _revisions(migrations)
    return _problem_of_revision(name, found, known, newest)


def _problem_of_file(engine: Engine) -> str | None:
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return None
    path = Path(engine.url.database)
    if not path.exists():
        return f"There is no database {path}. {PREPARE}."
    if not os.access(path, os.W_OK) or not os.access(path.parent, os.W_OK):
        return f"The database {path} can't be written: the disk or the folder is read-only for this user."
    return None


def _problem_of_revision(name: str, found: str | None, known: Collection[str], newest: str | None) -> str | None:
    if found is None:
        return f"The database {name} is empty. {PREPARE}."
    if found not in known:
        return (
            f"The database {name} is newer than this program (revision {found}; known are revisions up to {newest}). "
            "Install the version that made it, or restore a backup."
        )
    if found != newest:
        return f"The database {name} is outdated (revision {found}, needed is {newest}). Make a backup. {PREPARE}."
    return None


def _revision_of(connection: Connection) -> str | None:
    """The revision of a database; None if no migration ran on it.

    Alembic would say the same, but takes 15 MB in a server that never migrates.
    """
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def known_revisions(migrations: Path) -> Collection[str]:
    """The revisions of a database that this program knows."""
    return _revisions(migrations)[0]


def newest_revision(migrations: Path) -> str | None:
    """The revision that a server needs."""
    return _revisions(migrations)[1]


# The lines of a migration that name its revision and the one before it.
_REVISION = re.compile(r"""^(down_)?revision\b[^=\n]*=\s*(?:["']([^"']+)["']|None)""", re.MULTILINE)


@cache
def _revisions(migrations: Path) -> tuple[frozenset[str], str | None]:
    """All revisions that this program knows, and the newest."""
    known, earlier = set[str](), set[str]()
    for file in (migrations / "versions").glob("*.py"):
        for is_down, revision in _REVISION.findall(file.read_text()):
            (earlier if is_down else known).add(revision)
    newest = known - earlier
    return frozenset(known), newest.pop() if len(newest) == 1 else None


def _reason(error: BaseException) -> str:
    """The driver's words, in one line."""
    if isinstance(error, Busy) and error.__cause__ is not None:
        error = error.__cause__
    orig = getattr(error, "orig", None) or error
    said = orig.args[0] if orig.args else orig
    return " ".join(str(said).split()).rstrip(".")
