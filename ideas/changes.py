"""Whether anything was committed to the database: a test of some microseconds, for work that runs again and again.

A server that waits for work would otherwise open a context and a session many times a second, only to find nothing. The
test sees the commits of every connection: of this process, of another server, of a command line.
"""

import logging
import threading
import time
from collections.abc import Callable, Hashable
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Dialect, Engine, Select, create_engine
from sqlalchemy.pool import NullPool, PoolProxiedConnection

from ideas import clock

log = logging.getLogger(__name__)

# SQLite raises this number for each commit of other connections that this one notices, in whatever process they are. A
# snapshot of PostgreSQL names the transactions that can be seen: as long as it is the same, so is the database. (The
# position in its log would not do: it moves before a commit can be seen.)
_STATE = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT CAST(pg_current_snapshot() AS TEXT)"}

# After this time a look is repeated though no commit was seen.
LOOK_SECONDS = 30.0


class Changes:
    """Looks at a database by a connection of its own, which is made when it is needed. It needs no context."""

    def __init__(self, engine: Callable[[], Engine]) -> None:
        self._engine = engine
        self._lock = threading.RLock()
        self._pooled: PoolProxiedConnection | None = None
        self._connections = 0  # how many there were: each one counts for itself
        self._sql: dict[Select[Any], str] = {}

    def state(self) -> Hashable:
        """A value that stays the same as long as nothing is committed. None: it is not known."""
        with self._lock:
            try:
                value = self._value(None)
            except Exception as error:
                self._give_up(error)
                return None
            return self._connections, value

    def moment(self, query: Select[Any]) -> datetime | None:
        """The moment that a query without parameters finds. :raise Exception: the driver's, if the database is away."""
        with self._lock:
            try:
                found = self._value(query)
            except Exception as error:
                self._give_up(error)
                raise
            return None if found is None else clock.from_ms(int(found))

    def close(self) -> None:
        with self._lock:
            if self._pooled is not None:
                with suppress(Exception):
                    self._pooled.close()
                self._pooled = None

    def _value(self, query: Select[Any] | None) -> Any:
        """The first value of a query, or of the state without one."""
        connection, dialect = self._opened()
        cursor = connection.cursor()
        try:
            cursor.execute(_STATE[dialect.name] if query is None else self._text(query, dialect))
            rows = cursor.fetchall()  # all of them, or SQLite would go on reading
        finally:
            cursor.close()
        return rows[0][0] if rows else None

    def _opened(self) -> tuple[Any, Dialect]:
        engine = self._engine()
        if self._pooled is None:
            # It is none of the pool's, since it stays. Threads take turns.
            options = {"check_same_thread": False} if engine.dialect.name == "sqlite" else {}
            own = create_engine(engine.url, poolclass=NullPool, pool_reset_on_return=None, connect_args=options)
            self._pooled = own.raw_connection()
            self._connections += 1
            if not options:
                self._pooled.dbapi_connection.autocommit = True  # type: ignore[union-attr]
        return self._pooled.dbapi_connection, engine.dialect

    def _text(self, query: Select[Any], dialect: Dialect) -> str:
        if query not in self._sql:
            compiled = query.compile(dialect=dialect, compile_kwargs={"literal_binds": True})
            self._sql[query] = str(compiled)
        return self._sql[query]

    def _give_up(self, error: Exception) -> None:
        """The next look begins with a new connection. Whoever asked does the work itself, and says what is wrong."""
        log.debug("the database could not be looked at: %s", error)
        self.close()


class Since:
    """What one reader saw last: it reads again only if something was committed meanwhile.

    `also` is a value that the answer depends on beside the database.
    """

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._seen: Hashable = None
        self._again_at = 0.0

    def news(self, also: Hashable = None) -> Hashable:
        """The state if it is not the one that was seen, else None. It is taken before the reader looks."""
        state = self._changes.state()
        if (state, also) == self._seen and state is not None and time.monotonic() < self._again_at:
            return None
        return state, also

    def saw(self, news: Hashable) -> None:
        """The reader looked at this state, to the end."""
        self._seen, self._again_at = news, time.monotonic() + LOOK_SECONDS


class Due:
    """When a piece of work is due next, by a query for that moment, which is asked again after a commit only."""

    def __init__(self, changes: Changes, query: Select[Any]) -> None:
        self._changes, self._query, self._since = changes, query, Since(changes)
        self._moment: datetime | None = None

    def is_now(self) -> bool:
        """Whether the moment has come, by the clock of this instant: nothing counts seconds, so clocks may jump. Where
        it can't be known, the work has to look for itself.
        """
        news = self._since.news()
        if news is not None:
            try:
                self._moment = self._changes.moment(self._query)
            except Exception:
                return True
            self._since.saw(news)
        return self._moment is not None and self._moment <= clock.now()
